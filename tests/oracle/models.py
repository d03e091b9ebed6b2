#!/usr/bin/env python3
"""Every public network file at hand is read with each profile, and compared with
a plain interpreter of its operators; or it is refused with one clear line.
Prints the table."""

import os
import re
import subprocess
import sys
import tempfile

RAMPART = os.environ["RAMPART"]
FOLDER = os.path.join(os.environ["RAMPART_SHARED"], "models")
PROFILES = {".tflite": ("litert-xnnpack", "litert-builtin", "tflm"),
            ".onnx": ("qonnx-float32",)}
# What is refused, with words of the reason: everything else must be read.
REFUSED = {}


def run(*words):
    return subprocess.run([RAMPART, *words], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, check=False)


def import_file(path, profile, output):
    """A cell of the table, and whether it is as it should be."""
    name = os.path.basename(path)
    done = run("import", "--network", path, "--profile", profile, "--output",
               output, "--force", "--verify", "2")
    if name in REFUSED:
        line = done.stderr
        return line.strip(), (done.returncode == 2 and line.count("\n") == 1 and
                              REFUSED[name] in line)
    if done.returncode != 0:
        return done.stderr.strip(), False
    shown = run("info", path, "--profile", profile)
    has_table = shown.returncode == 0 and "multiply-adds" in shown.stdout
    found = re.search(r"verified .* tensors with (\d+) of (\d+) blocks, (\d+) "
                      r"elements compared, 0 differences", done.stdout)
    if not found:
        return "no comparison", False
    is_whole = found[1] == found[2] and int(found[3]) > 0
    return "%s blocks, %s elements agree" % (found[2], found[3]), \
        is_whole and has_table


def main():
    if not os.path.isdir(FOLDER):
        print("skipped: no models in", FOLDER)
        sys.exit(77)
    bad = 0
    with tempfile.TemporaryDirectory() as folder:
        for name in sorted(os.listdir(FOLDER)):
            for profile in PROFILES.get(os.path.splitext(name)[1], ()):
                cell, is_right = import_file(os.path.join(FOLDER, name), profile,
                                             os.path.join(folder, "net.h5"))
                print("%s  %s, %s: %s" % ("ok   " if is_right else "WRONG",
                                          name, profile, cell), flush=True)
                bad += not is_right
    sys.exit(bad > 0)


if __name__ == "__main__":
    main()
