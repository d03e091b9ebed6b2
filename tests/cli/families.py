#!/usr/bin/python3
"""Brightness and contrast: families of images with one parameter. Answers are
those of enumeration by exact fractions, the checkers agree, and claims that leave
an image out or show one that is in no family are rejected."""

import csv
import io
import unittest
from fractions import Fraction

try:
    import h5py
    import numpy as np
    from tiny import write_network_and_dataset
except ImportError:
    h5py = None

from cli import DIGITS, Case

SAMPLES = 5
FAMILIES = "brightness", "contrast"


def brighten(net, x, most):
    """All images by brightness, with their least radius."""
    for radius in range(1, most + 1):
        for b in (radius, -radius):
            yield radius, np.clip(x + b, net.least, net.greatest)


def stretch(net, x, most):
    """All images by contrast, likewise: at every factor where some value is just
    rounded, and between each two of these, as docs/evidence.md defines them."""
    centre = Fraction(net.least + net.greatest, 2)
    edges = {Fraction(100, 100 + r) for r in range(most + 1)}
    edges |= {Fraction(100 + r, 100) for r in range(most + 1)}
    lo, hi = min(edges), max(edges)
    values = [int(v) for v in np.unique(x)]
    for v in values:
        for k in range(net.least, net.greatest + 1):
            if v != centre:
                f = (k - Fraction(1, 2) - centre) / (v - centre)
                edges |= {f} if lo <= f <= hi else set()
    steps = sorted(edges)
    steps += [(a + b) / 2 for a, b in zip(steps, steps[1:])]

    def least_radius(f):
        return max(-((1 - f) * 100 // 1), -((1 - 1 / f) * 100 // 1))

    for f in sorted(steps, key=least_radius):
        table = {v: min(max((centre + f * (v - centre)
                             + Fraction(1, 2)).__floor__(), net.least),
                        net.greatest)
                 for v in values}
        yield int(least_radius(f)), np.vectorize(table.get)(x)


MAKE = {"brightness": brighten, "contrast": stretch}


@unittest.skipIf(h5py is None, "no h5py or NumPy")
class Families(Case):
    def make(self, seed, shape, least, greatest):
        return write_network_and_dataset(self, seed, shape, least, greatest,
                                         SAMPLES)

    def ask(self, command, name, norm, *more, **how):
        self.ok(command, "--network", "net.h5", "--dataset", "data.h5",
                "--norm", norm, "--evidence", "full", "-q", "-o", name, *more,
                **how)
        return list(csv.DictReader(io.StringIO(self.ok("show", "--csv",
                                                       name))))

    def nearest(self, norm, net, x, y, most):
        """The least radius of a counterexample, or most + 1."""
        radii, images = zip(*MAKE[norm](net, x, most))
        wrong = net.predict(np.stack(images)) != y
        return min(np.array(radii)[wrong], default=most + 1)

    def test_radii_are_those_of_enumeration(self):
        seen = set()
        for seed, (shape, least, greatest) in enumerate((
                ((3, 3), 0, 7), ((2, 2, 2), -4, 3), ((8,), 0, 20),
                ((2, 3), -7, 7), ((3,), 0, 255), ((3,), -128, 127))):
            net, x, y = self.make(seed, shape, least, greatest)
            for norm in FAMILIES:
                cap = 60 if norm == "contrast" else greatest - least
                rows = self.ask("radius", f"{norm}{seed}.h5", norm, "--cap",
                                cap, ranks=2 * (seed == 1))
                for row in rows[1:]:
                    n = int(row["sample"])
                    nearest = self.nearest(norm, net, x[n], y[n], cap)
                    self.assertEqual((row["lo"], row["hi"]),
                                     (str(nearest - 1),) * 2, (norm, seed, n))
                    seen.add((norm, nearest <= cap))
                self.check_both(f"{norm}{seed}.h5")
        self.assertEqual(len(seen), 4)

    def test_verdicts_and_properties(self):
        net, x, y = self.make(1, (3, 3), 0, 7)
        for norm in FAMILIES:
            rows = self.ask("verify", f"{norm}.h5", norm, "--radius", "1-5")
            for row in rows:
                n, radius = int(row["sample"]), int(row["radius"])
                if n > 0:
                    self.assertEqual(
                        row["verdict"] == "violated",
                        self.nearest(norm, net, x[n], y[n], 5) <= radius)
            self.check_both(f"{norm}.h5")
            rows = self.ask("verify", f"t-{norm}.h5", norm, "--radius", "7",
                            "--target", "2")
            for row in rows:
                n = int(row["sample"])
                reached = {int(net.predict(image)[0])
                           for _, image in MAKE[norm](net, x[n], 7)}
                if row["verdict"] in ("robust", "violated"):
                    self.assertEqual(row["verdict"] == "violated",
                                     2 in reached)
            self.check_both(f"t-{norm}.h5")

    def test_forged_claims_are_rejected(self):
        for norm in FAMILIES:
            for seed in range(20):
                net, x, y = self.make(seed, (8,), 0, 20)
                self.ask("radius", "a.h5", norm, "--fresh")
                rows = h5py.File(self.path("a.h5"))["radii"][:]
                fit = np.flatnonzero((rows["sample"] > 0) & (rows["lo"] > 0)
                                     & (rows["counterexample"] >= 0))
                if len(fit) > 0:
                    break
            good, at = self.content("a.h5"), fit[0]
            number, n = rows[at]["counterexample"], rows[at]["sample"]

            def change(how, status=1):
                self.put("a.h5", good)
                with h5py.File(self.path("a.h5"), "r+") as file:
                    how(file)
                self.check("a.h5", status=status)

            def set_radius(lo, hi):
                def how(file):
                    rows = file["radii"][:]
                    rows["lo"][at], rows["hi"][at] = lo, hi
                    file["radii"][:] = rows
                return how

            def set_example(image):
                def how(file):
                    all_ = file["counterexamples"][:]
                    all_[number] = image
                    file["counterexamples"][:] = all_
                return how

            def find_stranger():
                """A counterexample that is no image of the family."""
                inside = {image.tobytes() for _, image in
                          MAKE[norm](net, x[n], 200 if norm == "contrast"
                                     else 20)}
                pick = np.random.default_rng(3)
                while True:
                    image = net.draw(pick, 1)[0]
                    if (net.predict(image)[0] != y[n]
                            and image.tobytes() not in inside):
                        return image

            lo, hi = int(rows[at]["lo"]), int(rows[at]["hi"])
            change(lambda file: None, 0)
            change(set_radius(lo, hi + 1))      # one image too many
            change(set_radius(lo + 1, hi + 1))
            change(set_radius(lo - 1, hi - 1))  # the image is further away
            change(set_example(x[n]))
            change(set_example(find_stranger()))
            change(lambda file: file.attrs.modify("norm", b"l2"), 2)
            if norm == "brightness":  # every radius of it is one of contrast
                change(lambda file: file.attrs.__setitem__(
                    "norm", np.bytes_("contrast")), 1)

    def test_limits_and_what_makes_no_sense(self):
        self.make(2, (8,), 0, 20)
        ask = ["verify", "--network", "net.h5", "--dataset", "data.h5",
               "--norm", "contrast"]
        np.save(self.path("mask.npy"), np.ones(8, bool))
        self.refused(*ask, "--radius", 5, "--box", "mask.npy",
                     says="box: expected the norm linf")
        self.refused(*ask, "--radius", 5, "--engine", "onehot",
                     says="norm contrast: expected engine hull")
        self.refused(*ask, "--radius", "1/20",
                     says="fractions are of the input range")
        self.refused("radius", "--network", "net.h5", "--dataset", "data.h5",
                     "--norm", "brightness", "--cap", 21,
                     says="expected 1 to 20")
        self.ok("verify", *DIGITS, "--samples", "0-19", "--norm", "brightness",
                "--radius", "2/255", "-q", "-o", "d.h5")
        self.check("d.h5")  # needs no evidence full


if __name__ == "__main__":
    unittest.main()
