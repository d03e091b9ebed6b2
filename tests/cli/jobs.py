#!/usr/bin/python3
"""Bad job files of every kind: one line, with file, line and column. What a run
tells other programs while it goes on and at its end."""

import json
import os
import unittest

from cli import DATASET, NETWORK, Case

HEAD = f"network: {{file: {NETWORK}}}\ndataset: {{file: {DATASET}}}\n"
RADIUS = "radius: {samples: 0-3, cap: 2}\n"


class BadJobs(Case):
    def bad(self, text, place, says):
        self.put("job.yaml", text)
        line = self.refused("run", "job.yaml", says=says)
        start = f"rampart: job.yaml:{place}: "
        self.assertTrue(line.startswith(start), f"{line}, not {start}")

    def test_keys(self):
        self.bad(HEAD + "verify:\n  - {samples: 0-9, radious: 1}\n", "4:20",
                 "unknown key 'radious' in verify; expected one of samples, "
                 "radius, radii")
        self.bad(HEAD + RADIUS + "option:\n  seed: 1\n", "4:1",
                 "unknown key 'option' in the job; expected one of network, ")
        self.bad(HEAD + RADIUS + "options:\n  sed: 1\n", "5:3",
                 "unknown key 'sed' in options; expected one of engine, ")
        self.bad(HEAD + RADIUS + RADIUS, "4:1", "'radius' is given twice")
        self.bad("dataset: {file: x}\n", "1:1", "missing key 'network'")

    def test_values(self):
        for line, place, says in [
            ("verify: [{samples: 0-9, radius: 0}]", "3:33", "found '0'"),
            ("verify: [{samples: 0-9, radius: 4096}]", "3:33", "from 1 to 255"),
            ("verify: [{samples: 9-0, radius: 1}]", "3:20", "found '9-0'"),
            ("radius: {samples: 0, cap: 0}", "3:27", "cap: expected"),
            (RADIUS + "options: {engine: gurobi}", "4:19", "hull, onehot or compact"),
            (RADIUS + "options: {time_limit: -1}", "4:23", "found '-1'"),
            (RADIUS + "known: ${NOT_SET}/x", "4:8", "NOT_SET is not set"),
        ]:
            self.bad(HEAD + line + "\n", place, says)

    def test_shapes(self):
        self.bad("", "1:1", "no job in this file")
        self.bad(HEAD, "1:1", "nothing to decide")
        self.bad("- a\n", "1:1", "expected keys and values, found a list")
        self.bad(HEAD + "verify: all\n", "3:9", "expected a list")
        self.bad(HEAD + "verify: [\n", "4:1", "not YAML")
        self.bad(HEAD + "\tx: 1\n", "3:1", "not YAML")
        self.bad(HEAD + RADIUS + "---\na: b\n", "4:1", "second document")
        self.bad(HEAD + "title: &a [*a]\n", "3:8", "no anchors")
        self.bad(HEAD + "title: " + 100000 * "[", "3:8", "single value")

    def test_the_first_mistake_is_named(self):
        self.bad(HEAD + "verify: [{samples: 0, radius: 0}]\nspeed: 1\n",
                 "3:31", "found '0'")

    def test_help_lists_all_keys(self):
        text = " ".join(self.ok("run", "--help").split())
        for line in ("network: {", "dataset: {", "verify: [{", "radius: {",
                     "options: {", ""):
            self.put("job.yaml", line + "nonsense: 1")
            done = self.run_rampart("run", "job.yaml")
            known = done.stderr.split("expected one of ")[1].split(", ")
            self.assertGreater(len(known), 1)
            for key in map(str.strip, known):
                shown = "--" + key.replace("_", "-") if "opt" in line else key
                self.assertRegex(text, rf"(?<![\w-]){shown}(?![\w-])")

    def test_what_is_no_job_at_all(self):
        self.refused("run", "absent.yaml", says="absent.yaml")
        self.refused("run", self.folder, says="directory")
        self.put("junk", os.urandom(4096) + b"\xff\xfe\x00")
        self.refused("run", "junk", says="junk")
        self.refused("run", NETWORK, says="expected a job file (YAML), found no text")

    def test_a_network_that_the_job_does_not_have(self):
        self.put("job.yaml", "networks:\n" + "".join(
            f"  - {{file: {NETWORK}, name: {name}}}\n" for name in ("a", "b")) +
            f"dataset: {{file: {DATASET}}}\n" + RADIUS + "output: r.h5\n")
        for command in (["run"], ["job", "--get", "output"]):
            self.refused(*command, "job.yaml", "--name", "c", says="--name: "
                         "expected the name of one of the job's networks "
                         "(a, b), found 'c'")
        self.refused("job", "job.yaml", "--name", "a",
                     says="--name: expected together with --get")

    def test_inputs_are_named(self):
        self.put("job.yaml", "network: {file: n.h5}\n"
                             f"dataset: {{file: {DATASET}}}\n" + RADIUS)
        self.refused("run", "job.yaml", says="n.h5: cannot open")
        self.put("job.yaml", f"network: {{file: {NETWORK}}}\n"
                             "dataset: {file: d.csv}\n" + RADIUS)
        self.refused("run", "job.yaml", says="d.csv: cannot open")
        self.put("job.yaml", HEAD + "radius: {samples: 0-999999999}\n")
        self.refused("run", "job.yaml", says="999999999")

    def test_a_bad_job_ends_every_rank(self):
        self.put("job.yaml", HEAD)
        done = self.run_rampart("run", "job.yaml", ranks=2)
        self.assertEqual(done.returncode, 2)
        said = [l for l in done.stderr.splitlines() if l.startswith("rampart")]
        self.assertEqual(len(said), 1, done.stderr)


class GoodJobs(Case):
    def test_paths_follow_the_job_file_and_variables_the_user(self):
        os.makedirs(self.path("jobs/here"))
        os.symlink(NETWORK, self.path("jobs/here/n.h5"))
        os.symlink(DATASET, self.path("d.h5"))
        self.put("jobs/job.yaml",
                 "network: {file: '${NO_SUCH_NAME:-here}/n.h5'}\n"
                 "dataset: {file: '${ROOT}/d.h5'}\n"
                 "verify: [{samples: 0-1, radius: 1}]\n"
                 "output: out.h5\n")
        self.ok("run", "jobs/job.yaml", "-q", ROOT=".")
        self.ok("show", "out.h5")
        self.refused("run", "jobs/job.yaml", ROOT="absent",
                     says="absent/d.h5: cannot open")

    def test_options_go_before_the_file(self):
        self.put("job.yaml", HEAD + "verify: [{samples: 0, radius: 1}]\n"
                                    "title: from the file\n"
                                    "options: {seed: 5}\noutput: a.h5\n")
        self.ok("run", "job.yaml", "-q", "--output", "b.h5", "--seed", "7",
                "--title", "from the user")
        self.assertFalse(os.path.exists(self.path("a.h5")))
        text = self.ok("info", "b.h5")
        self.assertIn("from the user", text)
        self.assertIn("seed 7", text)


class Events(Case):
    def test_events_and_the_end(self):
        self.put("job.yaml", HEAD + "verify: [{samples: 0-9, radii: [1, 2]}]\n"
                 "radius: {samples: 0-1, cap: 2}\noutput: r.h5\n")
        said = self.ok("run", "job.yaml", "-q", "--events", "e.jsonl",
                       "--notify", 'echo "$RAMPART_RESULTS:$RAMPART_STATUS"')
        self.assertEqual(said, "r.h5:0\n")
        with open(self.path("e.jsonl"), encoding="utf-8") as file:
            lines = [json.loads(line) for line in file]
        self.assertEqual(lines[0]["event"], "begin")
        self.assertEqual(lines[0]["queries"], 20)
        self.assertEqual(lines[-1]["event"], "end")
        self.assertEqual((lines[-1]["status"], lines[-1]["rows"],
                          lines[-1]["undecided"]), ("complete", 22, 0))
        rows = {(l["sample"], l["radius"]): l["verdict"] for l in lines
                if l["event"] == "query"}
        shown = json.loads(self.ok("show", "--json", "r.h5"))[0]["queries"]
        self.assertEqual(rows, {(q["sample"], q["radius"]): q["verdict"]
                                for q in shown})
        self.refused("run", "job.yaml", "--fresh", "--events", "no/e.jsonl",
                     says="no/e.jsonl: cannot be written")


if __name__ == "__main__":
    unittest.main()
