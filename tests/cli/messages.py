#!/usr/bin/python3
"""What a new user does wrong, one by one: every message names the file, the
place, what was expected and what was found, in one line, with status 2."""

import gzip
import os
import struct
import unittest

from cli import DATASET, DIGITS, NETWORK, SOURCE, Case

SHARED = os.environ.get("RAMPART_SHARED", "")
VERIFY = ["verify", "--radius", "1", "--samples", "0-3"]


def idx(*dims, fill=0):
    count = 1
    for d in dims:
        count *= d
    return gzip.compress(struct.pack(f">HBB{len(dims)}I", 0, 8, len(dims),
                                     *dims) + bytes([fill]) * count)


class Messages(Case):
    def says(self, words, *expected):
        text = self.refused(*words)
        for part in expected:
            self.assertIn(part, text)

    def test_files_given_for_each_other(self):
        self.put("images.gz", idx(4, 14, 14))
        self.put("labels.gz", idx(4))
        self.put("large.gz", idx(4, 28, 28))
        text = os.path.join(SOURCE, "data", "draw.c")
        for words, expected in [
            (["--network", DATASET, "--dataset", DATASET],
             [DATASET, "expected a network", "found neither"]),
            (["--network", text, "--dataset", DATASET],
             [text, "expected an HDF5 file"]),
            (["--network", NETWORK, "--dataset", NETWORK],
             [NETWORK, "expected an array 'x' of samples, found none",
              "--x-name"]),
            (["--network", NETWORK, "--dataset", text],
             [text, "as CSV, line ", "expected a label"]),
            (["--network", NETWORK, "--dataset", "images.gz"],
             ["images.gz", "expected a labels file"]),
            (["--network", NETWORK, "--dataset", "labels.gz", "--labels",
              "images.gz"],
             ["labels.gz", "are images and labels exchanged?"]),
            (["--network", NETWORK, "--dataset", "images.gz", "--labels",
              "images.gz"],
             ["images.gz", "are images and labels exchanged?"]),
            (["--network", NETWORK, "--dataset", "large.gz", "--labels",
              "labels.gz"],
             ["large.gz", "expected samples of 196 numbers", "digits-6",
              "found 784"]),
            (["--network", NETWORK, "--dataset", DATASET, "--y-name", "z"],
             [DATASET, "expected an array 'z' of labels", "--y-name"]),
        ]:
            self.says([*VERIFY, *words], *expected)

    def test_samples_and_radii(self):
        self.says(["verify", *DIGITS, "--radius", "1", "--samples", "0-9999"],
                  "'0-9999': expected samples 0..999", "found 9999")
        self.says(["verify", *DIGITS, "--radius", "0"],
                  "--radius: expected radii from 1 to 255", "found '0'")
        self.says([*VERIFY, *DIGITS, "--time-limit", "4s"],
                  "--time-limit: expected a number from 0.001 to 1000000000 s")
        self.says(["verify", NETWORK, "--dataset", DATASET, "--radius", "1"],
                  "inputs are named by options: --network FILE")

    def test_jobs(self):
        network, dataset = f"network: {{file: {NETWORK}}}\n", (
            f"dataset: {{file: {DATASET}}}\n")
        for text, expected in [
            (network + "dataset: {fil: y}\n", [":2:11: unknown key 'fil'",
                                               "expected one of file"]),
            (network + dataset + "verify:\n- {samples: 1, radius: 0}\n",
             [":4:24: radius: expected radii from 1 to 255"]),
            ("network: {file: x\n", [":2:1: not YAML"]),
            (network + dataset, ["nothing to decide: expected verify or"]),
            (network + dataset + "radius: {samples: all}\n"
             "options: {time_limt: 3}\n", [":4:11: unknown key 'time_limt'",
                                           "time_limit"]),
        ]:
            self.put("job.yaml", text)
            self.says(["run", "job.yaml"], "job.yaml", *expected)
        self.says(["run", DATASET], DATASET, "expected a job file (YAML)")
        self.says(["run", "absent.yaml"], "absent.yaml", "No such file")

    def test_results(self):
        self.says(["show", NETWORK], NETWORK, "expected a results file",
                  "found format 'rampart-network'")
        self.says(["show", DATASET], DATASET, "found another HDF5 file")
        self.says(["show", "absent.h5"], "absent.h5", "No such file")
        for command in ("export", "report"):
            self.says([command, NETWORK, "-o", "out"], NETWORK,
                      "expected a results file")
        self.says([*VERIFY, *DIGITS, "-o", "no/such/r.h5"], "no/such/r.h5",
                  "folder no/such")

    def test_what_a_file_is_instead(self):
        for name, content, found in [("empty", b"", "an empty file"),
                                     ("words", b"hello\n", "text"),
                                     ("packed", gzip.compress(b"x"), "a gzip file"),
                                     ("noise", bytes(range(256)),
                                      "a file of another kind")]:
            self.says(["show", self.put(name, content)],
                      f"{name}: expected an HDF5 file, found {found}")

    def test_nothing_is_printed_before_a_mistake_is_found(self):
        self.ok(*VERIFY, *DIGITS, "--samples", "0-3", "-q", "-o", "v.h5")
        self.says(["show", "v.h5", "--known", "absent.csv"], "absent.csv",
                  "No such file")
        self.says(["show", "v.h5", "--table", "rows"],
                  "--table: expected queries, radii, ranks or timeline")
        self.says(["help", "veryfi"], "unknown command 'veryfi'",
                  "did you mean 'verify'?")

    def test_bits_that_no_file_holds(self):
        name = os.path.join(SHARED, "qvip", "networks",
                            "mnist_1blk_64_in_8_qu_6.h5")
        if not os.path.exists(name):
            self.skipTest(f"no {name}")
        for words, what in [([], "input_bits, 1..8"),
                            (["--input-bits", "8"], "bits, 2..16")]:
            self.says([*VERIFY, "--network", name, "--dataset", DATASET,
                       *words], name, f"expected {what}, found none",
                      "--input-bits and --bits")

    def test_labels_of_other_samples_are_noticed(self):
        self.put("images.gz", idx(8, 14, 14))
        self.put("labels.gz", idx(8, fill=9))
        text = self.ok("verify", "--network", NETWORK, "--dataset",
                       "images.gz", "--labels", "labels.gz", "--radius", "1")
        self.assertIn("note: most samples are misclassified", text)
        text = self.ok("verify", *DIGITS, "--samples", "0-9", "--radius", "1")
        self.assertNotIn("note:", text)


if __name__ == "__main__":
    unittest.main()
