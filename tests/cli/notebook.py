#!/usr/bin/python3
"""The lines that results/README.md shows for a notebook, run as they stand."""

import os
import re
import sys
import unittest

os.environ["MPLBACKEND"] = "Agg"
try:
    import h5py  # noqa: F401
    import matplotlib.pyplot as plt
    import pandas  # noqa: F401
    import tables  # noqa: F401
except ImportError as missing:
    print(f"notebook: skipped: {missing}")
    sys.exit(77)

from cli import DIGITS, RADII_HEADER, SOURCE, Case


def lines_shown():
    with open(os.path.join(SOURCE, "results", "README.md")) as file:
        text = file.read()
    found = re.search(r"## In a notebook\n.*?```python\n(.*?)```", text, re.S)
    return found.group(1)


class Notebook(Case):
    def test_accuracy_over_radius(self):
        os.mkdir(self.path("results"))
        # Undecided ones too: next to no nodes are allowed.
        self.ok("radius", *DIGITS, "--samples", "100-129", "--cap", "12",
                "--node-limit", "1", "--attack-moves", "0", "-q", "-o",
                "results/quickstart.h5", status=3)
        before = os.getcwd()
        os.chdir(self.folder)
        try:
            exec(compile(lines_shown(), "results/README.md", "exec"), {})
        finally:
            os.chdir(before)
        with open(self.path("accuracy.png"), "rb") as file:
            self.assertEqual(file.read(8), b"\x89PNG\r\n\x1a\n")
        rows = self.rows(self.ok("show", "--csv", "results/quickstart.h5"),
                         RADII_HEADER)
        axes = plt.gcf().axes[0]
        self.assertEqual(axes.get_title(), "Network digits-6, 30 samples")
        self.assertIn("input steps", axes.get_xlabel())
        curves = {line.get_label(): line for line in axes.lines}
        for label, column in [("proved", "lo"), ("not refuted", "hi")]:
            x, y = curves[label].get_data()
            self.assertEqual((x[0], x[-1]), (0, 12))  # not beyond the cap
            for radius, share in zip(x, y):
                count = sum(int(row[column]) >= radius for row in rows)
                self.assertAlmostEqual(share, count / len(rows))
        self.assertTrue((curves["proved"].get_ydata()
                         <= curves["not refuted"].get_ydata()).all())

    def test_radii_of_samples_that_have_one(self):
        """Neither -1 of a misclassified sample nor a cap counts as a radius."""
        self.ok("radius", *DIGITS, "--samples", "0-49", "--cap", "9", "-q",
                "-o", "radii.h5")
        with open(os.path.join(SOURCE, "results", "README.md")) as file:
            lines = re.search(r"(radii = pd.*?)```", file.read(), re.S).group(1)
        names = {"pd": pandas, "print": lambda *words: None}
        before = os.getcwd()
        os.chdir(self.folder)
        try:
            exec(compile(lines, "results/README.md", "exec"), names)
        finally:
            os.chdir(before)
        rows = self.rows(self.ok("show", "--csv", "radii.h5"), RADII_HEADER)
        for state in ("closed", "capped"):
            expected = [int(r["sample"]) for r in rows if r["state"] == state]
            self.assertEqual(list(names[state]["sample"]), expected)
            self.assertTrue(expected)
        self.assertIn("misclassified", {r["state"] for r in rows})

    def test_they_are_few(self):
        lines = [line for line in lines_shown().splitlines() if line]
        self.assertLessEqual(len(lines), 10)


if __name__ == "__main__":
    unittest.main()
