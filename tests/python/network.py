"""Network against the command line: predictions, balls, boxes, radii, limits,
errors."""

import concurrent.futures
import os
import signal
import subprocess
import sys
import textwrap
import unittest

import numpy as np
import rampart
from common import DATASET, DEEP, DIGITS, NETWORK, Case, command_line

# A question that nothing but the tree can decide, and not soon.
HARD = {"attack_moves": 0, "dual_steps": 0, "box_points": 0}


class Questions(Case):
    @classmethod
    def setUpClass(cls):
        cls.network = rampart.Network(NETWORK)
        cls.x, cls.y = cls.network.samples(DATASET)

    @classmethod
    def tearDownClass(cls):
        cls.network.close()

    def is_counterexample(self, found, sample, radius):
        self.assertEqual(found.shape, (14, 14))
        self.assertEqual(found.dtype, np.uint8)
        distance = np.abs(found.astype(int) - self.x[sample]).max()
        self.assertLessEqual(distance, radius)
        self.assertNotEqual(self.network.predict(found), self.y[sample])
        return distance

    def test_what_it_is(self):
        n = self.network
        self.assertEqual((n.name, n.shape, n.inputs, n.input_max, n.classes),
                         ("digits-6", (14, 14), 196, 255, 10))
        self.assertIn("digits-6", repr(n))

    def test_predictions_are_those_of_the_command_line(self):
        rows = self.rows("predict", *DIGITS, "--csv")
        self.assertEqual(len(rows), len(self.x))
        expected = [int(row["prediction"]) for row in rows]
        self.assertEqual(list(self.network.predict(self.x)), expected)
        self.assertEqual([int(row["label"]) for row in rows], list(self.y))
        for shape in ((14, 14), (196,)):
            self.assertEqual(self.network.predict(self.x[7].reshape(shape)),
                             expected[7])
        self.assertEqual(list(self.network.predict(self.x[:0])), [])
        flat = self.x.reshape(-1, 196).astype(np.int64)
        self.assertEqual(list(self.network.predict(flat)), expected)
        self.assertEqual(self.network.predict(self.x[3].tolist()), expected[3])

    def test_verdicts_are_those_of_the_command_line(self):
        self.ok("verify", *DIGITS, "--samples", "12-31", "--radius", "1,4,9",
                "-q", "-o", "v.h5")
        rows = self.rows("show", "--csv", "v.h5")
        self.assertEqual(len(rows), 60)
        for row in rows:
            sample, radius = int(row["sample"]), int(row["radius"])
            got = self.network.verify(self.x[sample], self.y[sample],
                                      radius=radius)
            self.assertEqual((got.verdict, got.reason),
                             (row["verdict"], row["reason"]), row)
            self.assertGreater(got.seconds, 0)
            if got.verdict == "violated":
                self.is_counterexample(got.counterexample, sample, radius)
            else:
                self.assertIsNone(got.counterexample)
        self.assertEqual({row["verdict"] for row in rows},
                         {"robust", "violated", "misclassified"})

    def test_targets_agree_with_the_class(self):
        """A sample is robust if and only if no other class is reached; the
        counterexample of a target is classified as it."""
        reached = set()
        for sample in (3, 12, 14):
            x, y = self.x[sample], int(self.y[sample])
            got = self.network.verify(x, y, radius=20)
            self.assertIn(got.verdict, ("robust", "violated"))
            verdicts = []
            for target in range(10):
                if target == y:
                    continue
                pair = self.network.verify(x, y, radius=20, target=target)
                verdicts.append(pair.verdict)
                if pair.verdict == "violated":
                    self.assertEqual(
                        self.network.predict(pair.counterexample), target)
            self.assertEqual("violated" in verdicts, got.verdict == "violated")
            reached.update(verdicts)
        self.assertEqual(reached, {"robust", "violated"})

    def test_who_stays_in_front_stays_in_the_top_k(self):
        n, x, y = self.network, self.x[3], int(self.y[3])
        radius = n.radius(x, y, 40)
        self.assertEqual(n.radius(x, y, 40, top_k=1).interval, radius.interval)
        self.assertEqual(n.verify(x, y, radius=radius.lower, top_k=2).verdict,
                         "robust")
        got = n.verify(x, y, radius=80, top_k=2)
        self.assertEqual(got.verdict, "violated")
        out = n.outputs(got.counterexample)
        before = sum(out[j] > out[y] or (out[j] == out[y] and j < y)
                     for j in range(10))
        self.assertGreaterEqual(before, 2)

    def test_constraints_are_kept_or_broken(self):
        x, y = self.x[3], int(self.y[3])
        out = self.network.outputs(x)
        self.assertEqual(int(out.argmax()), y)
        n, least = self.network, int(out[y]) - 1
        got = n.verify(x, radius=9, constraints=f"y{y} >= {least}")
        row = np.zeros(10)
        row[y] = -1
        same = n.verify(x, radius=9, constraints=(row, -least))
        self.assertEqual(got.verdict, same.verdict)
        self.assertEqual(got.verdict, "violated")
        self.assertLess(n.outputs(got.counterexample)[y], least)
        for text in (f"y{y} >= {least - 1000}", f"never y{y} < -1000"):
            self.assertEqual(n.verify(x, radius=9, constraints=text).verdict,
                             "robust")
        self.assertEqual(
            n.verify(x, radius=9, constraints=f"y{y} > {least + 1}").verdict,
            "misclassified")
        self.assertEqual(n.verify(x, y, radius=1).verdict, "robust")

    def test_matrices_of_constraints_have_factors_of_both_signs(self):
        n, x = self.network, self.x[3]
        rows = np.array([[2, -3, 0, 1, 0, 0, -1, 0, 0, 1],
                         [-1, 0, 0, 0, 0, 0, 0, 0, -2, 0],
                         [0, 0, 0, 0, 0, 0, 0, 0, 0, 0]])
        held = rows @ n.outputs(x)
        for scale, kind in ((1, int), (0.5, float)):
            given = (rows * scale).astype(kind)
            self.assertEqual(n.verify(x, radius=1, constraints=(
                given, (held + 10 ** 6) * scale)).verdict, "robust")
            for broken in range(3):
                bounds = held.copy()
                bounds[broken] -= 1
                self.assertEqual(n.verify(x, radius=1, constraints=(
                    given, bounds * scale)).verdict, "misclassified")
        text = "2 y0 - 3 y1 + y3 - y6 + y9 <= "
        for more in (0, 5, 20):
            one = n.verify(x, radius=4, constraints=(rows[:1],
                                                     held[:1] + more))
            other = n.verify(x, radius=4, constraints=f"{text}{held[0] + more}")
            self.assertEqual(one.verdict, other.verdict)

    def test_properties_that_make_no_sense_are_refused(self):
        n, x = self.network, self.x[3]
        for asked, says in (
                ({"target": 10}, "target: expected a class from 0 to 9"),
                ({"top_k": 10}, "top_k: expected a top k from 1 to 9"),
                ({"top_k": 2, "target": 1}, "expected one of"),
                ({"constraints": "y0 >= "},
                 "constraints 'always y0 >= ': property, character 14"),
                ({"constraints": "y10 >= 0"},
                 "constraints 'always y10 >= 0': expected outputs y0..y9"),
                ({"constraints": "100000 y0 + y1 >= 0"}, "16 bits"),
                ({"constraints": (np.ones((2, 10)), [1])}, "found \\(2, 10"),
                ({"target": int(self.y[3])}, "another class than the label")):
            with self.assertRaisesRegex(rampart.Error, says):
                n.verify(x, radius=1, **asked)
        self.assertEqual(n.verify(x, radius=1).verdict, "robust")

    def test_radii_are_those_of_the_command_line(self):
        self.ok("radius", *DIGITS, "--samples", "0-29", "--cap", "12", "-q",
                "-o", "r.h5")
        rows = self.rows("show", "--csv", "r.h5")
        for row in rows:
            sample = int(row["sample"])
            got = self.network.radius(self.x[sample], self.y[sample], cap=12)
            self.assertEqual((got.lower, got.upper, got.state, got.reason),
                             (int(row["lo"]), int(row["hi"]), row["state"],
                              row["reason"]), row)
            self.assertEqual(got.interval, (got.lower, got.upper))
            self.assertEqual(got.counterexample is not None,
                             got.state == "closed")
            if got.state == "closed":
                self.assertEqual(self.is_counterexample(
                    got.counterexample, sample, 255), got.upper + 1)
        self.assertEqual({row["state"] for row in rows},
                         {"closed", "capped", "misclassified"})

    def test_norms_are_those_of_the_command_line(self):
        for norm, most in (("l0", 3), ("l1", 20)):
            self.ok("radius", *DIGITS, "--samples", "0-9", "--cap", str(most),
                    "--norm", norm, "-q", "-o", norm + ".h5")
            for row in self.rows("show", "--csv", norm + ".h5"):
                sample = int(row["sample"])
                x, y = self.x[sample], self.y[sample]
                got = self.network.radius(x, y, most, norm=norm)
                self.assertEqual((got.lower, got.upper, got.state),
                                 (int(row["lo"]), int(row["hi"]),
                                  row["state"]), row)
                if got.state != "closed":
                    continue
                change = np.abs(got.counterexample.astype(int) - x)
                self.assertEqual(
                    (change > 0).sum() if norm == "l0" else change.sum(),
                    got.upper + 1)
                self.assertNotEqual(self.network.predict(got.counterexample),
                                    y)
        # The norm of one question is not that of the next one.
        self.network.set(norm="l0")
        self.addCleanup(self.network.set, norm="linf")
        x = self.x[0]
        within = {norm: self.network.verify(x, radius=20, norm=norm).verdict
                  for norm in ("l1", None, "linf", "l0")}
        self.assertEqual(within, {"l1": "robust", None: "violated",
                                  "linf": "violated", "l0": "violated"})

    def test_one_pixel_by_enumeration(self):
        verdicts = set()
        for sample in range(12):
            flat = self.x[sample].ravel()
            label = self.network.predict(flat)
            every = np.repeat(flat[np.newaxis], 196 * 256, 0)
            at = np.arange(196 * 256)
            every[at, at // 256] = at % 256
            changed = (self.network.predict(every) != label).any()
            got = self.network.verify(flat, radius=1, norm="l0")
            self.assertEqual(got.verdict, "violated" if changed else "robust")
            verdicts.add(got.verdict)
        self.assertEqual(verdicts, {"robust", "violated"})

    def test_what_no_norm_is(self):
        n, x = self.network, self.x[0]
        self.raises("norm: expected linf, l1, l0, brightness or contrast, "
                    "found 'l2'", n.verify, x,
                    radius=1, norm="l2")
        self.raises("norm l0: expected linf, as the question is about a box",
                    n.verify, x, box=(0, 255), norm="l0")
        self.raises("radius 2/255: expected a whole number, as fractions are "
                    "of the input range, which only linf and brightness measure",
                    n.verify, x, radius="2/255", norm="l1")
        self.raises("radius cap 197: expected 1 to 196, the greatest radius "
                    "for inputs of network digits-6", n.radius, x, cap=197,
                    norm="l0")

    def test_a_label_that_is_not_given_is_the_predicted_one(self):
        x, y = self.x[24], self.y[24]
        self.assertEqual((self.network.predict(x), y), (3, 5))
        labelled = self.network.verify(x, y, radius=1)
        self.assertEqual(labelled.verdict, "misclassified")
        self.assertEqual(self.network.radius(x, y).interval, (-1, -1))
        for radius in range(1, 6):
            self.assertEqual(self.network.verify(x, radius=radius).verdict,
                             self.network.verify(x, 3, radius=radius).verdict)
        self.assertEqual(self.network.radius(x).interval,
                         self.network.radius(x, 3).interval)

    def test_a_box_that_is_a_ball(self):
        for sample in range(10):
            x = self.x[sample].astype(int)
            for radius in (2, 7):
                box = (np.maximum(x - radius, 0), np.minimum(x + radius, 255))
                self.assertEqual(
                    self.network.verify(x, box=box).verdict,
                    self.network.verify(x, radius=radius).verdict)

    def test_a_box_of_two_pixels_by_enumeration(self):
        verdicts = set()
        for sample, (p, q) in [(0, (60, 61)), (1, (20, 100)), (2, (75, 90)),
                               (9, (118, 105)), (4, (77, 91)), (4, (90, 104))]:
            flat = self.x[sample].ravel()
            lo, hi = flat.copy(), flat.copy()
            lo[[p, q]], hi[[p, q]] = 0, 255
            every = np.repeat(flat[np.newaxis], 256 * 256, 0)
            every[:, p] = np.repeat(np.arange(256), 256)
            every[:, q] = np.tile(np.arange(256), 256)
            label = self.network.predict(flat)
            changed = (self.network.predict(every) != label).any()
            got = self.network.verify(flat, box=(lo, hi))
            self.assertEqual(got.verdict, "violated" if changed else "robust")
            if changed:
                found = got.counterexample.ravel()
                self.assertTrue(((lo <= found) & (found <= hi)).all())
                self.assertNotEqual(self.network.predict(found), label)
            verdicts.add(got.verdict)
        self.assertEqual(verdicts, {"robust", "violated"})

    def test_a_box_of_numbers(self):
        got = self.network.verify(self.x[0], box=(0, 255))
        self.assertEqual(got.verdict, "violated")

    def test_what_no_input_is(self):
        n, x = self.network, self.x[0]
        shapes = "expected shape (196,) or (14, 14)"
        self.raises(f"sample: {shapes}, found (13, 14)", n.verify, x[1:],
                    radius=1)
        self.raises(f"inputs: {shapes}, or many of them, found (3, 5)",
                    n.predict, np.zeros((3, 5), int))
        self.raises(f"inputs: {shapes}, or many of them, found ()", n.predict,
                    3)
        self.raises("sample: expected whole numbers, found float64", n.verify,
                    x / 255, radius=1)
        wide = x.astype(int)
        wide[0, 3] = 256
        self.raises("sample, input 3: expected 0 to 255, found 256", n.verify,
                    wide, radius=1)
        wide[0, 3] = -1
        self.raises("sample 1, input 3: expected 0 to 255, found -1",
                    n.predict, np.stack([x.astype(int), wide]))
        self.raises("box, lo, input 3: expected 0 to 255, found -1", n.verify,
                    x, box=(wide, x))

    def test_what_no_question_is(self):
        n, x = self.network, self.x[0]
        self.raises("verify: expected a radius, a box or a mask, found none",
                    n.verify, x)
        self.raises("verify: expected a radius or a box, found both", n.verify,
                    x, radius=1, box=(0, 255))
        self.raises("radius 256: expected 1 to 255", n.verify, x, radius=256)
        self.raises("radius 0: expected 1 to 255", n.verify, x, radius=0)
        self.raises("radius: expected a whole number, found 1.5", n.verify, x,
                    radius=1.5)
        self.raises("radius 1/7: expected a whole number of input steps, each "
                    "of which is 1/255 of the network's input range", n.verify,
                    x, radius="1/7")
        self.raises("radius: expected a whole number or a fraction such as "
                    "'2/255', found '1-2'", n.verify, x, radius="1-2")
        self.assertEqual(n.verify(x, radius="4/255").verdict,
                         n.verify(x, radius=4).verdict)
        self.assertEqual(n.radius(x, cap="2/255").upper,
                         n.radius(x, cap=2).upper)
        self.raises("radius: expected a number of 32 bits, found 4294967297",
                    n.verify, x, radius=2**32 + 1)
        self.raises("expected a label 0..9 (the network's outputs), found 10",
                    n.verify, x, 10, radius=1)
        self.raises("label: expected a whole number, found True", n.verify, x,
                    True, radius=1)
        self.raises("box, input 0: expected lo <= sample <= hi <= 255, found "
                    "lo 1, sample 0, hi 255", n.verify, x, box=(1, 255))
        cap = "expected 1 to 255, the greatest input of network digits-6"
        for number in (0, 256, -1):
            self.raises(f"radius cap {number}: {cap}", n.radius, x, cap=number)
        self.raises("timeout: expected 0.001 to 1e9 seconds, found 0",
                    n.verify, x, radius=1, timeout=0)

    def test_errors_are_those_of_the_command_line(self):
        self.put("empty.h5", "")
        for file in ("nowhere.h5", "empty.h5", DATASET, "-x"):
            self.raises_as(["predict", f"--network={file}", "--dataset",
                            DATASET], rampart.Network, file)
            self.raises_as(["predict", "--network", NETWORK,
                            f"--dataset={file}.no"], self.network.samples,
                           file + ".no")
        done = command_line("verify", *DIGITS, "--radius", 1, "--time-limit", 0)
        self.raises(done.stderr.replace("rampart: --time-limit", "time_limit")
                    .rstrip("\n"), self.network.set, time_limit=0)
        self.raises(f"{NETWORK}: profile: expected none in this format, found "
                    "'tflite'", rampart.Network, NETWORK, "tflite")
        self.raises("unknown option 'colour'", self.network.set, colour=1)
        self.raises("values: expected integers|pixels|reals, found 'x'",
                    self.network.samples, DATASET, values="x")

    def test_samples_by_other_names(self):
        with open("s.csv", "w", encoding="utf-8") as file:
            for x, y in zip(self.x[:5], self.y[:5]):
                print(y, *x.ravel(), sep=",", file=file)
        x, y = self.network.samples("s.csv", format="csv", values="pixels")
        np.testing.assert_array_equal(x, self.x[:5])
        np.testing.assert_array_equal(y, self.y[:5])

    def test_a_closed_network(self):
        network = rampart.Network(NETWORK)
        with network:
            self.assertEqual(network.classes, 10)
        network.close()
        self.assertIn("closed", repr(network))
        self.raises("network: it was closed", network.predict, self.x[0],
                    status=1)

    def test_many_networks_come_and_go(self):
        for _ in range(20):
            self.assertEqual(rampart.Network(NETWORK).predict(self.x[0]), 4)


def write_signed(file):
    """A network whose own numbers are signed: the greater of two inputs from
    -128 to 127 wins, and the first of equal ones."""
    import h5py
    with h5py.File(file, "w", libver=("v108", "v108")) as f:
        f.attrs.update({
            "format": "rampart-network", "version": 2, "name": "signed",
            "input_shape": [2], "input_min": -128, "input_max": 127,
            "input_zero": 0, "blocks": 1, "class_names": ["left", "right"]})
        block = f.create_group("block0")
        block.attrs.update({
            "terms": 1, "neurons": 2, "channels": 2, "shift": 0,
            "activation_min": -128, "activation_max": 127})
        block["bias"] = np.zeros(2, "i8")
        term = block.create_group("term0")
        term.attrs.update({"kind": "dense", "source": -1})
        term["weight"] = np.eye(2, dtype="i2")
    return file


class Signed(Case):
    """Inputs and counterexamples are what the network itself calls them."""

    def setUp(self):
        super().setUp()
        self.network = rampart.Network(write_signed("signed.h5"))
        self.addCleanup(self.network.close)

    def test_what_it_is(self):
        n = self.network
        self.assertEqual((n.input_min, n.input_max, n.class_names),
                         (-128, 127, ["left", "right"]))
        self.assertIn("from -128 to 127, 2 classes", repr(n))
        self.assertIsNone(rampart.Network(NETWORK).class_names)

    def test_predictions(self):
        x = np.array([[-128, 127], [5, -5], [-7, -7], [127, -128], [0, 1]])
        self.assertEqual(list(self.network.predict(x)), [1, 0, 0, 0, 1])
        self.assertEqual(list(self.network.predict(x.astype(np.int8))),
                         [1, 0, 0, 0, 1])

    def test_counterexamples(self):
        found = self.network.radius([-3, -20])
        self.assertEqual(found.interval, (8, 8)) # 17 apart
        self.assertEqual(list(found.counterexample), [-12, -11])
        self.assertEqual(found.counterexample.dtype, np.int8)
        got = self.network.verify([-3, -20], radius=9)
        self.assertLess(got.counterexample[0], got.counterexample[1])
        self.assertEqual(self.network.verify([-3, -20], radius=8).verdict,
                         "robust")

    def test_a_search_goes_to_the_greatest_distance(self):
        found = self.network.radius([127, -128])
        self.assertEqual((found.interval, found.state), ((127, 127), "closed"))
        self.assertEqual(self.network.verify([127, -128],
                                             radius="127/255").verdict,
                         "robust")

    def test_boxes(self):
        ask = self.network.verify
        self.assertEqual(ask([-3, -20], box=([-3, -128], [-3, -3])).verdict,
                         "robust")
        got = ask([-3, -20], box=([-3, -128], [-3, -2]))
        self.assertEqual(list(got.counterexample), [-3, -2])
        self.raises("box, input 1: expected lo <= sample <= hi <= 127, found "
                    "lo -128, sample -20, hi -21", ask, [-3, -20],
                    box=([-3, -128], [-3, -21]))
        self.raises("sample, input 1: expected -128 to 127, found 128", ask,
                    [0, 128], radius=1)

    def test_samples(self):
        """Integers are what the network calls them, pixels count from 0."""
        self.put("own.csv", "0,-128,127\n1,0,-1\n")
        self.put("pixels.csv", "0,0,255\n1,128,127\n")
        for file, values in (("own.csv", "integers"), ("pixels.csv", "pixels")):
            x, y = self.network.samples(file, values=values)
            self.assertEqual(x.tolist(), [[-128, 127], [0, -1]])
            self.assertEqual((x.dtype, y.tolist()), (np.int8, [0, 1]))


class Limits(Case):
    def setUp(self):
        super().setUp()
        self.network = rampart.Network(DEEP, **HARD)
        self.addCleanup(self.network.close)
        self.x, self.y = self.network.samples(DATASET)

    def test_a_query_out_of_time(self):
        got = self.network.verify(self.x[117], radius=17, timeout=0.02)
        self.assertEqual((got.verdict, got.reason), ("unknown", "time"))
        self.assertLess(got.seconds, 5)

    def test_a_time_limit_holds_for_one_question(self):
        self.network.set(node_limit=1)
        reasons = [self.network.verify(self.x[117], radius=17,
                                       timeout=seconds).reason
                   for seconds in (0.001, None)]
        self.assertEqual(reasons[1], "nodes")
        self.network.set(time_limit=0.001, node_limit=100000)
        reasons = [self.network.verify(self.x[117], radius=17).reason
                   for _ in range(2)]
        self.assertEqual(reasons, ["time", "time"])

    def test_a_search_out_of_time_keeps_what_it_knows(self):
        got = self.network.radius(self.x[103], timeout=0.05)
        self.assertEqual((got.state, got.reason), ("open", "time"))
        self.assertLess(got.lower, got.upper)
        self.assertLess(got.seconds, 5)
        easy = rampart.Network(DEEP).radius(self.x[103])
        self.assertLessEqual(got.lower, easy.lower)
        self.assertGreaterEqual(got.upper, easy.upper)

    def test_a_search_with_time_enough(self):
        with rampart.Network(DEEP, threads=2) as network:
            self.assertEqual(network.radius(self.x[103], timeout=60).interval,
                             network.radius(self.x[103]).interval)


class Process(Case):
    def start(self, code):
        return subprocess.Popen(
            [sys.executable, "-B", "-c", textwrap.dedent(code)], text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def test_ctrl_c_ends_a_question(self):
        process = self.start(f"""
            import rampart
            network = rampart.Network({DEEP!r}, **{HARD!r})
            x, y = network.samples({DATASET!r})
            try:
                print("asking", flush=True)
                network.verify(x[117], radius=17)
            except KeyboardInterrupt:
                print("interrupted", network.predict(x[0]),
                      network.verify(x[0], radius=1).verdict)
            """)
        self.assertEqual(process.stdout.readline(), "asking\n")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        self.assertEqual((out, err), ("interrupted 4 robust\n", ""))

    def test_a_forked_process_asks_too(self):
        network = rampart.Network(NETWORK)
        x, y = network.samples(DATASET)
        self.assertEqual(network.verify(x[0], radius=1).verdict, "robust")
        child = os.fork()
        if child == 0:
            verdict = network.verify(x[0], radius=1).verdict
            os._exit(0 if verdict == "robust" else 1)
        self.assertEqual(os.waitpid(child, 0)[1], 0)

    def test_threads_ask_one_after_the_other(self):
        network = rampart.Network(NETWORK)
        x, y = network.samples(DATASET)
        alone = [network.radius(one).interval for one in x[100:108]]
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            together = pool.map(lambda one: network.radius(one).interval,
                                x[100:108])
            self.assertEqual(list(together), alone)


if __name__ == "__main__":
    unittest.main()
