#!/usr/bin/env python3
"""`rampart-check` has its own lists of profiles and formats: they are those of the
readers, and the documents name each profile."""

import os
import re
import sys


def read(source, *path):
    with open(os.path.join(source, *path), encoding="utf-8") as file:
        return file.read()


def find_words(source, file, call):
    """The words that a call in src/claims accepts."""
    found = re.search(call + r',\s*"([^"]*)"', read(source, "src", "claims", file))
    return found[1].split() if found else []


def main(source):
    header = read(source, "src", "input", "network_file.h")
    readers = re.findall(r'#define RP_(?:TFLITE|ONNX)_PROFILES "([^"]*)"', header)
    ours = [name for line in readers for name in line.split("|")]
    wrong = []
    if find_words(source, "native.c", r'read_word\(g, "profile"') != ours:
        wrong.append("src/claims/native.c")
    formats = re.search(r'#define RP_NETWORK_FORMATS "([^"]*)"', header)[1]
    known = find_words(source, "files.c", r'"/", "network_format"')
    if sorted(known) != sorted(formats.split("|")):
        wrong.append("src/claims/files.c: network_format")
    for path in ("docs/formats.md", "jobs/README.md", "include/rampart/rampart.h",
                 "src/api/rampart.3.in", "python/rampart/network.py"):
        text = read(source, *path.split("/"))
        wrong += [path + ": " + name for name in ours if name not in text]
    print("profiles:", " ".join(ours))
    for place in wrong:
        print("WRONG", place)
    sys.exit(bool(wrong) or len(ours) < 5)


main(sys.argv[1])
