"""Families of inputs against plain loops: masks, patches, brightness, contrast,
targets."""

import unittest
from fractions import Fraction

import numpy as np
import rampart
from common import DATASET, NETWORK, Case


class Families(Case):
    @classmethod
    def setUpClass(cls):
        cls.network = rampart.Network(NETWORK)
        cls.x, cls.y = cls.network.samples(DATASET)

    @classmethod
    def tearDownClass(cls):
        cls.network.close()

    def sample(self, number):
        return self.x[number], int(self.y[number])

    def test_a_mask_of_two_pixels_by_enumeration(self):
        n, seen = self.network, set()
        for number, (p, q) in ((3, (60, 75)), (12, (88, 90)), (19, (90, 105)),
                               (2, (76, 62)), (2, (103, 117))):
            x, y = self.sample(number)
            images = np.repeat(x.reshape(1, -1), 256 * 256, 0)
            images[:, p] = np.repeat(np.arange(256), 256)
            images[:, q] = np.tile(np.arange(256), 256)
            truth = (n.predict(images) != y).any()
            mask = np.zeros(196, bool)
            mask[[p, q]] = True
            got = n.verify(x, y, box=(0, 255), mask=mask)
            self.assertEqual(got.verdict, "violated" if truth else "robust")
            self.assertEqual(n.verify(x, y, mask=mask).verdict, got.verdict)
            seen.add(got.verdict)
            if truth:
                moved = got.counterexample.reshape(-1) != x.reshape(-1)
                self.assertFalse((moved & ~mask).any())
        near = n.verify(x, y, radius=5, mask=mask)
        self.assertEqual(near.verdict, "robust")
        everywhere = np.ones(196, bool)
        for radius in (2, 30):
            self.assertEqual(
                n.verify(x, y, radius=radius, mask=everywhere).verdict,
                n.verify(x, y, radius=radius).verdict)

    def test_patches_of_one_pixel_by_enumeration(self):
        n, seen = self.network, set()
        for number in (2, 3):
            x, y = self.sample(number)
            truth = np.zeros((14, 14), bool)
            for at in np.ndindex(14, 14):
                images = np.repeat(x[np.newaxis], 256, 0)
                images[:, at[0], at[1]] = np.arange(256)
                truth[at] = (n.predict(images) != y).any()
            got = rampart.verify_patches(n, x, y, size=1)
            self.assertEqual(got.verdict,
                             "violated" if truth.any() else "robust")
            self.assertEqual(got.places.shape, (14, 14))
            asked = got.places != ""
            self.assertTrue(((got.places == "violated")[asked]
                             == truth[asked]).all())
            seen.add(got.verdict)
        got = rampart.verify_patches(n, self.x[3], int(self.y[3]), size=5)
        self.assertEqual(got.verdict, "violated")
        moved = np.argwhere(got.counterexample != self.x[3])
        self.assertTrue((np.ptp(moved, axis=0) < 5).all())
        self.assertEqual(rampart.verify_patches(
            n, self.x[3], int(self.y[3]), size=2, radius=1).verdict, "robust")

    def test_brightness_by_a_loop(self):
        seen = set()
        for number in range(20):
            x, y = self.sample(number)
            got = rampart.verify_brightness(self.network, x, y, most=60)
            wrong = [b for b in range(-60, 61) if self.network.predict(
                np.clip(x.astype(int) + b, 0, 255).astype(np.uint8)) != y]
            self.assertEqual(got.verdict, "misclassified" if 0 in wrong else
                             "violated" if wrong else "robust")
            seen.add(got.verdict)
            if got.verdict == "violated":
                self.assertNotEqual(self.network.predict(got.counterexample), y)
        self.assertLessEqual({"violated", "robust"}, seen)

    def test_types_too_narrow_for_the_changed_images(self):
        wide = self.x[3].astype(int) // 2
        for ask, how in ((rampart.verify_brightness, {"most": 200}),
                         (rampart.verify_contrast, {"factors": (0.25, 4)})):
            got = ask(self.network, wide.astype(np.int8), **how)
            self.assertEqual(got.verdict,
                             ask(self.network, wide, **how).verdict)

    def test_contrast_holds_for_random_factors(self):
        pick = np.random.default_rng(1)
        seen = set()
        for number in range(6):
            x, y = self.sample(number)
            least, most = (0.25, 1.5) if number < 2 else (0.9, 1.125)
            got = rampart.verify_contrast(self.network, x, y,
                                          factors=(least, most))
            seen.add(got.verdict)
            centre = Fraction(255, 2)
            for f in map(Fraction, pick.uniform(least, most, 60)):
                image = np.array(
                    [min(max((centre + f * (int(v) - centre)
                              + Fraction(1, 2)).__floor__(), 0), 255)
                     for v in x.reshape(-1)], np.uint8).reshape(x.shape)
                if self.network.predict(image) != y:
                    self.assertNotEqual(got.verdict, "robust")
            if got.verdict == "violated":
                self.assertNotEqual(self.network.predict(got.counterexample), y)
        self.assertEqual(seen, {"robust", "violated"})

    def test_contrast_as_a_norm_is_that_of_two_factors(self):
        seen = set()
        for number in range(8):
            x, y = self.sample(number)
            for percent in (20, 60):
                got = self.network.verify(x, y, radius=percent,
                                          norm="contrast")
                self.assertEqual(got.verdict, rampart.verify_contrast(
                    self.network, x, y,
                    factors=(Fraction(100, 100 + percent),
                             Fraction(100 + percent, 100))).verdict)
                seen.add(got.verdict)
        self.assertEqual(seen, {"robust", "violated"})
        found = self.network.radius(self.x[2], int(self.y[2]),
                                    norm="brightness")
        self.assertEqual((found.lower, found.upper), (25, 25))

    def test_targets_are_the_class_in_parts(self):
        x, y = self.sample(3)
        rows = rampart.verify_targets(self.network, x, y, radius=20)
        self.assertEqual(set(rows), set(range(10)) - {y})
        verdict = self.network.verify(x, y, radius=20).verdict
        self.assertEqual("violated" in {r.verdict for r in rows.values()},
                         verdict == "violated")

    def test_what_makes_no_sense_is_refused(self):
        n, x = self.network, self.x[3]
        for ask, says in (
                (lambda: n.verify(x, radius=1, mask=np.ones(3, bool)), "mask"),
                (lambda: n.verify(x, radius=1, mask=x), "mask"),
                *((lambda r=r: n.verify(x, radius=r, mask=x > 0),
                   f"^radius {r}: expected 1 to 255$") for r in (-3, 0, 256)),
                (lambda: rampart.verify_patches(n, x, size=15), "patch"),
                (lambda: rampart.verify_patches(n, x[:9], size=2), "^sample"),
                (lambda: rampart.verify_patches(n, x, 10, size=2),
                 "^label: expected 0 to 9, found 10$"),
                (lambda: rampart.verify_contrast(n, x[:9], factors=(1, 2)),
                 "^sample"),
                (lambda: rampart.verify_contrast(n, x, -1, factors=(1, 2)),
                 "^label: expected 0 to 9, found -1$"),
                (lambda: rampart.verify_brightness(n, x, most=0), "brightness"),
                (lambda: rampart.verify_contrast(n, x, factors=(2, 3)),
                 "contrast")):
            with self.assertRaisesRegex(rampart.Error, says):
                ask()


if __name__ == "__main__":
    unittest.main()
