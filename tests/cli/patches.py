#!/usr/bin/python3
"""Patches: any k x k square of an image. Answers are those of enumeration, both
checkers accept the proofs, and evidence that leaves a place out, has one twice or
says another size is rejected."""

import csv
import io
import itertools
import json
import unittest

try:
    import h5py
    import numpy as np
    from tiny import Tiny, write_dataset, write_network_and_dataset
except ImportError:
    h5py = None

from cli import DATASET, DIGITS, NETWORK, Case

SAMPLES = 6


@unittest.skipIf(h5py is None, "no h5py or NumPy")
class Patches(Case):
    def make(self, seed, shape, least, greatest):
        return write_network_and_dataset(self, seed, shape, least, greatest,
                                         SAMPLES)

    def ask(self, command, name, *more, **how):
        """Ask with full evidence; return the rows."""
        self.ok(command, "--network", "net.h5", "--dataset", "data.h5",
                "--evidence", "full", "-q", "-o", name, *more, **how)
        return list(csv.DictReader(io.StringIO(self.ok("show", "--csv",
                                                       name))))

    def truth(self, net, x, y, size, radius):
        """For every place: is there a counterexample? By enumeration."""
        rows, columns = net.shape[0] - size + 1, net.shape[1] - size + 1
        found = []
        for top, left in itertools.product(range(rows), range(columns)):
            inside = np.zeros(net.shape, bool)
            inside[top:top + size, left:left + size] = True
            values = [range(max(net.least, v - radius),
                            min(net.greatest, v + radius) + 1)
                      for v in x[inside]]
            points = np.array(list(itertools.product(*values)))
            images = np.repeat(x[None], len(points), 0)
            images[:, inside] = points
            found.append(bool((net.predict(images) != y).any()))
        return found

    def test_places_are_those_of_enumeration(self):
        seen = set()
        for seed, (shape, least, greatest, size) in enumerate((
                ((3, 3), 0, 3, 2), ((3, 2, 2), -1, 1, 1), ((2, 4), 0, 4, 1),
                ((4, 3, 1), 0, 2, 3), ((3, 3), -2, 1, 2))):
            net, x, y = self.make(seed, shape, least, greatest)
            places = (shape[0] - size + 1) * (shape[1] - size + 1)
            rows = self.ask("verify", f"{seed}.h5", "--patch", size,
                            "--radius", "1-2", ranks=2 * (seed == 1))
            self.assertEqual(len(rows), SAMPLES * places * 2)
            robust = refuted = 0
            for sample, radius in itertools.product(range(SAMPLES), (1, 2)):
                own = [row["verdict"] for row in rows
                       if (row["sample"], row["radius"]) == (
                           str(sample), str(radius))]
                if sample == 0:
                    self.assertEqual(set(own), {"misclassified"})
                    continue
                truth = self.truth(net, x[sample], y[sample], size, radius)
                self.assertEqual([one == "violated" for one in own], truth)
                seen |= set(own)
                robust += not any(truth)
                refuted += any(truth)
            said = self.check_both(f"{seed}.h5")
            self.assertIn(f"any patch of {size} x {size}: {robust} robust at "
                          f"all {places} places, {refuted} refuted at one, 2 "
                          "neither", said)
        self.assertEqual(seen, {"robust", "violated"})

    def test_radii_any_values_and_boxes(self):
        net, x, y = self.make(7, (3, 3), 0, 3)
        found = self.ask("radius", "r.h5", "--patch", 2)
        every = self.ask("verify", "a.h5", "--patch", 2)
        for sample in range(1, SAMPLES):
            truth = [self.truth(net, x[sample], y[sample], 2, radius)
                     for radius in (1, 2, 3)]
            self.assertEqual(
                [int(row["hi"]) for row in found
                 if row["sample"] == str(sample)],
                [sum(not at[place] for at in truth) for place in range(4)])
            self.assertEqual(
                [row["verdict"] == "violated" for row in every
                 if row["sample"] == str(sample)], truth[-1])
        self.check_both("r.h5")
        self.assertIn("radii: ", self.check("r.h5"))
        mask = np.zeros(net.shape, bool)
        mask[:2, :2] = True  # the first place alone may change
        np.save(self.path("mask.npy"), mask)
        held = self.ask("verify", "m.h5", "--patch", 2, "--box", "mask.npy")
        self.assertEqual(
            [row["verdict"] for row in held if row["place"] == "0"],
            [row["verdict"] for row in every if row["place"] == "0"])
        self.check_both("m.h5")

    def test_norms_in_patches_and_masks(self):
        """One or two inputs of a patch, or a sum of changes."""
        net, x, y = self.make(9, (3, 3), 0, 3)
        mask = np.ones(net.shape, bool)
        mask[1, 1] = False
        np.save(self.path("mask.npy"), mask)
        whole = np.array(list(itertools.product(range(4), repeat=4)))

        def is_fooled(n, place, radius, norm, kept):
            top, left = divmod(place, 2)
            inside = np.zeros(net.shape, bool)
            inside[top:top + 2, left:left + 2] = True
            images = np.repeat(x[n][None], len(whole), 0)
            images[:, inside] = whole
            moved = np.abs(images - x[n]).reshape(len(whole), -1)
            cost = ((moved > 0) if norm == "l0" else moved).sum(1)
            near = (cost <= radius) & (
                ~kept | (images[:, 1, 1] == x[n][1, 1]))
            return bool((near & (net.predict(images) != y[n])).any())

        seen = set()
        for norm in ("l0", "l1"):
            for kept in (False, True):
                name = f"{norm}{kept}.h5"
                rows = self.ask("verify", name, "--patch", 2, "--radius",
                                "1-3", "--norm", norm,
                                *(["--box", "mask.npy"] if kept else []))
                for row in rows:
                    n = int(row["sample"])
                    if n == 0:
                        continue
                    truth = is_fooled(n, int(row["place"]),
                                      int(row["radius"]), norm, kept)
                    self.assertEqual(row["verdict"],
                                     "violated" if truth else "robust")
                    seen.add((norm, truth))
                self.assertIn(" 0 without evidence, 0 FAILED",
                              self.check(name))
        self.assertEqual(len(seen), 4)
        with h5py.File(self.path("l0True.h5"), "r+") as file:
            file["box_lower"][...], file["box_upper"][...] = 0, 3
        self.check("l0True.h5", status=1)  # proofs are about a smaller box
        self.refused("verify", "--network", "net.h5", "--dataset", "data.h5",
                     "--norm", "l0", "--patch", 2,
                     says="norm l0: expected a radius beside the samples")

    def test_jobs_shards_and_what_is_shown(self):
        self.make(3, (3, 3), 0, 3)
        self.put("job.yaml", "network: {file: net.h5}\n"
                 "dataset: {file: data.h5}\nverify: [{samples: 0-5}]\n"
                 "patch: 2\nevidence: full\n")
        self.ok("run", "job.yaml", "-q", "-o", "a.h5")
        for shard in (1, 2):
            self.ok("run", "job.yaml", "-q", "-o", f"{shard}.h5", "--shard",
                    f"{shard}/2")
            self.check_both(f"{shard}.h5")  # has whole samples
        self.ok("merge", "1.h5", "2.h5", "-q", "-o", "b.h5")
        columns = "sample", "place", "label", "radius", "verdict"
        both = [[[row[name] for name in columns] for row in csv.DictReader(
            io.StringIO(self.ok("show", "--csv", name)))]
            for name in ("a.h5", "b.h5")]
        self.assertEqual(*both)
        self.check_both("b.h5")
        self.assertIn("2 x 2, which alone may change, at each of 4 places",
                      self.ok("show", "a.h5"))
        self.assertIn("any patch of 2 x 2, at 4 places",
                      self.ok("show", "a.h5"))
        about = json.loads(self.ok("show", "--json", "a.h5"))
        about = about[0] if isinstance(about, list) else about
        self.assertEqual((about["patch"], about["places"]), (2, 4))
        self.ok("report", "a.h5", "-o", "a.html")
        self.ok("diff", "a.h5", "b.h5")
        self.assertIn("another size of the patch: expected 1, found 2",
                      self.refused("verify", "--network", "net.h5",
                                   "--dataset", "data.h5", "--patch", 1,
                                   "--evidence", "full", "-o", "a.h5"))

    def test_forged_evidence_is_rejected(self):
        self.make(1, (3, 3), 0, 3)
        self.ask("verify", "a.h5", "--patch", 2, "--radius", "1-2",
                 "--samples", "1-5")
        good, count = self.content("a.h5"), 5 * 4 * 2

        def change(how, status, says=None):
            self.put("a.h5", good)
            with h5py.File(self.path("a.h5"), "r+") as file:
                how(file)
            done = self.run_checker("a.h5")
            self.assertEqual(done.returncode, status, done)
            if says:
                self.assertIn(says, done.stdout + done.stderr)

        def keep(*numbers):
            """Only these rows, as if no others had been asked about."""
            def how(file):
                for table in ("queries", "timing/queries"):
                    old = file[table]
                    rows, notes = old[:][list(numbers)], dict(old.attrs)
                    del file[table]
                    file[table] = rows
                    file[table].attrs.update(notes)
                file.attrs.modify("questions", len(numbers))
            return how

        def rename(name, row, value):
            def how(file):
                for table in ("queries", "timing/queries"):
                    rows = file[table][:]
                    rows[name][row] = value
                    file[table][:] = rows
            return how

        def exchange(file):  # a counterexample, and a proof, of another place
            rows = file["queries"][:]
            ways = [list(np.flatnonzero(rows["verdict"] == name))
                    for name in (b"violated", b"robust")]
            first, other = ways[0][0], ways[1][0]
            for name in ("verdict", "evidence", "distance", "counterexample"):
                rows[name][[first, other]] = rows[name][[other, first]]
            file["queries"][:] = rows

        def leave_the_patch(file):
            rows, base = file["queries"][:], h5py.File(self.path("data.h5"))
            row = rows[rows["counterexample"] >= 0][0]
            at = file["counterexamples"][row["counterexample"]]
            x = base["x"][row["sample"]]
            top, left = divmod(int(row["place"]), 2)
            outside = (2 - 2 * top) * 3 + 2 - 2 * left  # the far corner
            at[outside] += 1 if x[outside] < 3 else -1
            file["counterexamples"][row["counterexample"]] = at

        everything = list(range(count))
        incomplete = "not about every place of the patch"
        change(lambda file: None, 0, "any patch of 2 x 2")
        change(keep(*everything), 0)
        change(keep(*everything[:8]), 0)                  # one whole sample
        change(keep(*everything[:6], *everything[8:]), 1, incomplete)
        change(keep(*everything[2:]), 1, incomplete)      # the first place
        change(keep(*everything[:-2]), 1, incomplete)     # the last place
        change(keep(*everything[:-1]), 1, incomplete)     # at one radius
        change(keep(*everything[:6], *everything[4:]), 1)  # twice
        change(rename("place", [2, 3], 0), 1)             # place 1 is 0 again
        change(rename("place", [6, 7], 4), 1)             # there is none
        change(rename("place", [0, 1], -1), 1)
        change(exchange, 1)
        change(leave_the_patch, 1)
        for name, value in (("patch", 1), ("patch", 3), ("patch", 0),
                            ("places", 3), ("places", 5), ("places", 0)):
            change(lambda file, name=name, value=value:
                   file.attrs.modify(name, value), 2)
        for name in ("patch", "places"):
            change(lambda file, name=name: file.attrs.__delitem__(name), 2)

    def test_what_makes_no_sense_is_refused(self):
        ask = ["verify", *DIGITS]
        self.refused(*ask, "--patch", "0", says="--patch: expected a whole")
        self.refused(*ask, "--patch", "15", says="patch: expected 1 to 14")
        self.refused(*ask, "--patch", "2", "--target", "all",
                     says="expected no targets beside it")
        head = f"network: {{file: {NETWORK}}}\ndataset: {{file: {DATASET}}}\n"
        self.put("job.yaml", head + "verify: [{samples: 0}]\npatch: two\n")
        self.refused("run", "job.yaml", says="patch: expected")
        self.put("job.yaml", head + "verify: [{samples: 0}]\n")
        self.refused("run", "job.yaml", says="or a box or a patch in the job")
        net = Tiny(np.random.default_rng(1), (9,), 0, 3)
        net.write(self.path("net.h5"))
        write_dataset(self.path("data.h5"), net.draw(
            np.random.default_rng(2), 1), [0])
        self.refused("verify", "--network", "net.h5", "--dataset", "data.h5",
                     "--patch", "1", says="expected a network of images")


if __name__ == "__main__":
    unittest.main()
