#!/usr/bin/python3
"""What the numbers of a dataset are, is stated and not guessed: integers as the
network takes them, or pixels. Needs h5py and numpy."""

import shutil
import unittest

import h5py
import numpy as np

from cli import DATASET, NETWORK
from evidence import Checked

FEW = ["--samples", "100-102"]


class Values(Checked):
    """A network with inputs of four bits, and digits of eight."""

    def setUp(self):
        super().setUp()
        shutil.copy(NETWORK, self.path("net.h5"))
        with h5py.File(self.path("net.h5"), "r+") as file:
            file.attrs["input_max"] = np.int32(15)
        with h5py.File(DATASET) as file:
            self.x = file["x"][:].reshape(len(file["x"]), -1)
            self.y = file["y"][:]

    def put_samples(self, name, x, y):
        with h5py.File(self.path(name), "w") as file:
            file["x"] = np.asarray(x, "uint8")
            file["y"] = y
        return ["--network", "net.h5", "--dataset", name]

    def row(self, source, sample, *more):
        text = self.ok("radius", *source, "--samples", sample, "--cap", "3",
                       "--csv", *more)
        return [line.split(",")[2:5] for line in text.splitlines()[1:]]

    def test_integers_are_the_default(self):
        source = self.put_samples("d.h5", self.x, self.y)
        where = np.argwhere(self.x > 15)[0]
        for command in (["verify", "--radius", "1"], ["radius"], ["predict"]):
            self.refused(*command, *source,
                         says=f"d.h5: sample {where[0]}, number {where[1]}: "
                              "expected 0..15, integers")
        self.refused("predict", *source, "--values", "floats",
                     says="--values: expected integers|pixels|reals, found "
                          "'floats'")

    def test_a_sample_is_the_same_beside_any_other(self):
        dark = self.x[:10] // 17
        bright = np.vstack([dark, np.full_like(dark[:1], 255)])
        alone = self.put_samples("alone.h5", dark, self.y[:10])
        text = self.ok("predict", *alone, "--csv").splitlines()[1:]
        labels = [int(line.split(",")[2]) for line in text] + [0]
        alone = self.put_samples("alone.h5", dark, labels[:10])
        beside = self.put_samples("beside.h5", bright, labels)
        self.refused("radius", *beside, says="sample 10, number 0")
        pixels = ["--values", "pixels"]
        self.assertEqual(self.row(alone, "0-9", *pixels),
                         self.row(beside, "0-9", *pixels))
        self.assertNotEqual(self.row(alone, "0-9", *pixels),
                            self.row(alone, "0-9"))

    def test_pixels_are_rescaled_as_documented(self):
        fitted = np.minimum((self.x.astype(int) + 8) >> 4, 15)
        pixels = self.put_samples("pixels.h5", self.x, self.y)
        integers = self.put_samples("integers.h5", fitted, self.y)
        self.assertEqual(
            self.ok("predict", *pixels, "--values", "pixels", "--csv"),
            self.ok("predict", *integers, "--csv"))

    def recorded(self):
        source = self.put_samples("d.h5", self.x, self.y)
        self.decide("verify", *source, *FEW, "--radius", "1", "--values",
                    "pixels", "--evidence", "full")

    def change(self, name, **attributes):
        shutil.copy(self.path("r.h5"), self.path(name))
        shutil.copy(self.path("r.h5.proofs"), self.path(name + ".proofs"))
        with h5py.File(self.path(name), "r+") as file:
            for key, value in attributes.items():
                if value is None:
                    del file.attrs[key]
                else:
                    kind = file.attrs[key].dtype if key in file.attrs else None
                    file.attrs.create(key, value, dtype=kind)

    def test_results_say_it_and_the_checker_applies_it(self):
        self.recorded()
        self.assertIn("values   pixels 0..255", self.ok("info", "r.h5"))
        self.assertIn('"dataset_values": "pixels"', self.ok("show", "r.h5", "--json"))
        self.checks(0, "r.h5", says=" 0 FAILED")
        self.change("forged.h5", dataset_values=np.bytes_("integers"))
        self.checks(2, "forged.h5", says="d.h5: ")
        for value in (None, np.bytes_("numbers")):
            self.change("bad.h5", dataset_values=value)
            self.refused("show", "bad.h5", says="dataset_values")
            self.checks(2, "bad.h5")

    def test_results_of_version_1_do_not_say_it(self):
        self.recorded()
        self.change("old.h5", dataset_values=None, format_version=np.int32(1))
        self.assertIn("values   not stated", self.ok("info", "old.h5"))
        self.checks(0, "old.h5", says=" 0 FAILED")

    def test_a_job_says_it(self):
        self.put_samples("d.h5", self.x, self.y)
        job = ("network: {file: net.h5}\ndataset: {file: d.h5, values: %s}\n"
               "verify: [{samples: 100-102, radius: 1}]\noutput: j.h5\n")
        self.put("job.yaml", job % "pixels")
        self.ok("run", "-q", "job.yaml")
        self.assertIn("values   pixels", self.ok("info", "j.h5"))
        self.put("job.yaml", job % "bytes")
        self.refused("run", "job.yaml", says="job.yaml:2:31: values: expected "
                                             "integers|pixels|reals, "
                                             "found 'bytes'")

    def test_answers_about_other_values_are_not_taken_over(self):
        with h5py.File(self.path("net.h5"), "r+") as file:
            file.attrs["input_max"] = np.int32(15)
        source = self.put_samples("dark.h5", self.x // 17, self.y)
        ask = ["verify", *source, *FEW, "--radius", "1", "-o", "o.h5"]
        self.ok(*ask, "-q")
        shown = self.ok("show", "--csv", "o.h5")
        self.run_rampart(*ask, "-q", "--resume", "--values", "pixels")
        with h5py.File(self.path("o.h5")) as file:
            said = file.attrs["dataset_values"].decode()
        self.assertTrue(said == "pixels"
                        or self.ok("show", "--csv", "o.h5") == shown)


class Labels(Checked):
    def test_only_those_asked_for_matter(self):
        pixels = ",".join(["0"] * 196)
        self.put("d.csv", "label," + ",".join(f"{i}x{i}" for i in range(196)) +
                 f"\n-1,{pixels}\n3,{pixels}\n99,{pixels}\n")
        ask = ["--network", NETWORK, "--dataset", "d.csv"]
        self.ok("verify", *ask, "--samples", "1", "--radius", "1", "-q")
        self.ok("predict", *ask, "--samples", "1")
        self.decide("verify", *ask, "--samples", "1", "--radius", "1",
                    "--evidence", "full")
        self.checks(0, "r.h5", says=" 0 FAILED")
        for sample, label in ((0, -1), (2, 99)):
            self.refused("verify", *ask, "--samples", sample, "--radius", "1",
                         says=f"d.csv: sample {sample}: expected a label 0..9 "
                              f"(the network's outputs), found {label}")
        self.refused("radius", *ask, says="sample 0: expected a label")
        self.refused("predict", *ask, says="sample 0: expected a label")

    def test_columns_and_gaps_are_read_alike_by_the_checker(self):
        with h5py.File(DATASET) as file:
            x, y = file["x"][:], file["y"][:]
        with h5py.File(self.path("d.h5"), "w") as file:
            file["x"], file["y"] = x, y[:, None]
        ask = ["verify", "--network", NETWORK, "--samples", "100-102",
               "--radius", "1", "--evidence", "full", "--dataset"]
        self.decide(*ask, "d.h5")
        self.checks(0, "r.h5", says=" 0 FAILED")
        with h5py.File(self.path("gaps.h5"), "w") as file:
            made = file.create_dataset("x", x.shape, "u1",
                                       chunks=(100, *x.shape[1:]))
            made[:900] = x[:900]
            file["y"] = y
        self.refused(*ask, "gaps.h5", says="found 9 of 10 parts")


if __name__ == "__main__":
    unittest.main()
