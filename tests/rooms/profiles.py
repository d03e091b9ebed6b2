#!/usr/bin/env python3
"""`rampart-check` has its own list of profiles: it is that of the readers, and the
documents name each of them."""

import os
import re
import sys


def read(source, *path):
    with open(os.path.join(source, *path), encoding="utf-8") as file:
        return file.read()


def main(source):
    header = read(source, "src", "input", "network_file.h")
    readers = re.findall(r'#define RP_(?:TFLITE|ONNX)_PROFILES "([^"]*)"', header)
    ours = [name for line in readers for name in line.split("|")]
    found = re.search(r'read_word\(g, "profile",\s*"([^"]*)"',
                      read(source, "src", "claims", "native.c"))
    wrong = [] if found and found[1].split() == ours else ["src/claims/native.c"]
    for path in ("docs/formats.md", "jobs/README.md", "include/rampart/rampart.h",
                 "src/api/rampart.3.in", "python/rampart/network.py"):
        text = read(source, *path.split("/"))
        wrong += [path + ": " + name for name in ours if name not in text]
    print("profiles:", " ".join(ours))
    for place in wrong:
        print("WRONG", place)
    sys.exit(bool(wrong) or len(ours) < 5)


main(sys.argv[1])
