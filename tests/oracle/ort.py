#!/usr/bin/python3
"""ONNX networks with random shapes, scales and weights, written by the onnx
package of Debian: outputs on random inputs, bit for bit as ONNX Runtime
computes them on this processor. One operator each in QLinear form, one group
each of those in QDQ form that fuse, and whole networks in both."""

import os
import random
import sys
import tempfile
import time

import runtime

try:
    import numpy as np
    import onnx
    from onnx import TensorProto as T
    from onnx import helper, numpy_helper
except ImportError:
    runtime.skip("no python3-onnx")

MICROSOFT = "com.microsoft"
U8, S8 = np.uint8, np.int8
# Scales whose sums are often halfway between two numbers.
TIES = ((0.02, 0.07, 0.06), (0.07, 0.05, 0.06))
PAIRS = ((U8, S8), (U8, U8), (S8, S8))  # activations and weights


class Graph:
    """A graph under construction: values are names with shape and number."""

    def __init__(self, rng, kind, shape):
        self.rng, self.kind = rng, kind
        self.nodes, self.constants = [], []
        self.scale, self.zero, self.scaled = {}, {}, {}
        self.shape = {"x": shape}
        self.set_number("x", real(rng, 0.01, 0.05), zero_of(rng, kind))

    def set_number(self, name, scale, zero):
        self.scale[name], self.zero[name] = np.float32(scale), zero

    def constant(self, array):
        name = "c%d" % len(self.constants)
        self.constants.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    def number(self, name, shapes=((), (1,))):
        """Scale and zero point as operands; the form of scalars varies."""
        shape = self.rng.choice(shapes)
        return [self.constant(np.full(shape, self.scale[name], np.float32)),
                self.constant(np.full(shape, self.zero[name], self.kind))]

    def node(self, op, operands, domain="", **attributes):
        out = "v%d" % len(self.nodes)
        self.nodes.append(helper.make_node(op, operands, [out], domain=domain,
                                           **attributes))
        return out

    def dequantize(self, name):
        """One for all readers, or one each: exporters do either."""
        if name not in self.scaled or self.rng.random() < 0.3:
            self.scaled[name] = self.node("DequantizeLinear",
                                          [name] + self.number(name, [()]))
        return self.scaled[name]

    def quantize(self, name, out_scale, out_zero, shape):
        self.set_number("y", out_scale, out_zero)
        out = self.node("QuantizeLinear", [name] + self.number("y", [()]))
        self.set_number(out, out_scale, out_zero)
        self.shape[out] = shape
        return out

    def finish(self, out, opset=13):
        kind = T.UINT8 if self.kind is U8 else T.INT8
        graph = helper.make_graph(
            self.nodes, "g",
            [helper.make_tensor_value_info("x", kind, self.shape["x"])],
            [helper.make_tensor_value_info(out, kind, None)], self.constants)
        model = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", opset),
                                  helper.make_opsetid(MICROSOFT, 1)])
        model.ir_version = 8
        return model.SerializeToString()


class Case:
    def __init__(self, name, graph, out, given=None):
        self.name, self.graph, self.out, self.given = name, graph, out, given


def real(rng, lo, hi):
    """A scale: any, or one of few digits, with which ties are common."""
    if rng.random() < 0.5:
        return rng.uniform(lo, hi)
    digits = 10 ** rng.choice((1, 2)) / lo
    return max(1, round(rng.uniform(lo, hi) * digits)) / digits


def zero_of(rng, kind, is_low=False):
    if is_low:
        return 0 if kind is U8 else -128
    zero = rng.randint(64, 192)
    return zero if kind is U8 else zero - 128


def draw(rng, shape, kind):
    info = np.iinfo(kind)
    n = int(np.prod(shape))
    return np.array([rng.randint(info.min, info.max) for _ in range(n)],
                    kind).reshape(shape)


def windowed(n, kernel, stride, dilation, pads):
    return (n + pads - (kernel - 1) * dilation - 1) // stride + 1


def draw_weights(g, shape, kind, channels, per_channel):
    """Weights, scales and zero points."""
    n = channels if per_channel else 1
    scale = np.array([real(g.rng, 0.002, 0.02) for _ in range(n)], np.float32)
    zero = np.full(n, g.rng.randint(100, 156) if kind is U8 else 0, kind)
    if not per_channel and g.rng.random() < 0.5:
        scale, zero = scale[0], zero[0]
    return draw(g.rng, shape, kind), scale, zero


def linear_out(g, x, w_scale, taps):
    spread = float(np.max(w_scale)) * 5000 * taps ** 0.5 / 50
    return float(g.scale[x]) * spread * real(g.rng, 0.4, 1.6)


def conv(g, x, weight_kind, qdq=False, relu=False, clip=False, out_c=None):
    """QLinearConv or the group of QDQ."""
    rng, shape = g.rng, g.shape[x]
    c, sizes = shape[1], shape[2:]
    groups = rng.choice((1, 1, c, 2 if c % 2 == 0 else 1))
    out_c = (out_c or rng.randint(1, 4)) * groups
    kernel = [rng.randint(1, 3) for _ in sizes]
    stride = [rng.choice((1, 1, 2)) for _ in sizes]
    dilation = [rng.choice((1, 1, 2)) for _ in sizes]
    pads = [rng.randint(0, 2) for _ in range(2 * len(sizes))]
    w, w_scale, w_zero = draw_weights(g, [out_c, c // groups] + kernel,
                                      weight_kind, out_c,
                                      rng.random() < 0.6)
    taps = w.size // out_c
    bias = np.array([rng.randint(-9000, 9000) for _ in range(out_c)], np.int32)
    out_scale = linear_out(g, x, w_scale, taps)
    out_zero = zero_of(rng, g.kind, relu)
    n = len(sizes)
    made = [1, out_c] + [windowed(sizes[d], kernel[d], stride[d], dilation[d],
                                  pads[d] + pads[d + n]) for d in range(n)]
    attributes = dict(strides=stride, dilations=dilation, pads=pads,
                      group=groups)
    if rng.random() < 0.5:
        attributes["kernel_shape"] = kernel
    auto = rng.choice(("", "", "VALID", "SAME_UPPER", "SAME_LOWER"))
    if auto and max(dilation) == 1:
        del attributes["pads"]
        attributes["auto_pad"] = auto
        made = [1, out_c] + [
            windowed(sizes[d], kernel[d], stride[d], dilation[d], 0)
            if auto == "VALID" else -(-sizes[d] // stride[d])
            for d in range(n)]
    if not qdq:
        g.set_number("y", out_scale, out_zero)
        operands = [x] + g.number(x) + [g.constant(w), g.constant(w_scale),
                                        g.constant(w_zero)] + g.number("y")
        if rng.random() < 0.7:
            operands.append(g.constant(bias))
        out = g.node("QLinearConv", operands, **attributes)
        g.set_number(out, out_scale, out_zero)
        g.shape[out] = made
        return out
    axis = dict(axis=0) if np.ndim(w_scale) else {}
    operands = [g.dequantize(x),
                g.node("DequantizeLinear", [g.constant(w), g.constant(w_scale),
                                            g.constant(w_zero)], **axis),
                g.node("DequantizeLinear",
                       [g.constant(bias),
                        g.constant(g.scale[x] * w_scale),
                        g.constant(np.zeros(np.shape(w_scale), np.int32))],
                       **axis)]
    if rng.random() < 0.3:
        del operands[2]
    value = g.node("Conv", operands, **attributes)
    if relu:
        value = g.node("Relu", [value])
    if clip:
        ends = [(end - out_zero) * out_scale * 1.001 for end in
                (np.iinfo(g.kind).min, np.iinfo(g.kind).max)]
        value = g.node("Clip", [value] + [g.constant(np.float32(end))
                                          for end in ends])
    return g.quantize(value, out_scale, out_zero, made)


def dense(g, x, weight_kind, op, out=None, relu=False):
    """QLinearMatMul, QGemm, or MatMul and Gemm in QDQ."""
    rng = g.rng
    n_in = int(np.prod(g.shape[x]))
    n_out = out or rng.randint(2, 24)
    turned = op in ("QGemm", "Gemm") and rng.random() < 0.5
    w, w_scale, w_zero = draw_weights(
        g, (n_out, n_in) if turned else (n_in, n_out), weight_kind, n_out,
        rng.random() < 0.5)
    bias = np.array([rng.randint(-9000, 9000) for _ in range(n_out)], np.int32)
    out_scale = linear_out(g, x, w_scale, n_in)
    out_zero = zero_of(rng, g.kind, relu)
    weights = [g.constant(w), g.constant(w_scale), g.constant(w_zero)]
    made = [1, n_out]
    if op in ("MatMul", "Gemm"):
        axis = dict(axis=0 if turned else 1) if np.ndim(w_scale) else {}
        operands = [g.dequantize(x),
                    g.node("DequantizeLinear", weights, **axis)]
        if op == "Gemm" and rng.random() < 0.7:
            axis = dict(axis=0) if np.ndim(w_scale) else {}
            operands.append(g.node(
                "DequantizeLinear",
                [g.constant(bias), g.constant(g.scale[x] * w_scale),
                 g.constant(np.zeros(np.shape(w_scale), np.int32))], **axis))
        value = g.node(op, operands, **(dict(transB=int(turned))
                                        if op == "Gemm" else {}))
        if relu:
            value = g.node("Relu", [value])
        return g.quantize(value, out_scale, out_zero, made)
    g.set_number("y", out_scale, out_zero)
    if op == "QGemm":
        operands = ([x] + g.number(x) + weights + [g.constant(bias)] +
                    g.number("y"))
        value = g.node(op, operands, MICROSOFT, transB=int(turned))
    else:
        value = g.node(op, [x] + g.number(x) + weights + g.number("y"))
    g.set_number(value, out_scale, out_zero)
    g.shape[value] = made
    return value


def add(g, a, b, qdq, out_scale=None):
    out_scale = out_scale or \
        float(g.scale[a] + g.scale[b]) * real(g.rng, 0.5, 1.1)
    out_zero = zero_of(g.rng, g.kind)
    if qdq:
        value = g.node("Add", [g.dequantize(a), g.dequantize(b)])
        return g.quantize(value, out_scale, out_zero, g.shape[a])
    g.set_number("y", out_scale, out_zero)
    value = g.node("QLinearAdd", [a] + g.number(a, [()]) + [b] +
                   g.number(b, [()]) + g.number("y", [()]), MICROSOFT)
    g.set_number(value, out_scale, out_zero)
    g.shape[value] = g.shape[a]
    return value


def mean(g, x, qdq):
    n = g.shape[x][2] * g.shape[x][3]
    out_scale = float(g.scale[x]) * 4 / n ** 0.5 * real(g.rng, 0.2, 1)
    out_zero = zero_of(g.rng, g.kind)
    made = g.shape[x][:2] + [1, 1]
    if qdq:
        value = g.node("GlobalAveragePool", [g.dequantize(x)])
        return g.quantize(value, out_scale, out_zero, made)
    g.set_number("y", out_scale, out_zero)
    value = g.node("QLinearGlobalAveragePool", [x] + g.number(x) +
                   g.number("y"), MICROSOFT, channels_last=0)
    g.set_number(value, out_scale, out_zero)
    g.shape[value] = made
    return value


def keep(g, x, out, shape):
    """The same numbers under another name."""
    g.scale[out], g.zero[out], g.shape[out] = g.scale[x], g.zero[x], shape
    return out


def pool(g, x):
    rng, (_, c, h, w) = g.rng, g.shape[x]
    kernel = [rng.randint(2, 3), rng.randint(2, 3)]
    stride = [rng.choice((1, 2)), rng.choice((1, 2))]
    pads = [rng.randint(0, 1) for _ in range(4)]
    dilation = [rng.choice((1, 1, 2)), rng.choice((1, 1, 2))]
    out = g.node("MaxPool", [x], kernel_shape=kernel, strides=stride,
                 pads=pads, dilations=dilation)
    return keep(g, x, out, [1, c] + [
        windowed(n, kernel[d], stride[d], dilation[d], pads[d] + pads[d + 2])
        for d, n in enumerate((h, w))])


def flatten(g, x):
    shape = [1, int(np.prod(g.shape[x]))]
    if g.rng.random() < 0.5:
        return keep(g, x, g.node("Flatten", [x]), shape)
    wanted = g.constant(np.array([1, -1], np.int64))
    return keep(g, x, g.node("Reshape", [x, wanted]), shape)


def image(rng, kind):
    return Graph(rng, kind, [1, rng.choice((1, 2, 3, 4)), rng.randint(5, 8),
                             rng.randint(5, 8)])


# ---- One operator each.


def of_conv(rng, kind, weight_kind, flat=False):
    g = Graph(rng, kind, [1, rng.randint(1, 4), rng.randint(6, 12)]) if flat \
        else image(rng, kind)
    name = "conv of one dimension" if flat else "QLinearConv"
    return Case(name, g, conv(g, "x", weight_kind))


def of_dense(rng, kind, weight_kind, op):
    g = Graph(rng, kind, [1, rng.randint(8, 120)])
    relu = op in ("MatMul", "Gemm") and rng.random() < 0.5
    return Case(op, g, dense(g, "x", weight_kind, op, relu=relu))


def of_add(rng, kind, qdq, scales=None):
    """All pairs: two channels, each kept by a convolution with one weight."""
    g = Graph(rng, kind, [1, 2, 256, 256])
    if scales:
        g.set_number("x", scales[0], g.zero["x"])
    g.set_number("y", scales[1] if scales else
                 g.scale["x"] * np.float32(real(rng, 0.2, 4)), g.zero["x"])
    one = np.float32(1) / np.float32(1)
    halves = []
    for c in range(2):
        w = np.zeros((1, 2, 1, 1), S8 if kind is S8 else U8)
        w[0, c] = 1
        operands = ["x"] + g.number("x") + [
            g.constant(w), g.constant(one), g.constant(w.dtype.type(0))] + \
            g.number("x")
        half = g.node("QLinearConv", operands)
        keep(g, "x", half, [1, 1, 256, 256])
        halves.append(half)
    # The integers stay; what they stand for is the operator's affair.
    g.set_number(halves[1], g.scale["y"], g.zero["x"])
    numbers = range(256) if kind is U8 else range(-128, 128)
    first = [a for a in numbers for _ in numbers]
    second = [b for _ in numbers for b in numbers]
    given = np.array([first, second], kind).reshape(2, 256, 256)
    name = "Add in QDQ" if qdq else "QLinearAdd"
    return Case(name, g, add(g, halves[0], halves[1], qdq,
                             scales and scales[2]), given)


def of_mean(rng, kind, qdq):
    g = image(rng, kind)
    g.shape["x"][1] = rng.randint(2, 9)
    return Case("GlobalAveragePool in QDQ" if qdq
                else "QLinearGlobalAveragePool", g, mean(g, "x", qdq))


def of_moves(rng, kind):
    """MaxPool, Transpose, Concat, QLinearConcat, Squeeze and Reshape."""
    g = image(rng, kind)
    value = pool(g, "x")
    order = [0, 1, 2, 3]
    rng.shuffle(order)
    shape = [g.shape[value][d] for d in order]
    turned = keep(g, value, g.node("Transpose", [value], perm=order), shape)
    axis = rng.randint(0, 3)
    joined = g.node("Concat", [turned, turned], axis=axis)
    shape = list(shape)
    shape[axis] *= 2
    keep(g, value, joined, shape)
    again = g.node("QLinearConcat", g.number(joined) + [joined] +
                   g.number(joined) + [joined] + g.number(joined), MICROSOFT,
                   axis=1)
    shape = list(shape)
    shape[1] *= 2
    keep(g, value, again, shape)
    return Case("moves", g, flatten(g, again))


def of_pad(rng, kind):
    g = image(rng, kind)
    sides = [rng.randint(0, 2) for _ in range(4)]
    pads = [0, 0] + sides[:2] + [0, 0] + sides[2:]
    out = g.node("Pad", ["x", g.constant(np.array(pads, np.int64)),
                         g.constant(np.array(g.zero["x"], kind))])
    _, c, h, w = g.shape["x"]
    keep(g, "x", out, [1, c, h + sides[0] + sides[2], w + sides[1] + sides[3]])
    return Case("Pad and QLinearConv", g, conv(g, out, S8))


def of_qdq_conv(rng, weight_kind, relu):
    g = image(rng, U8)
    name = "Conv, Relu in QDQ" if relu else "Conv in QDQ"
    return Case(name, g, conv(g, "x", weight_kind, True, relu))


def of_clip(rng, weight_kind):
    g = image(rng, U8)
    return Case("Conv, Clip in QDQ", g,
                conv(g, "x", weight_kind, True, False, True))


def of_scaled_moves(rng, kind):
    """MaxPool and Transpose of dequantized numbers."""
    g = image(rng, kind)
    value = g.dequantize("x")
    keep(g, "x", value, g.shape["x"])
    value = pool(g, value)
    shape = [g.shape[value][d] for d in (0, 2, 3, 1)]
    turned = keep(g, value, g.node("Transpose", [value], perm=[0, 2, 3, 1]),
                  shape)
    out = g.quantize(turned, g.scale["x"], g.zero["x"], shape)
    return Case("moves in QDQ", g, flatten(g, out))


def of_sums(rng, kind, weight_kind, op):
    """ConvInteger or MatMulInteger, and float32 up to a quantizer."""
    if op == "ConvInteger":
        g = image(rng, kind)
        c, out_c = g.shape["x"][1], rng.randint(2, 6)
        made = [1, out_c] + g.shape["x"][2:]
        w = draw(rng, [out_c, c, 3, 3], weight_kind)
        attributes, spread, taps = dict(pads=[1] * 4), (out_c, 1, 1), c * 9
    else:
        g = Graph(rng, kind, [1, rng.randint(8, 120)])
        out_c, taps = rng.randint(2, 24), g.shape["x"][1]
        made, attributes, spread = [1, out_c], {}, (out_c,)
        w = draw(rng, [taps, out_c], weight_kind)
    zero = weight_kind(rng.randint(100, 156) if weight_kind is U8 else 0)
    value = g.node(op, ["x", g.constant(w), g.number("x", [()])[1],
                        g.constant(zero)], **attributes)
    value = g.node("Cast", [value], to=T.FLOAT)
    factor = np.array([real(rng, 1e-4, 1e-3) for _ in range(out_c)],
                      np.float32).reshape(spread)
    if rng.random() < 0.3:
        factor = factor.ravel()[0]
    value = g.node("Mul", [g.constant(factor), value] if rng.random() < 0.5
                   else [value, g.constant(factor)])
    bias = np.array([real(rng, 0.1, 2) - 1 for _ in range(out_c)], np.float32)
    value = g.node("Add", [value, g.constant(bias.reshape(spread))])
    if rng.random() < 0.5:
        value = g.node("Relu", [value])
    scale = float(np.max(factor)) * 5000 * taps ** 0.5 / 50
    return Case(op + " and float32", g,
                g.quantize(value, scale * real(rng, 0.4, 1.6),
                           zero_of(rng, kind), made))


# ---- Whole networks.


def of_network(rng, kind, qdq):
    """Convolution, maximum, residual addition, mean or flat, dense."""
    g = Graph(rng, kind, [1, 3, 12, 12])
    weight_kind = rng.choice((U8, S8)) if kind is U8 else S8
    value = pool(g, conv(g, "x", weight_kind, qdq, qdq, out_c=2))
    _, c, h, w = g.shape[value]
    kept = wide_conv(g, value, weight_kind, qdq)
    value = add(g, value, kept, qdq)
    if rng.random() < 0.5 and h * w > 1:
        value = mean(g, value, qdq)
    value = flatten(g, value)
    op = rng.choice(("MatMul", "Gemm") if qdq else ("QLinearMatMul", "QGemm"))
    return Case("network in QDQ" if qdq else "network in QLinear form", g,
                dense(g, value, weight_kind, op, 10))


def wide_conv(g, x, weight_kind, qdq):
    """3 x 3, of the same shape."""
    rng, (_, c, h, w) = g.rng, g.shape[x]

    class Fixed(random.Random):
        """Choices that keep the shape."""
    state = rng
    g.rng = Fixed(state.random())
    g.rng.choice = lambda of: of[0]
    g.rng.randint = lambda lo, hi: (3 if (lo, hi) == (1, 3) else
                                    1 if (lo, hi) == (0, 2) else
                                    state.randint(lo, hi))
    out = conv(g, x, weight_kind, qdq, out_c=c)
    g.rng = state
    return out


def all_cases(rng):
    for kind, weight_kind in PAIRS:
        for _ in range(6):
            yield of_conv(rng, kind, weight_kind)
        for _ in range(2):
            yield of_conv(rng, kind, weight_kind, True)
            yield of_dense(rng, kind, weight_kind, "QLinearMatMul")
            yield of_dense(rng, kind, weight_kind, "QGemm")
        yield of_network(rng, kind, False)
    for kind in (U8, S8):
        for qdq in (False, True):
            yield of_add(rng, kind, qdq)
            yield of_add(rng, kind, qdq)
            for scales in TIES:
                yield of_add(rng, kind, qdq, scales)
            yield of_mean(rng, kind, qdq)
            yield of_mean(rng, kind, qdq)
        yield of_moves(rng, kind)
        yield of_scaled_moves(rng, kind)
        yield of_pad(rng, kind)
        for op in ("ConvInteger", "MatMulInteger"):
            for weight_kind in (U8, S8) if kind is U8 else ():
                yield of_sums(rng, kind, weight_kind, op)
                yield of_sums(rng, kind, weight_kind, op)
    for weight_kind in (U8, S8):
        for relu in (False, True):
            yield of_qdq_conv(rng, weight_kind, relu)
            yield of_qdq_conv(rng, weight_kind, relu)
        yield of_clip(rng, weight_kind)
        for op in ("MatMul", "Gemm"):
            yield of_dense(rng, U8, weight_kind, op)
            yield of_dense(rng, U8, weight_kind, op)
        yield of_network(rng, U8, True)


def check(runs, case):
    """How many outputs differ, of how many, with how many values."""
    g = case.graph
    shape = g.shape["x"]
    model = g.finish(case.out)
    count = 1 if case.given is not None else 400
    x = case.given[None] if case.given is not None else np.frombuffer(
        g.rng.randbytes(int(np.prod(shape)) * count), g.kind).reshape(
            [count] + shape[1:])
    last = np.moveaxis(x, 1, -1) if len(shape) == 4 else x
    steps = (last.astype(np.int16) - np.iinfo(g.kind).min).astype(U8)
    ours, why = runs.ours(model, "ort", steps.tobytes())
    if ours is None:
        sys.exit("%s: %s" % (case.name, why))
    runs.interpret("ort")
    theirs = runs.theirs(model, x.tobytes(), "uint8" if g.kind is U8 else "int8",
                         shape)
    wanted = np.frombuffer(theirs, g.kind).reshape(count, -1).astype(np.int32)
    found = np.frombuffer(ours, np.int32).reshape(count, -1)
    wrong = int(np.sum(wanted != found + g.zero[case.out]))
    return wrong, wanted.size, len(np.unique(wanted))


def main():
    sums, bad = {}, 0
    seed = os.environ.get("RAMPART_SEED", "1")
    if seed == "random":
        seed = str(time.time_ns())
    print("RAMPART_SEED=" + seed)
    with tempfile.TemporaryDirectory() as folder:
        runs = runtime.OnnxRuns(folder)
        for case in all_cases(random.Random(seed)):
            key = (case.name, case.graph.kind.__name__)
            wrong, n, values = check(runs, case)
            if wrong and os.environ.get("RAMPART_KEEP"):
                with open("wrong.onnx", "wb") as file:
                    file.write(case.graph.finish(case.out))
            old = sums.get(key, (0, 0, 0))
            sums[key] = (old[0] + wrong, old[1] + n, max(old[2], values))
    for key, (wrong, n, values) in sums.items():
        print("%s, %s: %d of %d outputs differ, %d values" %
              (*key, wrong, n, values))
        bad += wrong > 0 or values < 10
    sys.exit(bad > 0)


if __name__ == "__main__":
    main()
