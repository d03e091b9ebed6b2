#!/usr/bin/env python3
"""One-operator TFLite networks with random shapes, scales and weights: outputs
on random inputs, bit for bit as LiteRT's WebAssembly build computes them.

With constant weights XNNPACK runs an operator; where weights are inputs of the
graph, it leaves the operator to LiteRT's own kernels. So each network exists
twice: the reader gets the one with constants. `rampart import --verify` agrees as
well."""

import os
import random
import struct
import sys
import tempfile
import time

import runtime
from tflite_file import FLOAT32, INT8, INT32, UINT8, Tensor, build

ADD, AVERAGE, CONCAT, CONV, DEPTHWISE, DENSE = 0, 1, 2, 3, 4, 9
MAXIMUM, PAD, TRANSPOSE, MEAN, QUANTIZE = 17, 34, 39, 40, 114
DEQUANTIZE, MUL, RESHAPE, SUB = 6, 18, 22, 41
SAME, VALID = 0, 1
TANH = 4


class Case:
    """An operator with its tensors; the first operand is the input."""

    def __init__(self, name, profile, tensors, operators, output):
        self.name, self.profile = name, profile
        self.tensors, self.operators, self.output = tensors, operators, output
        self.their_operators = None

    def free(self):
        """Constants that become inputs for the runtime."""
        if self.profile == "litert-xnnpack":
            return []
        return [i for i, t in enumerate(self.tensors)
                if t.data is not None and not getattr(t, "stays", False)]


def real(rng, lo, hi):
    """A scale: any, or one of few digits, with which ties are common."""
    if rng.random() < 0.5:
        return rng.uniform(lo, hi)
    digits = 10 ** rng.choice((1, 2)) / lo
    return max(1, round(rng.uniform(lo, hi) * digits)) / digits


def zero_of(rng, kind, clipped=False):
    """A zero point; a low one if activations are clipped at it."""
    zero = rng.randint(10, 90) if clipped else rng.randint(64, 192)
    return zero - 128 if kind == INT8 else zero


def draw(rng, n, kind):
    data = rng.randbytes(n)
    if kind == UINT8:
        return data
    return bytes(x if x != 128 else 129 for x in data)  # no -128 in weights


def windowed(n, kernel, stride, dilation, padding):
    reach = (kernel - 1) * dilation + 1
    return -(-n // stride) if padding == SAME else (n - reach) // stride + 1


def linear(rng, profile, code, kind, dense=False):
    """CONV_2D, DEPTHWISE_CONV_2D or FULLY_CONNECTED."""
    h, w, c = rng.randint(4, 7), rng.randint(4, 7), rng.randint(1, 5)
    k, l = rng.randint(1, 3), rng.randint(1, 3)
    stride = rng.choice((1, 1, 2))
    dilation = rng.choice((1, 1, 2)) if stride == 1 else 1
    padding = rng.choice((SAME, VALID)) if max(k, l) == 1 or dilation == 1 else SAME
    depth = code == DEPTHWISE
    out_c = c * rng.choice((1, 2)) if depth else rng.randint(2, 12)
    taps = h * w * c if dense else k * l * (1 if depth else c)
    n_scales = out_c if kind == INT8 and rng.random() < 0.7 else 1
    s_in = real(rng, 0.005, 0.05)
    s_w = [real(rng, 0.002, 0.02) for _ in range(n_scales)]
    s_out = s_in * max(s_w) * 5000 * taps ** 0.5 / 50 * real(rng, 0.4, 1.6)
    if depth:
        shape, channel = (1, k, l, out_c), 3
    elif dense:
        shape, channel = (out_c, taps), 0
    else:
        shape, channel = (out_c, k, l, c), 0
    size = taps * out_c
    activation = rng.choice((0, 0, 1, 2, 3))
    x = Tensor(kind, (1, taps) if dense else (1, h, w, c), s_in,
               zero_of(rng, kind))
    wt = Tensor(kind, shape, s_w, rng.randint(100, 156) if kind == UINT8 else 0,
                channel, draw(rng, size, kind))
    bias = Tensor(INT32, (out_c,), [s_in * s for s in s_w], 0, 0, b"".join(
        struct.pack("<i", rng.randint(-20000, 20000)) for _ in range(out_c)))
    oh = windowed(h, k, stride, dilation, padding)
    ow = windowed(w, l, stride, dilation, padding)
    y = Tensor(kind, (1, out_c) if dense else (1, oh, ow, out_c), s_out,
               zero_of(rng, kind, activation))
    if dense:
        options = {0: activation}
    elif depth:
        options = {0: padding, 1: stride, 2: stride, 3: out_c // c,
                   4: activation, 5: dilation, 6: dilation}
    else:
        options = {0: padding, 1: stride, 2: stride, 3: activation,
                   4: dilation, 5: dilation}
    name = {CONV: "conv", DEPTHWISE: "depthwise", DENSE: "dense"}[code]
    return Case(name, profile, [x, wt, bias, y], [(code, [0, 1, 2], 3, options)],
                3)


def pool(rng, profile, code, kind):
    h, w, c = rng.randint(5, 7), rng.randint(5, 7), rng.randint(1, 5)
    k, l = rng.randint(1, 3), rng.randint(1, 3)
    stride, padding = rng.choice((1, 2)), rng.choice((SAME, VALID))
    scale, zero = real(rng, 0.01, 0.1), zero_of(rng, kind, True)
    x = Tensor(kind, (1, h, w, c), scale, zero)
    y = Tensor(kind, (1, windowed(h, k, stride, 1, padding),
                      windowed(w, l, stride, 1, padding), c), scale, zero)
    options = {0: padding, 1: stride, 2: stride, 3: l, 4: k,
               5: rng.choice((0, 1, 3))}
    if code == AVERAGE or rng.random() < 0.5:
        return Case("average" if code == AVERAGE else "maximum", profile, [x, y],
                    [(code, [0], 1, options)], 1)
    order = Tensor(INT32, (4,), data=struct.pack("<4i", 0, 2, 1, 3))
    _, oh, ow, _ = y.shape
    z = Tensor(kind, (1, ow, oh, c), scale, zero)
    return Case("maximum", profile, [x, y, order, z],
                [(code, [0], 1, options), (TRANSPOSE, [1, 2], 3, {})], 3)


def mean(rng, profile, kind):
    h, w, c = rng.randint(1, 8), rng.randint(1, 8), rng.randint(2, 16)
    keeps = rng.randint(0, 1)
    s_in = real(rng, 0.01, 0.1)
    s_out = s_in * 4 / (h * w) ** 0.5 * real(rng, 0.2, 1)
    x = Tensor(kind, (1, h, w, c), s_in, rng.randint(-20, 20) % 128)
    axes = Tensor(INT32, (2,), data=struct.pack("<2i", *rng.choice(((1, 2), (2, 1)))))
    y = Tensor(kind, (1, 1, 1, c) if keeps else (1, c), s_out,
               rng.randint(0, 60))
    # A result of fixed shape: that of a mean over unknown axes is not.
    shape = Tensor(INT32, (2,), data=struct.pack("<2i", 1, c))
    shape.stays = True
    z = Tensor(kind, (1, c), s_out, y.zero)
    return Case("mean", profile, [x, axes, y, shape, z],
                [(MEAN, [0, 1], 2, {0: keeps}), (22, [2, 3], 4, {})], 4)


def add(rng, profile, kind):
    """x + x with other scales: both operands are convolutions of x, one with
    weights of 1 that keeps its numbers, one that changes them."""
    c, h, w = rng.randint(1, 4), 4, 4
    s_in = real(rng, 0.01, 0.1)
    s_b = s_in * real(rng, 0.3, 3)
    s_out = (s_in + s_b) * real(rng, 0.5, 1.1)
    x = Tensor(kind, (1, h, w, c), s_in, zero_of(rng, kind))
    wt = Tensor(kind, (1, 1, 1, c), [0.02] * (c if kind == INT8 else 1), 0, 3,
                bytes([50] * c))
    bias = Tensor(INT32, (c,), [s_in * 0.02] * len(wt.scale), 0, 0,
                  bytes(4 * c))
    b = Tensor(kind, (1, h, w, c), s_b, zero_of(rng, kind))
    y = Tensor(kind, (1, h, w, c), s_out, zero_of(rng, kind))
    options = {0: 0, 1: 1, 2: 1, 3: 1, 4: 0, 5: 1, 6: 1}
    case = Case("add", profile, [x, wt, bias, b, y],
                [(DEPTHWISE, [0, 1, 2], 3, options), (ADD, [0, 3], 4, {})], 4)
    # XNNPACK knows no such activation function, and the kernel does nothing.
    if profile == "litert-builtin":
        case.their_operators = [case.operators[0], (ADD, [0, 3], 4, {0: TANH})]
    return case


def moved(rng, profile, kind):
    """TRANSPOSE, then CONCATENATION of that with itself."""
    h, w, c = rng.randint(2, 4), rng.randint(2, 4), rng.randint(1, 4)
    scale, zero = real(rng, 0.01, 0.1), zero_of(rng, kind)
    order = [0, 1, 2, 3]
    rng.shuffle(order)
    shape = (1, h, w, c)
    turned = tuple(shape[d] for d in order)
    axis = rng.randint(0, 3)
    joined = tuple(n * (1 + (d == axis)) for d, n in enumerate(turned))
    x = Tensor(kind, shape, scale, zero)
    o = Tensor(INT32, (4,), data=struct.pack("<4i", *order))
    t = Tensor(kind, turned, scale, zero)
    y = Tensor(kind, joined, scale, zero)
    return Case("moved", profile, [x, o, t, y],
                [(TRANSPOSE, [0, 1], 2, {}), (CONCAT, [2, 2], 3, {0: axis})], 3)


def padded_pool(rng, profile, kind):
    """PAD before a pool, which sees the zero point outside."""
    case = pool(rng, profile, AVERAGE, kind)
    x, y = case.tensors
    sides = [rng.randint(0, 2) for _ in range(4)]
    _, h, w, c = x.shape
    inner = Tensor(kind, (1, h + sides[0] + sides[1], w + sides[2] + sides[3], c),
                   x.scale, x.zero)
    pads = Tensor(INT32, (4, 2),
                  data=struct.pack("<8i", 0, 0, *sides, 0, 0))
    code, _, made, options = case.operators[0]
    y.shape = (1, windowed(inner.shape[1], options[4], options[2], 1, options[0]),
               windowed(inner.shape[2], options[3], options[1], 1, options[0]), c)
    case.tensors += [pads, inner]
    case.operators = [(PAD, [0, 2], 3, {}), (code, [3], made, options)]
    return case


def quantized(rng, profile, kind):
    """QUANTIZE to numbers of the same type, then of the other one."""
    other = UINT8 if kind == INT8 else INT8
    n = rng.randint(2, 30)
    scales = [real(rng, 0.01, 0.1)]
    scales += [scales[0] * real(rng, 0.4, 1.4) for _ in range(2)]
    kinds = (kind, kind, other)
    tensors = [Tensor(k, (1, n), s, zero_of(rng, k))
               for k, s in zip(kinds, scales)]
    return Case("quantize", profile, tensors,
                [(QUANTIZE, [0], 1, {}), (QUANTIZE, [1], 2, {})], 2)


def padded(rng, profile, kind):
    """PAD before a convolution."""
    case = linear(rng, profile, CONV, kind)
    x, y = case.tensors[0], case.tensors[3]
    sides = [rng.randint(0, 2) for _ in range(4)]
    _, h, w, c = x.shape
    inner = Tensor(kind, (1, h + sides[0] + sides[1], w + sides[2] + sides[3], c),
                   x.scale, x.zero)
    pads = Tensor(INT32, (4, 2),
                  data=struct.pack("<8i", 0, 0, *sides, 0, 0))
    code, given, made, options = case.operators[0]
    k, l = case.tensors[1].shape[1:3]
    y.shape = (1, windowed(inner.shape[1], k, options[2], options[5], options[0]),
               windowed(inner.shape[2], l, options[1], options[4], options[0]),
               y.shape[3])
    case.tensors += [pads, inner]
    case.operators = [(PAD, [0, 4], 5, {}), (code, [5] + given[1:], made, options)]
    case.name = "pad and conv"
    return case


class Constants:
    """Operators on constants, one after the other; each has the last one's
    output as its first operand."""

    def __init__(self, rng, kind, tensor):
        self.rng, self.kind = rng, kind
        self.tensors, self.operators = [tensor], []

    def append(self, code, made, *more, options=None):
        """An operator with further operands, and its output."""
        given = [len(self.tensors) - 1]
        for tensor in more:
            given.append(len(self.tensors))
            self.tensors.append(tensor)
        self.operators.append((code, given, len(self.tensors), options or {}))
        self.tensors.append(made)

    def like(self, shape=None, data=None):
        """The last tensor, perhaps with another shape, or data."""
        last = self.tensors[-1]
        return Tensor(last.kind, shape or last.shape, last.scale, last.zero, 0,
                      data)

    def reals(self, count, scale):
        """Numbers of float32, many of them halfway between two steps."""
        return struct.pack("<%df" % count, *(
            (self.rng.randrange(-150, 150) + self.rng.choice((0, 0.5, 0.3))) *
            scale for _ in range(count)))

    def quantize(self):
        """To numbers with another scale."""
        scale = 0.03 if self.tensors[-1].kind == FLOAT32 else \
            self.tensors[-1].scale[0] * real(self.rng, 0.6, 1.4)
        self.append(QUANTIZE, Tensor(self.kind, self.tensors[-1].shape, scale,
                                     zero_of(self.rng, self.kind)))

    def compute(self):
        """In float32: to it, an operation with a constant, and back."""
        last = self.tensors[-1]
        self.append(DEQUANTIZE, Tensor(FLOAT32, last.shape))
        code = self.rng.choice((ADD, SUB, MUL))
        self.append(code, self.like(), self.like(
            last.shape[-1:], self.reals(last.shape[-1], 0.01)))
        self.quantize()

    def add(self):
        """A constant of the same shape."""
        last = self.tensors[-1]
        other = Tensor(self.kind, last.shape, last.scale[0] * 0.7,
                       zero_of(self.rng, self.kind), 0,
                       self.rng.randbytes(last.size))
        self.append(ADD, Tensor(self.kind, last.shape, last.scale[0] * 1.3,
                                zero_of(self.rng, self.kind)), other)

    def move(self):
        """Transpose, join with another constant, pad, reshape."""
        h, w, c = self.tensors[-1].shape[1:]
        self.append(TRANSPOSE, self.like((1, w, h, c)), Tensor(
            INT32, (4,), data=struct.pack("<4i", 0, 2, 1, 3)))
        self.append(CONCAT, self.like((1, w, h + 1, c)), self.like(
            (1, w, 1, c), self.rng.randbytes(w * c)), options={0: 2})
        self.append(PAD, self.like((1, w + 1, h + 3, c)), Tensor(
            INT32, (4, 2), data=struct.pack("<8i", 0, 0, 1, 0, 0, 2, 0, 0)))
        self.reshape((1, h + 3, w + 1, c))

    def reshape(self, shape):
        """The same numbers."""
        self.append(RESHAPE, self.like(shape), Tensor(
            INT32, (len(shape),), data=struct.pack("<%di" % len(shape), *shape)))


def folded(rng, profile, kind):
    """x and what operators make of constants, added or joined."""
    h, w, c = rng.randint(1, 3), rng.randint(1, 3), rng.randint(1, 4)
    chain = Constants(rng, kind, Tensor(FLOAT32, (1, h, w, c)))
    chain.tensors[0].data = chain.reals(h * w * c, 0.03)
    chain.quantize()
    for _ in range(rng.randint(1, 3)):
        rng.choice((chain.quantize, chain.compute, chain.add, chain.move))()
    last = chain.tensors[-1]
    shape = last.shape
    joins = rng.random() < 0.3
    if not joins and rng.random() < 0.5:  # repeated along height and width
        shape = (1, rng.randint(2, 4), rng.randint(2, 3), last.size)
        chain.reshape((last.size,))
        last = chain.tensors[-1]
    x = Tensor(kind, shape, last.scale if joins else last.scale[0] *
               real(rng, 0.5, 2), last.zero if joins else zero_of(rng, kind))
    y = chain.like((1, *shape[1:3], 2 * shape[3])) if joins else Tensor(
        kind, shape, x.scale[0] + last.scale[0], zero_of(rng, kind))
    n = len(chain.tensors)
    operators = [(code, [i + 1 for i in given], made + 1, options)
                 for code, given, made, options in chain.operators]
    operators.append((CONCAT, [0, n], n + 1, {0: 3}) if joins else
                     (ADD, [n, 0], n + 1, {}))
    return Case("folded", profile, [x, *chain.tensors, y], operators, n + 1)


def moved_weights(rng, profile, kind):
    """A convolution of 1 x 1 whose weights are transposed beforehand, and whose
    bias is reshaped."""
    case = linear(rng, profile, CONV, kind)
    x, weight, bias, y = case.tensors
    order = Tensor(INT32, (4,), data=struct.pack("<4i", 0, 2, 1, 3))
    o, k, l, i = weight.shape
    before = Tensor(kind, (o, l, k, i), weight.scale, weight.zero, 0, weight.data)
    flat = Tensor(INT32, (1, o), bias.scale, 0, 1, bias.data)
    size = Tensor(INT32, (1,), data=struct.pack("<i", o))
    weight.data = bias.data = None
    order.stays = size.stays = True
    case.tensors += [order, before, flat, size]
    case.operators = [(TRANSPOSE, [5, 4], 1, {}), (RESHAPE, [6, 7], 2, {}),
                      *case.operators]
    case.name = "moved weights"
    return case


def all_cases(rng):
    both = ("litert-xnnpack", "litert-builtin")
    for kind in (INT8, UINT8):
        for profile in both:
            n = 3 if kind == INT8 else 2
            for _ in range(n):
                for code in (CONV, DEPTHWISE, DENSE):
                    yield linear(rng, profile, code, kind, code == DENSE)
            for _ in range(n):
                yield mean(rng, profile, kind)
                yield add(rng, profile, kind)
            if profile == "litert-builtin":
                for _ in range(n):
                    yield moved_weights(rng, profile, kind)
                continue
            for _ in range(5):
                yield folded(rng, profile, kind)
            for _ in range(2):
                yield pool(rng, profile, AVERAGE, kind)
                yield pool(rng, profile, MAXIMUM, kind)
                yield moved(rng, profile, kind)
                yield quantized(rng, profile, kind)
                yield padded_pool(rng, profile, kind)
                yield padded(rng, profile, kind)


def check(runs, rng, case):
    """How many outputs differ, of how many, with how many values."""
    x, y = case.tensors[0], case.tensors[case.output]
    free = case.free()
    count = max(50, min(2000, 6000 // y.size))
    steps = rng.randbytes(x.size * count)
    own = bytes(b ^ 128 for b in steps) if x.kind == INT8 else steps
    constants = b"".join(case.tensors[i].data for i in free)
    given = b"".join(own[k * x.size:(k + 1) * x.size] + constants
                     for k in range(count))
    ours_model = build(case.tensors, case.operators, [0], [case.output])
    for i in free:
        case.tensors[i].data = None
    model = build(case.tensors, case.their_operators or case.operators,
                  [0] + free, [case.output])
    ours, why = runs.ours(ours_model, case.profile, steps)
    theirs, is_xnnpack = runs.theirs(model, given)
    if ours is None:
        sys.exit("%s, %s: %s" % (case.profile, case.name, why))
    by_both = (case.name in ("average", "maximum", "moved", "quantize") or
               (y.kind == UINT8 and case.profile == "litert-xnnpack"))
    if is_xnnpack != (case.profile == "litert-xnnpack") and not by_both:
        sys.exit("%s, %s: other kernels ran it" % (case.profile, case.name))
    runs.interpret(case.profile)
    form = "b" if y.kind == INT8 else "B"
    wanted = struct.unpack("%d%s" % (y.size * count, form), theirs)
    found = struct.unpack("<%di" % (y.size * count), ours)
    wrong = sum(a != b + y.zero for a, b in zip(wanted, found))
    return wrong, len(wanted), len(set(wanted))


def main():
    sums, bad = {}, 0
    seed = os.environ.get("RAMPART_SEED", "1")
    if seed == "random":
        seed = str(time.time_ns())
    print("RAMPART_SEED=" + seed)
    with tempfile.TemporaryDirectory() as folder:
        runs = runtime.Runs(folder)
        rng = random.Random(seed)
        for case in all_cases(rng):
            key = (case.profile, case.name, "int8" if case.tensors[0].kind == INT8
                   else "uint8")
            wrong, n, values = check(runs, rng, case)
            old = sums.get(key, (0, 0, 0))
            sums[key] = (old[0] + wrong, old[1] + n, max(old[2], values))
    for key, (wrong, n, values) in sums.items():
        print("%s, %s, %s: %d of %d outputs differ, %d values" %
              (*key, wrong, n, values))
        bad += wrong > 0 or values < 10
    sys.exit(bad > 0)


if __name__ == "__main__":
    main()
