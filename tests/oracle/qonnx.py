#!/usr/bin/python3
"""QONNX networks: what Rampart computes on bytes is what ONNX Runtime computes in
float32, one operator after the other, where each quantizer is written with
standard operators. Random networks, and public ones on the test images of
MNIST: every class of 10,000, every logit of 1,000."""

import os
import random
import sys
import tempfile

import mnist
import runtime

try:
    import numpy as np
    import onnx
    from onnx import TensorProto as T
    from onnx import helper, numpy_helper
except ImportError:
    runtime.skip("no python3-onnx")

PROFILE = "qonnx-float32"
DOMAIN = "qonnx.custom_op.general"
ROUNDS = {"ROUND": "Round", "CEIL": "Ceil", "FLOOR": "Floor"}
# Images that are right, of 10,000.
MODELS = [("TFC_1W1A", 9296), ("TFC_1W2A", 9474), ("TFC_2W2A", 9660),
          ("finn_build_dataflow_tfc", 9296)]


# ---- Quantizers in standard operators. ----

class Expander:
    def __init__(self, graph):
        self.graph, self.nodes = graph, []
        self.known = {t.name: numpy_helper.to_array(t)
                      for t in graph.initializer}

    def constant(self, array):
        name = "expanded%d" % len(self.graph.initializer)
        self.graph.initializer.append(
            numpy_helper.from_array(np.asarray(array), name))
        return name

    def node(self, op, operands, out=None, **attributes):
        out = out or "expanded_value%d" % len(self.nodes)
        self.nodes.append(helper.make_node(op, operands, [out], **attributes))
        return out

    def expand_quant(self, node, said):
        x, scale, zero, bits = node.input
        width = 2 ** int(self.known[bits].ravel()[0])
        narrow = said["narrow"]
        if said["signed"] and width == 2:
            sys.exit("a signed bit is -1 or 1 in the qonnx package")
        low = narrow - width // 2 if said["signed"] else 0
        high = width // 2 - 1 if said["signed"] else width - 1 - narrow
        y = self.node("Add", [self.node("Div", [x, scale]), zero])
        y = self.node("Clip", [y, self.constant(np.float32(low)),
                               self.constant(np.float32(high))])
        y = self.node(ROUNDS[said.get("rounding_mode", b"ROUND").decode()], [y])
        self.node("Mul", [self.node("Sub", [y, zero]), scale], node.output[0])

    def expand_bipolar(self, node, said):
        x, scale = node.input
        test = self.node("GreaterOrEqual", [x, self.constant(np.float32(0))])
        self.node("Where", [test, scale, self.node("Neg", [scale])],
                  node.output[0])

    def expand_thresholds(self, node, said):
        x, thresholds = node.input
        y = self.node("Unsqueeze", [x], axes=[-1])
        y = self.node("GreaterOrEqual", [y, thresholds])
        y = self.node("ReduceSum", [self.node("Cast", [y], to=T.FLOAT)],
                      axes=[-1], keepdims=0)
        y = self.node("Mul", [y, self.constant(np.float32(said["out_scale"]))])
        self.node("Add", [y, self.constant(np.float32(said["out_bias"]))],
                  node.output[0])

    def run(self):
        kinds = {"Quant": self.expand_quant, "BipolarQuant": self.expand_bipolar,
                 "MultiThreshold": self.expand_thresholds}
        for node in self.graph.node:
            if node.op_type in kinds:
                kinds[node.op_type](node, {a.name: helper.get_attribute_value(a)
                                           for a in node.attribute})
            else:
                self.nodes.append(node)
        del self.graph.node[:]
        self.graph.node.extend(self.nodes)


def expand(data, end=None):
    """The network without custom operators, in version 12, with one output."""
    model = onnx.load_from_string(data)
    del model.opset_import[:]
    model.opset_import.append(helper.make_opsetid("", 12))
    model.ir_version = 7
    if end:
        del model.graph.output[:]
        model.graph.output.append(
            helper.make_tensor_value_info(end, T.FLOAT, None))
    Expander(model.graph).run()
    return model.SerializeToString()


# ---- Comparisons. ----

def is_one_map(ours, theirs):
    """Do integers stand for float32 numbers, each for one, in the same order?"""
    found = {}
    for a, b in zip(ours.ravel().tolist(), theirs.ravel().tolist()):
        if found.setdefault(a, b) != b:
            return False
    numbers = [found[a] for a in sorted(found)]
    return all(a < b for a, b in zip(numbers, numbers[1:]))


def compute_ours(runs, data, steps, width):
    found, why = runs.ours(data, PROFILE, steps.tobytes())
    if found is None:
        return None, why
    return np.frombuffer(found, np.int32).reshape(-1, width), ""


def compute_theirs(runs, data, reals, shape):
    found = runs.theirs(expand(data), reals.astype(np.float32).tobytes(),
                        "float32", shape, "disabled")
    return np.frombuffer(found, np.float32).reshape(len(reals), -1)


# ---- Public networks. ----

def read_model(name):
    """Its bytes, and those of a copy that ends in logits."""
    with open(os.path.join(mnist.MODELS_FOLDER, name + ".onnx"), "rb") as file:
        data = file.read()
    model = onnx.load_from_string(data)
    last = model.graph.node[-1]
    if last.op_type != "TopK":
        return data, data
    end = last.input[0]
    del model.graph.node[-1]
    del model.graph.output[:]
    model.graph.output.append(
        helper.make_tensor_value_info(end, T.FLOAT, [1, 10]))
    return data, model.SerializeToString()


def compare_model(runs, name, right, files):
    pixels, n, size = mnist.read_images(files[0])
    steps = np.frombuffer(pixels, np.uint8).reshape(n, size)
    data, ending = read_model(name)
    scale = 1 if name.startswith("finn") else 255
    reals = steps.astype(np.float32) / np.float32(scale)
    theirs = compute_theirs(runs, ending, reals, (1, 1, 28, 28))
    label, found = mnist.predict(
        os.path.join(mnist.MODELS_FOLDER, name + ".onnx"), *files, PROFILE)
    classes = int((theirs.argmax(1) != np.array(found)).sum())
    ours, why = compute_ours(runs, data, steps[:mnist.LOGITS], 10)
    if ours is None:
        sys.exit(why)
    same = is_one_map(ours, theirs[:mnist.LOGITS])
    accurate = sum(a == b for a, b in zip(label, found))
    print("%s: %d of %d classes differ, logits of %d are %s, %d right" %
          (name, classes, n, mnist.LOGITS, "the same" if same else "WRONG",
           accurate), flush=True)
    return classes == 0 and same and len(found) == n and accurate == right


# ---- Random networks. ----

class Net:
    """A network under construction: x is the value at hand."""

    def __init__(self, rng, shape):
        self.rng, self.numbers = rng, np.random.default_rng(rng.getrandbits(32))
        self.nodes, self.constants = [], []
        self.shape, self.given, self.x = shape, shape, "x"

    def constant(self, array):
        name = "c%d" % len(self.constants)
        self.constants.append(
            numpy_helper.from_array(np.asarray(array, np.float32), name))
        return name

    def make(self, op, operands, domain="", **attributes):
        out = "v%d" % len(self.nodes)
        self.nodes.append(helper.make_node(op, operands, [out], domain=domain,
                                           **attributes))
        return out

    def add(self, op, *arrays, **attributes):
        self.x = self.make(op, [self.x] + [self.constant(a) for a in arrays],
                           **attributes)

    def quant(self, x, scale, bits, signed, narrow, mode="ROUND"):
        return self.make("Quant", [x, self.constant(scale), self.constant(0),
                                   self.constant(bits)], DOMAIN, signed=signed,
                         narrow=narrow, rounding_mode=mode)

    def weights(self, shape, channels_axis):
        """Through a quantizer, with scales a channel or one for all."""
        rng = self.rng
        real = self.numbers.normal(size=shape)
        sizes = [1] * len(shape)
        sizes[channels_axis] = shape[channels_axis]
        if rng.random() < 0.3:
            return self.make("BipolarQuant", [self.constant(real),
                                              self.constant(0.5)], DOMAIN)
        scale = 2.0 ** self.numbers.integers(-3, 0, rng.choice([(), sizes]))
        return self.quant(self.constant(real), scale, rng.choice([2, 3, 4]), 1,
                          rng.randrange(2))

    def read_input(self):
        """Steps of the input in reals."""
        rng = self.rng
        if rng.random() < 0.3:
            scale = rng.choice([1 / 256, 1 / 64, 1.0])
            self.x = self.quant(self.x, scale, 8, 0, 0)
            return lambda steps: steps.astype(np.float32) * np.float32(scale)
        if rng.random() < 0.5:
            self.add("Div", 255)
        divides = len(self.nodes) > 0
        self.add("Mul", [rng.uniform(1.5, 2.5)])
        self.add("Sub", [1])
        self.quantize(False)
        return lambda steps: (steps.astype(np.float32) /
                              np.float32(1 if divides else 255))

    def add_linear(self, last):
        rng, shape = self.rng, self.shape
        if len(shape) == 4 and not last:
            channels = rng.choice([3, 5])
            w = self.weights((channels, shape[1], 3, 3), 0)
            self.x = self.make("Conv", [self.x, w], kernel_shape=[3, 3])
            self.shape = (1, channels, shape[2] - 2, shape[3] - 2)
            return
        if len(shape) == 4:
            self.x = self.make("Flatten", [self.x])
        size = int(np.prod(shape))
        channels = rng.choice([4, 7])
        w = self.make("Transpose", [self.weights((channels, size), 0)],
                      perm=[1, 0])
        self.x = self.make("MatMul", [self.x, w])
        self.shape = (1, channels)

    def add_norm(self):
        """Gains of both signs, and means that sums may hit."""
        n, draw = self.shape[1], self.numbers
        mean = np.where(draw.random(n) < 0.5, draw.integers(-4, 5, n) / 8,
                        draw.normal(size=n))
        bias = np.where(draw.random(n) < 0.5, 0, draw.normal(size=n))
        self.add("BatchNormalization", draw.normal(size=n), bias, mean,
                 draw.uniform(0.1, 40, n), epsilon=1e-5)

    def quantize(self, by_channel=True):
        rng, draw = self.rng, self.numbers
        kind = rng.choice(["Quant", "BipolarQuant", "MultiThreshold"])
        if kind == "Quant":
            signed, narrow = rng.randrange(2), rng.randrange(2)
            bits = rng.choice([2, 3, 4] if signed or narrow else [1, 2, 3])
            self.x = self.quant(self.x, rng.choice([0.25, 0.5, 1, 0.375]), bits,
                                signed, narrow, rng.choice(list(ROUNDS)))
        elif kind == "BipolarQuant":
            self.x = self.make(kind, [self.x, self.constant(1)], DOMAIN)
        else:
            rows = self.shape[1] if by_channel and len(self.shape) == 2 else 1
            steps = np.sort(draw.normal(size=(rows, rng.choice([1, 3, 5]))), 1)
            self.x = self.make(kind, [self.x, self.constant(steps)], DOMAIN,
                               out_scale=rng.choice([1.0, 2.0, 0.5]),
                               out_bias=rng.choice([0.0, -1.0, -0.5]))

    def finish(self):
        rng = self.rng
        if rng.random() < 0.7:
            self.add("Sub", [rng.uniform(-1, 1)])
            self.add("Div", [rng.choice([-1, 1]) * rng.uniform(3, 30)])
            by_class = rng.random() < 0.4
            self.add("Mul", self.numbers.uniform(-2, 2, self.shape[1])
                     if by_class else rng.uniform(0.3, 3))
            self.add("Add", [rng.uniform(-1, 1)])
        else:
            self.add_norm()
            self.quantize()
        graph = helper.make_graph(
            self.nodes, "net",
            [helper.make_tensor_value_info("x", T.FLOAT, self.given)],
            [helper.make_tensor_value_info(self.x, T.FLOAT, self.shape)],
            self.constants)
        model = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", 12),
                                  helper.make_opsetid(DOMAIN, 1)])
        model.ir_version = 7
        return model.SerializeToString()


def compare_random(runs, seed):
    """Whether it is the same; None if the network was refused."""
    rng = random.Random(seed)
    net = Net(rng, rng.choice([(1, 9), (1, 2, 6, 5)]))
    to_reals = net.read_input()
    for _ in range(rng.choice([1, 2])):
        net.add_linear(False)
        if rng.random() < 0.8:
            net.add_norm()
        net.quantize()
    net.add_linear(True)
    width, data = net.shape[1], net.finish()
    steps = net.numbers.integers(0, 256, (300,) + net.given[1:], np.uint8)
    last = np.moveaxis(steps, 1, -1) if steps.ndim == 4 else steps
    ours, why = compute_ours(runs, data, np.ascontiguousarray(last), width)
    if ours is None:
        return why
    runs.interpret(PROFILE)
    theirs = compute_theirs(runs, data, to_reals(steps), net.given)
    if is_one_map(ours, theirs):
        return True
    runs.place("wrong-%d.onnx" % seed, data)
    return False


def main():
    n, refused = int(os.environ.get("RAMPART_NETS", "20")), 0
    seed = os.environ.get("RAMPART_SEED", "0")
    base = random.randrange(2 ** 32) if seed == "random" else int(seed)
    with tempfile.TemporaryDirectory() as folder:
        runs = runtime.FloatRuns(folder)
        for k in range(base, base + n):
            same = compare_random(runs, k)
            if same is False:
                sys.exit("random network %d: outputs differ" % k)
            if same is not True:
                print("random network %d: %s" % (k, same))
                refused += 1
        print("%d random networks, 300 inputs each: the same; %d refused" %
              (n - refused, refused), flush=True)
        if refused > n // 3:
            sys.exit("most networks should be read")
        files = mnist.find_files()
        good = [compare_model(runs, name, right, files)
                for name, right in MODELS]
    sys.exit(not all(good))


if __name__ == "__main__":
    main()
