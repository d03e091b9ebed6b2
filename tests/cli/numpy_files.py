#!/usr/bin/python3
"""Datasets of NumPy, and real numbers through the quantizer of the network's
input: the same samples in any format give the same answers. Needs h5py and
numpy."""

import gzip
import os
import unittest
import zipfile

import h5py
import numpy as np

from cli import SOURCE
from evidence import Checked

NETWORK = os.path.join(SOURCE, "data", "digits_conv.h5")
DATASET = os.path.join(SOURCE, "data", "digits.h5")
STEP = np.float32(1 / 255)
N = 40


class NumpyFiles(Checked):
    def setUp(self):
        super().setUp()
        with open(NETWORK, "rb") as old, open(self.path("net.h5"), "wb") as new:
            new.write(old.read())
        with h5py.File(self.path("net.h5"), "r+") as file:
            self.least = int(file.attrs["input_min"])
            zero = int(file.attrs["input_zero"])
            file.attrs["input_scale"] = STEP
            file.attrs["input_rounding"] = "divide-half-even"
        with h5py.File(DATASET) as file:
            self.x = file["x"][:N].astype("int16") + self.least
            self.y = file["y"][:N]
        self.real = (self.x - zero) * STEP
        np.savez_compressed(self.path("real.npz"), x=self.real, y=self.y)
        np.savez(self.path("whole.npz"), x=self.x, y=self.y)

    def predict(self, dataset, *more):
        return self.ok("predict", "--network", "net.h5", "--csv", "--dataset",
                       dataset, *more)

    def test_all_formats_give_the_same_predictions(self):
        expected = self.predict("whole.npz")
        self.assertEqual(len(expected.splitlines()), N + 1)
        reals = ["--values", "reals"]
        self.assertEqual(self.predict("real.npz", *reals), expected)
        wide = np.asfortranarray(self.real.astype(">f8"))
        np.save(self.path("x.npy"), wide)
        np.save(self.path("y.npy"), self.y.astype(">i4"))
        self.assertEqual(
            self.predict("x.npy", "--labels", "y.npy", *reals), expected)
        with h5py.File(self.path("real.h5"), "w") as file:
            file["x"], file["y"] = self.real, self.y
        self.assertEqual(self.predict("real.h5", *reals), expected)
        with open(self.path("real.csv"), "w") as file:
            for x, y in zip(self.real.reshape(N, -1), self.y):
                file.write(",".join([str(y)] + [repr(float(v)) for v in x]) + "\n")
        self.assertEqual(self.predict("real.csv", *reals), expected)
        with gzip.open(self.path("x.gz"), "wb") as file:
            shape = (N, *self.x.shape[1:])
            file.write(bytes([0, 0, 8, len(shape)]) + np.array(
                shape, ">u4").tobytes() + (self.x - self.least).astype(
                    "u1").tobytes())
        with open(self.path("y.idx"), "wb") as file:
            file.write(bytes([0, 0, 8, 1, 0, 0, 0, N]) + bytes(self.y))
        self.assertEqual(self.predict("x.gz", "--labels", "y.idx", "--values",
                                      "pixels"), expected)

    def test_results_name_values_and_step(self):
        job = ("network: {file: net.h5}\ndataset: {file: real.npz, values: "
               "reals, format: npz}\nverify: [{samples: 0-4, radius: 1}]\n"
               "output: r.h5\n")
        self.put("job.yaml", job)
        self.ok("run", "-q", "job.yaml")
        text = self.ok("info", "r.h5")
        self.assertIn("values   reals, rounded by the quantizer", text)
        self.assertIn("step     0.0039215", text)
        self.assertIn('"input_scale": 0.0039215', self.ok("show", "r.h5", "--json"))
        whole = self.ok("verify", "--network", "net.h5", "--dataset",
                        "whole.npz", "--samples", "0-4", "--radius", "1", "--csv")
        pick = [line.split(",")[:5] for line in whole.splitlines()]
        self.assertEqual([line.split(",")[:5] for line in self.ok(
            "show", "r.h5", "--csv").splitlines()], pick)
        self.checks(3, "r.h5", says="5 without evidence, 0 FAILED")

    def test_the_checker_compares_what_results_say_of_the_network(self):
        """Where it comes from, its step, and what the numbers are."""
        with h5py.File(self.path("net.h5"), "r+") as file:
            file.attrs["profile"] = "tflm"
            file.attrs["source_sha256"] = "ab" * 32
        self.decide_on("whole.npz")
        self.checks(0, "r.h5", says=" 0 FAILED")
        for name, value, says in (
                ("network_profile", np.bytes_("litert-xnnpack"), "its profile"),
                ("network_profile", np.bytes_(""), "its profile"),
                ("source_sha256", np.bytes_("cd" * 32), "its profile"),
                ("input_scale", 0.5, "its profile"),
                ("dataset_values", np.bytes_("numbers"), "dataset_values")):
            with h5py.File(self.path("r.h5"), "r+") as file:
                good = file.attrs[name]
                file.attrs[name] = value
            self.checks(2, "r.h5", says=says)
            with h5py.File(self.path("r.h5"), "r+") as file:
                file.attrs[name] = good
        self.checks(0, "r.h5", says=" 0 FAILED")

    def decide_on(self, dataset, *more):
        self.ok("verify", "--network", "net.h5", "--dataset", dataset, *more,
                "--samples", "0-4", "--radius", "1", "--evidence", "full",
                "-o", "r.h5", "--fresh")

    def test_the_checker_reads_whole_numbers(self):
        np.save(self.path("y.npy"), self.y.astype(">i8"))
        for kind in ("<i2", ">i4", "<i8", ">i2"):
            np.save(self.path("x.npy"), self.x.astype(kind))
            self.decide_on("x.npy", "--labels", "y.npy")
            self.checks(0, "r.h5", says="0 FAILED")
        for save in np.savez, np.savez_compressed:
            save(self.path("own.npz"), more=self.x, a=self.x, b=self.y)
            self.decide_on("own.npz", "--x-name", "a", "--y-name", "b")
            self.checks(0, "r.h5", says="0 FAILED")
        np.save(self.path("x.npy"), np.asfortranarray(self.x))
        self.decide_on("x.npy", "--labels", "y.npy")
        self.checks(0, "r.h5", says="0 FAILED")

    def test_the_checker_quantizes_reals(self):
        """In every format; most are no multiples of the step."""
        near = self.real + STEP * np.random.default_rng(5).choice(
            [-0.5, -0.3, 0, 0.2, 0.5], self.real.shape).astype("f4")
        np.save(self.path("y.npy"), self.y)
        np.save(self.path("x.npy"), np.asfortranarray(near.astype(">f8")))
        np.save(self.path("z.npy"), near.astype("f4"))
        np.savez_compressed(self.path("x.npz"), x=near, y=self.y)
        for name, kind in (("x4.h5", "<f4"), ("x8.h5", ">f8")):
            with h5py.File(self.path(name), "w") as file:
                file["x"], file["y"] = near.astype(kind), self.y
        with open(self.path("x.csv"), "w") as file:
            for x, y in zip(near.reshape(N, -1), self.y):
                file.write(",".join([str(y)] + [repr(float(v)) for v in x]) + "\n")
        for rounding in "divide-half-away", "multiply-half-even":
            with h5py.File(self.path("net.h5"), "r+") as file:
                file.attrs["input_rounding"] = rounding
            for name, *more in (["x.npy", "--labels", "y.npy"],
                                ["z.npy", "--labels", "y.npy"], ["x.npz"],
                                ["x4.h5"], ["x8.h5"], ["x.csv"]):
                self.decide_on(name, "--values", "reals", *more)
                self.checks(0, "r.h5", says="0 FAILED")
        with h5py.File(self.path("r.h5"), "r+") as file:
            del file.attrs["dataset_values"]
            file.attrs["dataset_values"] = "integers"
        self.checks(2, "r.h5", says="no samples and labels")

    def test_channels_first_are_reordered(self):
        """A network of two channels: the second is not read."""
        with h5py.File(self.path("net.h5"), "r+") as file:
            shape = list(file.attrs["input_shape"][:2]) + [2]
            file.attrs["input_shape"] = shape
            conv = file["block0/term0"]
            weight = conv["weight"][:]
            conv.attrs["input_shape"] = shape
            del conv["weight"]
            conv["weight"] = np.concatenate([weight, 0 * weight], 3)
        x = self.x.reshape(N, *shape[:2])
        two = np.stack([x, x[:, ::-1]], 3)
        np.savez(self.path("last.npz"), x=two, y=self.y)
        np.savez(self.path("first.npz"), x=two.transpose(0, 3, 1, 2), y=self.y)
        self.assertEqual(self.predict("last.npz"), self.predict("first.npz"))
        few = ["--network", "net.h5", "--samples", "0-2", "--radius", "1"]
        self.ok("verify", "--dataset", "first.npz", "-o", "r.h5",
                "--evidence", "full", *few)
        with h5py.File(self.path("r.h5")) as file:
            self.assertEqual(file.attrs["dataset_layout"], b"nchw")
        self.ok("report", "r.h5", "-o", "r.html")
        self.checks(0, "r.h5", says="0 FAILED")
        with h5py.File(self.path("r.h5"), "r+") as file:
            del file.attrs["dataset_layout"]
        self.checks(1, "r.h5")
        self.refused("predict", "--network", "net.h5", "--dataset",
                     "first.npz", "--layout", "nhwc", says="first.npz: expected "
                     "layout nhwc: rows, columns, channels")

    def test_the_network_says_its_step(self):
        self.assertIn("step 0.00392156886", self.ok("info", "net.h5"))
        with h5py.File(self.path("net.h5"), "r+") as file:
            del file.attrs["input_rounding"]
        self.refused("info", "--format", "native", "net.h5", says="input_rounding")
        for rounding, scale, says in (
                ("up", STEP, "divide-half-even|divide-half-away|"),
                ("divide-half-even", 0.1, "a positive number of binary32"),
                ("divide-half-even", -0.5, "a positive number of binary32")):
            with h5py.File(self.path("net.h5"), "r+") as file:
                file.attrs["input_rounding"] = rounding
                file.attrs["input_scale"] = scale
            self.refused("info", "--format", "native", "net.h5", says=says)

    def test_reals_that_the_input_cannot_hold_are_counted(self):
        """They become the ends of its range, which may be a mistake."""
        ask = ["predict", "--network", "net.h5", "--dataset", "far.npz",
               "--values", "reals"]
        far = self.real.copy()
        np.savez(self.path("far.npz"), x=far, y=self.y)
        self.assertEqual(self.run_rampart(*ask).stderr, "")
        far.reshape(-1)[:7] = 1e6
        far.reshape(-1)[7:9] = -1e6
        np.savez(self.path("far.npz"), x=far, y=self.y)
        self.assertIn(f"far.npz: 9 of {far.size} reals are beyond the input of "
                      "network ", self.run_rampart(*ask).stderr)

    def test_reals_need_a_quantizer(self):
        with h5py.File(self.path("net.h5"), "r+") as file:
            del file.attrs["input_scale"], file.attrs["input_rounding"]
        self.refused("predict", "--network", "net.h5", "--dataset", "real.npz",
                     "--values", "reals", says="real.npz: reals need the "
                     "quantizer of the network's input, and network")

    def test_one_line_for_every_mistake(self):
        np.save(self.path("x.npy"), self.x)
        archive = zipfile.ZipFile(self.path("other.npz"), "w")
        archive.writestr("model.json", "{}")
        archive.close()
        with open(self.path("real.npz"), "rb") as whole, \
                open(self.path("cut.npz"), "wb") as file:
            file.write(whole.read()[:-9])
        for dataset, says in (
                ("real.npz", "real.npz: x.npy: expected whole numbers, found "
                 "floating-point numbers: give values: reals"),
                ("x.npy", "x.npy: expected labels, found samples alone: name "
                 "their file by --labels"),
                ("other.npz", "other.npz: expected an array 'x' of samples, "
                 "found model.json; name it by --x-name"),
                ("cut.npz", "cut.npz: damaged or truncated zip archive")):
            self.refused("verify", "--network", "net.h5", "--dataset", dataset,
                         "--samples", "0", "--radius", "1", says=says)
        text = self.ok("predict", "--network", "net.h5", "--dataset", "x.npy",
                       "--samples", "0-2")
        self.assertRegex(text, r"samples 3, without labels\npredicted: \d \d \d\n")
        self.assertIn("labels        none", self.ok("info", "x.npy"))


if __name__ == "__main__":
    unittest.main()
