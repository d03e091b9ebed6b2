"""The lines of Python in results/README.md, run from first to last as they
stand, after the commands that README.md begins with."""

import contextlib
import io
import os
import re
import shutil
import unittest

import rampart
from common import SOURCE, Case


def read_blocks():
    with open(os.path.join(SOURCE, "results", "README.md"),
              encoding="utf-8") as file:
        return re.findall(r"```python\n(.*?)```", file.read(), re.S)


class Documents(Case):
    def setUp(self):
        super().setUp()
        for name in ("data", "jobs"):
            shutil.copytree(os.path.join(SOURCE, name), name,
                            ignore=shutil.ignore_patterns("public"))
        self.ok("verify", "--network", "data/digits_net.h5", "--dataset",
                "data/digits.h5", "--samples", "0-9", "--radius", "2,8", "-q",
                "--output", "results/verify.h5")
        self.ok("verify", "--network", "data/digits_net.h5", "--dataset",
                "data/digits.h5", "--samples", "0-3", "--radius", "2", "-q",
                "--target", "all", "--output", "results/pairs.h5")
        self.names = {}

    def run_block(self, code):
        """Run a block; return what it prints, for a wide screen."""
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(compile(code, "results/README.md", "exec"), self.names)
        return out.getvalue()

    def test_every_block(self):
        blocks = read_blocks()
        self.assertGreater(len(blocks), 6)
        said = "".join(map(self.run_block, blocks))
        for code in blocks: # what is printed, where a comment says it
            for shown in re.findall(r"print\(.*\)\s+# (\d.*)", code):
                self.assertIn(shown + "\n", said)
        for name in ("accuracy.png", "radii.png"):
            self.assertGreater(os.path.getsize(name), 1000)
        self.check_radii()

    def check_radii(self):
        """Whatever reads the file, the same samples count."""
        names, results = self.names, rampart.Results("results/quickstart.h5")
        radii = results.radii
        for state in ("closed", "capped"):
            self.assertEqual(list(names[state]["sample"]),
                             list(radii["sample"][radii.state == state]))
        self.assertEqual(len(names["closed"]), 99)
        self.assertAlmostEqual(names["right"].lo.mean(), radii.lo.mean())
        self.assertEqual(names["about"]["network"], "digits-6")


if __name__ == "__main__":
    unittest.main()
