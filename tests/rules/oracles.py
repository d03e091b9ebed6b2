#!/usr/bin/python3
"""Rounding rules against programs that others wrote: the rules in numpy that were
held against runtimes (../shared/oracle/rules.py), or gemmlowp's own header.

  oracles.py PROGRAM numpy|gemmlowp     PROGRAM: tests/rules/round.c, compiled

Skipped (77) where an oracle is missing."""

import math
import os
import random
import shutil
import subprocess
import sys
import tempfile

ROUND = sys.argv[1]
seed = os.environ.get("RAMPART_SEED", "1")
pick = random.Random(None if seed == "random" else int(seed))
print("RAMPART_SEED=%s" % seed)


def skip(why):
    print("skipped: " + why)
    sys.exit(77)


def ask_rampart(questions):
    """Values for (rounding, number, zero, lo, hi, accumulators)."""
    lines = ["%s %s %d %d %d %d %s" % (
        rule, number if isinstance(number, int) else number.hex(), zero, lo, hi,
        len(z), " ".join(map(str, z)))
        for rule, number, zero, lo, hi, z in questions]
    answer = subprocess.run([ROUND], input="\n".join(lines), text=True,
                            capture_output=True, check=True).stdout
    return [[int(v) for v in line.split()] for line in answer.splitlines()]


def pick_accumulators(multiplier, count):
    """Most of them where the value is not clipped, half of them near ties."""
    out = []
    for _ in range(count):
        v = pick.uniform(-300, 300)
        if pick.random() < 0.5:
            v = math.floor(v) + 0.5
        z = round(v / multiplier) + pick.randint(-1, 1)
        out.append(max(-2**30, min(2**30, z)))
    return out


def compare(questions, expected):
    found = ask_rampart(questions)
    assert len(found) == len(expected), (len(found), len(expected))
    count = 0
    for question, ours, theirs in zip(questions, found, expected):
        for z, a, b in zip(question[5], ours, theirs):
            assert a == b, "%s: z = %d gives %d, expected %d" % (
                question[:5], z, a, b)
            count += 1
        assert len(ours) == len(theirs)
    print("%d values agree" % count)
    assert count > 10000


def check_numpy():
    """Scales in binary32, as files have them, one a tensor or one a channel."""
    folder = os.path.join(os.environ.get("RAMPART_SHARED", ""), "oracle")
    if not os.path.exists(os.path.join(folder, "rules.py")):
        skip("no %s/rules.py" % folder)
    try:
        import numpy as np
    except ImportError:
        skip("no numpy")
    sys.dont_write_bytecode = True
    sys.path.insert(0, folder)
    import rules
    questions, expected = [], []
    for _ in range(1200):
        rule, is_channel = pick.choice(["R1", "R2", "R3", "R4"]), pick.random() < 0.5
        scales = [np.float32(math.exp(pick.uniform(-9, 1))) for _ in range(3)]
        s_in, s_w, s_out = scales
        if rule == "R4":
            number = float(np.float32(np.float32(s_in * s_w) / s_out))
        elif rule == "R3" or is_channel:
            number = float(s_in) * float(s_w) / float(s_out)
        else:
            number = float(np.float32(s_in * s_w)) / float(s_out)
        zero, lo = pick.randint(-128, 127), pick.randint(-128, 0)
        hi = pick.randint(lo, 127)
        z = pick_accumulators(number, 20)
        values = rules.requant(np.array(z, dtype=np.int64)[:, None], s_in, [s_w],
                               s_out, zero, lo, hi, rule, is_channel)
        questions.append((rule, number, zero, lo, hi, z))
        expected.append([int(v) for v in np.asarray(values).reshape(-1)])
    compare(questions, expected)


def check_gemmlowp():
    """Multipliers below 1: above, the header leaves the shift to its caller."""
    compiler = shutil.which("g++") or shutil.which("clang++")
    if not compiler:
        skip("no C++ compiler")
    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "gemmlowp.cc")
    with tempfile.TemporaryDirectory() as folder:
        program = os.path.join(folder, "gemmlowp")
        built = subprocess.run([compiler, "-O1", "-o", program, source],
                               capture_output=True, text=True)
        if "gemmlowp/fixedpoint" in built.stderr and "No such file" in built.stderr:
            skip("no gemmlowp header (libgemmlowp-dev)")
        assert built.returncode == 0, built.stderr
        questions, lines = [], []
        for _ in range(3000):
            q, shift = pick.randint(2**30, 2**31 - 1), pick.randint(0, 31)
            number = math.ldexp(q, -31 - shift)
            z = pick_accumulators(number, 20)
            questions.append(("R1", number, 0, -65536, 65536, z))
            lines += ["%d %d %d" % (q, shift, one) for one in z]
        answer = subprocess.run([program], input="\n".join(lines), text=True,
                                capture_output=True, check=True).stdout.split()
    values = [max(-65536, min(65536, int(v))) for v in answer]
    compare(questions, [values[20 * i:20 * i + 20] for i in range(3000)])


{"numpy": check_numpy, "gemmlowp": check_gemmlowp}[sys.argv[2]]()
