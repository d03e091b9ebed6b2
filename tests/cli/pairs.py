#!/usr/bin/python3
"""Every class as a target in turn: the same answers as a run for each target
has, on any number of ranks, resumed, in shards, filtered, compared and exported;
and results of which a target was changed are rejected."""

import csv
import io
import json
import os
import re
import unittest

try:
    import h5py
except ImportError:
    h5py = None

from cli import DATASET, DIGITS, NETWORK, Case

ASK = ["verify", *DIGITS, "--samples", "0-3,9", "--radius", "2,6"]
SEARCH = ["radius", *DIGITS, "--samples", "0-2,9", "--cap", "5"]


class Pairs(Case):
    def table(self, file, *arguments):
        return list(csv.DictReader(io.StringIO(
            self.ok("show", "--csv", *arguments, file))))

    def verdicts(self, file, *names):
        return {(row["sample"], row["target"], row.get("radius")):
                tuple(row[name] for name in names)
                for row in self.table(file)}

    def test_all_targets_are_each_target(self):
        self.ok(*ASK, "--target", "all", "-q", "-o", "all.h5")
        self.ok(*SEARCH, "--target", "all", "-q", "-o", "radii.h5")
        of_all = self.verdicts("all.h5", "label", "verdict")
        radii = self.verdicts("radii.h5", "label", "lo", "hi", "state")
        seen = set()
        for target in map(str, range(10)):
            self.ok(*ASK, "--target", target, "-q", "-o", f"{target}.h5")
            for row in self.table(f"{target}.h5"):
                key = (row["sample"], target, row["radius"])
                if row["label"] == target:
                    self.assertNotIn(key, of_all)
                    continue
                self.assertEqual(of_all.pop(key),
                                 (row["label"], row["verdict"]))
                seen.add(row["verdict"])
            self.ok(*SEARCH, "--target", target, "-q", "-o", f"r{target}.h5")
            for row in self.table(f"r{target}.h5"):
                if row["label"] != target:
                    self.assertEqual(
                        radii.pop((row["sample"], target, None)),
                        (row["label"], row["lo"], row["hi"], row["state"]))
        self.assertEqual((of_all, radii), ({}, {}))
        self.assertEqual(seen, {"robust", "violated"})

    def test_jobs_ranks_threads_and_shards(self):
        self.put("job.yaml", f"network: {{file: {NETWORK}}}\n"
                 f"dataset: {{file: {DATASET}}}\n"
                 "verify: [{samples: '0-3,9', radii: [2, 6]}]\n"
                 "radius: {samples: 0-1, cap: 3}\n"
                 "targets: all\noutput: a.h5\n")
        self.ok("run", "job.yaml", "-q")
        found = self.ok("show", "--csv", "--table", "queries", "a.h5")
        self.assertEqual(len(found.splitlines()), 1 + 5 * 9 * 2)

        def same(file):
            for table, names in (
                    ("queries", ("sample", "target", "radius", "verdict")),
                    ("radii", ("sample", "target", "lo", "hi", "state"))):
                rows = [[[row[name] for name in names]
                         for row in self.table(one, "--table", table)]
                        for one in ("a.h5", file)]
                self.assertEqual(*rows)

        for ranks, threads in ((0, 2), (0, 4), (2, 1), (4, 1)):
            name = f"{ranks}-{threads}.h5"
            self.ok("run", "job.yaml", "--threads", threads, "-q", "-o", name,
                    ranks=ranks)
            same(name)
        for i in (1, 2):
            self.ok("run", "job.yaml", "-q", "--shard", f"{i}/2")
        self.ok("merge", "-o", "both.h5", "a.1-of-2.h5", "a.2-of-2.h5")
        same("both.h5")
        # Taken over: a file with fewer samples gets the others.
        self.ok(*ASK[:-4], "--samples", "0", "--radius", "2,6", "--target",
                "all", "-q", "-o", "grown.h5")
        self.ok("run", "job.yaml", "-q", "-o", "grown.h5")
        same("grown.h5")
        self.assertIn("already complete", self.run_rampart(
            "run", "job.yaml", "-o", "grown.h5").stderr)

    def test_what_is_shown(self):
        self.ok(*ASK, "--target", "all", "-q", "-o", "a.h5", "--events",
                self.path("events"))
        text = self.ok("show", "a.h5")
        self.assertIn("from class to class\n label  samples", text)
        block = text.split("from class to class\n")[1].split("\n.: none")[0]
        block, example = block.rsplit("\n", 1)
        known = {}
        for row in self.table("a.h5"):
            if row["verdict"] == "violated":
                key = (row["label"], row["target"])
                known.setdefault(key, set()).add(row["sample"])
        self.assertTrue(known)
        first = min(known, key=lambda pair: [int(part) for part in pair])
        said = re.fullmatch(r"(\d+)@(\d+), label (\d+), target (\d+): of "
                            r"\d+ samples? (\d+) can become the target, the "
                            r"nearest at distance (\d+)", example)
        self.assertEqual(said.group(3, 4), first)
        self.assertEqual(said.group(1, 2), said.group(5, 6))
        row = [line.split() for line in block.splitlines()[1:]
               if line.split()[0] == first[0]][0]
        self.assertEqual(row[2 + int(first[1])], f"{said[1]}@{said[2]}")
        for line in block.splitlines()[1:]:
            label, _, *cells = line.split()
            for target, cell in enumerate(cells):
                fooled = known.pop((label, str(target)), ())
                if int(label) == target:
                    self.assertEqual(cell, "-")
                elif fooled:
                    self.assertEqual(int(cell.split("@")[0]), len(fooled))
                else:
                    self.assertEqual(cell, ".")
        self.assertEqual(known, {})
        self.assertIn("sample  target  label", text)
        shown = json.loads(self.ok("show", "--json", "a.h5"))[0]
        self.assertEqual((shown["targets"], shown["property"]),
                         (10, "each class"))
        self.assertEqual({row["target"] for row in shown["queries"]},
                         set(range(10)))
        only = self.table("a.h5", "--samples", "2")
        self.assertEqual({row["sample"] for row in only}, {"2"})
        self.assertEqual(len(only), 18)
        for line in self.content("events").decode().splitlines():
            event = json.loads(line)
            if event["event"] == "query":
                self.assertIn(event["sample"], (0, 1, 2, 3, 9))
                self.assertIn(event["target"], range(10))
        self.ok(*ASK, "--target", "all", "-q", "-o", "b.h5", "--radius", "6")
        self.assertIn("pairs", self.ok("diff", "a.h5", "b.h5"))
        header, *rows = self.ok("diff", "--csv", "a.h5", "b.h5").splitlines()
        self.assertTrue(header.startswith("sample,target,change,"))
        self.assertEqual(len(rows), 45)
        self.ok("report", "a.h5", "-o", "a.html")
        self.assertIn("sample 2, label 9, target 3",
                      self.content("a.html").decode())

    def test_exported_questions_name_their_targets(self):
        self.ok(*ASK, "--target", "all", "-q", "-o", "a.h5")
        self.ok("export", "a.h5", "-o", "files")
        violated = [row for row in self.table("a.h5")
                    if row["verdict"] == "violated"]
        self.assertTrue(violated)
        for row in violated:
            name = f"prop_{row['sample']}_to_{row['target']}_{row['radius']}"
            self.assertTrue(os.path.exists(self.path(
                f"files/digits_net_{name}.counterexample.gz")))
            self.assertIn(f"(+ Y_{row['target']} ", self.content(
                f"files/{name}.vnnlib").decode().replace("(>= (+", "(+"))
        self.assertEqual(len(self.content("files/results.csv").splitlines()),
                         90)

    def test_what_makes_no_sense_is_refused(self):
        self.put("known.csv", "sample,radius,verdict\n0,2,robust\n")
        self.refused(*ASK, "--target", "all", "--known", "known.csv",
                     says="known answers are about samples, not about")
        self.ok(*ASK, "--target", "all", "-q", "-o", "a.h5")
        self.ok("show", "--known", "known.csv", "-q", "a.h5", status=2)
        self.refused(*ASK, "--target", "8", "-o", "a.h5",
                     says="expected class 8, found each class")
        self.refused(*ASK, "--target", "every", says="--target: expected a "
                     "class, a whole number from 0, or all, found 'every'")
        head = (f"network: {{file: {NETWORK}}}\n"
                f"dataset: {{file: {DATASET}}}\nradius: {{samples: 0}}\n")
        for rest, says in (("targets: 3", "targets: expected all, found '3'"),
                           ("target: all\ntop_k: 1", "expected one of")):
            self.put("job.yaml", head + rest + "\n")
            self.refused("run", "job.yaml", says=says)

    def test_both_checkers_accept_the_proofs(self):
        self.ok(*ASK, "--target", "all", "--evidence", "full", "-q", "-o",
                "a.h5")
        self.ok(*SEARCH, "--target", "all", "--evidence", "full", "-q", "-o",
                "r.h5", ranks=2)
        for name in ("a.h5", "r.h5"):
            self.check_both(name)
            self.assertEqual(sorted(os.listdir(self.path(f"{name}.d"))),
                             [f"target-{target}" for target in range(10)])

    @unittest.skipIf(h5py is None, "no h5py")
    def test_changed_targets_are_rejected(self):
        self.ok(*ASK, "--target", "all", "--evidence", "full", "-q", "-o",
                "a.h5")
        good = self.content("a.h5")

        def change(how, status, reads):
            self.put("a.h5", good)
            with h5py.File(self.path("a.h5"), "r+") as file:
                how(file)
            self.check("a.h5", status=status)
            self.ok("show", "-q", "a.h5", status=0 if reads else 2)

        def exchange(file):  # two targets of the sample that is violated
            rows, times = file["queries"][:], file["timing/queries"][:]
            own = [i for i, row in enumerate(rows) if row["sample"] == 2
                   and row["radius"] == 6]
            verdict = rows["verdict"][own]
            first = [i for i, v in zip(own, verdict) if v == b"violated"][0]
            other = [i for i, v in zip(own, verdict) if v == b"robust"][0]
            for name in ("verdict", "evidence", "distance", "counterexample"):
                rows[name][[first, other]] = rows[name][[other, first]]
            file["queries"][:], file["timing/queries"][:] = rows, times

        def set_target(value):
            def how(file):
                for table in ("queries", "timing/queries"):
                    rows = file[table][:]
                    rows["target"][0] = value
                    file[table][:] = rows
            return how

        def set_targets(value):
            def how(file):
                file.attrs.modify("targets", value)
            return how

        change(lambda file: None, 0, True)
        change(exchange, 1, True)
        change(set_target(4), 1, False)   # the label of sample 0
        change(set_target(10), 1, False)
        change(set_target(-1), 1, False)
        change(set_target(1), 1, False)   # twice
        change(set_targets(11), 2, True)
        change(set_targets(1), 2, False)
        change(lambda file: file.attrs.__delitem__("targets"), 2, False)
        change(lambda file: file.attrs.__setitem__("property", b"class 3"), 2,
               False)


if __name__ == "__main__":
    unittest.main()
