#!/usr/bin/env python3
"""Logits of public TFLite networks, bit for bit as LiteRT's WebAssembly build
(XNNPACK) computes them. The runtime and the driver are kept outside of the
repository; without them, or without the models, the test is skipped."""

import os
import random
import struct
import sys
import tempfile

import runtime

MODELS_FOLDER = os.path.join(runtime.SHARED, "models")
# Model, and random inputs.
MODELS = [
    ("tinymaix_mnist_arduino_q", 300), ("tinymaix_mnist_valid_q", 300),
    ("tinymaix_mnist_rect_q", 200), ("tinymaix_mnist_resnet_q", 100),
    ("tinyengine_lenet-300-100", 100), ("tinymaix_cifar10_q", 50),
    ("hello_world_int8", 300),
    ("ad01_int8", 100), ("kws_ref_model", 100), ("str_ww_ref_model", 100),
    ("vww_96_int8", 100)]
ENDS = {6, 22, 25, 50}  # DEQUANTIZE, RESHAPE, SOFTMAX, LOG_SOFTMAX
QUANTIZE = 114


class Model:
    """A TFLite file whose graph can be cut in place."""

    def __init__(self, path):
        with open(path, "rb") as file:
            self.bytes = bytearray(file.read())
        root = self.u32(0)
        self.codes = self.vector(root, 1)
        self.graph = self.table(self.vector(root, 2), 0)
        self.tensors = self.vector(self.graph, 0)
        self.operators = self.vector(self.graph, 3)

    def u32(self, at):
        return struct.unpack_from("<I", self.bytes, at)[0]

    def i32(self, at):
        return struct.unpack_from("<i", self.bytes, at)[0]

    def entry(self, table, field):
        """The place of a field's entry in its table's list of fields."""
        vtable = table - self.i32(table)
        size = struct.unpack_from("<H", self.bytes, vtable)[0]
        return vtable + 4 + 2 * field if 4 + 2 * field < size else None

    def field(self, table, field):
        entry = self.entry(table, field)
        by = struct.unpack_from("<H", self.bytes, entry)[0] if entry else 0
        return table + by if by else None

    def vector(self, table, field):
        """The place of its length; its elements follow."""
        at = self.field(table, field)
        return at + self.u32(at) if at else None

    def table(self, vector, index):
        at = vector + 4 + 4 * index
        return at + self.u32(at)

    def length(self, vector):
        return self.u32(vector) if vector else 0

    def code(self, operator):
        at = self.field(operator, 0)
        code = self.table(self.codes, self.u32(at) if at else 0)
        old, new = self.field(code, 0), self.field(code, 3)
        return max(self.bytes[old] if old else 0, self.i32(new) if new else 0)

    def operand(self, operator, field):
        return self.vector(operator, field) + 4

    def cut_ends(self):
        """Drop what keeps the order of the outputs, and the quantizer."""
        while True:
            last = self.length(self.operators) - 1
            operator = self.table(self.operators, last)
            if self.code(operator) not in ENDS:
                break
            struct.pack_into("<I", self.bytes, self.operators, last)
            self.redirect(2, self.i32(self.operand(operator, 1)))
        first = self.table(self.operators, 0)
        if self.code(first) == QUANTIZE:
            self.redirect(1, self.i32(self.operand(first, 2)))
            for i in range(1, self.length(self.operators)):
                place = self.operators + 4 + 4 * (i - 1)
                struct.pack_into("<I", self.bytes, place,
                                 self.table(self.operators, i) - place)
            struct.pack_into("<I", self.bytes, self.operators,
                             self.length(self.operators) - 1)

    def keep_quantizer(self):
        """Drop all but the input's quantizer, the first operator. Returns its
        scale."""
        output = self.i32(self.operand(self.table(self.operators, 0), 2))
        struct.pack_into("<I", self.bytes, self.operators, 1)
        self.redirect(2, output)
        at = self.field(self.table(self.tensors, output), 4)
        scale = self.vector(at + self.u32(at), 2)
        return struct.unpack_from("<f", self.bytes, scale + 4)[0]

    def redirect(self, ends, tensor):
        """Make a tensor the input (1) or the output (2)."""
        at = self.vector(self.graph, ends) + 4
        struct.pack_into("<i", self.bytes, at, tensor)

    def drop_signatures(self):
        """Shapes with sizes left open, which the runtime refuses."""
        for i in range(self.length(self.tensors)):
            entry = self.entry(self.table(self.tensors, i), 7)
            if entry:
                struct.pack_into("<H", self.bytes, entry, 0)

    def drop_entries(self):
        """Named entry points, which know the old inputs and outputs."""
        entry = self.entry(self.u32(0), 7)
        if entry:
            struct.pack_into("<H", self.bytes, entry, 0)

    def end(self, ends):
        """Size and zero point of the input (1) or the output (2)."""
        index = self.i32(self.vector(self.graph, ends) + 4)
        tensor = self.table(self.tensors, index)
        shape = self.vector(tensor, 0)
        size = 1
        for d in range(self.length(shape)):
            size *= self.i32(shape + 4 + 4 * d)
        at = self.field(tensor, 4)
        zero = self.vector(at + self.u32(at), 3)
        return size, struct.unpack_from("<q", self.bytes, zero + 4)[0]


def compare(runs, name, count):
    """Compare the logits on random inputs; end with an error if one differs."""
    source = os.path.join(MODELS_FOLDER, name + ".tflite")
    model = Model(source)
    with open(source, "rb") as file:
        whole = file.read()
    model.cut_ends()
    model.drop_signatures()
    model.drop_entries()
    size, _ = model.end(1)
    outputs, zero = model.end(2)
    steps = random.Random(name).randbytes(size * count)
    given = bytes(x ^ 128 for x in steps)  # x - 128 as int8
    theirs, _ = runs.theirs(model.bytes, given)
    ours, why = runs.ours(whole, "litert-xnnpack", steps)
    if ours is None:
        sys.exit(why)
    wanted = struct.unpack("%db" % (outputs * count), theirs)
    found = struct.unpack("<%di" % (outputs * count), ours)
    wrong = sum(a != b + zero for a, b in zip(wanted, found))
    print("%s: %d of %d logits differ, %d values" %
          (name, wrong, len(wanted), len(set(wanted))), flush=True)
    if wrong or len(set(wanted)) < 2:
        sys.exit(1)


def compare_quantizer(runs, name, count):
    """Compare what the input's quantizer makes of reals, most of them at a tie
    or next to one."""
    source = os.path.join(MODELS_FOLDER, name + ".tflite")
    model = Model(source)
    with open(source, "rb") as file:
        whole = file.read()
    scale = model.keep_quantizer()
    model.drop_signatures()
    model.drop_entries()
    size, _ = model.end(2)
    rng = random.Random(name)
    reals = b""
    for _ in range(size * count):
        tie = (rng.randrange(-20, 276) + rng.choice((0.5, 0.5, 0.25))) * scale
        bits, = struct.unpack("<i", struct.pack("<f", tie))
        reals += struct.pack("<i", bits + rng.randrange(-1, 2))
    theirs, _ = runs.theirs(model.bytes, reals)
    ours, why = runs.ours(whole, "litert-xnnpack", reals, "reals")
    if ours is None:
        sys.exit(f"{name}: {why}")
    wrong = sum(a ^ 128 != b for a, b in zip(theirs, ours))
    print(f"{name}: quantizer: {wrong} of {len(ours)} inputs differ")
    if wrong or len(theirs) != len(ours) or len(ours) != size * count:
        sys.exit(f"{name}: the quantizer of the input")


def main():
    if not os.path.isdir(MODELS_FOLDER):
        runtime.skip("no models in " + runtime.SHARED)
    with tempfile.TemporaryDirectory() as folder:
        runs = runtime.Runs(folder)
        for name, count in MODELS:
            compare(runs, name, count)
        compare_quantizer(runs, "tinyengine_lenet-300-100", 100)


if __name__ == "__main__":
    main()
