#!/usr/bin/python3
"""rampart export: VNN-COMP's files as its scoring reads them, and pictures."""

import csv
import gzip
import json
import os
import re
import struct
import unittest
import zlib

from cli import DATASET, DIGITS, NETWORK, SOURCE, Case


def counterexample(path):
    """Inputs and outputs, split the way VNN-COMP's scoring splits them."""
    with gzip.open(path, "rb") as file:
        content = file.read().decode().replace("\n", " ").strip()
    assert content[0] == "(" and content[-1] == ")"
    x, y = [], []
    for part in content[1:-1].split(")"):
        part = part.strip()
        if not part:
            continue
        assert part[0] == "("
        name, number = part[1:].split(" ")
        into = {"X_": x, "Y_": y}[name[:2]]
        assert int(name[2:]) == len(into)
        into.append(float(number))
    return x, y


def vnnlib(path):
    """Boxes of the inputs, and rivals with what they must be ahead by."""
    with open(path) as file:
        text = re.sub(r";[^\n]*", "", file.read())
    words = re.findall(r"[()]|[^\s()]+", text)

    def parsed(at):
        found = []
        while at < len(words) and words[at] != ")":
            if words[at] == "(":
                inner, at = parsed(at + 1)
                found.append(inner)
            else:
                found.append(words[at])
            at += 1
        return found, at

    box, rivals, declared = {}, [], []
    for form in parsed(0)[0]:
        if form[0] == "declare-const":
            assert form[2] == "Real"
            declared.append(form[1])
            continue
        assert form[0] == "assert" and len(form) == 2
        word, *rest = form[1]
        if word != "or":
            side = {">=": 0, "<=": 1}[word]
            box.setdefault(rest[0], [None, None])[side] = int(rest[1])
            continue
        for conjunction in rest:
            (_, (sign, rival, label)) = conjunction
            assert conjunction[0] == "and" and sign == ">="
            more = 0 if isinstance(label, str) else int(label[2])
            rivals.append((int(rival[2:]), more))
    n_in = len(box)
    assert declared == ([f"X_{i}" for i in range(n_in)] +
                        [f"Y_{j}" for j in range(len(rivals) + 1)])
    return [box[f"X_{i}"] for i in range(n_in)], rivals


def png(path):
    """Width, height and rows of a grey PNG."""
    with open(path, "rb") as file:
        data = file.read()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    at, packed = 8, b""
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at:at + 8])
        body = data[at + 8:at + 8 + length]
        crc, = struct.unpack(">I", data[at + 8 + length:at + 12 + length])
        assert crc == zlib.crc32(kind + body)
        if kind == b"IHDR":
            width, height, depth, colour = struct.unpack(">IIBB", body[:10])
            assert (depth, colour) == (8, 0)
        elif kind == b"IDAT":
            packed += body
        at += 12 + length
    raw = zlib.decompress(packed)
    rows = [raw[i:i + width + 1] for i in range(0, len(raw), width + 1)]
    assert len(rows) == height and all(row[0] == 0 for row in rows)
    return width, height, b"".join(row[1:] for row in rows)


def pgm(path):
    with open(path, "rb") as file:
        magic, comment, size, most, pixels = file.read().split(b"\n", 4)
    assert magic == b"P5" and comment.startswith(b"# sample")
    width, height = map(int, size.split())
    return width, height, int(most), pixels


class Export(Case):
    def setUp(self):
        super().setUp()
        self.ok("verify", *DIGITS, "--samples", "12-19", "--radius", "2-6",
                "-q", "-o", "v.h5")
        self.rows = json.loads(self.ok("show", "--json", "v.h5"))[0]["queries"]
        self.violated = [r for r in self.rows if r["verdict"] == "violated"]
        self.assertTrue(self.violated)

    def stem(self, row, folder="out"):
        return self.path(f"{folder}/digits_net_prop_{row['sample']}_"
                         f"{row['radius']}")

    def table(self, folder="out"):
        with open(self.path(f"{folder}/results.csv"), newline="") as file:
            return list(csv.reader(file))

    def test_results_csv(self):
        text = self.ok("export", "v.h5", "-o", "out")
        self.assertIn("results.csv with", text)
        expected = [r for r in self.rows if r["verdict"] != "misclassified"]
        lines = self.table()
        self.assertEqual(len(lines), len(expected))
        result = {"robust": "unsat", "violated": "sat"}
        for line, row in zip(lines, expected):
            self.assertEqual(len(line), 6)
            self.assertEqual(line[1], NETWORK)
            self.assertEqual(line[2],
                             f"prop_{row['sample']}_{row['radius']}.vnnlib")
            self.assertEqual(line[4], result[row["verdict"]])
            self.assertEqual(float(line[3]), 0)
            self.assertAlmostEqual(float(line[5]), row["seconds"], places=5)
        self.assertEqual(len(os.listdir(self.path("out"))),
                         1 + len(lines) + len(self.violated))

    def test_properties(self):
        """Every property of results.csv is there; a counterexample's numbers
        meet exactly those of its own question, the sample's never do."""
        self.ok("export", "v.h5", "-o", "out")
        samples = self.dataset()
        for line, row in zip(self.table(), self.rows):
            box, rivals = vnnlib(self.path("out/" + line[2]))
            self.assertEqual(len(box), 196)
            label = row["label"]
            self.assertEqual(rivals, [(j, int(j > label)) for j in range(10)
                                      if j != label])
            if samples is not None:
                for (low, high), x in zip(box, samples[row["sample"]].ravel()):
                    self.assertEqual(low, max(0, int(x) - row["radius"]))
                    self.assertEqual(high, min(255, int(x) + row["radius"]))
            if row["verdict"] != "violated":
                continue
            x, y = counterexample(self.stem(row) + ".counterexample.gz")
            self.assertTrue(all(l <= v <= h for v, (l, h) in zip(x, box)))
            self.assertTrue(any(y[j] >= y[label] + more for j, more in rivals))

    def test_the_dataset_must_be_that_of_the_results(self):
        with open(DATASET, "rb") as file:
            self.put("copy.h5", file.read())
        self.ok("verify", "--network", NETWORK, "--dataset", "copy.h5",
                "--samples", "12-14", "--radius", "2", "-q", "-o", "c.h5")
        os.rename(self.path("copy.h5"), self.path("moved.h5"))
        self.refused("export", "c.h5", "-o", "new", says="--dataset and --labels say")
        self.refused("export", "c.h5", "-o", "new", "--dataset",
                     self.put("other.csv", "1" + 196 * ",2" + "\n"),
                     says="not the dataset of the results")
        self.assertFalse(os.path.exists(self.path("new")))
        self.ok("export", "c.h5", "-o", "new", "--dataset", "moved.h5")

    def test_counterexamples_are_near_and_not_the_label(self):
        self.ok("export", "v.h5", "-o", "out", "--write", "vnncomp,pgm,png")
        samples = self.dataset()
        for row in self.violated:
            x, y = counterexample(self.stem(row) + ".counterexample.gz")
            self.assertEqual((len(x), len(y)), (196, 10))
            self.assertNotEqual(y.index(max(y)), row["label"])
            if samples is not None:
                sample = samples[row["sample"]].ravel()
                far = max(abs(a - int(b)) for a, b in zip(x, sample))
                self.assertEqual(far, row["distance"])
                self.assertLessEqual(far, row["radius"])
            width, height, most, pixels = pgm(self.stem(row) + ".pgm")
            self.assertEqual((width, height, most), (14, 14, 255))
            self.assertEqual(list(pixels), x)
            self.assertEqual(png(self.stem(row) + ".png"),
                             (14, 14, bytes(map(int, x))))

    @staticmethod
    def dataset():
        try:
            import h5py
        except ImportError:
            return None
        with h5py.File(DATASET) as file:
            return file["x"][:]

    def test_radius_searches(self):
        self.ok("radius", *DIGITS, "--samples", "12-16", "--cap", "3", "-q",
                "-o", "r.h5")
        self.ok("export", "r.h5", "-o", "out")
        lines = {line[2]: line[4] for line in self.table()}
        radii = json.loads(self.ok("show", "--json", "r.h5"))[0]["radii"]
        expected = {}
        for r in radii:
            if r["lo"] > 0:
                expected[f"prop_{r['sample']}_{r['lo']}.vnnlib"] = "unsat"
            if r["counterexample"] is not None:
                expected[f"prop_{r['sample']}_{r['hi'] + 1}.vnnlib"] = "sat"
        self.assertEqual(lines, expected)

    def test_filters_and_shapes(self):
        row = self.violated[0]
        words = ["--sample", row["sample"], "--radius", row["radius"],
                 "--verdict", "violated", "--write", "png"]
        self.ok("export", "v.h5", "-o", "out", *words)
        self.assertEqual(os.listdir(self.path("out")),
                         [os.path.basename(self.stem(row)) + ".png"])
        self.ok("export", "v.h5", "-o", "wide", *words, "--shape", "7x28")
        self.assertEqual(png(self.stem(row, "wide") + ".png")[:2], (28, 7))
        for wrong, says in [("14x15", "is 210 numbers, an input of this "
                                      "network has 196"),
                            ("14", "--shape: expected height and width"),
                            ("0x0", "--shape: expected"),
                            ("14x14x1x1", "--shape: expected"),
                            ("99999x1", "--shape: expected")]:
            self.refused("export", "v.h5", "-o", "no", "--write", "png",
                         "--shape", wrong, says=says)
        self.assertFalse(os.path.exists(self.path("no")))

    def test_nothing_is_replaced_without_force(self):
        self.ok("export", "v.h5", "-o", "out")
        mine = self.stem(self.violated[-1]) + ".counterexample.gz"
        os.unlink(self.path("out/results.csv"))
        with open(mine, "w") as file:
            file.write("precious")
        before = {name: self.content("out/" + name)
                  for name in os.listdir(self.path("out"))}
        self.refused("export", "v.h5", "-o", "out", says="--force replaces it")
        self.assertEqual(before, {name: self.content("out/" + name)
                                  for name in os.listdir(self.path("out"))})
        self.ok("export", "v.h5", "-o", "out", "--force")
        counterexample(mine)
        self.put("file", "")
        self.refused("export", "v.h5", "-o", "file", says="cannot create")
        self.refused("export", "v.h5", "-o", "no/such", says="cannot create")
        self.refused("export", "v.h5", "-o", "", says="expected a folder")
        self.refused("export", "v.h5", "-o", "new", "--write", "jpeg",
                     says="expected vnncomp, pgm or png")
        self.refused("export", "v.h5", says="missing option --output")

    def test_the_network_must_be_that_of_the_results(self):
        other = os.path.join(SOURCE, "data", "digits_deep.h5")
        self.refused("export", "v.h5", "-o", "new", "--network", other,
                     says="not the network of the results")
        self.ok("import", "--network", NETWORK, "-o", "copy.h5")
        self.ok("verify", "--network", "copy.h5", "--dataset", DATASET,
                "--samples", "12-14", "--radius", "2", "-q", "-o", "c.h5")
        os.rename(self.path("copy.h5"), self.path("moved.h5"))
        self.refused("export", "c.h5", "-o", "new", says="--network says where")
        self.ok("export", "c.h5", "-o", "new", "--network", "moved.h5")
        # Pictures alone need none.
        os.unlink(self.path("moved.h5"))
        self.ok("export", "c.h5", "-o", "pictures", "--write", "png", "--shape",
                "14x14")

    def test_runs_that_kept_no_counterexamples(self):
        self.ok("verify", *DIGITS, "--samples", "12-19", "--radius", "6", "-q",
                "--evidence", "none", "-o", "n.h5")
        self.assertIn("without a file: ", self.ok("export", "n.h5", "-o", "out"))
        self.assertEqual([name for name in os.listdir(self.path("out"))
                          if not name.endswith(".vnnlib")], ["results.csv"])
        # A radius below the cap is refuted, whether or not the input was kept.
        self.ok("radius", *DIGITS, "--samples", "12-19", "--cap", "9", "-q",
                "--evidence", "none", "-o", "r.h5")
        closed = sum(r["state"] == "closed" for r in
                     json.loads(self.ok("show", "--json", "r.h5"))[0]["radii"])
        self.assertGreater(closed, 1)
        text = self.ok("export", "r.h5", "-o", "radii")
        self.assertIn(f"without a file: {closed} violated questions", text)
        self.assertEqual(sum(row[4] == "sat" for row in self.table("radii")), closed)

    def test_what_is_counted_is_there(self):
        """Of both tables, where their questions meet, and pictures alone."""
        self.put("job.yaml", f"network: {{file: {NETWORK}}}\n"
                             f"dataset: {{file: {DATASET}}}\n"
                             "verify: [{samples: 10-29, radii: [1, 2, 3]}]\n"
                             "radius: {samples: 10-49, cap: 3}\noutput: both.h5\n")
        self.ok("run", "-q", "job.yaml")
        shown = json.loads(self.ok("show", "--json", "both.h5"))[0]
        questions, given = set(), 0
        for r in shown["queries"]:
            if r["verdict"] in ("robust", "violated"):
                questions.add((r["sample"], r["radius"]))
                given += 1
        asked, left_out = set(questions), 0
        for r in shown["radii"]:
            left_out += r["state"] == "misclassified"
            ends = [r["lo"]] * (r["lo"] > 0) + [r["hi"] + 1] * (r["state"] == "closed")
            questions |= {(r["sample"], end) for end in ends}
            given += len(ends)
        left_out += sum(r["verdict"] == "misclassified" for r in shown["queries"])
        text = self.ok("export", "both.h5", "-o", "both", "--write", "vnncomp,png")
        names = os.listdir(self.path("both"))
        pictures = sum(name.endswith(".png") for name in names)
        self.assertEqual(len(self.table("both")), len(questions))
        self.assertIn(f"results.csv with {len(questions)} lines, as many properties, "
                      f"{pictures} counterexamples, {pictures} pictures\n", text)
        self.assertIn(f"joined: {given - len(questions)} rows that answer", text)
        self.assertIn(f"times: {len(questions - asked)} lines of radius searches", text)
        self.assertIn(f"left out: {left_out} misclassified or invalid row", text)
        text = self.ok("export", "both.h5", "-o", "only", "--write", "png")
        self.assertEqual(text.splitlines()[0], f"wrote only: {pictures} pictures")
        self.assertNotIn("times", text)


if __name__ == "__main__":
    unittest.main()
