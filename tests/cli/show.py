#!/usr/bin/python3
"""Looking at results files: tables, filters, CSV, JSON."""

import csv
import io
import json
import os
import re
import shutil
import subprocess
import unittest

from cli import DATASET, DIGITS, NETWORK, RAMPART, QUERIES_HEADER, RADII_HEADER, Case

RANKS_HEADER = ("network,rank,host,threads,tasks,busy_seconds,cpu_seconds,"
                "nodes,lp_solves,memory_peak")
TIMELINE_HEADER = "network,rank,sample,radius,piece,begin_s,end_s,verdict"


def refuse(constant):
    raise ValueError(f"not JSON: {constant}")


def strict(text):
    """JSON as the standard has it: no NaN, no Infinity."""
    return json.loads(text, parse_constant=refuse)


class Show(Case):
    def check(self, results):
        return subprocess.run(
            [os.path.join(os.path.dirname(RAMPART), "rampart-check"), results],
            cwd=self.folder, capture_output=True, text=True, check=True).stdout

    def setUp(self):
        super().setUp()
        self.ok("verify", *DIGITS, "--samples", "12-19", "--radius", "1-4",
                "-q", "-o", "v.h5")
        self.ok("radius", *DIGITS, "--samples", "12-19", "--cap", "4", "-q",
                "-o", "r.h5")
        self.queries = self.json("v.h5")[0]["queries"]
        self.radii = self.json("r.h5")[0]["radii"]

    def json(self, *words):
        return strict(self.ok("show", "--json", *words))

    def csv(self, *words):
        return list(csv.DictReader(io.StringIO(
            self.ok("show", "--csv", *words))))

    def test_classes_have_names(self):
        names = [f"class {n}" for n in range(10)]
        names[4] = "four, <quatre>"
        self.put("names.txt", "\n".join(names))
        self.put("job.yaml", f"""
network: {{file: {NETWORK}}}
dataset: {{file: {DATASET}, classes: names.txt}}
verify: [{{samples: 0-3, radius: 2}}]
radius: {{samples: 0-3, cap: 4}}
evidence: full
output: named.h5
""")
        self.ok("run", "job.yaml", "-q")
        shown = ["four; <quatre>", "class 7", "class 9", "class 3"]
        for table in "queries", "radii":
            rows = self.csv("named.h5", "--table", table)
            self.assertEqual(list(rows[0])[-1], "class")
            self.assertEqual([row["class"] for row in rows], shown)
        content, = self.json("named.h5")
        self.assertEqual(content["class_names"].split(",")[4], shown[0])
        self.assertEqual(content["radii"][0]["class"], shown[0])
        self.assertRegex(self.ok("show", "named.h5"), r"(?m)state .* class$")
        self.assertIn("0 FAILED", self.check("named.h5"))
        self.ok("report", "named.h5", "-o", "page.html")
        page = self.content("page.html").decode()
        self.assertIn("label four; &lt;quatre&gt;", page)
        self.assertIn("taken for class 7", page)
        for text, says in (
                ("a\nb\n", "expected one for each of 10 outputs, found 2"),
                ("a\n\nb\n", "names.txt:2: expected the name of a class"),
                ("\0\n", "names.txt: expected a text, found"),
                ("a\x7f\n", "names.txt: expected a text, found")):
            self.put("names.txt", text)
            self.refused("run", "job.yaml", "--fresh", says=says)
        self.assertNotIn("class", self.csv("r.h5")[0])

    def test_a_dataset_names_its_classes(self):
        try:
            import h5py
        except ImportError:
            self.skipTest("no h5py")
        shutil.copy(DATASET, self.path("own.h5"))
        with h5py.File(self.path("own.h5"), "a") as file:
            file.attrs["class_names"] = [f"c{n}" for n in range(10)]
        words = ["--network", NETWORK, "--dataset", "own.h5", "--samples", "0",
                 "--radius", "1", "--evidence", "full", "-o", "c.h5"]
        self.ok("verify", *words, "-q")
        self.assertEqual(self.csv("c.h5")[0]["class"], "c4")
        self.assertIn("0 FAILED", self.check("c.h5"))
        with h5py.File(self.path("own.h5"), "a") as file:
            file.attrs["class_names"] = ["few"]
        self.refused("verify", *words[:-1], "d.h5",
                     says="own.h5: class names: expected one for each")

    def test_a_person_sees_a_summary_then_aligned_rows(self):
        text = self.ok("show", "v.h5")
        summary, rows = text.index("32 queries"), text.index("sample  label")
        self.assertLess(summary, rows)
        self.assertLess(rows, text.index("\ncommand  rampart verify"))
        lines = text[rows:].splitlines()
        self.assertIn("steps", lines[1])
        self.assertIn("s", lines[1].split())
        table = lines[2:22]
        for line in table:  # numbers end where their column's name ends
            for name in ("sample", "label", "radius", "time"):
                end = lines[0].index(name) + len(name)
                self.assertTrue(line[end - 1].isdigit(), line)
                self.assertIn(line[end:end + 1], ("", " "))
            self.assertEqual(line, line.rstrip())
        self.assertEqual(lines[22], "... and 12 more rows: --rows all")

    def test_tables(self):
        for table, header in [("queries", QUERIES_HEADER),
                              ("radii", RADII_HEADER),
                              ("ranks", RANKS_HEADER),
                              ("timeline", TIMELINE_HEADER)]:
            for file in ("v.h5", "r.h5"):
                text = self.ok("show", file, "--csv", "--table", table)
                self.assertEqual(text.splitlines()[0], header)
                self.ok("show", file, "--table", table)
        self.assertEqual(len(self.csv("v.h5", "--table", "ranks")), 1)
        self.assertEqual(len(self.csv("v.h5", "--table", "timeline")), 32)

    def test_csv_of_several_files_is_one_table(self):
        self.assertEqual(len(self.csv("v.h5", "v.h5")), 2 * len(self.csv("v.h5")))
        done = self.run_rampart("show", "--csv", "v.h5", "r.h5")
        self.assertEqual(done.returncode, 2)
        self.assertRegex(done.stderr, r"\Arampart: --csv: r\.h5 holds another table .*\n\Z")
        self.assertEqual(len(self.csv("v.h5", "r.h5", "--table", "ranks")), 2)

    def test_diff(self):
        rows = list(csv.DictReader(io.StringIO(
            self.ok("diff", "--csv", "v.h5", "r.h5"))))
        self.assertEqual([int(r["sample"]) for r in rows], list(range(12, 20)))
        self.assertLessEqual({r["change"] for r in rows},
                             {"none", "narrower_b", "overlap"})
        for row, radius in zip(rows, self.radii):
            self.assertEqual(int(row["lo_b"]), radius["lo"])
        said = self.ok("diff", "v.h5", "v.h5")
        self.assertIn("8 samples\n       8 the same in both\n", said)
        done = self.run_rampart("diff", "v.h5")
        self.assertEqual(done.returncode, 2)

    def test_json_and_csv_say_the_same(self):
        rows = self.csv("v.h5")
        self.assertEqual(len(rows), len(self.queries))
        for row, query in zip(rows, self.queries):
            for key, value in row.items():
                if key == "seconds":
                    self.assertAlmostEqual(float(value), query[key])
                elif key != "network":
                    self.assertEqual(value, str(query[key]))
        for query in self.queries:
            self.assertEqual(query["verdict"] == "violated",
                             query["counterexample"] is not None)

    def test_json_of_several_files(self):
        both = self.json("v.h5", "r.h5")
        self.assertEqual([one["file"] for one in both], ["v.h5", "r.h5"])
        self.assertEqual(both[0]["queries"], self.queries)
        self.assertEqual(both[1]["radii"], self.radii)
        self.assertEqual(both[1]["queries"], [])
        self.assertEqual(both[0]["options"]["seed"], 1)
        self.assertEqual(both[0]["rounding_rule"], "R0")
        only = self.json("v.h5", "--table", "timeline")[0]
        self.assertEqual(len(only["timeline"]), 32)
        self.assertNotIn("queries", only)
        # What was begun is closed even if the next file is refused.
        done = self.run_rampart("show", "--json", "v.h5", "absent")
        self.assertEqual(done.returncode, 2)
        self.assertEqual(len(strict(done.stdout)), 1)

    def test_json_of_any_text(self):
        title = "a \"quote\"\\ and \t tab, \x01, \x7f, \u00e9, \U0001f600"
        broken = b"\xff\xc3(\xed\xa0\x80\xf5"
        self.ok("verify", *DIGITS, "--samples", "12", "--radius", "1", "-q",
                "--title", title + os.fsdecode(broken), "-o", "t.h5")
        found = self.json("t.h5")[0]["title"]
        title = re.sub("[\x00-\x1f\x7f]", " ", title)  # the file's own rule
        self.assertTrue(found.startswith(title), found)
        self.assertTrue(set(found[len(title):]) <= {"\ufffd", "("}, found)

    def test_filters(self):
        def all_of(rows, **wanted):
            return [r for r in rows
                    if all(r[key] in values for key, values in wanted.items())]

        for words, wanted in [
            (["--verdict", "violated"], {"verdict": ["violated"]}),
            (["--verdict", "robust,unknown"],
             {"verdict": ["robust", "unknown"]}),
            (["--sample", "12-14,19"], {"sample": [12, 13, 14, 19]}),
            (["--samples", "17"], {"sample": [17]}),
            (["--class", "3"], {"label": [3]}),
            (["--class", "0-4,9"], {"label": [0, 1, 2, 3, 4, 9]}),
            (["--radius", "1,3-4"], {"radius": [1, 3, 4]}),
            (["--verdict", "robust", "--radius", "4", "--sample", "12-16"],
             {"verdict": ["robust"], "radius": [4],
              "sample": [12, 13, 14, 15, 16]}),
        ]:
            expected = all_of(self.queries, **wanted)
            self.assertTrue(expected or "--class" in words, words)
            found = self.json("v.h5", *words)[0]["queries"]
            self.assertEqual(found, expected, words)
            self.assertEqual(len(self.csv("v.h5", *words)), len(expected))
            text = self.ok("show", "v.h5", *words)
            self.assertIn(f"only {len(expected)} of 32 rows", text)
        self.assertEqual(self.json("v.h5", "--sample", "999")[0]["queries"],
                         [])

    def test_filters_of_radii(self):
        for words, is_wanted in [
            (["--verdict", "robust"], lambda r: r["verdict"] == "robust"),
            (["--verdict", "closed"], lambda r: r["state"] == "closed"),
            (["--verdict", "capped"], lambda r: r["state"] == "capped"),
            (["--verdict", "open"], lambda r: r["verdict"] == "unknown"),
            (["--radius", "0-1"], lambda r: r["lo"] <= 1),
            (["--radius", "4"], lambda r: r["hi"] == 4),
            # The cap was 4: what withstands it may have any greater radius.
            (["--radius", "200"], lambda r: r["state"] == "capped"),
        ]:
            expected = [r for r in self.radii if is_wanted(r)]
            self.assertEqual(self.json("r.h5", *words)[0]["radii"], expected)
        capped = [r for r in self.radii if r["state"] == "capped"]
        self.assertEqual(capped, [r for r in self.radii if r["lo"] == 4])
        self.assertTrue(capped)
        text = self.ok("show", "r.h5")
        self.assertIn(f"{len(capped)} capped, 0 open", text)
        self.assertIn("mean radius: at least ", text)
        self.assertEqual(text.count(" 4+  capped"), len(capped))

    def test_what_makes_no_sense_is_refused(self):
        for wrong, says in [
            (["--verdict", "fine"], "--verdict: expected robust, violated"),
            (["--verdict", "robust,"], "found ''"),
            (["--verdict", ""], "found ''"),
            (["--samples", "3-1"], "--samples: expected numbers and ranges"),
            (["--samples", "-1"], "found '-1'"),
            (["--samples", "1,,2"], "found '1,,2'"),
            (["--class", "three"], "--class: expected numbers and ranges"),
            (["--class", "99999999999"], "found '99999999999'"),
            (["--radius", "4096"], "--radius: expected radii from 1 to 255"),
            (["--csv", "--json"], "expected one of them"),
            (["--csv", "--rows", "3"], "--rows: CSV holds all rows"),
            (["--json", "--rows", "3"], "JSON holds all rows"),
            (["--class", "3", "--table", "timeline"], "has no labels"),
            (["--table", "x"], "expected queries, radii, ranks or timeline"),
        ]:
            self.refused("show", "v.h5", *wrong, says=says)

    def test_a_hurried_reader(self):
        self.assertEqual(os.listdir(self.folder).count("v.h5"), 1)
        text = self.ok("show", "--quiet", "v.h5")
        self.assertEqual(text, "")


if __name__ == "__main__":
    unittest.main()
