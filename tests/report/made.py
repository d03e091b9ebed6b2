"""Networks and datasets that the tests of the report make. Needs h5py."""

import h5py
import numpy as np


def write_block(file, number, weight, shift=0, least=0, most=255):
    block = file.create_group(f"block{number}")
    block.attrs.update({"terms": 1, "neurons": len(weight),
                        "channels": len(weight), "shift": shift,
                        "activation_min": least, "activation_max": most})
    block["bias"] = np.zeros(len(weight), int)
    term = block.create_group("term0")
    term.attrs.update({"kind": "dense", "source": number - 1})
    term["weight"] = weight


def write_deep(path, blocks, scale=None):
    """A chain of dense blocks that hands two inputs on."""
    with h5py.File(path, "w") as file:
        file.attrs.update({"format": "rampart-network", "version": 2,
                           "name": "deep", "input_shape": [2], "input_min": 0,
                           "input_max": 255, "input_zero": 0, "blocks": blocks})
        if scale:
            file.attrs.update({"input_scale": scale,
                               "input_rounding": "divide-half-even"})
        for i in range(blocks):
            write_block(file, i, np.eye(2, dtype=int))


def write_colours(network, dataset, side, planes=False):
    """Is a picture more red, or more green? Returns the pictures: the order of
    their channels is that of the network, last."""
    shape = [side, side, 3]
    red, green = (np.tile(row, side * side) for row in ([1, 0, 0], [0, 1, 0]))
    with h5py.File(network, "w") as file:
        file.attrs.update({"format": "rampart-network", "version": 2,
                           "name": "colours", "input_shape": shape,
                           "input_min": 0, "input_max": 255, "input_zero": 0,
                           "blocks": 1})
        write_block(file, 0, np.array([red, green]), shift=2, most=65535)
    x = np.random.default_rng(3).integers(0, 120, [14, *shape]).astype(np.uint8)
    label = np.arange(14) % 2
    # Nearly grey, or far from it: fragile and robust samples.
    x[np.arange(14), :, :, label] += (1 + np.arange(14) // 2 * 8).astype(
        np.uint8)[:, None, None]
    x[np.arange(14), :, :, 1 - label] = x[np.arange(14), :, :, label] - 1
    far = np.arange(14) >= 7
    x[far, :, :, 1 - label[far]] //= 4
    np.savez(dataset, x=x.transpose(0, 3, 1, 2) if planes else x, y=label)
    return x
