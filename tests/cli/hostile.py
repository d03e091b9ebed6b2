#!/usr/bin/python3
"""Names that would drive a terminal or a spreadsheet: in job files, in results,
of files, and on the command line. Whatever both programs print of them is
plain text."""

import csv
import io
import json
import os
import re
import subprocess
import unittest

from cli import CHECK, DATASET, NETWORK, RAMPART, Case, without_launcher

# ESC, BEL, a new line, CSI of C1, right-to-left override, no UTF-8 at all.
EVIL = b"\x1b]0;x\x07\n\xc2\x9b31m\xe2\x80\xaegpj\xff"
HIDDEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f"
                    "\u2028-\u202e\u2060-\u206f\ufeff]")
JOB = '''title: "t\\e[31m\\x9b31m\\u202etitle"
network: {{file: "{network}", name: "=1+\\e\\u202e\\x9bname"}}
dataset: {{file: "{dataset}"}}
verify:
  - {{samples: 0-2, radius: 1}}
radius: {{samples: 3-4, cap: 3}}
'''


class Hostile(Case):
    def setUp(self):
        super().setUp()
        self.put("job.yaml", JOB.format(network=NETWORK, dataset=DATASET))

    def file(self, start, end=b""):
        return os.path.join(self.folder.encode(), start + EVIL + end)

    def plain(self, *words, status=None, program=RAMPART):
        """Run; everything printed is text that a terminal only shows."""
        words = [w if isinstance(w, bytes) else str(w).encode() for w in words]
        done = subprocess.run([program, *words], capture_output=True,
                              cwd=self.folder, timeout=300,
                              env=without_launcher())
        for stream in (done.stdout, done.stderr):
            text = stream.decode("utf-8")  # or it fails
            self.assertIsNone(HIDDEN.search(text), (words, text))
        if status is not None:
            self.assertEqual(done.returncode, status, (words, done))
        if status == 2:
            self.assertEqual(done.stderr.count(b"\n"), 1, (words, done))
        return done.stdout.decode()

    def test_results(self):
        results = self.file(b"r", b".h5")
        self.plain("run", "-o", results, "job.yaml", status=0)
        self.plain("run", "-o", results, "--resume", "job.yaml", status=0)
        self.assertIn("\\u009b31m", self.plain("info", results, status=0))
        self.plain("show", results, results, "--rows", "all", status=0)
        self.plain("show", results, "--table", "ranks", status=0)
        shown = json.loads(self.plain("show", "--json", results, status=0))
        self.assertIn("\u202e", shown["provenance"]["title"]
                      if "provenance" in shown else json.dumps(
                          shown, ensure_ascii=False))
        self.plain("watch", "--once", results, status=0)
        self.plain("merge", results, "-o", self.file(b"m"))
        self.plain("report", results, "-o", self.file(b"p"), status=0)
        self.plain("export", results, "-o", self.file(b"e"), status=0)
        self.plain(results, program=CHECK)
        self.plain("--network", self.file(b"none"), results, program=CHECK)
        self.plain(b"--" + EVIL, results, program=CHECK, status=2)
        with open(self.file(b"p"), "rb") as page:
            self.assertIsNone(re.search("[\x00-\x08\x7f-\x9f\u202e]",
                                        page.read().decode("utf-8")))

    def test_cells_are_no_formulas(self):
        self.plain("run", "-o", "r.h5", "job.yaml", status=0)
        text = self.plain("show", "--csv", "r.h5", status=0)
        for row in list(csv.reader(io.StringIO(text)))[1:]:
            self.assertTrue(row[0].startswith("'=1+"), row)
        self.plain("export", "r.h5", "-o", "e", status=0)
        for line in self.content("e/results.csv").decode().splitlines():
            self.assertTrue(line.startswith("_=1+"), line)

    def test_refused_files(self):
        junk = self.file(b"junk", b".yaml")
        with open(junk, "wb") as file:
            file.write(b"network: {file: x, " + b'"\\e[2J\\u202e\\x9b": y}\n')
        for words in [["run", junk], ["info", junk], ["show", junk],
                      ["report", junk, "-o", "x.html"],
                      ["merge", junk, "-o", "x.h5"], ["watch", junk],
                      ["watch", "--once", self.file(b"none")],
                      ["info", self.file(b"none")],
                      ["verify", "--network", junk, "--dataset", DATASET],
                      ["verify", "--network", NETWORK, "--dataset", junk],
                      ["run", "-o", self.file(b"none/none/x"), "job.yaml"],
                      ["show", "--table", EVIL, junk],
                      ["run", b"--" + EVIL, "job.yaml"],
                      ["run", b"-\x9b", "job.yaml"],
                      [EVIL], ["help", EVIL],
                      ["run", "--shard", EVIL, "job.yaml"]]:
            self.plain(*words, status=2)
        self.plain(junk, program=CHECK, status=2)

    def test_long_texts_end_at_a_character(self):
        title = "\u00e9" * 100  # 200 bytes; 127 are kept
        for shift in ("", "x"):
            self.put("job.yaml", JOB.format(network=NETWORK, dataset=DATASET)
                     .replace("t\\e[31m\\x9b31m\\u202etitle", shift + title))
            self.plain("run", "-o", "long.h5", "--fresh", "job.yaml", status=0)
            shown = self.plain("info", "long.h5", status=0)
            self.assertRegex(shown, f"title    {shift}\u00e9{{63}}\n")
        # Nor are there halves in messages, which quote 40 or 80 bytes.
        for shift in ("", "x"):
            long = shift + title
            for words in [["show", "--verdict", long, "long.h5"],
                          ["show", "--class", long, "long.h5"],
                          ["export", "--write", long, "-o", "e", "long.h5"],
                          ["run", "--" + long, "job.yaml"],
                          ["run", "--engine", long, "job.yaml"],
                          ["verify", "--values", long, "--network", NETWORK,
                           "--dataset", DATASET, "--radius", "1"],
                          ["job", "--get", long, "job.yaml"],
                          ["run", f"--output=~{long}", "job.yaml"]]:
                done = self.run_rampart(*words)
                self.assertEqual(done.returncode, 2, words)
                self.assertNotIn("\\x", done.stderr, words)


if __name__ == "__main__":
    unittest.main()
