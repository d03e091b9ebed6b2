#!/usr/bin/python3
"""Radii in L1 and L0: the option, the key of jobs, ranks, what results say, what
is refused, and what rampart-check makes of it."""

import json
import shutil
import unittest

try:
    import h5py
except ImportError:
    h5py = None

from cli import DATASET, DIGITS, NETWORK, QUERIES_HEADER, Case

COMMON = [*DIGITS, "--samples", "0-9", "-q", "--evidence", "full"]
VERDICTS = ("sample", "label", "radius", "verdict", "reason")


class Norms(Case):
    def verdicts(self, file):
        rows = self.rows(self.ok("show", "--csv", file), QUERIES_HEADER)
        return [tuple(row[name] for name in VERDICTS) for row in rows]

    def test_option_key_and_ranks_agree_and_are_proved(self):
        self.ok("verify", *COMMON, "--radius", "1-3", "--norm", "l0", "-o",
                "a.h5")
        self.put("job.yaml", f"network: {{file: {NETWORK}}}\n"
                 f"dataset: {{file: {DATASET}}}\n"
                 "verify: [{samples: 0-9, radii: [1-3]}]\n"
                 "norm: l0\nevidence: full\n")
        self.ok("run", "job.yaml", "-q", "-o", "b.h5", ranks=2)
        found = self.verdicts("a.h5")
        self.assertEqual(found, self.verdicts("b.h5"))
        self.assertEqual({row[3] for row in found}, {"robust", "violated"})
        # More inputs may change: no less is violated.
        violated = [row[:2] for row in found if row[3] == "violated"]
        self.assertGreater(len(violated), len(set(violated)))
        self.ok("verify", *COMMON, "--radius", "9,16", "--norm", "l1", "-o",
                "c.h5")
        for file in ("a.h5", "b.h5", "c.h5"):
            self.assertIn(" 0 FAILED", self.check(file))

    def test_maximum_radii(self):
        self.ok("radius", *COMMON, "--cap", "4", "--norm", "l0", "-o", "r.h5")
        shown = self.ok("show", "r.h5")
        self.assertIn("maximum L0 radius of 10 samples", shown)
        about = json.loads(self.ok("show", "--json", "r.h5"))
        about = about[0] if isinstance(about, list) else about
        self.assertEqual(about["norm"], "l0")
        self.check("r.h5")

    def test_norms_are_not_mixed(self):
        for norm in ("linf", "l0"):
            self.ok("verify", *COMMON, "--radius", "2", "--norm", norm, "-o",
                    norm + ".h5")
        self.assertIn("the same norm in both results, found 'linf' and 'l0'",
                      self.refused("diff", "linf.h5", "l0.h5"))
        self.assertIn("results with another norm: expected linf, found l0",
                      self.refused("verify", *COMMON, "--radius", "2", "-o",
                                 "l0.h5"))
        self.assertIn("expected results in norm linf",
                      self.refused("export", "l0.h5", "-o", "files"))
        self.ok("report", "linf.h5", "l0.h5", "-o", "r.html")
        with open(self.path("r.html"), encoding="utf-8") as page:
            self.assertIn("they are in different norms", page.read())

    def test_what_makes_no_sense_is_refused(self):
        for arguments, says in (
                (["--radius", "1", "--norm", "l2"],
                 "--norm: expected linf, l1, l0, "),
                (["--radius", "1/255", "--norm", "l0"],
                 "fractions are of the input range"),
                (["--radius", "1", "--norm", "l1", "--engine", "onehot"],
                 "norm l1: expected engine hull")):
            self.assertIn(says, self.refused("verify", *COMMON, *arguments))

    @unittest.skipIf(h5py is None, "no h5py")
    def test_a_norm_that_was_changed_is_found(self):
        self.ok("verify", *COMMON, "--radius", "3", "--norm", "l0", "-o",
                "a.h5")
        for norm, says in (("l1", "FAILED"), (None, "FAILED"),
                           ("l2", "expected one of")):
            shutil.copy(self.path("a.h5"), self.path("b.h5"))
            shutil.copy(self.path("a.h5.proofs"), self.path("b.h5.proofs"))
            with h5py.File(self.path("b.h5"), "r+") as file:
                if norm:
                    file.attrs["norm"] = norm
                else:
                    del file.attrs["norm"]
            done = self.run_checker("b.h5")
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(says, done.stdout + done.stderr)
            self.assertNotIn(" 0 FAILED", done.stdout)

    def test_the_other_checker_is_not_asked(self):
        self.ok("verify", *COMMON, "--radius", "1", "--norm", "l0", "-o",
                "a.h5")
        done = self.run_checker("--claims", "claims", "a.h5")
        self.assertEqual(done.returncode, 2)
        self.assertRegex(done.stderr, r"\A[^\n]*knows linf alone\n\Z")


if __name__ == "__main__":
    unittest.main()
