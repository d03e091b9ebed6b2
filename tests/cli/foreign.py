#!/usr/bin/python3
"""Files that lead elsewhere, wait for ever or are something else: pipes, links
and plug-ins of HDF5, downloads that failed, Keras in its several formats. Needs
h5py."""

import hashlib
import os
import subprocess
import unittest
import zipfile

import h5py
import numpy as np

from cli import DATASET, DIGITS, NETWORK
from evidence import Checked

ASK = ["--samples", "100", "--radius", "1"]
SOON = 60  # seconds: nothing here may wait


class Pipes(Checked):
    def setUp(self):
        super().setUp()
        os.mkfifo(self.path("pipe"))

    def test_nothing_waits_for_a_pipe(self):
        p = self.path("pipe")
        self.decide("verify", *DIGITS, *ASK, "--evidence", "full")
        for words in (
                ["verify", "--network", p, "--dataset", DATASET, *ASK],
                ["verify", "--network", NETWORK, "--dataset", p, *ASK],
                ["verify", "--network", NETWORK, "--dataset", DATASET,
                 "--labels", p, *ASK],
                ["run", p], ["show", p], ["info", p], ["report", p, "-o", "x"],
                ["export", p, "-o", "x"], ["merge", p, "-o", "x"],
                ["show", "r.h5", "--known", p]):
            self.refused(*words, says="special file", seconds=SOON)
        for words in (["pipe"], ["r.h5", "--network", p], ["r.h5", "--proofs", p],
                      ["r.h5", "--dataset", p]):
            self.checks(2, *words, says="pipe: ")

    def test_nor_beside_the_results(self):
        for i, suffix in enumerate((".journal", ".status", ".proofs",
                                    ".proofs.part")):
            os.mkfifo(self.path(f"{i}.h5{suffix}"))
            self.run_rampart("verify", *DIGITS, *ASK, "-o", f"{i}.h5",
                             "--evidence", "full", seconds=SOON)
            self.run_rampart("watch", "--once", f"{i}.h5", seconds=SOON)


class Links(Checked):
    def setUp(self):
        super().setUp()
        os.mkfifo(self.path("pipe"))
        with h5py.File(DATASET) as file:
            self.x, self.y = file["x"][:], file["y"][:]

    def dataset(self, change):
        with h5py.File(self.path("d.h5"), "w", libver="latest") as file:
            file["y"] = self.y
            change(file)
        return ["--network", NETWORK, "--dataset", "d.h5"]

    def is_refused(self, change, says):
        source = self.dataset(change)
        self.refused("verify", *source, *ASK, says=says, seconds=SOON)

    def external(self, file):
        file["x"] = h5py.ExternalLink("pipe", "/x")

    def behind_a_soft_link(self, file):
        file["e"] = h5py.ExternalLink("pipe", "/")
        file["x"] = h5py.SoftLink("/e/x")

    def virtual(self, file):
        layout = h5py.VirtualLayout(shape=self.x.shape, dtype="u1")
        layout[:] = h5py.VirtualSource("pipe", "x", shape=self.x.shape)
        file.create_virtual_dataset("x", layout)

    def raw_data_elsewhere(self, file):
        file.create_dataset("x", self.x.shape, "u1",
                            external=[("pipe", 0, self.x.size)])

    def test_what_leads_out_of_the_file_is_not_followed(self):
        self.is_refused(self.external, "found it in another one")
        self.is_refused(self.virtual, "found it in another one")
        self.is_refused(self.virtual_of_any_size, "found it in another one")
        self.is_refused(self.raw_data_elsewhere, "found it in another one")
        self.is_refused(self.behind_a_soft_link, "expected a")

    def virtual_of_any_size(self, file):
        endless = h5py.h5s.UNLIMITED
        shape = {"shape": self.x.shape, "maxshape": (None, *self.x.shape[1:])}
        layout = h5py.VirtualLayout(dtype="u1", **shape)
        source = h5py.VirtualSource("pipe", "x", **shape)
        layout[0:endless, :, :] = source[0:endless, :, :]
        file.create_virtual_dataset("x", layout)

    def test_nor_by_the_checker(self):
        self.decide("verify", *DIGITS, *ASK, "--evidence", "full")
        for change in (self.external, self.behind_a_soft_link, self.virtual,
                       self.raw_data_elsewhere, self.virtual_of_any_size):
            self.dataset(change)
            digest = hashlib.sha256(self.content("d.h5")).hexdigest()
            with h5py.File(self.path("r.h5"), "r+") as file:
                file.attrs.create("dataset_sha256", np.bytes_(digest))
            self.check("r.h5", "--dataset", "d.h5", status=2, seconds=SOON)

    def test_plug_ins_are_not_loaded(self):
        os.mkdir(self.path("plugins"))
        mark = self.path("loaded")
        self.put("plugin.c", "#include <fcntl.h>\n#include <stdlib.h>\n"
                 "__attribute__((constructor)) static void f(void) "
                 f"{{ creat(\"{mark}\", 0600); }}\n"
                 "int H5PLget_plugin_type(void) { return 0; }\n"
                 "const void *H5PLget_plugin_info(void) { return 0; }\n")
        if subprocess.run(["cc", "-shared", "-fPIC", "-o", "plugins/libp.so",
                           "plugin.c"], cwd=self.folder).returncode:
            self.skipTest("no compiler")
        with h5py.File(self.path("d.h5"), "w") as file:
            plan = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
            plan.set_chunk((100, *self.x.shape[1:]))
            plan.set_filter(32123, h5py.h5z.FLAG_OPTIONAL, ())
            h5py.h5d.create(file.id, b"x", h5py.h5t.STD_U8LE,
                            h5py.h5s.create_simple(self.x.shape), plan)
            for i in range(10):
                file["x"].id.write_direct_chunk((100 * i, 0, 0), bytes(19600))
            file["y"] = self.y
        self.refused("verify", "--network", NETWORK, "--dataset", "d.h5", *ASK,
                     says="unknown filter", HDF5_PLUGIN_PATH=self.path("plugins"))
        self.assertFalse(os.path.exists(mark))


class OtherKinds(Checked):
    def network(self, name, says, *more):
        self.refused("verify", "--network", name, "--dataset", DATASET, *more,
                     *ASK, says=says)

    def test_a_page_instead_of_a_file(self):
        page = "<!DOCTYPE html>\n<html><body>404, sorry</body></html>\n"
        self.put("page.h5", page)
        self.put("page.gz", page)
        self.network("page.h5", "expected an HDF5 file, found an HTML page")
        for more in ([], ["--dataset-format", "idx", "--labels", "page.gz"]):
            self.refused("verify", "--network", NETWORK, "--dataset", "page.gz",
                         *more, *ASK, says="found an HTML page: a download that "
                                           "failed?")

    def test_archives(self):
        self.put("net.keras", b"PK\3\4" + bytes(100))
        self.network("net.keras", "damaged or truncated zip archive")
        self.put("net.h5.gz", b"\x1f\x8b" + bytes(100))
        self.network("net.h5.gz", "found a gzip file: unpack it with gunzip")

    def test_locks_and_writers(self):
        code = ("import h5py, os, sys\nf = h5py.File(sys.argv[1], 'w', "
                "libver='latest')\nf['x'] = [1]\nf.flush()\nos._exit(0)\n")
        self.put("die.py", code)
        subprocess.run(["/usr/bin/python3", "die.py", "died.h5"],
                       cwd=self.folder, check=True)
        self.network("died.h5", "h5clear -s repairs it")
        for value in ("TRUE", "FALSE", "BEST_EFFORT", "nonsense"):
            self.ok("verify", *DIGITS, *ASK, "-q", HDF5_USE_FILE_LOCKING=value)
        with h5py.File(DATASET, "r"):  # somebody else reads it
            self.ok("verify", *DIGITS, *ASK, "-q")


class Keras(Checked):
    """One dense layer of the digits' inputs, saved in several ways."""

    def setUp(self):
        super().setUp()
        pick = np.random.default_rng(7)
        self.kernel = pick.normal(0, 0.3, (196, 10)).astype("f4")

    def put_weights(self, group, ending):
        group.attrs["layer_names"] = [b"dense"]
        dense = group.create_group("dense")
        dense.attrs["weight_names"] = [b"m/dense/kernel" + ending,
                                       b"m/dense/bias" + ending]
        dense["m/dense/kernel" + ending.decode()] = self.kernel
        dense["m/dense/bias" + ending.decode()] = np.zeros(10, "f4")

    def test_all_are_the_same_network(self):
        tables = []
        for place in ("/", "model_weights"):
            for ending in (b":0", b""):
                with h5py.File(self.path("k.h5"), "w") as file:
                    self.put_weights(file.require_group(place), ending)
                ask = ["--network", "k.h5", "--input-bits", "8", "--bits", "6",
                       "--dataset", DATASET]
                tables.append(self.ok("predict", *ask, "--csv"))
                labels = [r.split(",") for r in tables[-1].splitlines()[1:]]
                right = [r[0] for r in labels if r[1] == r[2]]
                self.assertTrue(right)
                self.decide("verify", *ask, "--samples", right[0], "--radius",
                            "1", "--evidence", "full")
                self.checks(0, "r.h5", says=" 0 FAILED")
        self.assertEqual(len(set(tables)), 1)

    def put_keras_3(self, name, layers, container="layers"):
        """Layers as Keras 3 saves them, by name: lists of arrays."""
        with h5py.File(self.path(name), "w") as file:
            file.create_group("vars")
            file.create_group("optimizer/vars")["0"] = [1, 2]
            for layer, arrays in layers.items():
                group = file.create_group(f"{container}/{layer}")
                group.attrs["name"] = layer
                group.create_group("vars")
                for i, array in enumerate(arrays):
                    group[f"vars/{i}"] = np.asarray(array, "f4")

    def put_keras(self, name, weights, member="model.weights.h5"):
        with zipfile.ZipFile(self.path(name), "w") as archive:
            archive.writestr("config.json", "{}")
            archive.write(self.path(weights), member)

    def predictions(self, name):
        return self.ok("predict", "--network", name, "--input-bits", "8",
                       "--bits", "6", "--dataset", DATASET, "--csv")

    def test_weights_of_keras_3(self):
        """Three layers, whose names do not say in which order they run."""
        pick = np.random.default_rng(3)
        sizes = [(196, 12), (12, 11), (11, 10)]
        kernels = [pick.normal(0, 0.3, size) for size in sizes]
        biases = [pick.normal(0, 0.1, size[1]) for size in sizes]
        names = ["dense_2", "dense", "dense_1"]
        with h5py.File(self.path("k.h5"), "w") as file:
            file.attrs["layer_names"] = [name.encode() for name in names]
            for name, kernel, bias in zip(names, kernels, biases):
                group = file.create_group(name)
                group.attrs["weight_names"] = [b"kernel", b"bias"]
                group["kernel"] = kernel.astype("f4")
                group["bias"] = bias.astype("f4")
        expected = self.predictions("k.h5")
        layers = {name: [kernel, bias] for name, kernel, bias in
                  zip(names, kernels, biases)}
        layers.update(dropout=[], flatten=[])
        for container in ("layers", "_layer_checkpoint_dependencies"):
            self.put_keras_3("k.weights.h5", layers, container)
            with h5py.File(self.path("k.weights.h5"), "r+") as file:
                file[f"{container}/dropout/seed_generator/vars/0"] = [1, 2]
            self.put_keras("k.keras", "k.weights.h5")
            self.assertEqual(self.predictions("k.weights.h5"), expected)
            self.assertEqual(self.predictions("k.keras"), expected)
        for name, says in (("k.weights.h5", "weights that Keras 3 saved"),
                           ("k.keras", "zip archive, as Keras 3 saves")):
            self.decide("verify", "--network", name, "--input-bits", "8",
                        "--bits", "6", "--dataset", DATASET, "--samples", "0-9",
                        "--radius", "1", "--evidence", "full")
            self.checks(2, "r.h5", says=says)

    def refuses_keras(self, name, says):
        self.refused("info", "--bits", "6", "--input-bits", "8", name, says=says)

    def test_what_keras_3_leaves_open(self):
        bias = np.zeros(10)
        square = [np.eye(10), bias]
        first = [self.kernel, bias]
        for layers, says in (
                ({"dense": first, "dense_1": square, "dense_2": square},
                 "layers whose shapes chain in one order, found several"),
                ({"dense": [np.zeros((196, 9)), np.zeros(9)], "dense_1": square},
                 "chain in one order, found no such order"),
                ({"dense": [self.kernel]}, "found one of them alone"),
                ({"dense": first + [bias]}, "/layers/dense/vars: "),
                ({"conv2d": [np.zeros((3, 3, 1, 4)), np.zeros(4)]},
                 "/layers/conv2d/vars/0: expected"),
                ({"dense": [self.kernel, np.zeros(9)]}, "one bias for each"),
                ({"flatten": []}, "expected dense layers, found none"),
                ({"model/layers/dense": first}, "'layers'")):
            self.put_keras_3("k.weights.h5", layers)
            self.put_keras("k.keras", "k.weights.h5")
            self.refuses_keras("k.weights.h5", says)
            self.refuses_keras("k.keras", "k.keras: model.weights.h5: ")
            self.refuses_keras("k.keras", says)
        self.put_keras_3("k.weights.h5", {"dense": first})
        self.put_keras("k.keras", "k.weights.h5", "../model.weights.h5")
        self.refuses_keras("k.keras", "has a member model.weights.h5, found "
                                      "config.json, ../model.weights.h5")
        with h5py.File(self.path("k.weights.h5"), "r+") as file:
            file["vars/0"] = [1.0]
        self.refuses_keras("k.weights.h5", "/vars: expected no arrays")


if __name__ == "__main__":
    unittest.main()
