#!/usr/bin/python3
"""The first run a user makes: jobs/quickstart.yaml, whole, on two ranks; and
its results opened by the tools they are meant for."""

import os
import subprocess
import sys
import unittest

from cli import RADII_HEADER, SOURCE, Case

JOB = os.path.join(SOURCE, "jobs", "quickstart.yaml")
OPEN = os.path.join(SOURCE, "tests", "cli", "results_open.py")


class Quickstart(Case):
    def test_quickstart(self):
        os.mkdir(self.path("results"))
        done = self.run_rampart("run", JOB, "--time-limit", 5, ranks=2,
                                seconds=1100)
        self.assertIn(done.returncode, (0, 3), done.stderr)
        self.assertIn("maximum radius of 100 samples", done.stdout)
        file = self.path("results/quickstart.h5")
        rows = self.rows(self.ok("show", "--csv", file), RADII_HEADER)
        self.assertEqual([int(r["sample"]) for r in rows], list(range(100, 200)))
        is_open = [row for row in rows if row["lo"] != row["hi"]]
        self.assertEqual(done.returncode, 3 if is_open else 0)
        self.assertEqual(is_open, [r for r in rows if r["reason"] != "none"])
        done = subprocess.run([sys.executable, OPEN, file],
                              capture_output=True, text=True)
        self.assertIn(done.returncode, (0, 77), done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
