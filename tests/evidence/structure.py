#!/usr/bin/python3
"""Good files of every kind, changed in one thing at a time: each attribute,
group, array and column removed, renamed, doubled, retyped, reshaped, exchanged.
Both programs must refuse the file in one line, or it is the same network, the
same samples, the same claims. Hashes beside the change are made right again, so
that it is the change which is refused."""

import concurrent.futures
import hashlib
import itertools
import os
import random
import shutil
import subprocess
import sys
import tempfile

try:
    import h5py
    import numpy as np
except ImportError as missing:
    print(f"structure: skipped: {missing}")
    sys.exit(77)

RAMPART = os.path.abspath(os.environ.get("RAMPART", "build/bin/rampart"))
CHECK = os.path.abspath(os.environ.get("RAMPART_CHECK",
                                       "build/bin/rampart-check"))
LEAST = 1000
MOST_OF_A_KIND = int(os.environ.get("RAMPART_CHANGES", "450"))
BITS = ["--input-bits", "4", "--bits", "4"]

# ---- changes: name and function of an open file ----


def paths(file):
    """All groups and arrays, the root first."""
    found = ["/"]
    file.visit(lambda name: found.append("/" + name))
    return found


def attribute_set(name, value):
    def change(item):
        if name in item.attrs:
            del item.attrs[name]
        item.attrs[name] = value
    return change


def attribute_renamed(name, other):
    def change(item):
        item.attrs[other] = item.attrs[name]
        del item.attrs[name]
    return change


def attributes_exchanged(a, b):
    def change(item):
        first, second = item.attrs[a], item.attrs[b]
        attribute_set(a, second)(item)
        attribute_set(b, first)(item)
    return change


def other_types(value):
    """The value in other types and shapes."""
    yield "empty", h5py.Empty("i4")
    yield "list", np.array([value, value])
    yield "square", np.array([[value, value], [value, value]])
    if isinstance(value, (bytes, str, np.bytes_)):
        text = value.decode() if isinstance(value, bytes) else str(value)
        yield "number", 1
        yield "variable", text
        yield "upper", np.bytes_(text.upper().encode())
        yield "longer", np.bytes_(text.encode() + b" ")
        yield "long", np.bytes_(text.encode() + b"x" * 5000)
        yield "nothing", np.bytes_(b"")
    elif np.ndim(value) == 0:
        yield "text", np.bytes_(b"1")
        yield "real", float(value)
        yield "half", float(value) + 0.5
        yield "boolean", np.bool_(True)
        yield "huge", 1 << 40


def attribute_changes(path, attributes):
    names = list(attributes)
    yield f"{path}: + attribute", path, attribute_set("scale", 2)
    for name in names:
        place = f"{path}@{name}"
        yield f"{place} removed", path, lambda i, n=name: i.attrs.pop(n)
        yield f"{place} renamed", path, attribute_renamed(name, name + "_")
        yield f"{place} in capitals", path, attribute_renamed(
            name, name.swapcase())
        yield f"{place} doubled", path, attribute_set(
            name + "2", attributes[name])
        for how, value in other_types(attributes[name]):
            yield f"{place} {how}", path, attribute_set(name, value)
    for a, b in zip(names, names[1:]):
        yield f"{path}@{a}, {b} exchanged", path, attributes_exchanged(a, b)


def member_changes(path, names):
    def moved(old, new):
        return lambda g: g.move(old, new)

    def copied(old, new):
        return lambda g: g.copy(old, new)

    def linked(name, to):
        def change(group):
            del group[name]
            group[name] = to(group)
        return change

    def exchanged(a, b):
        def change(group):
            group.move(a, "between")
            group.move(b, a)
            group.move("between", b)
        return change

    def other_kind(name):
        def change(group):
            was = group[name]
            del group[name]
            if isinstance(was, h5py.Group):
                group[name] = 1
            else:
                group.create_group(name)
        return change

    yield f"{path}: + group", path, lambda g: g.create_group("more")
    yield f"{path}: + array", path, lambda g: g.create_dataset(
        "more", data=np.arange(3.0))
    for name in names:
        place = f"{path}/{name}".replace("//", "/")
        yield f"{place} removed", path, lambda g, n=name: g.pop(n)
        yield f"{place} renamed", path, moved(name, name + "_")
        yield f"{place} doubled", path, copied(name, name + "_")
        yield f"{place} numbered on", path, copied(
            name, name.rstrip("0123456789") + "7")
        yield f"{place} next", path, moved(
            name, name.rstrip("0123456789") + "1" * (name[-1] != "1")
            + "_" * (name[-1] == "1"))
        yield f"{place} of another kind", path, other_kind(name)
        yield f"{place} nowhere", path, linked(
            name, lambda g: h5py.SoftLink("/nowhere"))
        yield f"{place} elsewhere", path, linked(
            name, lambda g: h5py.ExternalLink("other.h5", "/x"))
    for a, b in itertools.permutations(names, 2):
        yield f"{path}: {a} is {b}", path, linked(a, lambda g, b=b: g[b])
        yield f"{path}: {a} leads to {b}", path, linked(
            a, lambda g, b=b: h5py.SoftLink(b))
        if a < b:
            yield f"{path}: {a}, {b} exchanged", path, exchanged(a, b)


def replaced(make, **how):
    """Another array in its place, attributes kept."""
    def change(array):
        file, path = array.file, array.name
        kept, data = dict(array.attrs), make(array[()])
        del file[path]
        for name, value in kept.items():
            array = None
        new = file.create_dataset(path, data=data, **how)
        for name, value in kept.items():
            new.attrs[name] = value
    return change


def part_written(array):
    file, path, kept = array.file, array.name, dict(array.attrs)
    data = array[()]
    del file[path]
    new = file.create_dataset(path, shape=data.shape, dtype=data.dtype,
                              chunks=(1,) * data.ndim)
    new[:1] = data[:1]
    for name, value in kept.items():
        new.attrs[name] = value


def array_changes(path, data):
    yield f"{path}: not all written", path, part_written
    makes = {
        "longer": lambda a: np.concatenate([a, a[:1]], axis=-1),
        "shorter": lambda a: a[..., :-1],
        "none": lambda a: a[:0],
        "deeper": lambda a: a[None],
        "column": lambda a: a[..., None],
        "first": lambda a: a.reshape(-1)[0],
        "flat": lambda a: np.concatenate([a.reshape(-1), a.reshape(-1)]),
    }
    if data.dtype.names:
        makes["numbers"] = lambda a: np.zeros(len(a), "i4")
        makes["backwards"] = lambda a: a[::-1]
        makes["first twice"] = lambda a: np.concatenate([a[:1], a])
        makes |= column_changes(data.dtype)
    else:
        for kind in "f4 f8 i1 i2 i4 i8 u2 u8 >i4 S8 bool c8".split():
            makes[kind] = lambda a, k=kind: kept(a, k)
        makes["nan"] = lambda a: np.full(a.shape, np.nan, "f4")
        makes["huge"] = lambda a: np.full(a.shape, 1 << 40, "i8")
        makes["records"] = lambda a: np.zeros(a.shape, [("x", "i4")])
        if data.ndim > 1:
            makes["turned"] = lambda a: np.transpose(a[..., :2])
            makes["merged"] = lambda a: a.reshape(a.shape[0] * a.shape[1], -1)
    for how, make in makes.items():
        yield f"{path}: {how}", path, replaced(make)


def kept(data, kind):
    """In another type, of which the numbers are."""
    made = data.astype(kind)
    if made.dtype.kind in "iuf" and not np.array_equal(made, data):
        raise ValueError(f"not in {kind}")
    return made


def column_changes(dtype):
    def with_types(types, rename=lambda name: name):
        def make(rows):
            made = np.zeros(len(rows), types)
            for name in made.dtype.names:
                source = rename(name)
                if source in rows.dtype.names:
                    made[name] = rows[source].astype(made.dtype[name])
            return made
        return make

    all_types = [(name, dtype[name]) for name in dtype.names]
    makes = {"columns backwards": with_types(all_types[::-1]),
             "+ column": with_types(all_types + [("unit", "i4")])}
    for at, (name, kind) in enumerate(all_types):
        def changed(new, at=at):
            return all_types[:at] + new + all_types[at + 1:]

        makes[f"{name} removed"] = with_types(changed([]))
        makes[f"{name} renamed"] = with_types(
            changed([(name + "_", kind)]), lambda n: n.rstrip("_"))
        makes[f"{name} doubled"] = with_types(
            all_types + [(name + "_", kind)], lambda n: n.rstrip("_"))
        if kind.kind == "S":
            makes[f"{name} number"] = with_types(changed([(name, "i4")]),
                                                 lambda n, o=name:
                                                 "" if n == o else n)
        else:
            makes[f"{name} real"] = with_types(changed([(name, "f8")]))
            makes[f"{name} text"] = with_types(changed([(name, "S8")]))
            makes[f"{name} several"] = with_types(
                changed([(name, kind, (2,))]), lambda n, o=name:
                "" if n == o else n)
    return makes


def changes(file):
    for path in paths(file):
        item = file[path]
        yield from attribute_changes(path, dict(item.attrs))
        if isinstance(item, h5py.Group):
            yield from member_changes(path, list(item))
        else:
            yield from array_changes(path, item[()])


# ---- good files, and what both programs make of a changed one ----


def run(*arguments):
    return subprocess.run([str(a) for a in arguments], text=True,
                          capture_output=True, timeout=120)


def ok(*arguments):
    done = run(*arguments)
    assert done.returncode == 0, f"{arguments}: {done.stderr}"
    return done.stdout


def sha256(name):
    with open(name, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def content(name):
    """Of a native network: what HDF5 has, but not where."""
    with h5py.File(name) as file:
        return [(p, sorted((k, str(v)) for k, v in file[p].attrs.items()),
                 file[p][()].tolist() if isinstance(file[p], h5py.Dataset)
                 else "") for p in sorted(paths(file))]


class World:
    """A network, a dataset and results about them, full of evidence."""

    def __init__(self, folder, network, options, least=0):
        self.folder, self.network, self.options = folder, network, options
        self.dataset = f"{network}.data.h5"
        self.results = f"{network}.results.h5"
        pick = np.random.default_rng(7)
        self.x = pick.integers(0, 16, (3, 2, 3), "u1")
        if least:
            self.x = self.x.astype("i2") + least
        self.put_dataset(np.zeros(3, "i8"))
        text = ok(RAMPART, "predict", *self.source(), "--csv")
        labels = [int(line.split(",")[2]) for line in text.split()[1:]]
        self.put_dataset(np.array(labels, "i8"))
        with open(f"{folder}/job.yaml", "w") as job:
            bits = "" if not options else ", input_bits: 4, bits: 4"
            job.write(f"network: {{file: {network}{bits}}}\n"
                      f"dataset: {{file: {self.dataset}}}\n"
                      "verify: [{samples: all, radius: 1}]\n"
                      f"radius: {{samples: all, cap: {9 if least else 3}}}\n"
                      "evidence: full\n"
                      f"output: {self.results}\n")
        ok(RAMPART, "run", "-q", f"{folder}/job.yaml")
        self.checked = ok(CHECK, self.results)
        assert " 0 FAILED" in self.checked, self.checked

    def put_dataset(self, labels):
        with h5py.File(self.dataset, "w") as file:
            file["x"], file["y"] = self.x, labels

    def source(self, network=None, dataset=None):
        return ["--network", network or self.network, *self.options,
                "--dataset", dataset or self.dataset]

    # What the engine reads from a changed file; None: it refuses.

    def of_network(self, name):
        made = name + ".import"
        done = run(RAMPART, "import", "--network", name, *self.options,
                   "--name", "n", "-o", made)
        return self.read(done, lambda: content(made))

    def of_graph(self, name):
        """Terms have no order: what it answers to many inputs."""
        many = f"{self.network}.many.h5"
        if not os.path.exists(many):
            pick = np.random.default_rng(8)
            with h5py.File(many, "w") as file:
                file["x"] = pick.integers(-6, 10, (500, 2, 3), "i2")
                file["y"] = np.zeros(500, "i8")
        done = run(RAMPART, "predict", *self.source(name, many), "--csv")
        return self.read(done, lambda: done.stdout)

    def of_dataset(self, name):
        done = run(RAMPART, "predict", *self.source(dataset=name), "--csv")
        return self.read(done, lambda: done.stdout)

    def of_results(self, name):
        done = run(RAMPART, "show", "--csv", name)
        return self.read(done, lambda: [
            line.split(",")[1:] for line in done.stdout.split()])

    @staticmethod
    def read(done, what):
        if done.returncode == 0:
            return what()
        lines = done.stderr.strip().split("\n")
        assert done.returncode == 2 and len(lines) == 1, done
        return None

    # The checker's answer; the hashes are those of the changed file.

    def check(self, attribute, name):
        results = name + ".results.h5"
        shutil.copy(self.results, results)
        shutil.copy(self.results + ".proofs", results + ".proofs")
        proofs = results + ".proofs"
        if attribute == "network":
            with open(proofs, "r+b") as file:
                file.seek(8)
                file.write(bytes.fromhex(sha256(name)))
        size = os.path.getsize(proofs)
        with h5py.File(results, "r+") as file:
            for key, value in ((f"{attribute}_file", name),
                               (f"{attribute}_sha256", sha256(name)),
                               ("proofs", f"{size} {sha256(proofs)}")):
                file.attrs[key] = np.bytes_(value.encode())
        return self.answer(results)

    def check_results(self, name):
        shutil.copy(self.results + ".proofs", name + ".proofs")
        return self.answer(name)

    def answer(self, results):
        done = run(CHECK, results)
        if done.returncode == 0:
            return done.stdout.replace(results, self.results) == self.checked
        lines = done.stderr.strip().split("\n")
        assert done.returncode in (1, 2), done
        assert done.returncode == 1 or len(lines) == 1, done
        return None


def put_network(name):
    """Six inputs, five neurons, four classes, as Rampart writes it."""
    keras = name + ".keras.h5"
    put_keras(keras)
    ok(RAMPART, "import", "--network", keras, *BITS, "-o", name)


def put_graph(name):
    """The same inputs, counted from -3 in a convolution and a selection; two
    terms that join; neurons that are maxima; staircases of every kind; a channel and a neuron that are
    constant, with biases beyond all ranges."""
    pick = np.random.default_rng(5)

    def put(group, attributes, **arrays):
        for key, value in attributes.items():
            group.attrs[key] = value
        for key, value in arrays.items():
            group[key] = np.array(value)

    def weights(*shape):
        return pick.integers(-9, 10, shape, "i2")

    with h5py.File(name, "w") as file:
        put(file, {"format": np.bytes_(b"rampart-network"), "version": 2,
                   "name": np.bytes_(b"graph"), "input_min": -6,
                   "input_max": 9, "input_zero": -3, "blocks": 3,
                   "input_shape": [2, 3, 1],
                   "class_names": [b"one", b"two", b"three"]})
        put(file.create_group("block0"),
            {"terms": 1, "neurons": 12, "channels": 3, "activation_min": 0},
            activation_max=[7, 4, 2], shift=[3, -1, 1], descending=[0, 1, 0],
            threshold=[-60, -11, 9, 40], bias=[5, -7, 1 << 35])
        put(file.create_group("block0/term0"),
            {"kind": np.bytes_(b"conv"), "source": -1,
             "input_shape": [2, 3, 1], "output_shape": [2, 2, 3],
             "stride": [1, 2], "dilation": [1, 1], "pad_top_left": [1, 0],
             "groups": 1}, weight=weights(3, 2, 2, 1))
        put(file.create_group("block1"),
            {"terms": 2, "neurons": 3, "channels": 1, "activation_min": -8,
             "activation_max": 7, "shift": 4},
            bias=[30, -1 << 40, 11, -8, -1 << 39, 5],
            neuron=[0, 1, 2, 0, 1, 2])
        put(file.create_group("block1/term0"),
            {"kind": np.bytes_(b"dense"), "source": 0}, weight=weights(6, 12))
        put(file.create_group("block1/term1"),
            {"kind": np.bytes_(b"select"), "source": -1},
            index=[4, -1, 0, 2, 1, 5], weight=[9, 1, -5, 3, 2, -4])
        put(file.create_group("block2"),
            {"terms": 2, "neurons": 3, "channels": 3},
            activation_min=[-2, -1, -2], activation_max=[1, 2, 1],
            threshold=[[-40, 3, 50], [-30, 1, 60], [-35, 2, 55]],
            bias=[4, -9, 2])
        for term, (source, inputs) in enumerate(((1, 3), (0, 12))):
            put(file.create_group(f"block2/term{term}"),
                {"kind": np.bytes_(b"dense"), "source": source},
                weight=weights(3, inputs))


def put_keras(name):
    pick = np.random.default_rng(3)
    with h5py.File(name, "w") as file:
        file.attrs["layer_names"] = [b"flatten", b"dense", b"dense_1"]
        file.attrs["backend"] = b"tensorflow"
        file.attrs["keras_version"] = b"2.3.0"
        file.create_group("flatten").attrs["weight_names"] = np.zeros(0)
        for layer, shape in ("dense", (6, 5)), ("dense_1", (5, 4)):
            group = file.create_group(layer)
            group.attrs["weight_names"] = [
                f"{layer}/{what}:0".encode() for what in ("kernel", "bias")]
            group[f"{layer}/kernel:0"] = pick.normal(0, 0.5, shape).astype(
                "f4")
            group[f"{layer}/bias:0"] = pick.normal(0, 0.2, shape[1]).astype(
                "f4")


def copies(folder, source):
    """The changed files; not those changes that HDF5 itself refuses."""
    with h5py.File(source) as file:
        todo = list(changes(file))
    if len(todo) > MOST_OF_A_KIND:
        todo = random.Random(1).sample(todo, MOST_OF_A_KIND)
    for number, (what, path, change) in enumerate(todo):
        name = f"{folder}/{number}.h5"
        shutil.copy(source, name)
        try:
            with h5py.File(name, "r+") as file:
                change(file[path])
        except (TypeError, ValueError, RuntimeError, OSError, KeyError,
                OverflowError):
            continue
        yield what, name


def has_claims_of(source, name):
    """Times and titles claim nothing: the checker does not look at them."""
    def claims(results):
        with h5py.File(results) as file:
            return [[file[table][column].tolist() for column in columns.split()]
                    for table, columns in (
                        ("queries", "sample label radius verdict distance "
                         "counterexample"),
                        ("radii", "sample label lo hi verdict "
                         "counterexample"))], file["counterexamples"][
                             ()].tolist()
    return claims(source) == claims(name)


def problem(what, name, read, check, good, source):
    """None if both programs refuse the file, or it is the same."""
    found, same = read(name), check(name)
    if same and found is None and what.startswith("results"):
        same = None if has_claims_of(source, name) else same
    for end in ("", ".import", ".proofs", ".results.h5", ".results.h5.proofs"):
        if os.path.exists(name + end):
            os.remove(name + end)
    may_differ = what.startswith("graph ") # such as one that ascends
    if found not in (None, good) and not may_differ:
        return f"{what}: the engine reads something else"
    if same is False or (same and (found is None or found != good)):
        return f"{what}: the checker accepts what is not the same"
    if found == good and same is None:
        return f"{what}: the checker refuses what the engine reads"
    return None


def main():
    problems, counts, only = [], {}, sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        put_network(f"{folder}/native.h5")
        put_keras(f"{folder}/qvip.h5")
        put_graph(f"{folder}/graph.h5")
        native = World(folder, f"{folder}/native.h5", [])
        graph = World(folder, f"{folder}/graph.h5", [], least=-6)
        qvip = World(folder, f"{folder}/qvip.h5", BITS)
        kinds = [
            ("native", native.network, native.of_network,
             lambda name: native.check("network", name)),
            ("graph", graph.network, graph.of_graph,
             lambda name: graph.check("network", name)),
            ("qvip", qvip.network, qvip.of_network,
             lambda name: qvip.check("network", name)),
            ("dataset", native.dataset, native.of_dataset,
             lambda name: native.check("dataset", name)),
            ("results", native.results, native.of_results,
             native.check_results)]
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            for kind, source, read, check in kinds:
                if only and kind not in only:
                    continue
                good = read(source)
                tasks = [pool.submit(problem, f"{kind} {what}", name, read,
                                     check, good, source)
                         for what, name in copies(folder, source)]
                counts[kind] = len(tasks)
                problems += [t.result() for t in tasks if t.result()]
    print("changes:", counts, "in all", sum(counts.values()))
    for line in problems:
        print(line)
    if problems or (not only and sum(counts.values()) < LEAST):
        sys.exit(1)


if __name__ == "__main__":
    main()
