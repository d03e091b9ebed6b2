#!/usr/bin/python3
"""rampart-verified-check on folders that nobody should have written: each is an
honest one with a single thing wrong. None of their claims may hold, and the
answer is a line and an exit status, whatever the files are."""

import os
import resource
import subprocess
import sys
import tempfile

import plain
from plain import CHECK, HASH, put

LAYER = ("layer\ndense 0\nrow 1 0\nrow 0 1\nbiases 0 0\nshift 0 0 7\n"
         "which 0 0\n")
NETWORK = f"rampart-network 1\n{HASH}\ninputs 2 7\n{LAYER}"
# The same function, as a graph of other operators.
SELECT = ("layer\nselect 0\ncolumns 0 -1 1 1\nweights 1 5 1 1\n"
          "biases 0 0 0 0\nshift 0 0 7\nwhich 0 0\npools 0 0 1 1\n")
CONV = ("layer\nconv 0 1 2 1 1 2 1 1 1 1 1 1 1 0 0 1\nrow 1\nbiases 0 0\n"
        "table 0 1 2 3 4 5 6 7\nwhich 0 0\n")
GRAPH = f"rampart-network 1\n{HASH}\ninputs 2 7\n{SELECT}{CONV}"
CLAIM = (f"rampart-claim 1\n{HASH}\nsample 0\nlabel 0\ninput 5 1\nradius 1\n"
         "robust\n")
VIOLATED = CLAIM.replace("radius 1\nrobust", "radius 4\nviolated 1 5")
BOX = CLAIM.replace("radius 1", "least 4 1\nmost 6 2")
PAIR = (NETWORK, CLAIM)
MEMORY, STACK = 1 << 30, 8 << 20


def proof_of(label, radius, box):
    layer = plain.Layer.__new__(plain.Layer)
    layer.n, layer.kinds, layer.which = 2, [("shift", 0, 0, 7)], [0, 0]
    return plain.stream(radius, plain.Proof(label, radius).prove(
        layer, label, box))


PROOF = proof_of(0, 1, [(4, 6), (0, 2)])
WIDE = proof_of(1, 1, [(0, 0), (7, 7)])

# In the network and claim: what is written in place of what.
IN_BOTH = [(HASH, "sha256:"), (HASH, HASH + "\r"), (HASH, HASH[:-1]),
           (HASH, HASH + "0"), (HASH, HASH[:-2] + "é"),
           (HASH, "sha256:" + HASH[7:].upper())]
IN_NETWORK = [
    ("network 1", "network 2"), (HASH, "sha256:" + "f" * 64), (LAYER, ""),
    ("inputs 2", "inputs 0"), ("inputs 2", "inputs 3"),
    ("inputs 2 7", "inputs 2"),
    ("inputs 2", "inputs -2"), ("inputs 2", "inputs 4611686018427387904"),
    ("inputs 2 7", "inputs 2 4"), ("shift 0 0", "shift -1 0"),
    ("shift 0 0", "shift 65 0"), ("shift 0 0", "shift 40000000000 0"),
    ("shift 0 0", "shift 1" + "0" * 40 + " 0"), ("shift 0 0 7", "shift 0 7 7"),
    ("shift 0 0 7", "shift 0 7 0"), ("shift 0 0 7", "table 0 3 1"),
    ("which 0 0", "which 0 1"), ("which 0 0", "which 0"),
    ("which 0 0", "which 0 4611686018427387903"), ("biases 0 0", "biases 0"),
    ("biases 0 0", "biases"), ("dense 0", "dense 1"), ("dense 0", "dense -1"),
    ("row 0 1", "row 0"), ("row 0 1\n", ""), ("row 0 1", "row 0 1 1"),
    ("row 0 1", "row 0 01"), ("row 0 1", "row -0 1"), ("row 0 1", "row 0  1"),
    ("row 0 1", "row 0 1 "), ("row 0 1", "Row 0 1"), ("\n", "\r\n"),
    (NETWORK, ""), (NETWORK, NETWORK + "\n"), (NETWORK, NETWORK[:-1]),
    (NETWORK, NETWORK + "\0"), (NETWORK, "\0" * 100000),
    (NETWORK, "9" * 100000), (NETWORK, "\n" * 100000)]
IN_GRAPH = [
    ("select 0", "select 1"), ("columns 0 -1 1 1", "columns 0 -2 1 1"),
    ("columns 0 -1 1 1", "columns 0 2 1 1"), ("columns 0 -1 1 1\n", ""),
    ("columns 0 -1 1 1", "columns 0 -1 1"), ("columns", "weights"),
    ("weights 1 5 1 1\n", ""), ("weights 1 5 1 1", "weights 1 5 1"),
    ("weights 1 5 1 1", "weights 1 5 1 1 1"), ("1 2 3 4", "1 2 4 3"),
    ("pools 0 0 1 1", "pools 0 0 1"), ("pools 0 0 1 1", "pools 0 0 1 2"),
    ("pools 0 0 1 1", "pools 0 0 0 0"), ("pools 0 0 1 1", "pools 0 0 1 -1"),
    ("pools 0 0 1 1\n", ""), ("pools 0 0 1 1", "pools"),
    ("pools 0 0 1 1\n", "pools 0 0 1 1\npools 0 0 1 1\n"),
    ("which 0 0\npools 0 0 1 1", "which 0 0 0 0\npools 0 0 1 1"),
    (CONV, CONV + "pools 0 1\n"), ("row 1\n", ""), ("row 1\n", "row\n"),
    ("row 1\n", "row 1\nrow 1\n"), ("row 1\n", "row 1 1\n"),
    ("conv 0 1 2 1", "conv 0 1 1 2"),
    ("conv 0 1 2 1", "conv 0 1 3 1"), ("conv 0 1 2 1", "conv 0 0 2 1"),
    ("conv 0 1 2 1", "conv 2 1 2 1"), ("conv 0 1 2 1", "conv 0 -1 -2 1"),
    ("conv 0 1 2 1", "conv 0 4611686018427387904 2 1"),
    ("1 1 1 1 1 1 0 0 1", "1 1 0 1 1 1 0 0 1"),
    ("1 1 1 1 1 1 0 0 1", "1 1 1 4611686018427387903 1 1 0 0 1"),
    ("1 1 1 1 1 1 0 0 1", "1 1 1 1 1 1 0 1 1"),
    ("1 1 1 1 1 1 0 0 1", "1 1 1 1 1 1 0 0 0"),
    ("1 1 1 1 1 1 0 0 1", "1 1 1 1 1 1 0 0 2"),
    ("1 1 1 1 1 1 0 0 1", "1 1 1 1 1 1 0 0"),
    ("1 1 1 1 1 1 0 0 1", "1 1 1 1 1 1 0 0 1 1")]
IN_CLAIM = [
    ("claim 1", "claim 2"), (HASH, "sha256:" + "f" * 64),
    ("radius 1", "radius -1"), ("radius 1", "radius 2"),
    ("radius 1", "radius 01"), ("radius 1", "radius +1"),
    ("radius 1", "radius 1" + "0" * 4000), ("radius 1", "radius 0x1"),
    ("radius 1", "radius"), ("radius 1", "radius 1 1"),
    ("radius 1\n", "radius 1\nradius 1\n"), ("label 0", "label 1"),
    ("label 0", "label -1"), ("label 0", "label 2"),
    ("label 0", "label 4611686018427387904"), ("input 5 1", "input 8 1"),
    ("input 5 1", "input 5 -1"), ("input 5 1", "input 5"),
    ("input 5 1", "input 5 1 1"), ("input 5 1", "input 1 5"),
    ("robust", "misclassified"), ("robust", "violated 5 1"),
    ("robust", "violated 4 2"), ("robust", "robust 1"), ("robust", ""),
    ("robust\n", "robust\nrobust\n"), ("sample 0", "sample"), ("\n", "\r\n"),
    (CLAIM, ""), (CLAIM, CLAIM + "\n"), (CLAIM, CLAIM[:-1]),
    (CLAIM, CLAIM + "\0"), (CLAIM, CLAIM + CLAIM)]
IN_VIOLATED = [
    ("radius 4", "radius 5"), ("radius 4", "radius 3"),
    ("radius 4", "radius -4"), ("violated 1 5", "violated 1 -5"),
    ("violated 1 5", "violated 1"), ("violated 1 5", "violated 1 5 0"),
    ("violated 1 5", "violated 1 8"), ("label 0", "label 1")]
IN_BOX = [
    ("least 4", "least 6"), ("most 6", "most 4"), ("least 4 1", "least 4"),
    ("least 4 1\n", ""), ("most 6 2", "most 6"), ("most 6 2", "most 6 2 2"),
    ("most 6 2", "most 8 7")]


def cases():
    """What is wrong, files, expected exit status."""
    for old, new in IN_BOTH:
        yield old + new, [t.replace(old, new) for t in PAIR], PROOF, 2
    for old, new in IN_NETWORK:
        yield new, [NETWORK.replace(old, new), CLAIM], PROOF, (1, 2)
    for old, new in IN_GRAPH:
        yield new, [GRAPH.replace(old, new), CLAIM], PROOF, (1, 2)
    for text, edits in ((CLAIM, IN_CLAIM), (VIOLATED, IN_VIOLATED),
                        (BOX, IN_BOX)):
        for old, new in edits:
            yield new, [NETWORK, text.replace(old, new)], PROOF, 1
    # A box with inputs of one class, none of which is the sample's.
    away = BOX.replace("label 0", "label 1").replace("4 1", "0 7")
    away = away.replace("6 2", "0 7")
    yield "a box without the sample", [NETWORK, away], WIDE, 1
    for proof in (None, b"", PROOF[:-1], PROOF + b"\0", PROOF[1:], b"\0" * 3000,
                  b"\xff" * 3000, PROOF[:3] + b"\3" + PROOF[4:]):
        yield f"proof {proof}", PAIR, proof, 1


def write(folder, texts, proof):
    put(folder, "network", texts[0])
    put(folder, "a.claim", texts[1])
    if proof is not None:
        put(folder, "a.proof", proof)


def limit():
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_STACK, (STACK, STACK))


def expect(what, folder, status, says=""):
    done = subprocess.run(
        [CHECK, folder], capture_output=True, text=True, timeout=60,
        preexec_fn=limit)
    found, out, err = done.returncode, done.stdout, done.stderr
    wrong = found not in (status if isinstance(status, tuple) else (status,))
    held = found != 0 and " 1 claims hold" in out
    if wrong or held or says not in out + err or len(err.splitlines()) > 2:
        sys.exit(f"{what!r}: expected exit status {status} and {says!r}, "
                 f"found {found}\n{out}{err}")


def test_texts():
    n = 0
    for texts in (PAIR, (GRAPH, CLAIM), (GRAPH, VIOLATED), (NETWORK, VIOLATED),
                  (NETWORK, BOX)):
        with tempfile.TemporaryDirectory() as folder:
            write(folder, texts, PROOF)
            expect("honest", folder, 0, "1 claims hold, 0 FAILED")
    for what, texts, proof, status in cases():
        with tempfile.TemporaryDirectory() as folder:
            write(folder, texts, proof)
            expect(what, folder, status)
        n += 1
    return n


def truncate(file):
    with open(file, "wb") as out:
        out.truncate(2 * MEMORY)


# What a file of the folder is in place of a file, and what is said of it.
KINDS = [(os.mkdir, "not a file"), (os.mkfifo, "not a file"),
         (lambda file: os.symlink("/dev/zero", file), "not a file"),
         (lambda file: os.symlink(file, file), "cannot read"),
         (truncate, "larger than memory")]


def test_files():
    n = 0
    for name in ("network", "a.claim", "a.proof"):
        for make, says in KINDS:
            with tempfile.TemporaryDirectory() as folder:
                write(folder, PAIR, PROOF)
                os.remove(os.path.join(folder, name))
                make(os.path.join(folder, name))
                # What leads to itself is no proof, as if none were there.
                looped = name == "a.proof" and says == "cannot read"
                expect(f"{name} {says}", folder, 1 if looped else 2,
                       "a: refused" if looped else f"{name}: {says}")
            n += 1
    return n


def test_folders():
    with tempfile.TemporaryDirectory() as folder:
        expect("empty", folder, 2, "network: cannot read")
        put(folder, "network", NETWORK)
        expect("no claim", folder, 2, "no claims")
        put(folder, "a\nb\x1b.claim", CLAIM)
        expect("a name", folder, 1, "a\\nb\\027: refused\n")
        expect("no folder", os.path.join(folder, "network"), 2, "cannot read")
        put(folder, "network", f"rampart-network 1\n{HASH}\nbiases"
            + " 0" * 1000000 + "\n")
        expect("a small stack", folder, 2, "the stack is too small")
        os.remove(os.path.join(folder, "network"))
        expect("not finished", folder, 2, "network: cannot read")


def main():
    if not CHECK:
        print("SKIPPED: rampart-verified-check was not built")
        sys.exit(77)
    texts, files = test_texts(), test_files()
    test_folders()
    print(f"{texts} wrong texts and {files} wrong files: no claim holds")


if __name__ == "__main__":
    main()
