#!/usr/bin/python3
"""Networks that users write themselves: the page docs/bring_your_own_network.md
as it stands, and every attribute and array of such a file missing, doubled,
out of range or of another shape. Needs h5py."""

import gzip
import os
import re
import subprocess
import sys
import unittest

import h5py
import numpy as np

from cli import SOURCE, Case, without_launcher

PAGE = os.path.join(SOURCE, "docs", "bring_your_own_network.md")


FILTERS = (7 * np.arange(18) % 19 - 9).reshape(2, 3, 3, 1)
DENSE = (11 * np.arange(32) % 9 - 4).reshape(4, 8)
LAST = [[1, -2, 3, -4], [2, 2, -2, -2]]
FALLS = [[-50, 30, 90], [-20, -20, 60]]  # the second channel descends
UNEVEN = [-9, -3, -3, 0, 5, 6, 8]


def write_good(path):
    """Every kind of operator, thresholds in every layout, own input numbers."""
    with h5py.File(path, "w") as file:
        file.attrs.update({
            "format": "rampart-network", "version": 2, "name": "all",
            "input_shape": [4, 4, 1], "input_min": -8, "input_max": 7,
            "input_zero": -8, "blocks": 3, "class_names": ["a", "b"]})
        block = file.create_group("block0")
        block.attrs.update({"terms": 1, "neurons": 8, "channels": 2,
                            "activation_min": 0, "activation_max": 3})
        block["bias"] = [1, -2]
        block["threshold"] = FALLS
        block["descending"] = [0, 1]
        term = block.create_group("term0")
        term.attrs.update({
            "kind": "conv", "source": -1, "groups": 1, "stride": [2, 2],
            "input_shape": [4, 4, 1], "output_shape": [2, 2, 2],
            "dilation": [1, 1], "pad_top_left": [1, 0]})
        term["weight"] = FILTERS
        block = file.create_group("block1")
        block.attrs.update({"terms": 2, "neurons": 4, "channels": 2})
        block["activation_min"] = [0, -2]
        block["activation_max"] = [3, 5]
        block["shift"] = [2, -1]
        block["bias"] = [1, 2, 3, 4]
        block["threshold"] = UNEVEN
        term = block.create_group("term0")
        term.attrs.update({"kind": "select", "source": -1, "weight": 1})
        term["index"] = [0, 5, -1, 15]
        term = block.create_group("term1")
        term.attrs.update({"kind": "dense", "source": 0})
        term["weight"] = DENSE
        block = file.create_group("block2")
        block.attrs.update({"terms": 1, "neurons": 2, "channels": 2, "shift": 1,
                            "activation_min": -8, "activation_max": 7})
        block["bias"] = [15, 0]
        term = block.create_group("term0")
        term.attrs.update({"kind": "dense", "source": 1})
        term["weight"] = LAST


def predict_plainly(x):
    """The network above, written again by hand from docs/formats.md."""
    pixel = x.astype(int).reshape(4, 4) + 8
    first = np.zeros((2, 2, 2), int)
    for oy, ox, c in np.ndindex(2, 2, 2):
        z = [1, -2][c]
        for ky, kx in np.ndindex(3, 3):
            iy, ix = 2 * oy - 1 + ky, 2 * ox + kx
            if 0 <= iy < 4 and 0 <= ix < 4:
                z += FILTERS[c, ky, kx, 0] * pixel[iy, ix]
        reached = sum(t <= z for t in FALLS[c])
        first[oy, ox, c] = reached if c == 0 else 3 - reached
    read = np.append(pixel.ravel(), 0)
    z = (np.array([1, 2, 3, 4]) + read[[0, 5, 16, 15]] +
         DENSE @ first.ravel())
    second = [min(max((z[0] + 2) // 4, 0), 3), -2, min(max((z[2] + 2) // 4, 0), 3),
              -2]
    for i in (1, 3):
        second[i] += sum(t <= z[i] for t in UNEVEN)
    z = np.array(LAST) @ second + [15, 0]
    return int(np.argmax(np.clip((z + 1) // 2, -8, 7)))


CHAIN = [(5 * np.arange(96) % 13 - 6).reshape(6, 16),
         (7 * np.arange(12) % 11 - 5).reshape(2, 6)]


def write_chain(path):
    """Two dense blocks, with own input numbers."""
    with h5py.File(path, "w") as file:
        file.attrs.update({
            "format": "rampart-network", "version": 2, "name": "chain",
            "input_shape": [16], "input_min": -8, "input_max": 7,
            "input_zero": -3, "blocks": 2})
        for k, weight in enumerate(CHAIN):
            block = file.create_group(f"block{k}")
            block.attrs.update({
                "terms": 1, "neurons": len(weight), "channels": 1, "shift": 3,
                "activation_min": -16, "activation_max": 15})
            block["bias"] = [2 * k]
            term = block.create_group("term0")
            term.attrs.update({"kind": "dense", "source": k - 1})
            term["weight"] = weight


def predict_chain(x):
    a = x.astype(int) + 3
    for k, weight in enumerate(CHAIN):
        a = np.clip((weight @ a + 2 * k + 4) // 8, -16, 15)
    return int(np.argmax(a))


def write_pooled(path):
    """A convolution with a 2 x 2 max pool behind it, and a dense block."""
    with h5py.File(path, "w") as file:
        file.attrs.update({
            "format": "rampart-network", "version": 2, "name": "pooled",
            "input_shape": [4, 4, 1], "input_min": -8, "input_max": 7,
            "input_zero": -8, "blocks": 2})
        block = file.create_group("block0")
        block.attrs.update({"terms": 1, "neurons": 8, "channels": 2,
                            "activation_min": 0})
        block["activation_max"] = [3, 15]
        block["shift"] = [-1, 4]
        block["threshold"] = FALLS[0]
        block["bias"] = [1, -2]
        block["neuron"] = POOL
        term = block.create_group("term0")
        term.attrs.update({
            "kind": "conv", "source": -1, "groups": 1, "stride": [1, 1],
            "input_shape": [4, 4, 1], "output_shape": [4, 4, 2],
            "dilation": [1, 1], "pad_top_left": [1, 1]})
        term["weight"] = FILTERS
        block = file.create_group("block1")
        block.attrs.update({"terms": 1, "neurons": 2, "channels": 1, "shift": 2,
                            "activation_min": -16, "activation_max": 15})
        block["bias"] = [4, 0]
        term = block.create_group("term0")
        term.attrs.update({"kind": "dense", "source": 0})
        term["weight"] = DENSE[:2]


POOL = [(y // 2 * 2 + x // 2) * 2 + c for y, x, c in np.ndindex(4, 4, 2)]


def predict_pooled(x):
    pixel = np.zeros((6, 6), int)
    pixel[1:5, 1:5] = x.astype(int).reshape(4, 4) + 8
    pooled = np.zeros(8, int)
    for i, (y, x, c) in enumerate(np.ndindex(4, 4, 2)):
        z = [1, -2][c] + (FILTERS[c, :, :, 0] * pixel[y:y + 3, x:x + 3]).sum()
        a = (sum(t <= z for t in FALLS[0]) if c == 0 else
             min(max((z + 8) // 16, 0), 15))
        pooled[POOL[i]] = max(pooled[POOL[i]], a)
    z = DENSE[:2] @ pooled + [4, 0]
    return int(np.argmax(np.clip((z + 2) // 4, -16, 15)))


def deleted(place, name):
    def change(file):
        if name in file[place].attrs:
            del file[place].attrs[name]
        else:
            del file[place][name]
    return change


def given(place, name, value):
    """An attribute, or an array where there is one of this name."""
    def change(file):
        if name in file[place]:
            del file[place][name]
            file[place][name] = value
        else:
            file[place].attrs[name] = value
    return change


def added(place, name, value):
    """An array beside what is there."""
    def change(file):
        file[place][name] = value
    return change


def moved(file):
    file.move("block1/term1", "block1/term2")


NEEDED = {
    "/": ["format", "version", "name", "input_shape", "input_min", "input_max",
          "input_zero", "blocks"],
    "/block0": ["terms", "neurons", "channels", "bias", "activation_min",
                "activation_max", "threshold", "term0"],
    "/block1": ["shift", "threshold", "activation_min", "term0", "term1"],
    "/block0/term0": ["kind", "source", "input_shape", "output_shape", "stride",
                      "dilation", "pad_top_left", "groups", "weight"],
    "/block1/term0": ["kind", "source", "index", "weight"],
    "/block1/term1": ["kind", "source", "weight"],
}

BAD = [
    (given("/", "version", 3), "network of version 3"),
    (given("/", "rule", "R0"), "found attribute 'rule'"),
    (given("/", "input_max", 300), "'input_max': expected -7..247, found 300"),
    (given("/", "input_max", -8), "'input_max': expected -7..247, found -8"),
    (given("/", "input_min", 40000), "'input_min': expected -32768..32767"),
    (given("/", "input_zero", 40000), "'input_zero': expected -32768..32767"),
    (given("/", "input_shape", [4, 4, 0]), "'input_shape': expected sizes"),
    (given("/", "input_shape", [4, 5, 1]),
     "'input_shape': expected 20 numbers in all, found 4 x 4 x 1"),
    (given("/", "blocks", 2), "'blocks' says, 2, found 3"),
    (given("/", "blocks", 4), "'blocks' says, 4, found 3"),
    (given("/", "class_names", ["a"]), "one for each of 2 outputs, found 1"),
    (added("/", "extra", 1), "'blocks' says, 3, found 4"),
    (given("/block0", "kind", "x"), "/block0: expected only what this version"),
    (given("/block0", "terms", 2), "/block0: expected groups term0, term1"),
    (given("/block0", "terms", 2**31 - 1), "/block0: expected groups term0"),
    (given("/block0", "terms", 0), "'terms': expected 1..2147483647, found 0"),
    (given("/block0", "neurons", 9), "/block0: attribute 'channels': expected a "
     "divisor of the 9 neurons, found 2"),
    (given("/block0", "neurons", 2**30),
     "'output_shape': expected 1073741824 numbers in all"),
    (given("/block0", "channels", 16), "'channels': expected 1..8, found 16"),
    (given("/block0", "bias", [1, 2, 3]), "/block0: bias: expected one number"),
    (given("/block0", "bias", [0.5, 1]), "/block0/bias: expected integers"),
    (given("/block0", "activation_min", 4),
     "channel 0: expected activation_min at most activation_max, found 4..3"),
    (given("/block0", "activation_max", 4),
     "channel 0: expected 4 thresholds"),
    (given("/block0", "activation_max", 2**40),
     "'activation_max': expected -1073741824..1073741824"),
    (given("/block0", "activation_max", 2**20),
     "expected at most 65536 thresholds"),
    (added("/block0", "activation_min", [0, 0]), "found both"),
    (given("/block0", "shift", 2), "channel 1: expected thresholds where "
     "'descending' is 1, found shift 2"),
    (given("/block0", "descending", [0, 2]),
     "descending: number 1: expected 0..1, found 2"),
    (given("/block0", "descending", [0]), "descending: expected 2 numbers"),
    (lambda file: file["/block0"].attrs.__setitem__("threshold", 3),
     "/block0: expected only what this version"),
    (given("/block0/term0", "stride", [2**30 + 1, 1]), "1..1073741824"),
    (given("/block0", "threshold", [[1, 2, 3]] * 3),
     "expected a row for each of 2 channels"),
    (given("/block0", "threshold", [[1, 2]] * 2), "channel 0: expected 3"),
    (given("/block0", "threshold", [1, 2, 3]),
     "threshold: expected 6 thresholds"),
    (given("/block0", "threshold", np.zeros((1, 1, 3), int)),
     "expected 1 or 2 dimensions, found 3"),
    (given("/block0", "threshold", [[1, 2, 3], [1, 3, 2]]),
     "/block0: channel 1: staircase: expected ascending thresholds"),
    (given("/block0", "threshold", [[1, 2, 3], [1, 2, 2**62 + 1]]),
     "threshold: number 5: expected at most 2^62"),
    (given("/block0/term0", "kind", "pool"),
     "'kind': expected dense, conv or select, found 'pool'"),
    (given("/block0/term0", "source", 0), "'source': expected -1..-1, found 0"),
    (given("/block0/term0", "stride", [0, 1]), "'stride': expected 1.."),
    (given("/block0/term0", "stride", [1]), "'stride': expected 2 numbers"),
    (given("/block0/term0", "dilation", [1, 0]), "'dilation': expected 1.."),
    (given("/block0/term0", "pad_top_left", [-1, 0]), "'pad_top_left': "),
    (given("/block0/term0", "groups", 2), "'groups': expected a divisor of 1"),
    (given("/block0/term0", "output_shape", [2, 4, 2]),
     "'output_shape': expected 8 numbers in all"),
    (given("/block0/term0", "output_shape", [2**30, 2**30, 2**30]),
     "'output_shape': expected 8 numbers in all"),
    (given("/block0/term0", "output_shape", [8, 1, 1]),
     "weight: expected a shape [1][height][width][1]"),
    (given("/block0/term0", "weight", np.zeros((2, 3, 3, 2), int)),
     "weight: expected a shape [2][height][width][1]"),
    (given("/block0/term0", "weight", np.zeros((2, 9), int)),
     "/block0/term0/weight: expected 4 dimensions"),
    (given("/block0/term0", "weight", np.full((2, 3, 3, 1), -32768)),
     "weight: row 1, number 0: expected -32767..32767, found -32768"),
    (given("/block0/term0", "weight", np.full((2, 3, 3, 1), 40000)),
     "weight: row 0, number 0: expected -32768..32767, found 40000"),
    (given("/block0/term0", "weight", np.full((2, 3, 3, 1), 0.5)),
     "expected integers"),
    (given("/block1", "shift", [2, 31]), "shift: number 1: expected -1..30"),
    (given("/block1", "shift", [2, 3]), "threshold: expected 0 thresholds"),
    (given("/block1", "threshold", [[1, 2, 3, 4, 5, 6, 7]] * 2),
     "threshold: channel 0: expected 0 thresholds"),
    (given("/block1/term0", "index", [0, 1, 2, 16]),
     "index: number 3: expected -1..15, found 16"),
    (given("/block1/term0", "index", [0, 1, 2]), "index: expected 4 numbers"),
    (given("/block1/term0", "weight", 40000), "expected -32768..32767"),
    (added("/block1/term0", "weight", [1] * 4), "found both"),
    (added("/block1/term0", "bias", [1] * 4), "found member 'bias'"),
    (given("/block1/term0", "groups", 1), "found attribute 'groups'"),
    (given("/block1/term1", "source", 1), "'source': expected -1..0, found 1"),
    (given("/block1/term1", "weight", np.zeros((4, 7), int)),
     "weight: expected a shape [4][8]"),
    (moved, "/block1: expected a group 'term1', found none"),
    (given("/block2/term0", "source", -1), "expected a shape [2][16]"),
    (given("/block2", "activation_max", -8), "expected at least 2 values"),
]


def neurons(change):
    """The maxima's array, changed."""
    pool = np.array(POOL)
    return given("/block0", "neuron", change(pool))


BAD_POOLS = [
    (deleted("/block0", "neuron"), "'output_shape': expected 8 numbers in all"),
    (neurons(lambda n: np.where(n == 7, 8, n)),
     "/block0: neuron: expected numbers of neurons, 0..7, found 8 at "
     "accumulator 21"),
    (neurons(lambda n: n - 1), "found -1 at accumulator 0"),
    (neurons(lambda n: np.where(n == 7, 6, n)),
     "block 0, neuron 7: expected at least one accumulator, found none"),
    (neurons(lambda n: n[:31]), "'output_shape': expected 31 numbers in all"),
    (neurons(lambda n: np.append(n, 0)),
     "'output_shape': expected 33 numbers in all"),
    (neurons(lambda n: n[:0]), "'output_shape': expected 0 numbers in all"),
    (neurons(lambda n: n.reshape(4, 8)), "neuron: expected 1 dimension"),
    (neurons(lambda n: n + 0.5), "neuron: expected integers"),
    (given("/block0", "bias", [0] * 8),
     "bias: expected one number for each of 2 channels or 32 "),
    (added("/block0", "descending", [1, 0]),
     "descending: expected 0 where neurons are maxima, found 1 at channel 0"),
    (given("/block0", "activation_max", [3, 65537]),
     "expected at most 65536 steps where neurons are maxima"),
    (added("/block1", "neuron", [0, 1]),
     "block 1: expected outputs that are no maxima"),
]


class Refused(Case):
    def setUp(self):
        super().setUp()
        write_good(self.path("good.h5"))

    def info_of(self, change):
        path = self.put("bad.h5", self.content("good.h5"))
        with h5py.File(path, "r+") as file:
            change(file)
        return self.run_rampart("info", "bad.h5")

    def is_refused(self, change, says):
        done = self.info_of(change)
        self.assertEqual(done.returncode, 2, (says, done.stdout, done.stderr))
        self.assertIn(says, done.stderr)
        self.assertIn("bad.h5: ", done.stderr)
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)

    def test_whatever_is_missing(self):
        for place, names in NEEDED.items():
            for name in names:
                with self.subTest(place=place, name=name):
                    self.is_refused(deleted(place, name), "expected")

    def test_whatever_is_wrong(self):
        for change, says in BAD:
            with self.subTest(says=says):
                self.is_refused(change, says)

    def test_whatever_is_wrong_with_maxima(self):
        write_pooled(self.path("good.h5"))
        for change, says in BAD_POOLS:
            with self.subTest(says=says):
                self.is_refused(change, says)

    def test_info_says_which_neurons_are_maxima(self):
        write_pooled(self.path("good.h5"))
        done = self.info_of(lambda file: None)
        self.assertIn("neurons       10", done.stdout)
        self.assertIn("conv 3 x 3, pad 1 x 1, max of 4 ", done.stdout)
        done = self.info_of(neurons(lambda n: np.append(n[:30], [4, 5])))
        self.assertIn(", max of 3..5 ", done.stdout)

    def test_constant_neurons_may_have_any_bias(self):
        done = self.info_of(given("/block0", "bias", [2**30 + 1, -2]))
        self.assertIn("14, 4 of them constant on all inputs", done.stdout)
        done = self.info_of(given("/block1", "bias", [1, 2, 2**40, 4]))
        self.assertIn("14, 1 of them constant on all inputs", done.stdout)
        self.is_refused(given("/block1", "bias", [1, 2, 3, 2**62]),
                        "/block1: block 1, neuron 3: expected an accumulator")

    def test_what_may_be_missing(self):
        for place, name in (("/", "class_names"), ("/block0", "descending")):
            done = self.info_of(deleted(place, name))
            self.assertEqual(done.returncode, 0, done.stderr)


def make_samples(test):
    """A network with samples and their classes."""
    test.write(test.path("net.h5"))
    rng = np.random.default_rng(5)
    test.x = rng.integers(-8, 8, (300, 16)).astype("int8")
    test.y = np.array([test.predict(x) for x in test.x])
    with h5py.File(test.path("data.h5"), "w") as file:
        file["x"], file["y"] = test.x, test.y


class Understood(Case):
    write, predict = staticmethod(write_good), staticmethod(predict_plainly)

    def setUp(self):
        super().setUp()
        make_samples(self)

    def predicts(self, network, dataset):
        out = self.ok("predict", "--network", network, "--dataset", dataset)
        self.assertIn("samples 300, correct 300", out)

    def test_the_network_computes_what_its_file_says(self):
        self.assertTrue(60 < self.y.sum() < 240, self.y.sum())
        self.predicts("net.h5", "data.h5")

    def test_own_numbers_in_text(self):
        lines = [",".join(map(str, [y, *x])) for y, x in zip(self.y, self.x)]
        self.put("data.csv", "\n".join(lines) + "\n")
        self.predicts("net.h5", "data.csv")

    def test_pixels_begin_at_the_least_input(self):
        with h5py.File(self.path("pixels.h5"), "w") as file:
            file["x"], file["y"] = ((self.x + 8) * 16).astype("uint8"), self.y
        out = self.ok("predict", "--network", "net.h5", "--dataset",
                      "pixels.h5", "--values", "pixels")
        self.assertIn("samples 300, correct 300", out)

    def test_numbers_that_are_no_inputs(self):
        with h5py.File(self.path("data.h5"), "r+") as file:
            file["x"][7, 3] = 8
        done = self.run_rampart("predict", "--network", "net.h5", "--dataset",
                                "data.h5")
        self.assertEqual(done.returncode, 2)
        self.assertIn("data.h5: sample 7, number 3: expected -8..7, integers as "
                      "the network takes them, found 8", done.stderr)

    def test_a_copy_is_the_same(self):
        self.ok("import", "--network", "net.h5", "-o", "copy.h5")
        with h5py.File(self.path("copy.h5")) as file:
            self.assertEqual(file.attrs["version"], 2)
            self.assertEqual([str(n, "utf-8") if isinstance(n, bytes) else n
                              for n in file.attrs["class_names"]], ["a", "b"])
        self.predicts("copy.h5", "data.h5")
        self.ok("import", "--network", "copy.h5", "-o", "again.h5")
        self.assertEqual(self.content("copy.h5"), self.content("again.h5"))

    def test_info_says_what_it_is(self):
        out = self.ok("info", "net.h5")
        for words in ("4 x 4 x 1 = 16 numbers, each -8..7, zero point -8",
                      "2: a, b", "neurons       14",
                      "conv 3 x 3, stride 2 x 2, pad 1 x 0", "+ 0", "select",
                      "shift 2, thresholds", "-8..7"):
            self.assertIn(words, out)


class Decided(Case):
    """Answers in the network's own numbers, on one rank and on two."""

    SAMPLES = 40
    write, predict = staticmethod(write_chain), staticmethod(predict_chain)

    def setUp(self):
        super().setUp()
        make_samples(self)

    def decide(self, ranks):
        name = f"r{ranks}.h5"
        self.ok("radius", "--network", "net.h5", "--dataset", "data.h5",
                "--samples", f"0-{self.SAMPLES - 1}", "--cap", "5", "-o", name,
                "--evidence", "full",
                ranks=ranks)
        with h5py.File(self.path(name)) as file:
            found = file["counterexamples"]
            self.assertEqual((found.dtype, found.attrs["input_min"],
                              found.attrs["input_max"]), ("int16", -8, 7))
            self.assertEqual((file.attrs["input_min"],
                              file.attrs["input_max"]), (-8, 7))
            return file["radii"][:], found[:]

    def test_the_checker_accepts_them(self):
        self.decide(0)
        self.check("r0.h5")
        with h5py.File(self.path("r0.h5"), "r+") as file:
            file["counterexamples"][...] = file["counterexamples"][:][:, ::-1]
        self.check("r0.h5", status=1)

    def test_radii_are_confirmed_by_hand(self):
        radii, found = self.decide(0)
        rng = np.random.default_rng(6)
        refuted = 0
        for row in radii:
            x = self.x[row["sample"]].astype(int)
            for _ in range(30):
                near = np.clip(x + rng.integers(-row["lo"], row["lo"] + 1, 16),
                               -8, 7)
                self.assertEqual(self.predict(near), row["label"])
            if row["counterexample"] < 0:
                continue
            other = found[row["counterexample"]]
            refuted += 1
            self.assertNotEqual(self.predict(other), row["label"])
            self.assertLessEqual(abs(other - x).max(), row["hi"] + 1)
        self.assertGreater(refuted, self.SAMPLES // 2)
        both, _ = self.decide(2)
        for name in ("sample", "label", "lo", "hi"):
            self.assertTrue((radii[name] == both[name]).all(), name)

    def test_what_shows_them(self):
        radii, found = self.decide(0)
        self.assertIn('"input_min": -8, "input_max": 7',
                      self.ok("show", "r0.h5", "--json"))
        self.ok("export", "r0.h5", "-o", "out", "--write", "vnncomp,png")
        texts = [self.text_of(os.path.join(folder, name))
                 for folder, _, names in os.walk(self.path("out"))
                 for name in names if not name.endswith(".png")]
        shown = {tuple(int(v) for v in re.findall(r"\(X_\d+ (-?\d+)\)", text))
                 for text in texts}
        self.assertTrue({tuple(row) for row in found.tolist()} & shown)
        bounds = [int(v) for text in texts
                  for v in re.findall(r"\(<?>?= X_\d+ (-?\d+)\)", text)]
        self.assertEqual((min(bounds), max(bounds)), (-8, 7))
        self.ok("report", "r0.h5", "-o", "r.html")
        self.assertNotIn("not those of the results",
                         self.content("r.html").decode())

    @staticmethod
    def text_of(path):
        with (gzip.open if path.endswith(".gz") else open)(path, "rt") as file:
            return file.read()


class DecidedGraph(Decided):
    """The same of convolution, selection, addition and uneven staircases."""

    write, predict = staticmethod(write_good), staticmethod(predict_plainly)


class UnderstoodPool(Case):
    write, predict = staticmethod(write_pooled), staticmethod(predict_pooled)

    def test_the_network_computes_what_its_file_says(self):
        make_samples(self)
        self.assertTrue(60 < self.y.sum() < 240, self.y.sum())
        self.ok("import", "--network", "net.h5", "-o", "copy.h5")
        for network in "net.h5", "copy.h5":
            out = self.ok("predict", "--network", network, "--dataset", "data.h5")
            self.assertIn("samples 300, correct 300", out)


class DecidedPool(Decided):
    """The same of maxima."""

    write, predict = staticmethod(write_pooled), staticmethod(predict_pooled)


class Page(Case):
    def test_its_example(self):
        os.symlink(os.path.join(SOURCE, "data"), self.path("data"))
        with open(PAGE) as file:
            text = file.read()
        self.put("my_net.py", re.search(r"```python\n(.*?)```", text, re.S)[1])
        lines = re.search(r"```sh\n(.*?)```", text, re.S)[1].splitlines()
        self.assertEqual(lines[0], "python3 my_net.py")
        said = subprocess.run([sys.executable, "my_net.py"], cwd=self.folder,
                              env=without_launcher(), capture_output=True,
                              text=True, check=True).stdout
        right = int(re.match(r"(\d+) of 1000 are right", said)[1])
        self.assertGreater(right, 900)
        said = {line.split()[1]: self.ok(*line.split()[1:])
                for line in lines[1:]}
        self.assertIn(f"correct {right},", said["predict"])
        self.assertIn("thresholds", said["info"])
        self.assertRegex(said["verify"], r"10 queries")
        self.assertNotIn(" unknown ", said["verify"].split("10 queries")[0])


if __name__ == "__main__":
    unittest.main()
