#!/usr/bin/python3
"""Boxes and masks in files: every format means the same, answers are those of
Python's single questions, both checkers accept the proofs, and files that make no
sense are refused with one line."""

import csv
import io
import unittest

try:
    import h5py
    import numpy as np
except ImportError:
    h5py = None

from cli import DATASET, DIGITS, NETWORK, Case

INPUTS, SAMPLES = 14 * 14, 1000
ASK = ["verify", *DIGITS, "--samples", "0-7", "--radius", "4,12,32"]
LIMIT = ["--cpu-limit", "20"]


@unittest.skipIf(h5py is None, "no h5py or NumPy")
class Boxes(Case):
    def setUp(self):
        super().setUp()
        with h5py.File(DATASET) as file:
            self.x = file["x"][:].astype(int).reshape(SAMPLES, INPUTS)
        mask = np.zeros(INPUTS, bool)
        mask[:70] = True
        self.mask = mask
        np.save(self.path("mask.npy"), mask)
        self.lower = np.maximum(self.x - 9, 0)
        self.upper = np.minimum(self.x + 20, 255)
        self.upper[:, ::3] = self.x[:, ::3]
        np.savez(self.path("boxes.npz"), lower=self.lower, upper=self.upper)

    def verdicts(self, file, *more):
        names = ("sample", "radius", "verdict", "lo", "hi")
        return [tuple(row.get(name) for name in names) for row in
                csv.DictReader(io.StringIO(self.ok("show", "--csv", *more,
                                                   file)))]

    def test_formats_mean_the_same(self):
        np.savez_compressed(self.path("mask.npz"), mask=self.mask.reshape(
            14, 14))
        self.put("mask.csv", "\nmask," + ",".join(
            " 1 " if free else "0" for free in self.mask) + "\r\n")
        np.save(self.path("each.npy"), np.tile(self.mask, (SAMPLES, 1)))
        wide = np.where(self.mask, 0, self.x), np.where(self.mask, 255, self.x)
        np.save(self.path("bounds.npy"), np.stack(wide))
        np.savez(self.path("bounds.npz"), lower=wide[0].astype(np.int16),
                 upper=wide[1].reshape(SAMPLES, 14, 14))
        self.put("bounds.csv", "".join(
            f"{name},{','.join(map(str, row))}\n" for rows in zip(*wide)
            for name, row in zip(("lower", "upper"), rows)))
        found = {}
        for name in ("mask.npy", "mask.npz", "mask.csv", "each.npy",
                     "bounds.npy", "bounds.npz", "bounds.csv"):
            self.ok(*ASK, *LIMIT, "--box", name, "-q", "-o", f"{name}.h5")
            found[name] = self.verdicts(f"{name}.h5")
        self.assertEqual(len(set(map(tuple, found.values()))), 1)
        self.assertEqual({row[2] for row in found["mask.npy"]},
                         {"robust", "violated"})
        self.ok(*ASK, *LIMIT, "-q", "-o", "ball.h5")
        stronger = 0
        for own, ball in zip(found["mask.npy"], self.verdicts("ball.h5")):
            self.assertFalse(own[2] == "violated" and ball[2] == "robust")
            stronger += own[2] == "robust" and ball[2] == "violated"
        self.assertGreater(stronger, 0)

    def test_jobs_ranks_threads_and_resuming(self):
        self.put("job.yaml", f"network: {{file: {NETWORK}}}\n"
                 f"dataset: {{file: {DATASET}}}\n"
                 "verify: [{samples: 0-7, radii: [4, 12]}]\n"
                 "radius: {samples: 0-5, cap: 30}\n"
                 "box: boxes.npz\noutput: a.h5\n")
        self.ok("run", "job.yaml", "-q")
        first = [self.verdicts("a.h5", "--table", table)
                 for table in ("queries", "radii")]
        for ranks, threads in ((0, 2), (0, 4), (2, 1), (4, 1)):
            self.ok("run", "job.yaml", "--threads", threads, "-q", "-o", "b.h5",
                    "--fresh", ranks=ranks)
            self.assertEqual(first, [
                self.verdicts("b.h5", "--table", table)
                for table in ("queries", "radii")])
        for i in (1, 2):
            self.ok("run", "job.yaml", "-q", "--shard", f"{i}/2")
        self.ok("merge", "-o", "both.h5", "a.1-of-2.h5", "a.2-of-2.h5")
        self.assertEqual(first, [self.verdicts("both.h5", "--table", table)
                                 for table in ("queries", "radii")])
        self.check("both.h5", status=3)
        self.assertIn("already complete",
                      self.run_rampart("run", "job.yaml").stderr)
        np.save(self.path("other.npy"), ~self.mask)
        self.refused("verify", *DIGITS, "--samples", "0", "--radius", "2",
                     "--box", "other.npy", "-o", "a.h5",
                     says="another file of boxes")
        self.assertIn("boxes.npz", self.ok("show", "a.h5"))

    def test_a_box_needs_no_radius(self):
        self.ok("verify", *DIGITS, "--samples", "0-5", "--box", "boxes.npz",
                *LIMIT, "-q", "-o", "a.h5")
        self.ok("verify", *DIGITS, "--samples", "0-5", "--radius", "20",
                "--box", "boxes.npz", *LIMIT, "-q", "-o", "b.h5")
        strip = [[(row[0], row[2]) for row in self.verdicts(name)]
                 for name in ("a.h5", "b.h5")]
        self.assertEqual(*strip)
        self.refused("verify", *DIGITS, says="missing option --radius")

    def test_both_checkers_accept_the_proofs(self):
        for i, (box, more) in enumerate((
                ("mask.npy", []), ("boxes.npz", []),
                ("mask.npy", ["--target", "8"]),
                ("boxes.npz", ["--top-k", "2"]))):
            name = f"{i}.h5"
            self.run_rampart(*ASK, "--cpu-limit", "1", "--box", box,
                             "--evidence", "full", "-q", "-o", name, *more)
            self.check_both(name)
        self.run_rampart("radius", *DIGITS, "--samples", "0-5", "--cap", "40",
                         "--box", "boxes.npz", "--evidence", "full", *LIMIT,
                         "-q", "-o", "r.h5", ranks=2)
        self.check_both("r.h5")

    def test_changed_boxes_are_rejected(self):
        self.ok(*ASK, *LIMIT, "--box", "boxes.npz", "--evidence", "full", "-q",
                "-o", "a.h5")
        good = self.content("a.h5")

        def change(how, status):
            self.put("a.h5", good)
            with h5py.File(self.path("a.h5"), "r+") as file:
                how(file)
            self.check("a.h5", status=status)

        def widen(file):
            file["box_lower"][...], file["box_upper"][...] = 0, 255

        def narrow(file):  # counterexamples are outside
            file["box_upper"][...] = file["box_lower"][...] = self.x

        def exclude(file):  # the sample itself is outside
            file["box_lower"][0, 0] = self.x[0, 0] + 1
            file["box_upper"][0, 0] = self.x[0, 0] + 2

        change(lambda file: None, 0)
        change(widen, 1)
        change(narrow, 1)
        change(exclude, 1)
        change(lambda file: file.__delitem__("box_upper"), 2)
        change(lambda file: file.attrs.__delitem__("box_sha256"), 2)

    def test_questions_are_exported_with_their_boxes(self):
        self.ok(*ASK, *LIMIT, "--box", "boxes.npz", "-q", "-o", "a.h5")
        self.ok("export", "a.h5", "-o", "files")
        text = self.content("files/prop_1_12.vnnlib").decode()
        for p in range(INPUTS):
            lo = max(self.x[1, p] - 12, self.lower[1, p])
            hi = min(self.x[1, p] + 12, self.upper[1, p])
            self.assertIn(f"(assert (>= X_{p} {lo}))\n"
                          f"(assert (<= X_{p} {hi}))", text)

    def test_files_that_make_no_sense_are_refused(self):
        def refused(name, says):
            self.refused(*ASK, "--box", name, says=says)

        def save(**arrays):
            np.savez(self.path("bad.npz"), **arrays)
            return "bad.npz"

        lower, upper = self.lower, self.upper
        refused("none.npz", "none.npz: cannot open")
        self.put("two.csv", "mask," + ",".join(["0 1"] + ["1"] * 194) + "\n")
        refused("two.csv", "two.csv:1: number 0: expected a whole number, found "
                           "'0 1'")
        refused(save(lower=lower), "expected arrays lower and upper, or an "
                "array mask, found lower.npy")
        refused(save(lower=lower, upper=upper, mask=self.mask), "found ")
        refused(save(lower=lower[:5], upper=upper[:5]),
                "bad.npz: lower.npy: expected one box, or a box for each of "
                "the 1000 samples, found 5")
        refused(save(lower=lower[0], upper=upper), "as many boxes as in the "
                "array before it, 1, found 1000")
        refused(save(lower=lower[:, 1:], upper=upper[:, 1:]),
                "network's 196 inputs, or of one dimension, perhaps behind a "
                "dimension of samples, found 1000 x 195 numbers")
        refused(save(lower=lower - 0.5, upper=upper),
                "lower.npy: expected whole numbers")
        refused(save(lower=lower, upper=upper + 200),
                "upper.npy: box 0, input 34: expected 0..255, found 288")
        refused(save(lower=upper + (upper == lower), upper=lower),
                ": expected lower <= upper, found ")
        refused(save(mask=self.mask + 1), "box 0, input 0: expected 0..1")
        shifted = self.x.copy()
        shifted[3, 7] += 1
        np.savez(self.path("off.npz"), lower=shifted, upper=np.maximum(
            upper, shifted))
        refused("off.npz", "off.npz: box of sample 3, input 7: expected "
                f"lower <= sample <= upper, found lower {shifted[3, 7]}, sample "
                f"{self.x[3, 7]}, upper ")
        np.save(self.path("bad.npy"), lower)
        refused("bad.npy", "expected a mask of type bool, or lower and upper")
        row = ",".join(["0"] * INPUTS)
        for text, says in (
                (f"lower,{row}\n", "a line that begins with upper at the end"),
                (f"upper,{row}\n", "expected one box, or a box for each"),
                (f"lower,{row}\nlower,{row}\n", "expected one box, or a box"),
                (f"lower,{row}\n\nmask,{row}\n", "expected one box, or a box"),
                (f"mask,{row},1\n", "bad.csv:1: expected 196 numbers behind "
                 "the word, found 197"),
                (f"mask,{row[2:]}\n", "expected 196 numbers behind the word, "
                 "found 195"),
                (f"mask,{row[:-1]}x\n", "bad.csv:1: number 195: expected a "
                 "whole number, found 'x'"),
                (f"mask,{row[:-1]}2\n", "bad.csv:1: box 0, input 195: "
                 "expected 0..1, found 2"),
                ("", "expected one box, or a box for each of the 1000 "
                 "samples, found 0"),
                ("\0", "found a zero byte")):
            self.put("bad.csv", text)
            refused("bad.csv", says)
        self.refused("verify", *DIGITS, "--radius", "2", "--norm", "contrast",
                     "--box", "mask.npy", says="box: expected the norm linf")


if __name__ == "__main__":
    unittest.main()
