#!/usr/bin/env python3
"""Public networks on the 10,000 test images of MNIST: `rampart predict` gives the
classes that LiteRT gives, on every image; on the first 1,000 the logits are the
same, bit for bit."""

import gzip
import os
import struct
import subprocess
import sys
import tempfile

import runtime
from tflite import MODELS_FOLDER, Model

RAMPART = os.environ["RAMPART"]
MNIST = os.path.join(runtime.SHARED, "mnist")
# Images, and how many of them are right.
MODELS = [("tinymaix_mnist_arduino_q", 8669), ("tinymaix_mnist_valid_q", 9646),
          ("tinymaix_mnist_rect_q", 9602), ("tinymaix_mnist_resnet_q", 9822),
          ("tinyengine_lenet-300-100", 9815)]
LOGITS = 1000


def find_files():
    names = sorted(os.listdir(MNIST)) if os.path.isdir(MNIST) else []
    images = [n for n in names if n.startswith("t10k") and "images" in n]
    labels = [n for n in names if n.startswith("t10k") and "labels" in n]
    if not images or not labels or not os.path.isdir(MODELS_FOLDER):
        runtime.skip("no test images of MNIST or no models in " + runtime.SHARED)
    return os.path.join(MNIST, images[0]), os.path.join(MNIST, labels[0])


def read_images(path):
    with open(path, "rb") as file:
        data = file.read()
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    n, rows, columns = struct.unpack_from(">3I", data, 4)
    return data[16:], n, rows * columns


def predict(source, images, labels, profile, *options):
    done = subprocess.run(
        [RAMPART, "predict", "--network", source, "--profile", profile,
         "--dataset", images, "--labels", labels, "--csv", *options],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(done.stderr)
    rows = [line.split(",") for line in done.stdout.split()[1:]]
    return [int(r[1]) for r in rows], [int(r[2]) for r in rows]


def compare(runs, name, right, files):
    """Whether all classes and logits are those of the runtime."""
    source = os.path.join(MODELS_FOLDER, name + ".tflite")
    pixels, n, size = read_images(files[0])
    model = Model(source)
    with open(source, "rb") as file:
        whole = file.read()
    model.cut_ends()
    model.drop_signatures()
    model.drop_entries()
    theirs, _ = runs.theirs(model.bytes, bytes(p ^ 128 for p in pixels))
    logits = struct.unpack("%db" % len(theirs), theirs)
    width, zero = model.end(2)
    rows = [logits[i * width:(i + 1) * width] for i in range(n)]
    label, found = predict(source, *files, "litert-xnnpack", "--values",
                           "pixels")
    classes = sum(row.index(max(row)) != c for row, c in zip(rows, found))
    ours, why = runs.ours(whole, "litert-xnnpack", pixels[:LOGITS * size])
    if ours is None:
        sys.exit(why)
    values = struct.unpack("<%di" % (LOGITS * width), ours)
    wrong = sum(a + zero != b for a, b in zip(values, logits))
    accurate = sum(a == b for a, b in zip(label, found))
    print("%s: %d of %d classes and %d of %d logits differ, %d right" %
          (name, classes, len(found), wrong, len(values), accurate), flush=True)
    return classes == 0 and wrong == 0 and len(found) == n and accurate == right


def main():
    files = find_files()
    with tempfile.TemporaryDirectory() as folder:
        runs = runtime.Runs(folder)
        same = [compare(runs, name, right, files) for name, right in MODELS]
    sys.exit(not all(same))


if __name__ == "__main__":
    main()
