"""The notebook of examples/, cell by cell, in a copy of its surroundings: what
it prints is what it shows."""

import contextlib
import io
import json
import os
import re
import shutil
import unittest

import matplotlib.pyplot as plt
from common import SOURCE, Case


def read_cells():
    with open(os.path.join(SOURCE, "examples", "digits.ipynb"),
              encoding="utf-8") as file:
        notebook = json.load(file)
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def shown_text(cell):
    return "".join("".join(output["text"]) for output in cell["outputs"]
                   if output["output_type"] == "stream")


class Notebook(Case):
    def setUp(self):
        super().setUp()
        for name in ("examples", "data", "jobs"):
            shutil.copytree(os.path.join(SOURCE, name), name,
                            ignore=shutil.ignore_patterns("public"))
        os.chdir("examples")
        plt.close("all")
        self.addCleanup(plt.close, "all")

    def test_every_cell(self):
        cells, names, pictures = read_cells(), {}, 0
        self.assertGreater(len(cells), 4)
        for number, cell in enumerate(cells):
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                exec(compile("".join(cell["source"]), f"cell {number}", "exec"),
                     names)
            self.assertEqual(out.getvalue(), shown_text(cell), f"cell {number}")
            pictures += any(output["output_type"] == "display_data"
                            for output in cell["outputs"])
            self.assertEqual(len(plt.get_fignums()), pictures)
        self.assertEqual(pictures, 2)

    def test_it_was_run_from_top_to_bottom(self):
        counts = [cell["execution_count"] for cell in read_cells()]
        self.assertEqual(counts, list(range(1, len(counts) + 1)))

    def test_it_names_no_place_of_whoever_ran_it(self):
        with open("digits.ipynb", encoding="utf-8") as file:
            text = file.read()
        self.assertIsNone(re.search(r"/(tmp|home|root|work)/", text))


if __name__ == "__main__":
    unittest.main()
