#!/usr/bin/python3
"""Every command on the sample data, the way a user types it."""

import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time
import unittest

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..",
                             "oracle"))
from tflite_file import INT8, Tensor, build

from cli import (DATASET, DIGITS, NETWORK, QUERIES_HEADER, RADII_HEADER,
                 RAMPART, Case, without_launcher)

# Small enough for every build, and of every kind: 14 is violated at 2, and the
# radii are 4 (the cap), 4, 1 and 3.
VERIFY = ["verify", *DIGITS, "--samples", "12-17", "--radius", "1,2"]
RADIUS = ["radius", *DIGITS, "--samples", "12-14,16", "--cap", "4"]


class Deciding(Case):
    def test_verify_prints_rows_and_a_summary(self):
        text = self.ok(*VERIFY)
        self.assertIn("12 queries", text)
        self.assertEqual(os.listdir(self.folder), [])  # nothing is saved

    def test_verify_csv(self):
        rows = self.rows(self.ok(*VERIFY, "--csv"), QUERIES_HEADER)
        self.assertEqual([(int(r["sample"]), int(r["radius"])) for r in rows],
                         [(s, r) for s in range(12, 18) for r in (1, 2)])
        self.assertEqual({row["verdict"] for row in rows},
                         {"robust", "violated"})
        for row in rows:
            self.assertGreaterEqual(float(row["seconds"]), 0)

    def test_radius_csv_agrees_with_verify(self):
        rows = self.rows(self.ok(*RADIUS, "--csv"), RADII_HEADER)
        self.assertEqual([int(r["sample"]) for r in rows], [12, 13, 14, 16])
        for row in rows:
            self.assertEqual(row["lo"], row["hi"])
            self.assertEqual(row["reason"], "none")
        largest = {int(r["sample"]): int(r["hi"]) for r in rows}
        text = self.ok("verify", *DIGITS, "--samples", "12-14,16",
                       "--radius", "1-4", "--csv")
        for row in self.rows(text, QUERIES_HEADER):
            best, radius = largest[int(row["sample"])], int(row["radius"])
            expected = ("misclassified" if best < 0 else
                        "robust" if radius <= best else "violated")
            self.assertEqual(row["verdict"], expected, row)

    def test_a_results_file_shows_the_same(self):
        csv = self.ok(*VERIFY, "--csv", "-o", "r.h5")
        self.assertEqual(self.ok("show", "r.h5", "--csv"), csv)
        self.assertIn("12 queries", self.ok("show", "r.h5"))
        self.assertIn("12 queries", self.ok("info", "r.h5"))
        self.assertIn("rampart verify --network", self.ok("info", "r.h5"))

    def test_quiet_says_nothing(self):
        done = self.run_rampart(*VERIFY, "-q")
        self.assertEqual((done.returncode, done.stdout, done.stderr),
                         (0, "", ""))

    def test_rows_are_limited(self):
        text = self.ok(*VERIFY, "--rows", "3")
        self.assertIn("and 9 more rows", text)
        self.assertNotIn("more rows", self.ok(*VERIFY, "--rows", "all"))
        self.assertTrue(self.ok(*VERIFY, "--rows", "0").startswith("12 q"))

    def test_undecided_is_status_3(self):
        done = self.run_rampart("verify", *DIGITS, "--samples", "0-9",
                                "--radius", "3-6", "--node-limit", "1",
                                "--attack-moves", "0",
                                "--time-limit", "0.001", "--csv")
        rows = self.rows(done.stdout, QUERIES_HEADER)
        unknown = [r for r in rows if r["verdict"] == "unknown"]
        self.assertEqual(done.returncode, 3 if unknown else 0, done.stderr)
        for row in rows:
            self.assertEqual(row["reason"] != "none", row in unknown)

    def test_the_limit_of_a_sample(self):
        """What is left open is so for want of time, and the ends hold."""
        search = ["radius", *DIGITS, "--samples", "0-9", "--cap", "64"]
        radius = [18, 9, 2, 8, 13, 8, 9, 16, 8, 8]  # without a limit
        self.put("job.yaml",
                 f"network: {{file: {NETWORK}}}\ndataset: {{file: {DATASET}}}\n"
                 "radius: {samples: 0-9, cap: 64}\noutput: job.h5\n"
                 "options: {sample_limit: 0.001}\n")
        for ranks in (0, 2):
            for how in ([*search, "--sample-limit", "0.001", "-o", "radius.h5"],
                        ["run", "job.yaml"]):
                self.ok(*how, "--fresh", "-q", ranks=ranks, status=3)
                file = "job.h5" if how[0] == "run" else "radius.h5"
                shown = json.loads(self.ok("show", file, "--json"))[0]
                self.assertEqual(shown["options"]["sample_limit"], 0.001)
                self.assertEqual(len(shown["radii"]), 10)
                for row, known in zip(shown["radii"], radius):
                    closed = row["lo"] == row["hi"]
                    self.assertEqual(row["reason"], "none" if closed else "time")
                    self.assertEqual(row["verdict"],
                                     "robust" if closed else "unknown")
                    self.assertTrue(row["lo"] <= known <= row["hi"], row)
        # What ended by its limit is complete: nothing is asked again.
        done = self.run_rampart("run", "job.yaml", "--resume", "-v")
        self.assertIn("complete", done.stderr)
        self.refused(*search, "--sample-limit", "0",
                     says="--sample-limit: expected a number from 0.001 to")

    def test_ranks_do_not_change_the_answers(self):
        for command, header in [(VERIFY, QUERIES_HEADER),
                                (RADIUS, RADII_HEADER)]:
            one = self.ok(*command, "--csv", "-q")
            two = self.ok(*command, "--csv", "-q", ranks=2)
            self.assertEqual(self.without_seconds(one, header),
                             self.without_seconds(two, header))

    def test_an_interrupt_ends_it_with_rows(self):
        job = subprocess.Popen(
            [RAMPART, "radius", *DIGITS, "--csv", "-o", "r.h5"],
            cwd=self.folder, env=without_launcher(), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        end = time.monotonic() + 60
        while not os.path.exists(self.path("r.h5.journal")): # it is under way
            self.assertIsNone(job.poll())
            self.assertLess(time.monotonic(), end)
            time.sleep(0.01)
        job.send_signal(signal.SIGINT)
        out, err = job.communicate(timeout=60)
        self.assertIn(job.returncode, (0, 4), err)
        rows = self.rows(out, RADII_HEADER)
        still_open = [r for r in rows if r["reason"] == "interrupted"]
        self.assertEqual(job.returncode, 4 if still_open else 0)
        self.assertEqual(self.ok("show", "--csv", "r.h5"), out)


class Info(Case):
    def test_why_no_reader_takes_a_file_is_said_in_whole_words(self):
        word = "incomprehensibilities"
        for name in ("a.csv", "n" * 200 + ".csv"):
            self.put(name, "\n".join([", ".join([word] * 9), f"1,{word}"]) + "\n")
            line = self.refused("info", name, says="cannot be described: as "
                                "results: expected an HDF5 file, found text; as a network: "
                                "expected an HDF5 file, found text; as a dataset: ")
            self.assertRegex(line, r"(\.\.\.|'|columns|\w)\n\Z")
            for part in re.findall(r"\bincom\w*", line):
                self.assertEqual(word[:len(part)], part)
            self.assertLess(len(line), 512)

    def test_of_a_deployed_network_only_what_is_wrong_with_it_is_said(self):
        """Its content tells, or its name where that is damaged."""
        self.put("net", b"\x20\0\0\0TFL3" + bytes(64))
        self.put("net.onnx", b"nothing of that kind")
        for name, says in [("net", "net: expected a profile (--profile NAME"),
                           ("net.onnx", "net.onnx: ")]:
            line = self.refused("info", name, says=says)
            self.assertNotIn("as a dataset", line)


class Outputs(Case):
    def test_no_file_that_existed_is_lost(self):
        for name, text in [("notes.txt", "precious"), ("empty", ""),
                           ("junk.h5", b"\x89HDF\r\n\x1a\nprecious")]:
            self.put(name, text)
            before = self.content(name)
            self.refused(*VERIFY, "-o", name, says="not replaced")
            self.assertEqual(self.content(name), before)
        self.ok("import", "--network", NETWORK, "-o", "net.h5")
        self.refused(*VERIFY, "-o", "net.h5", says="not replaced")
        # The reason is told: what is whole may only be of a later version.
        self.refused(*VERIFY, "-o", "net.h5", says="found format 'rampart-network'")
        os.symlink("notes.txt", self.path("link"))
        self.refused(*VERIFY, "-o", "link", says="not replaced")

    def test_a_results_file_is_replaced(self):
        self.ok(*VERIFY, "-q", "-o", "r.h5")
        self.ok(*RADIUS, "-q", "-o", "r.h5")
        text = self.ok("show", "--csv", "r.h5")
        self.assertEqual(len(self.rows(text, RADII_HEADER)), 4)
        self.assertEqual(os.listdir(self.folder), ["r.h5"])

    def test_a_missing_folder_is_made(self):
        self.ok(*VERIFY, "-q", "-o", "new/r.h5")
        self.ok("show", "new/r.h5")

    def test_impossible_places_are_refused_at_once(self):
        start = time.monotonic()
        for name in ["no/folder/r.h5", ".", "r.h5/", "", "/dev/null"]:
            self.refused("radius", *DIGITS, "-o", name)
        self.put("file", "")
        self.refused("radius", *DIGITS, "-o", "file/r.h5")
        self.assertLess(time.monotonic() - start, 100)

    def test_a_closed_pipe_is_no_failure(self):
        self.ok(*VERIFY, "-q", "-o", "r.h5")
        for words in ["predict --csv " + " ".join(DIGITS), "show --csv r.h5",
                      "verify --help"]:
            done = subprocess.run(
                f"'{RAMPART}' {words} | true; echo ${{PIPESTATUS[0]}}",
                shell=True, executable="/bin/bash", capture_output=True,
                text=True, cwd=self.folder, env=without_launcher())
            self.assertEqual((done.stdout, done.stderr), ("0\n", ""))

    def test_a_full_disk_is_one(self):
        with open("/dev/full", "w") as full:
            done = subprocess.run([RAMPART, "predict", "--csv", *DIGITS],
                                  stdout=full, stderr=subprocess.PIPE,
                                  text=True, env=without_launcher())
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"\Arampart: cannot write[^\n]+\n\Z")


class Known(Case):
    """Answers known beforehand, by `run`, `verify` and `show`."""

    def setUp(self):
        super().setUp()
        csv = self.ok(*VERIFY, "--csv", "-o", "r.h5")
        self.rows_found = self.rows(csv, QUERIES_HEADER)

    def known(self, name, verdict_of):
        lines = ["sample,radius,verdict"]
        for row in self.rows_found:
            lines.append(f"{row['sample']},{row['radius']},{verdict_of(row)}")
        return self.put(name, "\n".join(lines) + "\n")

    def test_the_same_answers_are_ok(self):
        known = self.known("right.csv", lambda row: row["verdict"])
        for words in [["show", "r.h5"], VERIFY]:
            self.assertIn("12 ok", self.ok(*words, "--known", known))

    def test_a_contradiction_is_loud(self):
        other = {"robust": "violated", "violated": "violated",
                 "misclassified": "misclassified"}
        known = self.known("wrong.csv", lambda row: other[row["verdict"]])
        for words in [["show", "r.h5"], VERIFY, VERIFY + ["-q"],
                      VERIFY + ["--csv"], ["show", "r.h5", "--csv"]]:
            done = self.run_rampart(*words, "--known", known)
            self.assertEqual(done.returncode, 1)
            self.assertIn("rampart: CONTRADICTION: ", done.stderr)
            if "--csv" in words:
                rows = self.rows(done.stdout, QUERIES_HEADER)
                self.assertEqual(len(rows), 12)

    def test_a_contradiction_across_radii(self):
        """Robust at 2 here excludes violated at 1 there."""
        robust = next(r for r in self.rows_found
                      if r["verdict"] == "robust" and int(r["radius"]) > 1)
        radius = int(robust["radius"]) - 1
        self.ok("verify", *DIGITS, "--samples", robust["sample"], "--radius",
                robust["radius"], "-q", "-o", "one.h5")
        known = self.put("lower.csv", "sample,radius,verdict\n"
                         f"{robust['sample']},{radius},violated\n")
        done = self.run_rampart("show", "one.h5", "--known", known)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"contradiction: sample {robust['sample']}, radius {radius}: "
                      f"known violated, found robust at radius {radius + 1}\n",
                      done.stdout)
        self.assertIn("0 not asked, 1 contradiction\n", done.stdout)

    def test_unreadable_answers_are_refused_before_the_work(self):
        self.put("bad.csv", "sample;radius\n")
        for file in ["bad.csv", "absent.csv"]:
            self.refused("radius", *DIGITS, "--known", file, says=file)
            self.put("job.yaml", f"network: {{file: {NETWORK}}}\n"
                                 f"dataset: {{file: {DATASET}}}\n"
                                 "radius: {samples: all}\n"
                                 f"known: {file}\n")
            self.refused("run", "job.yaml", says=file)


class Looking(Case):
    def test_predict(self):
        text = self.ok("predict", *DIGITS)
        self.assertRegex(text, r"\Asamples (\d+), correct \d+, accuracy "
                               r"[01]\.\d{4}\nmisclassified:( \d+| none)+\n\Z")
        rows = self.rows(self.ok("predict", *DIGITS, "--csv"),
                         "sample,label,prediction")
        wrong = [r["sample"] for r in rows if r["label"] != r["prediction"]]
        correct = len(rows) - len(wrong)
        self.assertEqual(
            text, f"samples {len(rows)}, correct {correct}, accuracy "
                  f"{correct / len(rows):.4f}\n"
                  f"misclassified: {' '.join(wrong) or 'none'}\n")
        self.assertIn("samples 3,",
                      self.ok("predict", *DIGITS, "--samples", "5,0-1"))
        self.refused("predict", *DIGITS, "--samples", "99999999",
                     says="99999999")

    def test_import_writes_the_same_network(self):
        text = self.ok("import", "--network", NETWORK, "--name", "copy", "-o",
                       "net.h5")
        self.assertIn("wrote         net.h5", text)
        copy = ["--network", "net.h5", "--dataset", DATASET, "--csv"]
        self.assertEqual(self.ok("predict", *copy),
                         self.ok("predict", *DIGITS, "--csv"))
        self.assertEqual(text, "wrote         net.h5\n" + self.ok("info", "net.h5"))
        self.assertIn("network       copy", text)
        digest = hashlib.sha256(self.content("net.h5")).hexdigest()
        self.assertIn(f"sha256        {digest}\n", text)

    def test_import_compares_with_the_file(self):
        self.refused("import", "--network", NETWORK, "-o", "net.h5",
                     "--verify", "2", says="expected a TFLite or ONNX file, whose")
        self.refused("import", "--network", NETWORK, "-o", "net.h5",
                     "--seed", "2", says="'--seed' needs --verify")
        self.refused("import", "--network", NETWORK, "-o", "net.h5",
                     "--verify", "0", says="--verify: expected a whole number")
        self.assertEqual(os.listdir(self.folder), [])
        x, w, y = (Tensor(INT8, (1, 4), 0.05, 3),
                   Tensor(INT8, (3, 4), 0.02, data=bytes(range(12))),
                   Tensor(INT8, (1, 3), 0.01, -5))
        self.put("net.tflite", build([x, w, y], [(9, [0, 1], 2, {0: 1})],
                                     [0], [2]))
        self.put("some.csv", "label,a,b,c,d\n0,1,2,3,4\n1,-5,6,-7,8\n")
        words = ["import", "--network", "net.tflite", "--profile", "tflm",
                 "-o", "net.h5", "-f", "--verify"]
        for options, n in ((["7"], 7), (["7", "--dataset", "some.csv"], 2),
                           (["1", "--dataset", "some.csv"], 1)):
            self.assertIn(f"verified      {n} samples, 1 tensors with 1 of 1 "
                          f"blocks, {3 * n} elements compared, 0 differences\n",
                          self.ok(*words, *options))
        for name, warns in (("net.tflite", True), ("net.h5", False)):
            done = self.run_rampart(
                "verify", "--network", name, "--profile", "tflm", "--dataset",
                "some.csv", "--radius", "1", "--evidence", "full")
            self.assertEqual("rampart-check reads networks in Rampart's own "
                             "format alone; write net.tflite as one by rampart "
                             "import first" in done.stderr, warns, done.stderr)

    def test_one_output_is_no_class(self):
        x, w, y = (Tensor(INT8, (1, 2), 0.05, 3),
                   Tensor(INT8, (1, 2), 0.5, data=bytes([1, 2])),
                   Tensor(INT8, (1, 1), 0.025, -5))
        self.put("net.tflite", build([x, w, y], [(9, [0, 1], 2, {})], [0], [2]))
        self.put("some.csv", "label,a,b\n70,4,4\n0,5,3\n")
        net = ["--network", "net.tflite", "--profile", "tflm"]
        self.ok("import", *net, "-o", "net.h5", "--verify", "9")
        for given in (net, ["--network", "net.h5"]):
            samples = [*given, "--dataset", "some.csv"]
            self.assertIn("outputs       1\n", self.ok("info", *given[1:]))
            self.assertEqual("samples 2\noutputs: 3 2\n",
                             self.ok("predict", *samples))
            self.assertEqual("sample,label,output\n0,70,3\n1,0,2\n",
                             self.ok("predict", *samples, "--csv"))
            for command in ["verify", "--radius", "1"], ["radius"]:
                self.refused(*command, *samples, "--samples", "1",
                             says="expected at least 2 outputs, of which the "
                                  "greatest is the class, found 1")

    def test_import_replaces_by_force_only(self):
        self.put("net.h5", "precious")
        words = ["import", "--network", NETWORK, "--output", "net.h5"]
        self.refused(*words, says="--force replaces it")
        self.assertEqual(self.content("net.h5"), b"precious")
        self.ok(*words, "--force")
        self.ok("info", "net.h5")
        self.refused("import", "--network", self.path("absent"), "-o",
                     "net.h5", "-f", says="absent")
        self.ok("info", "net.h5")

    def test_force_replaces_no_results(self):
        """Neither those that a report is of, nor any others."""
        self.ok("verify", *DIGITS, "--samples", "0-1", "--radius", "1", "-o", "r.h5")
        before = self.content("r.h5")
        for words in (["import", "--network", NETWORK], ["report", "r.h5"], ["scaling", "r.h5"],
                      ["simulate", "--times", "constant:1", "--tasks", "2", "--ranks", "1"]):
            self.refused(*words, "--output", "r.h5", "--force", says="holds results")
            self.assertEqual(self.content("r.h5"), before)

    def test_info_knows_networks_and_datasets(self):
        network = self.ok("info", NETWORK)
        self.assertIn("accumulators", network)
        self.assertIn("classes", network)
        self.assertIn("label", self.ok("info", DATASET))
        self.assertIn("shape         14 x 14 = 196 numbers\n", self.ok("info", DATASET))
        self.put("flat.csv", "1,2,3\n0,5,6\n")
        self.assertIn("shape         2 numbers\n", self.ok("info", "flat.csv"))

    def test_info_refuses_the_rest(self):
        self.put("text", "hello\n")
        self.put("empty", "")
        for name in ["text", "empty", self.folder, "absent"]:
            self.refused("info", name)

    def test_show_joins_files_into_one_table(self):
        self.ok(*VERIFY, "-q", "-o", "a.h5")
        self.ok(*RADIUS, "-q", "-o", "b.h5")
        a, b = (self.ok("show", "--csv", f) for f in ("a.h5", "b.h5"))
        twice = self.ok("show", "--csv", "a.h5", "a.h5")
        self.assertEqual(twice, a + a.split("\n", 1)[1])
        self.assertNotEqual(a.splitlines()[0], b.splitlines()[0])
        self.assertEqual(self.run_rampart("show", "--csv", "a.h5", "b.h5").returncode, 2)
        self.assertEqual(
            self.ok("show", "--csv", "--table", "radii", "a.h5"),
            RADII_HEADER + "\n")

    def test_show_refuses_what_is_no_results_file(self):
        for file in [NETWORK, DATASET, "absent"]:
            self.refused("show", file, says=os.path.basename(file))

    def test_under_mpirun_one_process_prints(self):
        self.assertEqual(self.ok("predict", *DIGITS, ranks=2),
                         self.ok("predict", *DIGITS))


if __name__ == "__main__":
    unittest.main()
