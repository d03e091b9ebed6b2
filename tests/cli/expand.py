#!/usr/bin/python3
"""rampart job: what a job file says here and now, in a form that says the same
everywhere; and names of files with ~ or null, wherever they are given."""

import csv
import io
import os
import unittest

from cli import DATASET, NETWORK, Case

JOB = '''# A comment.
title: "Table: 2 # not a comment"
network: {{file: "${{RP_DATA:-none}}/net.h5", name: '{name}'}}
dataset: {{file: digits.h5}}
verify:
  - {{samples: 0-2, radii: [1, 2]}}
radius: {{samples: "3-4, 6", cap: 3}}
options: {{time_limit: 20.5, engine: hull}}
evidence: none
output: {output}
'''


class Expand(Case):
    def setUp(self):
        super().setUp()
        os.mkdir(self.path("data"))
        os.mkdir(self.path("jobs"))
        os.symlink(NETWORK, self.path("data/net.h5"))
        os.symlink(DATASET, self.path("jobs/digits.h5"))

    def job(self, output="out.h5", name="null"):
        return self.put("jobs/my.yaml", JOB.format(output=output, name=name))

    def rows_of(self, results, table):
        text = self.ok("show", "--csv", "--table", table, results)
        rows = list(csv.DictReader(io.StringIO(text)))
        for row in rows:
            del row["seconds"]
        return rows

    def test_it_says_the_same_everywhere(self):
        self.job()
        text = self.ok("job", "jobs/my.yaml", RP_DATA="data")
        self.assertNotIn("$", text)
        keys = [line for line in text.splitlines() if line[0] not in " -"]
        self.assertEqual([key.split(":")[0] for key in keys],
                         ["title", "network", "dataset", "verify", "radius",
                          "options", "evidence", "output"])
        os.mkdir(self.path("elsewhere"))
        self.put("elsewhere/whole.yaml", text)
        again = self.ok("job", "elsewhere/whole.yaml", RP_DATA="nonsense")
        self.assertEqual(text, again)
        self.ok("run", "jobs/my.yaml", "-q", "-o", "a.h5", RP_DATA="data")
        self.ok("run", "elsewhere/whole.yaml", "-q", RP_DATA="nonsense")
        for table in ("queries", "radii"):
            a, b = (self.rows_of(name, table) for name in ("a.h5", "out.h5"))
            self.assertEqual(a, b)
        self.assertIn("title    Table: 2 # not a comment\nnetwork  null\n",
                      self.ok("info", "out.h5"))

    def test_every_key_is_kept(self):
        self.job(name="caf\u00e9 \\ \"x\" 'y'".replace("'", "''"))
        text = self.ok("job", "jobs/my.yaml", RP_DATA="data")
        text.encode("ascii")
        for part in ("3-4, 6", "cap: 3", "time_limit: 20.5", "engine: hull",
                     "evidence: none", "- 2\n", self.path("out.h5"),
                     self.path("data/net.h5"), self.path("jobs/digits.h5")):
            self.assertIn(part, text)

    def test_a_path_that_is_no_text(self):
        self.job()
        self.refused("job", "jobs/my.yaml", RP_DATA="a\udcff",
                     says="my.yaml:3:17: expected UTF-8 in the path")

    def test_one_value(self):
        self.job(output='"a b\'#%.h5" # comment')
        get = ["job", "jobs/my.yaml", "--get"]
        env = {"RP_DATA": "data"}
        self.assertEqual(self.ok(*get, "output", **env), "a b'#%.h5\n")
        self.assertEqual(self.ok(*get, "network", **env), "data/net.h5\n")
        self.assertEqual(self.ok(*get, "labels", **env), "")
        self.assertEqual(self.ok(*get, "output", "--shard", "02/03", **env),
                         "a b'#%.2-of-3.h5\n")
        self.assertEqual(self.ok(*get, "output", "-o", "x", **env), "x\n")
        self.refused(*get, "radius", says="--get: expected title", **env)
        self.refused("job", "none.yaml", says="none.yaml")
        self.assertEqual(sorted(os.listdir(self.folder)), ["data", "jobs"])

    def test_home(self):
        home = {"HOME": self.path("data"), "RP_DATA": "~"}
        self.job(output="~/x.h5")
        self.assertEqual(self.ok("job", "jobs/my.yaml", "--get", "output",
                                 **home), self.path("data/x.h5") + "\n")
        self.ok("run", "jobs/my.yaml", "-q", **home)
        self.ok("run", "jobs/my.yaml", "-q", "--output=~/y.h5", **home)
        self.ok("show", "data/x.h5", "data/y.h5")
        self.ok("verify", "--network=~/net.h5", "--dataset", DATASET, "--radius",
                "1", "--samples", "0", "--output=~/z.h5", "-q", **home)
        self.ok("report", "data/z.h5", "--output=~/z.html", "-q", **home)
        for file in "x.h5", "y.h5", "z.h5", "z.html":
            self.assertTrue(os.path.exists(self.path("data/" + file)))
        self.refused("run", "jobs/my.yaml", says="HOME", HOME="",
                     RP_DATA="data")

    def test_no_names(self):
        for name in "~", "null", "NULL", "~user/x.h5", '"~"', "'null'":
            self.job(output=name)
            self.assertRegex(
                self.refused("run", "jobs/my.yaml", RP_DATA="data"),
                "my.yaml:10:9: output: expected the name of a file, found")
            self.refused("watch", "--once", "jobs/my.yaml", RP_DATA="data",
                         says="output: expected the name")
            bare = name.strip("'\"")
            self.job()
            self.refused("run", "jobs/my.yaml", f"--output={bare}",
                         RP_DATA="data", says="--output: expected the name")
            for option in "known", "network", "dataset", "labels":
                self.refused("verify", "--radius", "1", "--network", NETWORK,
                             "--dataset", DATASET, f"--{option}={bare}",
                             says=f"--{option}: expected the name")
        self.job(output="./null")
        self.ok("run", "jobs/my.yaml", "-q", RP_DATA="data")
        self.ok("show", "null")

    def test_variables_that_are_numbers(self):
        self.job()
        for name, values in {
                "OMP_NUM_THREADS": ["1025", "100000", "99999999999999999999",
                                    "0", "-3", "many", "2x", "\x1b[31m"],
                "RAMPART_START_WITHIN": ["0", "1.5", "86401", "soon"],
                "OMPI_COMM_WORLD_RANK": ["-1", "first", "4294967296"],
                "PMIX_RANK": ["-1", "first"], "SLURM_PROCID": ["x"],
                "SLURM_STEP_NUM_TASKS": ["0", "x", "99999999999"]}.items():
            for value in values:
                with self.subTest(name=name, value=value):
                    done = self.run_rampart("run", "jobs/my.yaml", "-q",
                                            RP_DATA="data", **{name: value})
                    self.assertEqual(done.returncode, 2, done)
                    lines = [line for line in done.stderr.splitlines()
                             if line and not line.startswith("libgomp: ")]
                    self.assertEqual(len(lines), 1, done)
                    self.assertRegex(lines[0], f"{name}: expected a whole "
                                     r"number from \d+ to \d+, found '")
        for value in "2", "2,1", " 2 ", "02", "":
            self.ok("run", "jobs/my.yaml", "-q", RP_DATA="data", seconds=60,
                    OMP_NUM_THREADS=value)


if __name__ == "__main__":
    unittest.main()
