#!/usr/bin/python3
"""Evidence and rampart-check as a user meets them: what is kept, what is
checked, formats of inputs, ranks, and what is refused."""

import gzip
import hashlib
import os
import random
import shutil
import struct
import subprocess
import sys
import unittest
import zlib

try:
    import h5py
    import numpy as np
except ImportError:
    h5py = None

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..",
                             "oracle"))
from tflite_file import INT8, Tensor, build

from cli import CHECK, DATASET, DIGITS, NETWORK, VERIFIED, Case, without_launcher

SHARED = os.environ.get("RAMPART_SHARED", "../shared")
INPUTS = 196
FEW = ["--samples", "100-103"]


class Checked(Case):
    def checks(self, status, *arguments, says=""):
        done = self.run_checker(*arguments)
        what = f"{arguments}\n{done.stdout}\n{done.stderr}"
        self.assertEqual(done.returncode, status, what)
        self.assertIn(says, done.stdout + done.stderr, what)
        return done.stdout

    def decide(self, *arguments, output="r.h5", **more):
        done = self.run_rampart(*arguments, "-q", "-o", output, "--fresh", **more)
        self.assertEqual(done.returncode, 0, done.stderr)


class Levels(Checked):
    def test_networks_of_other_formats_must_be_imported(self):
        x, w, y = (Tensor(INT8, (1, 2), 0.05, 3),
                   Tensor(INT8, (2, 2), 0.5, data=bytes([1, 2, 2, 1])),
                   Tensor(INT8, (1, 2), 0.025, -5))
        self.put("net.tflite", build([x, w, y], [(9, [0, 1], 2, {})], [0], [2]))
        self.put("some.csv", "label,a,b\n1,40,4\n")
        net = ["--network", "net.tflite", "--profile", "tflm"]
        self.ok("import", *net, "-o", "net.h5")
        for given, status, says in (
                (net, 2, "write the network as one by rampart import"),
                (["--network", "net.h5"], 0, " 0 FAILED")):
            self.ok("verify", *given, "--dataset", "some.csv", "--samples", "0",
                    "--radius", "1", "--evidence", "full", "-o", "some.h5",
                    "--fresh")
            self.checks(status, "some.h5", says=says)

    def test_what_is_kept(self):
        verify = ["verify", *DIGITS, *FEW, "--radius", "1-4"]
        self.decide(*verify, "--evidence", "full")
        text = self.checks(0, "r.h5", says=" 0 without evidence, 0 FAILED")
        self.assertNotIn(" 0 robust proved", text)
        self.decide(*verify, output="c.h5")
        self.assertFalse(os.path.exists(self.path("c.h5.proofs")))
        self.checks(3, "c.h5", says=" 0 FAILED")
        self.decide(*verify, "--evidence", "none", output="n.h5")
        self.checks(3, "n.h5", says=" 0 refuted")
        self.assertEqual(*(self.ok("show", "--csv", f).count("robust")
                           for f in ("r.h5", "n.h5")))

    def test_radii_and_ranks(self):
        radius = ["radius", *DIGITS, *FEW, "--cap", "32", "--evidence", "full"]
        self.decide(*radius)
        self.decide(*radius, output="two.h5", ranks=2)
        for file in ("r.h5", "two.h5"):
            self.checks(0, file, "--jobs", 3, says=" 0 FAILED")
        self.checks(0, "two.h5", "--sample", 101, says="1 robust proved")

    def test_a_job_says_so(self):
        self.put("job.yaml", f"network: {{file: {NETWORK}}}\n"
                             f"dataset: {{file: {DATASET}}}\n"
                             "verify: [{samples: 100, radius: 1}]\n"
                             "evidence: full\noutput: r.h5\n")
        self.ok("run", "-q", "job.yaml")
        self.checks(0, "r.h5", says="1 robust proved")
        self.put("bad.yaml", self.content("job.yaml").decode()
                 .replace("full", "some"))
        self.refused("run", "bad.yaml", says="bad.yaml:4:11: evidence: expected")


class Inputs(Checked):
    def samples(self, count):
        """Random blots, each labelled with the class it is given."""
        pick = random.Random(count)
        rows = [[0, *(pick.choice((0, 0, pick.randrange(256)))
                      for _ in range(INPUTS))] for _ in range(count)]
        self.put("raw.csv", "\n".join(",".join(map(str, r)) for r in rows))
        text = self.ok("predict", "--network", NETWORK, "--dataset", "raw.csv",
                       "--csv")
        for row, line in zip(rows, text.splitlines()[1:]):
            row[0] = int(line.split(",")[2])
        return rows

    def all_hold(self, *source):
        self.decide("verify", "--network", NETWORK, *source, "--radius", "1,3",
                    "--evidence", "full")
        self.checks(0, "r.h5", says=" 0 FAILED")

    def test_csv(self):
        lines = [" , ".join(map(str, r)) for r in self.samples(4)]
        text = "\ufefflabel," + ",".join(["x"] * INPUTS) + "\r\n\r\n"
        self.put("d.csv", text + "\r\n".join(lines) + "\r\n")
        self.all_hold("--dataset", "d.csv")
        with gzip.open(self.path("d.csv.gz"), "wb") as out:
            out.write(self.content("d.csv"))
        self.all_hold("--dataset", "d.csv.gz")

    def test_idx(self):
        rows = self.samples(5)
        images = struct.pack(">IIII", 0x803, 5, 14, 14)
        images += b"".join(bytes(r[1:]) for r in rows)
        labels = struct.pack(">II", 0x801, 5) + bytes(r[0] for r in rows)
        self.put("x.idx", images)
        self.put("y.idx", labels)
        self.all_hold("--dataset", "x.idx", "--labels", "y.idx")
        self.put("y.idx", labels[:-1] + bytes([labels[-1] ^ 1]))
        self.checks(2, "r.h5", says="another SHA-256")

    def test_qvip(self):
        mnist = os.path.join(SHARED, "mnist", "t10k-")
        nets = os.path.join(SHARED, "qvip", "networks")
        if not os.path.exists(nets):
            self.skipTest("no public networks")
        for name, bits, input_bits in [
                ("mnist_1blk_64_in_8_qu_6", 6, 8),
                ("mnist_1blk_64_in_4_qu_4", 4, 4),
                ("mnist_2blk_64_32_in_8_qu_10", 10, 8)]:
            self.decide("verify", "--network", f"{nets}/{name}.h5",
                        "--input-bits", input_bits, "--bits", bits,
                        "--dataset", mnist + "images-idx3-ubyte.gz",
                        "--labels", mnist + "labels-idx1-ubyte.gz",
                        "--samples", "0-2", "--radius", "1",
                        "--values", "pixels",
                        "--evidence", "full")
            self.checks(0, "r.h5", says=" 0 FAILED")


    def test_gzip_of_members_and_zeros(self):
        lines = [",".join(map(str, r)) + "\n" for r in self.samples(4)]
        with open(self.path("d.csv.gz"), "wb") as out:
            for line in lines:
                out.write(gzip.compress(line.encode()))
            out.write(bytes(1000))
        self.all_hold("--dataset", "d.csv.gz")

    @unittest.skipIf(h5py is None, "no h5py")
    def test_arrays_of_rank_5(self):
        rows = np.array(self.samples(3), "u1")
        with h5py.File(self.path("d.h5"), "w") as file:
            file["x"] = rows[:, 1:].reshape(3, 2, 7, 7, 2)
            file["y"] = rows[:, 0].astype("i8")
        self.all_hold("--dataset", "d.h5")

    @unittest.skipIf(h5py is None, "no h5py")
    def test_keras_layers_out_of_order(self):
        pick = np.random.default_rng(3)
        with h5py.File(self.path("k.h5"), "w") as file:
            file.attrs["layer_names"] = [b"b", b"a"]
            for name, shape in ("a", (INPUTS, 6)), ("b", (6, 10)):
                group = file.create_group(name)
                group.attrs["weight_names"] = [b"bias:0", b"kernel:0"]
                group["kernel:0"] = pick.normal(0, 0.5, shape).astype("f4")
                group["bias:0"] = pick.normal(0, 0.2, shape[1]).astype("f4")
        bits = ["--input-bits", "8", "--bits", "6"]
        net = ["--network", "k.h5", *bits, "--dataset", DATASET]
        labels = self.ok("predict", *net, "--csv").split()[1:]
        with h5py.File(DATASET) as old, h5py.File(self.path("d.h5"),
                                                  "w") as file:
            file["x"] = old["x"][:5]
            file["y"] = [int(line.split(",")[2]) for line in labels[:5]]
        net[-1] = "d.h5"
        self.decide("verify", *net, "--radius", "1", "--evidence", "full")
        self.assertNotIn(" 0 robust", self.checks(0, "r.h5", says=" 0 FAILED"))

    @unittest.skipIf(h5py is None, "no h5py")
    def test_a_layer_named_twice(self):
        """The count of arrays agrees, for another layer is left out."""
        pick = np.random.default_rng(5)
        with h5py.File(self.path("k.h5"), "w") as file:
            for name in "ab":
                group = file.create_group(name)
                group.attrs["weight_names"] = [b"kernel:0", b"bias:0"]
                group["kernel:0"] = pick.normal(0, 0.5, (9, 9)).astype("f4")
                group["bias:0"] = pick.normal(0, 0.2, 9).astype("f4")
            file.attrs["layer_names"] = [b"a", b"b"]
        with h5py.File(self.path("d.h5"), "w") as file:
            file["x"], file["y"] = np.zeros((3, 9), "u1"), np.zeros(3, "i8")
        source = ["--network", "k.h5", "--input-bits", "8", "--bits", "6",
                  "--dataset", "d.h5"]
        self.decide("verify", *source, "--radius", "1")
        for names in ([b"a", b"a"], [b"a", b"a/"], [b"b/", b"b"]):
            with h5py.File(self.path("k.h5"), "r+") as file:
                file.attrs["layer_names"] = names
            self.refused("predict", *source, says="of another layer")
            with open(self.path("k.h5"), "rb") as file:
                now = hashlib.sha256(file.read()).hexdigest()
            with h5py.File(self.path("r.h5"), "r+") as file:
                file.attrs["network_sha256"] = np.bytes_(now)
            self.checks(2, "r.h5", says="of another layer")

    def test_texts_of_networks_are_refused_by_both(self):
        """Two lines, other shapes, too long; the hash is that of the file."""
        shutil.copy(os.path.join(os.path.dirname(NETWORK), "digits_conv.h5"),
                    self.path("n.h5"))
        source = ["--network", "n.h5", "--dataset", DATASET]
        self.decide("verify", *source, "--samples", "0", "--radius", "1")
        names = np.array([f"class {k}" for k in range(10)], "S")
        with h5py.File(self.path("n.h5"), "r") as file:
            name = file.attrs["name"]
        for key, value, says in [
                ("name", np.bytes_(b"a\nb"), "'name'"),
                ("name", np.bytes_(b"x" * 64), "'name'"),
                ("name", np.full((1, 1), b"a", "S1"), "'name'"),
                ("class_names", names.reshape(2, 5), "'class_names'"),
                ("class_names", names[:9], "expected one for each")]:
            with h5py.File(self.path("n.h5"), "r+") as file:
                file.attrs["name"] = name
                file.attrs[key] = value
            self.refused("info", "n.h5", says=says)
            with open(self.path("n.h5"), "rb") as file:
                now = hashlib.sha256(file.read()).hexdigest()
            with h5py.File(self.path("r.h5"), "r+") as file:
                file.attrs["network_sha256"] = np.bytes_(now)
            self.checks(2, "r.h5", says=says)

    def test_names_are_kept_whole_or_refused(self):
        folder = self.path("d" * 200)
        deep = os.path.join(folder, "e" * 200)
        os.makedirs(deep)
        shutil.copy(DATASET, os.path.join(deep, "d.h5"))
        self.decide("verify", "--network", NETWORK, "--dataset",
                    os.path.join(deep, "d.h5"), *FEW, "--radius", "1",
                    "--evidence", "full")
        self.checks(0, "r.h5", says=" 0 FAILED")
        longest = os.path.join(deep, "/".join(["."] * 400), "d.h5")
        self.refused("verify", "--network", NETWORK, "--dataset", longest,
                     *FEW, "--radius", "1", "-o", "s.h5",
                     says="results can hold at most 1023 bytes")


@unittest.skipIf(h5py is None, "no h5py")
class Caps(Checked):
    def setUp(self):
        super().setUp()
        self.decide("radius", *DIGITS, *FEW, "--cap", "12", "--evidence",
                    "full")

    def edited(self, cap, rows=None):
        shutil.copy(self.path("r.h5"), self.path("e.h5"))
        shutil.copy(self.path("r.h5.proofs"), self.path("e.h5.proofs"))
        with h5py.File(self.path("e.h5"), "r+") as file:
            file.attrs["radius_cap"] = np.int32(cap)
            if rows:
                file["radii"][...] = rows(file["radii"][()])

    def test_a_radius_at_the_cap_is_at_least_that(self):
        self.checks(0, "r.h5", says=" at least 12, the cap")

        def two(rows):
            rows["lo"] = rows["hi"] = 2
            rows["counterexample"] = -1
            rows["verdict"] = b"robust"
            return rows

        self.edited(2, two)
        self.checks(0, "e.h5", says="radii: 0 closed, 4 at least 2, the cap")
        self.edited(3, two)
        self.checks(1, "e.h5", says="no counterexample at its distance")

    def test_a_radius_without_its_proof_is_not_counted(self):
        radius = ["radius", *DIGITS, *FEW, "--cap", "12"]
        self.decide(*radius, output="c.h5")
        states = [row.split(",") for row in self.ok("show", "--csv", "c.h5").splitlines()[1:]]
        bare = sum(row[7] == "closed" and row[3] != "0" for row in states)
        self.assertGreater(bare, 0)
        zero = sum(row[7] == "closed" for row in states) - bare
        self.checks(3, "c.h5", says=f"radii: {zero} closed, 0 at least 12, the cap")

    def test_caps_out_of_range(self):
        for cap in (0, -1, 256, 10 ** 6):
            self.edited(cap)
            self.checks(2, "e.h5", says="'radius_cap': expected 1 to 255")
            self.refused("show", "e.h5", says="radius_cap")
        self.refused("radius", *DIGITS, "--cap", "256", says="--cap")

    def test_rows_twice_or_gone(self):
        def twice(rows):
            rows[1] = rows[0]
            return rows

        self.edited(12, twice)
        self.checks(1, "e.h5", says="is repeated or out of order")
        self.edited(12)
        with h5py.File(self.path("e.h5"), "r+") as file:
            file["radii"].resize(3, axis=0)
        self.checks(2, "e.h5", says="'questions': expected 4 rows, found 3")
        self.checks(2, "r.h5", "--sample", 7, says="no row of sample 7")

    def test_attributes_that_say_how_much_there_is(self):
        for name in ("questions", "shard", "questions_sha256", "proofs"):
            self.edited(12)
            with h5py.File(self.path("e.h5"), "r+") as file:
                del file.attrs[name]
            self.checks(2, "e.h5", says=f"expected attribute '{name}'")
            self.refused("show", "e.h5", says=name)
        self.edited(12)
        with h5py.File(self.path("e.h5"), "r+") as file:
            del file.attrs["questions"]
            file.attrs["format_version"] = np.int32(1)
        self.checks(2, "e.h5", says="has version 1 but also")

    def test_rows_that_contradict_themselves(self):
        self.decide("verify", *DIGITS, *FEW, "--radius", "2,16")
        with h5py.File(self.path("r.h5"), "r+") as file:
            rows = file["queries"][()]
            robust = list(rows["verdict"]).index(b"robust")
            for column, value in (("reason", b"junk"), ("evidence", b"junk"),
                                  ("counterexample", 0), ("distance", 1)):
                changed = rows.copy()
                changed[robust][column] = value
                file["queries"][...] = changed
                file.flush()
                self.checks(1, "r.h5", says="contradict each other")
                self.refused("show", "r.h5", says="/queries")

    def craft(self, records):
        """The proofs file with these records for each row, well packed."""
        with open(self.path("r.h5.proofs"), "rb") as file:
            crafted = file.read(40)
        with h5py.File(self.path("r.h5")) as file:
            rows = file["radii"][()]
        for row in rows:
            plain = bytes([2, row["label"], 12, 0]) + records(row) + b"\0"
            packed = zlib.compress(plain, 9)
            crafted += b"RPBL" + struct.pack(
                "<QIQIIQI", row["sample"], 12, 1, 0, 1, len(plain),
                len(packed)) + packed
        self.assertLess(len(crafted), 1 << 18)
        self.put("crafted", crafted)

    def test_a_proof_that_wants_much_memory(self):
        """Every part that begins has a region of its own."""
        self.craft(lambda row: bytes([1, row["label"] == 0, 0]) * 1000000)
        self.checks(1, "r.h5", "--proofs", "crafted", "--memory-limit", "300",
                    says="out of memory before")

    def test_a_proof_without_end(self):
        """Millions of steps that change nothing, in few bytes."""
        step = bytes([3, 0, 0, 0, 24 - 1])
        self.craft(lambda row: bytes([2, 0]) + self.number(
            len(step) * 3000000) + step * 3000000)
        self.checks(1, "r.h5", "--proofs", "crafted", "--time-limit", "1",
                    says="time limit reached before")

    @staticmethod
    def number(value):
        coded = b""
        while value > 127:
            coded += bytes([value & 127 | 128])
            value >>= 7
        return coded + bytes([value])


def network_text(file, inputs, greatest, layers):
    """What docs/claims.md says; layers: weights, biases, shift, lo, hi."""
    with open(file, "rb") as content:
        digest = hashlib.sha256(content.read()).hexdigest()
    lines = ["rampart-network 1", f"sha256:{digest}",
             f"inputs {inputs} {greatest}"]
    for weights, biases, shift, lo, hi in layers:
        lines += ["layer", "dense 0"]
        lines += [" ".join(map(str, ["row", *row])) for row in weights]
        lines += [" ".join(map(str, ["biases", *biases])),
                  f"shift {shift} {lo} {hi}", "which" + " 0" * len(biases)]
    return "\n".join(lines) + "\n"


def native_text(name):
    layers = []
    with h5py.File(name) as file:
        while f"layer{len(layers)}" in file:
            layer = file[f"layer{len(layers)}"]
            layers.append((layer["weight"][:], layer["bias"][:],
                           *(layer.attrs[a] for a in (
                               "shift", "activation_min", "activation_max"))))
        return network_text(name, layers[0][0].shape[1],
                            file.attrs["input_max"], layers)


def qvip_text(name, bits, in_bits):
    """QVIP's quantizers: halves away from zero, clipped to signed bits."""
    def quantized(values, fraction):
        scaled = np.array(values, dtype="f8") * 2.0 ** fraction
        whole = np.sign(scaled) * np.floor(np.abs(scaled) + 0.5)
        return np.clip(whole, -2 ** (bits - 1), 2 ** (bits - 1) - 1).astype(int)

    layers = []
    with h5py.File(name) as file:
        for layer in file.attrs["layer_names"]:
            group = file[layer]
            arrays = {n.rsplit("/", 1)[-1].split(":")[0]: group[n][:] for n in (
                n.decode() if isinstance(n, bytes) else n
                for n in group.attrs["weight_names"])}
            if not arrays:
                continue
            shift = (bits - 2 if layers else in_bits) + 1
            layers.append([quantized(arrays["kernel"].T, bits - 1),
                           quantized(arrays["bias"], bits - 2) * 2 ** shift,
                           shift, 0, 2 ** bits - 1])
    layers[-1][3:] = -2 ** (bits - 1), 2 ** (bits - 1) - 1
    return network_text(name, layers[0][0].shape[1], 2 ** in_bits - 1, layers)


class Claims(Checked):
    """What rampart-check writes for rampart-verified-check, and both."""

    def verified(self, status, folder, says):
        if not VERIFIED:
            self.skipTest("rampart-verified-check was not built")
        done = subprocess.run([VERIFIED, folder], text=True, cwd=self.folder,
                              capture_output=True, timeout=300)
        said = done.stdout + done.stderr
        self.assertEqual(done.returncode, status, said)
        self.assertIn(says, said)
        return done.stdout

    def files(self, folder, end):
        return sorted(f for f in os.listdir(self.path(folder))
                      if f.endswith(end))

    def test_a_claim_for_each_verdict(self):
        self.decide("verify", *DIGITS, "--samples", "24,100-103", "--radius",
                    "1,20", "--evidence", "full")
        rows = self.ok("show", "--csv", "r.h5").splitlines()[1:]
        self.checks(0, "r.h5", "--claims", "c", says="10 claims written to c")
        self.assertEqual(len(rows), 10)
        verdicts = sorted(row.split(",")[4] for row in rows)
        self.assertEqual(
            sorted(f.split("-")[2] for f in self.files("c", ".claim")),
            [v + ".claim" for v in verdicts])
        self.assertEqual([f[:-5] for f in self.files("c", "robust.claim")],
                         [f[:-5] for f in self.files("c", ".proof")])
        self.checks(2, "r.h5", "--claims", "c", says="cannot create the folder")
        self.verified(0, "c", "10 claims hold, 0 FAILED")

    def test_unfinished_claims(self):
        """What is not whole does not look so."""
        self.decide("verify", *DIGITS, *FEW, "--radius", "1", "--evidence",
                    "full")
        room = 4095 - len("/queries-3-robust.claim")
        folder = "./" * (room // 2) + "c"
        self.checks(2, "r.h5", "--claims", folder, says="too long for files")
        self.assertFalse(os.path.exists(self.path("c/network")))
        self.assertEqual(self.files("c", ".clai"), [])
        self.verified(2, "c", "c/network: cannot read")

    def test_radii_are_two_claims(self):
        self.decide("radius", *DIGITS, *FEW, "--cap", "32", "--evidence",
                    "full")
        self.checks(0, "r.h5", "--claims", "c", says="8 claims written")
        self.verified(0, "c", "8 claims hold")
        self.checks(0, "r.h5", "--sample", 101, "--claims", "one",
                    says="2 claims written")

    def test_no_folder_is_without_claims(self):
        """A property has a network for each label; one sample has one label."""
        self.decide("verify", *DIGITS, "--samples", "24", "--radius", "1", "--top-k",
                    "2", "--evidence", "full")
        self.checks(0, "r.h5", "--claims", "c", says="1 claims written")
        [folder] = os.listdir(self.path("c"))
        self.verified(0, f"c/{folder}", "1 claims hold")

    def test_a_convolutional_network(self):
        """As convolutions, not as their rows, and with bounds by slopes."""
        network = os.path.join(os.path.dirname(NETWORK), "digits_conv.h5")
        self.decide("radius", "--network", network, "--dataset", DATASET,
                    "--samples", "0-19", "--cap", "10", "--evidence", "full")
        self.checks(0, "r.h5")
        self.checks(0, "r.h5", "--claims", "c", says="claims written to c")
        with open(self.path("c/network"), encoding="ascii") as text:
            is_conv = "\nconv 0 14 14 1 " in text.read()
        self.assertTrue(is_conv, "the first layer is a convolution")
        count = len(self.files("c", ".claim"))
        self.assertGreater(count, 20)
        self.verified(0, "c", f"{count} claims hold, 0 FAILED")

    def test_without_evidence(self):
        self.decide("verify", *DIGITS, *FEW, "--radius", "1,20")
        self.checks(3, "r.h5", "--claims", "c", says="4 without evidence")
        self.assertEqual(self.files("c", ".proof"), [])
        self.decide("verify", *DIGITS, *FEW, "--radius", "1", "--evidence",
                    "none", output="n.h5")
        self.checks(3, "n.h5", "--claims", "n", says="nothing to claim")
        self.assertFalse(os.path.exists(self.path("n")))

    def test_damaged(self):
        self.decide("verify", *DIGITS, *FEW, "--radius", "1", "--evidence",
                    "full")
        self.checks(0, "r.h5", "--claims", "c")
        claim = "c/" + self.files("c", ".claim")[0]
        text = self.content(claim)
        for other, says in [
                (text.replace(b"radius 1", b"radius 30"), "refused"),
                (text.replace(b"radius 1", b"radius 01"), "malformed"),
                (text.replace(b"\nrobust", b" \nrobust"), "malformed"),
                (text.replace(b"sha256:", b"sha256:0"), "malformed"),
                (text[:-1], "malformed"), (b"", "malformed")]:
            self.put(claim, other)
            self.verified(1, "c", says)
        self.put(claim, text)
        os.remove(self.path(claim[:-6] + ".proof"))
        self.verified(1, "c", "3 claims hold, 1 FAILED")
        network = self.content("c/network")
        for other in (network[:-1], network + b"\n", b"junk", b"",
                      network.replace(b"layer", b"leyer", 1)):
            self.put("c/network", other)
            self.verified(2, "c", "not a network of this format")
        self.verified(2, "absent", "cannot read")
        self.put("c/network", network.replace(b"dense 0", b"dense 7", 1))
        self.verified(2, "c", "not a network of this format")
        self.put("c/network", network)
        os.mkfifo(self.path("c/z.claim"))
        self.verified(2, "c", "c/z.claim: not a file")

    @unittest.skipIf(h5py is None, "no h5py")
    def test_the_text_is_what_the_file_says(self):
        """Read and quantized by other code than rampart-check's."""
        public = os.path.join(SHARED, "qvip", "networks")
        mnist = os.path.join(SHARED, "mnist", "t10k-")
        sources = [(DIGITS, native_text(NETWORK))]
        if os.path.exists(public):
            sources += [
                (["--network", f"{public}/{name}.h5", "--input-bits", in_bits,
                  "--bits", bits, "--dataset", mnist + "images-idx3-ubyte.gz",
                  "--labels", mnist + "labels-idx1-ubyte.gz", *pixels],
                 qvip_text(f"{public}/{name}.h5", bits, in_bits))
                for name, bits, in_bits, pixels in (
                    ("mnist_1blk_64_in_8_qu_6", 6, 8, []),
                    ("mnist_1blk_64_in_4_qu_4", 4, 4, ["--values", "pixels"]),
                    ("mnist_2blk_64_32_in_8_qu_10", 10, 8, []))]
        for k, (source, text) in enumerate(sources):
            self.decide("verify", *source, "--samples", "0-1", "--radius", "1",
                        "--evidence", "full", output=f"{k}.h5")
            self.checks(0, f"{k}.h5", "--claims", f"c{k}")
            self.assertEqual(self.content(f"c{k}/network").decode(), text)
        with h5py.File(DATASET) as file:
            x = np.array(file["x"][1]).ravel()
        text = self.content("c0/" + self.files("c0", ".claim")[1]).decode()
        self.assertIn("\ninput " + " ".join(map(str, x)) + "\n", text)

    def test_check_twice(self):
        if not VERIFIED:
            self.skipTest("rampart-verified-check was not built")
        self.decide("verify", *DIGITS, *FEW, "--radius", "1,20", "--evidence",
                    "full")
        script = os.path.join(os.environ["RAMPART_SOURCE"], "scripts",
                              "check-twice")

        def twice(status, *arguments):
            done = subprocess.run([script, *arguments], text=True, timeout=300,
                                  cwd=self.folder, capture_output=True,
                                  env={**os.environ, "RAMPART_CHECK": CHECK})
            self.assertEqual(done.returncode, status, done.stderr)
            return done.stdout

        text = twice(0, "r.h5")
        self.assertIn("r.h5: 8 claims hold, 0 FAILED", text)
        with open(self.path("r.h5.proofs"), "rb") as file:
            self.put("p", file.read(40))
        text = twice(1, "r.h5", "--proofs", "p")
        self.assertEqual(text.count("no proof of it"), 4, text)
        # A name is text, also where sed would take it for a command.
        odd = "r|e;&\\1.h5"
        for end in ("", ".proofs"):
            self.put(odd + end, self.content("r.h5" + end))
        self.assertIn(odd + ": 8 claims hold, 0 FAILED", twice(0, odd))
        self.assertEqual(text.count("robust: refused"), 4, text)


class Refused(Checked):
    def setUp(self):
        super().setUp()
        self.decide("verify", *DIGITS, *FEW, "--radius", "1,20",
                    "--evidence", "full")

    def test_wrong_command_lines(self):
        for arguments in [(), ("a", "b"), ("--jobs", "0", "r.h5"),
                          ("--sample", "x", "r.h5"), ("--no-such", "r.h5"),
                          ("--sample", "", "r.h5"), ("--jobs", "", "r.h5"),
                          ("--memory-limit", "0", "r.h5"),
                          ("--sample", "9" * 20, "r.h5")]:
            self.checks(2, *arguments, says="see --help")
        self.assertIn("usage:", self.checks(0, "--help"))

    def test_where_ended_children_are_ignored(self):
        """What a shell ignores, its children ignore too."""
        done = subprocess.run(
            ["sh", "-c", "trap '' CHLD; exec \"$0\" r.h5", CHECK], text=True,
            capture_output=True, cwd=self.folder, env=without_launcher())
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_files_that_are_not_there_or_others(self):
        self.checks(2, "absent.h5", says="absent.h5: cannot open")
        self.checks(2, "r.h5", "--network", "absent", says="absent: cannot")
        self.checks(2, "r.h5", "--dataset", NETWORK, says="another SHA-256")
        self.checks(2, NETWORK)
        self.checks(2, self.folder, says="not a regular file")
        self.put("junk", os.urandom(5000))
        self.checks(2, "junk", says="junk: not an HDF5 file")
        self.checks(2, "r.h5", "--proofs", "junk", says="not proofs")

    def test_proofs_gone(self):
        os.rename(self.path("r.h5.proofs"), self.path("p"))
        self.checks(2, "r.h5", says="r.h5.proofs: cannot open")
        self.checks(0, "r.h5", "--proofs", "p")
        with open(self.path("p"), "rb") as file:
            head = file.read(40)
        self.put("p", head)
        self.checks(1, "r.h5", "--proofs", "p", says="no proof of it")

    def test_inputs_elsewhere(self):
        shutil.copy(NETWORK, self.path("moved.h5"))
        shutil.copy(DATASET, self.path("d.h5"))
        self.checks(0, "r.h5", "--network", "moved.h5", "--dataset", "d.h5")


if __name__ == "__main__":
    unittest.main()
