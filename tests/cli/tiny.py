"""Tiny networks of images with random weights, and a plain forward pass of them,
for tests that enumerate all inputs."""

import h5py
import numpy as np


class Tiny:
    """A chain of two dense blocks over an image.

    :param least, greatest: what inputs are, in the network's own numbers
    """

    def __init__(self, pick, shape, least, greatest, hidden=4, classes=3):
        self.shape, self.least, self.greatest = shape, least, greatest
        n_in = int(np.prod(shape))
        self.weights = [pick.integers(-3, 4, (hidden, n_in)),
                        pick.integers(-4, 5, (classes, hidden))]
        self.bias = [pick.integers(-3, 4, hidden), pick.integers(-3, 4, classes)]

    def write(self, path):
        with h5py.File(path, "w") as file:
            file.attrs.update({
                "format": "rampart-network", "version": 2, "name": "tiny",
                "input_shape": self.shape, "input_min": self.least,
                "input_max": self.greatest, "input_zero": self.least,
                "blocks": 2})
            for k, weight in enumerate(self.weights):
                block = file.create_group(f"block{k}")
                block.attrs.update({
                    "terms": 1, "neurons": len(weight), "channels": len(weight),
                    "shift": 1, "activation_min": -8 * k,
                    "activation_max": 7})
                block["bias"] = self.bias[k]
                term = block.create_group("term0")
                term.attrs.update({"kind": "dense", "source": k - 1})
                term["weight"] = weight

    def predict(self, images):
        """The classes of images, [n][inputs]."""
        a = np.asarray(images).reshape(-1, self.weights[0].shape[1]).T
        a = a - self.least
        for k, (weight, bias) in enumerate(zip(self.weights, self.bias)):
            z = weight @ a + bias[:, None]
            a = np.clip((z + 1) // 2, -8 * k, 7)
        return np.argmax(a, axis=0)

    def draw(self, pick, count):
        return pick.integers(self.least, self.greatest + 1,
                             (count, *self.shape))


def write_dataset(path, x, y):
    with h5py.File(path, "w") as file:
        file["x"], file["y"] = np.asarray(x).reshape(len(x), -1), y


def write_network_and_dataset(case, seed, shape, least, greatest, count):
    """Files net.h5 and data.h5 of a test case, with so many random samples; the
    first is misclassified. Returns the network, samples and labels."""
    pick = np.random.default_rng(seed)
    net = Tiny(pick, shape, least, greatest)
    x = net.draw(pick, count)
    y = net.predict(x)
    y[0] = (y[0] + 1) % 3
    net.write(case.path("net.h5"))
    write_dataset(case.path("data.h5"), x, y)
    return net, x, y
