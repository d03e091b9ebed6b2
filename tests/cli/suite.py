#!/usr/bin/python3
"""scripts/suite in a copy of the project: the part of the public suite that
needs no download is decided, checked and compared with the records, and answers
of other tools are compared with them. scripts/gallery, which makes tables of any
results: they say what rampart show says."""

import csv
import os
import re
import shutil
import subprocess
import unittest

from cli import DATASET, DIGITS, RAMPART, SOURCE, Case, without_launcher

RECORDS = "jobs/suite/digits_conv.csv"


class Suite(Case):
    def setUp(self):
        super().setUp()
        for name in ("data", "scripts", "jobs/suite"):
            os.makedirs(self.path(name))
        for name in ("data/digits.h5", "data/digits_conv.h5", "scripts/suite",
                     "scripts/programs.py",
                     *(os.path.join("jobs/suite", each) for each in
                       os.listdir(os.path.join(SOURCE, "jobs/suite")))):
            shutil.copy(os.path.join(SOURCE, name), self.path(name))
        with open(self.path(RECORDS), newline="") as file:
            self.records = list(csv.DictReader(file))

    def suite(self, *arguments, status=0, rampart=RAMPART):
        """Output of both kinds; one line of errors if the input is refused."""
        done = subprocess.run(
            ["python3", "-B", self.path("scripts/suite"), *arguments],
            capture_output=True, text=True, cwd=self.folder, timeout=300,
            env={**without_launcher(), "RAMPART": rampart})
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        if status == 2:
            self.assertRegex(done.stderr, r"\Asuite: [^\n]+\n\Z")
        return done.stdout + done.stderr

    def put_answers(self, rows, header="network,sample,radius,verdict"):
        lines = [header, *(",".join(map(str, row)) for row in rows)]
        return self.put("answers.csv", "\n".join(lines) + "\n")

    def answers(self):
        return [["digits_conv", row["sample"], row["radius"], row["verdict"]]
                for row in self.records]

    def test_verdicts_and_proofs_are_reproduced(self):
        said = self.suite()
        n = len(self.records)
        self.assertRegex(said, r" 0 open, 0 without evidence, 0 FAILED\n")
        self.assertIn(f"{n} same, 0 new, 0 open here, 0 contradiction", said)
        violated = sum(row["verdict"] == "violated" for row in self.records)
        self.assertRegex(said, rf"[1-9]\d* of {violated} counterexamples")
        questions = os.listdir(self.path("results/suite/digits_conv"))
        decided = sum(r["verdict"] != "misclassified" for r in self.records)
        self.assertEqual(sum(q.endswith(".vnnlib") for q in questions), decided)

        # A record that says otherwise is a contradiction, and stays as it is;
        # an open one is made up for.
        robust = next(r for r in self.records if r["verdict"] == "robust"
                      and r["radius"] == "16")
        self.replace(robust, "violated")
        before = self.content(RECORDS)
        said = self.suite(status=1)
        self.assertIn(f"CONTRADICTION: digits_conv sample {robust['sample']} "
                      f"radius {robust['radius']}: robust, recorded as", said)
        self.suite("--record", status=1)
        self.assertEqual(self.content(RECORDS), before)
        self.replace(robust, "unknown")
        self.assertIn(f"{n - 1} same, 1 new", self.suite())
        self.suite("--record")
        self.assertEqual(self.content(RECORDS).decode(), self.original)

        # What the checker refuses is neither accepted nor recorded.
        os.mkdir(self.path("bin"))
        os.symlink(RAMPART, self.path("bin/rampart"))
        os.chmod(self.put("bin/rampart-check",
                          "#!/bin/sh\necho '1 FAILED'\nexit 1\n"), 0o755)
        said = self.suite("--record", status=1,
                          rampart=self.path("bin/rampart"))
        self.assertIn("1 FAILED\n", said)
        self.assertIn("'rampart-check' ended with exit status 1", said)

    def replace(self, row, verdict):
        """Change a record, of which the first content is kept."""
        if not hasattr(self, "original"):
            self.original = self.content(RECORDS).decode()
        line = ",".join(row.values())
        self.assertIn(line, self.original)
        self.put(RECORDS, self.original.replace(
            line, ",".join({**row, "verdict": verdict}.values())))

    def test_answers_are_compared(self):
        answers = self.answers()
        said = self.suite("--compare", self.put_answers(answers))
        self.assertIn(f"{len(answers)} same", said)
        said = self.suite("--compare", self.put_answers(answers[:-7]), status=3)
        self.assertIn("7 open here, 0 contradiction", said)
        self.suite("--compare", self.put_answers(
            [[*row[:3], row[3].replace("misclassified", "violated")]
             for row in answers]))
        for wrong, right in ("robust", "violated"), ("violated", "robust"):
            row = next(row for row in answers if row[3] == right)
            changed = [[*r[:3], wrong] if r is row else r for r in answers]
            said = self.suite("--compare", self.put_answers(changed), status=1)
            self.assertEqual(said.count("CONTRADICTION"), 1)
            self.assertIn(f"sample {row[1]} radius {row[2]}: {wrong}", said)

    def test_bad_answers_are_refused(self):
        for rows, says in [
            ([], "answers.csv: no answers"),
            ([["digits_conv", 0, 3, "robust"]], "is no query of the suite"),
            ([["digits", 0, 1, "robust"]], "network 'digits'"),
            ([["digits_conv", 0, 1, "safe"]], ":2: verdict: expected one of"),
            ([["digits_conv", "0.5", 1, "robust"]], "sample: expected a whole"),
            ([["digits_conv", 0, 1]], "verdict: expected one of"),
            (2 * [["digits_conv", 0, 1, "robust"]], ":3: sample 0 radius 1 is"),
        ]:
            self.assertIn(says, self.suite(
                "--compare", self.put_answers(rows), status=2))
        self.assertIn("found no verdict", self.suite(
            "--compare", self.put_answers([], "network,sample,radius"), status=2))
        self.suite("--compare", self.path("nowhere.csv"), status=2)


class Gallery(Case):
    def gallery(self, *arguments):
        return subprocess.run(
            ["python3", "-B", os.path.join(SOURCE, "scripts/gallery"),
             *arguments], capture_output=True, text=True, cwd=self.folder,
            env={**without_launcher(), "RAMPART": RAMPART})

    def test_results_that_tables_cannot_hold_are_refused(self):
        """A sample has one radius, and radii of all rows mean the same."""
        self.put("box.csv", "mask," + ",".join(["1,0"] * 98) + "\n")
        for name, more in [("plain", []), ("pairs", ["--target", "all"]),
                           ("box", ["--box", "box.csv"]),
                           ("l1", ["--norm", "l1"])]:
            self.ok("verify", *DIGITS, "--samples", "0-2", "--radius", "1",
                    *more, "-q", "-o", f"{name}.h5")
        for names, says in [(["pairs"], "found the property 'each class'"),
                            (["box"], "found the box 'box.csv'"),
                            (["plain", "l1"], "l1.h5: expected the norm linf"),
                            (["none"], "none.h5: cannot open")]:
            done = self.gallery(*(f"{name}.h5" for name in names))
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(says, done.stderr)
        self.assertEqual(self.gallery("l1.h5").returncode, 0)

    def test_tables_are_what_show_says(self):
        network = os.path.join(SOURCE, "data", "digits_conv.h5")
        # Few nodes, so that something may stay open.
        self.run_rampart("radius", "--network", network, "--dataset", DATASET,
                         "--samples", "0-29", "--cap", "4", "--evidence", "full",
                         "--node-limit", "2", "--threads", "1", "-q",
                         "-o", "r.h5")
        done = self.gallery("r.h5", "--radii", "1,2,3,4")
        self.assertEqual(done.returncode, 0, done.stderr)
        rows = [[cell.strip() for cell in line.strip("|").split("|")]
                for line in done.stdout.splitlines()
                if line.startswith("| digits-conv")]
        shown = self.ok("show", "r.h5", "--rows", "0")
        self.assertIn("92.90 %", rows[0])  # of all 1,000 samples
        self.assertEqual(rows[0][-1], "none failed")
        for radius, cell in enumerate(rows[1][-4:], 1):
            line = next(line for line in re.findall(
                r"^ *([\d-]+) +([\d.]+) % +([\d.]+) % +30$", shown, re.M)
                if int(line[0].split("-")[0]) <= radius
                <= int(line[0].split("-")[-1]))
            self.assertEqual(cell, f"{float(line[1]):.0f} to "
                             f"{float(line[2]):.0f}")
        capped, = re.findall(r"(\d+) samples: 4, the cap, or more", done.stdout)
        self.assertRegex(shown, rf", {capped} capped, ")


if __name__ == "__main__":
    unittest.main()
