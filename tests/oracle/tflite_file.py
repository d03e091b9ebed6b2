"""Small TFLite files for tests, written table by table: every field takes four
bytes, and what an offset leads to comes behind it."""

import struct

FLOAT32, INT32, UINT8, INT8 = 0, 2, 3, 9
# The schema's number of an operator's options, and its version for int8.
OPTIONS = {0: 11, 1: 5, 2: 10, 3: 1, 4: 2, 9: 8, 17: 5, 18: 21, 22: 17, 34: 22,
           39: 26, 40: 27, 41: 28, 114: 70}
VERSIONS = {2: 2, 4: 3, 9: 4, 22: 1}


class Tensor:
    """Numbers of one type. Constants have data (bytes)."""

    def __init__(self, kind, shape, scale=(), zero=0, channel=0, data=None):
        self.kind, self.shape, self.data = kind, tuple(shape), data
        self.scale = [scale] if isinstance(scale, float) else list(scale)
        self.zero, self.channel = zero, channel

    @property
    def size(self):
        """How many numbers it has."""
        size = 1
        for d in self.shape:
            size *= d
        return size


class Writer:
    """The bytes so far."""

    def __init__(self):
        self.bytes = bytearray(8)
        self.bytes[4:8] = b"TFL3"

    def align(self, size, shift=0):
        while (len(self.bytes) + shift) % size:
            self.bytes.append(0)

    def table(self, fields):
        """A table: number of the field -> int, or a function that writes what
        the field leads to."""
        most = max(fields, default=-1) + 1
        self.align(4)
        vtable = len(self.bytes)
        offsets = [0] * most
        for slot, field in enumerate(sorted(fields)):
            offsets[field] = 4 + 4 * slot
        self.bytes += struct.pack("<%dH" % (2 + most), 4 + 2 * most,
                                  4 + 4 * len(fields), *offsets)
        self.align(4)
        table = len(self.bytes)
        self.bytes += struct.pack("<i", table - vtable)
        self.bytes += bytes(4 * len(fields))
        for field in sorted(fields):
            self.fill(table + offsets[field], fields[field])
        return table

    def fill(self, at, value):
        if callable(value):
            value = value() - at
        struct.pack_into("<i", self.bytes, at, value)

    def vector(self, form, numbers):
        """A vector of numbers in a form of struct; returns its place."""
        size = struct.calcsize("<" + form)
        self.align(16 if size != 4 else 4, 4)
        at = len(self.bytes)
        self.bytes += struct.pack("<I%d%s" % (len(numbers), form), len(numbers),
                                  *numbers)
        return at

    def tables(self, rows):
        """A vector of tables."""
        at = self.vector("I", [0] * len(rows))
        for i, fields in enumerate(rows):
            place = at + 4 + 4 * i
            struct.pack_into("<I", self.bytes, place, self.table(fields) - place)
        return at


def build(tensors, operators, inputs, outputs):
    """The bytes of a file. An operator is (code, inputs, output, {field:
    option})."""
    w = Writer()

    def quantization(t):
        return {2: lambda: w.vector("f", t.scale),
                3: lambda: w.vector("q", [t.zero] * len(t.scale)),
                6: t.channel}

    def tensor(i, t):
        fields = {0: lambda: w.vector("i", t.shape), 1: t.kind,
                  2: i + 1 if t.data is not None else 0}
        if t.scale:
            fields[4] = lambda: w.table(quantization(t))
        return fields

    def operator(i, op):
        code, given, made, options = op
        fields = {0: i, 1: lambda: w.vector("i", given),
                  2: lambda: w.vector("i", [made])}
        if code in OPTIONS:
            fields[3] = OPTIONS[code]
            fields[4] = lambda: w.table(options)
        return fields

    def graph():
        return {0: lambda: w.tables([tensor(i, t)
                                     for i, t in enumerate(tensors)]),
                1: lambda: w.vector("i", inputs),
                2: lambda: w.vector("i", outputs),
                3: lambda: w.tables([operator(i, op)
                                     for i, op in enumerate(operators)])}

    def buffer(t):
        if t is None or t.data is None:
            return {}
        return {0: lambda: w.vector("B", t.data)}

    root = w.table({
        0: 3,
        1: lambda: w.tables([{0: op[0], 2: VERSIONS.get(op[0], 2), 3: op[0]}
                             for op in operators]),
        2: lambda: w.tables([graph()]),
        4: lambda: w.tables([buffer(t) for t in [None] + tensors])})
    struct.pack_into("<I", w.bytes, 0, root)
    return bytes(w.bytes)
