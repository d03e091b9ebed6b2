#!/usr/bin/python3
"""Benchmark: what evidence costs, and whether it holds.

    RAMPART_SHARED=FOLDER tests/bench/evidence.py [--build FOLDER] [--repeat N]

Jobs: Table 2 on MNIST; P1-4 and P3-6 at radius 2, samples 100-124. Each is
solved by one thread with counterexamples alone and with full evidence, in turn,
each time from the start, and the full one is checked. CPU seconds of whole
processes, the median of N runs each. Exit status 1 if verdicts differ,
rampart-check rejects anything, or one of the marks below is missed; 77 without
the public networks."""

import argparse
import collections
import glob
import os
import resource
import statistics
import struct
import subprocess
import sys
import tempfile

SHARED = os.environ.get("RAMPART_SHARED", "../shared")
MOST_MORE, MOST_MEDIAN = 0.15, 20000  # of CPU time; bytes of a proof
MNIST = f"""
dataset:
  file: {SHARED}/mnist/t10k-images-idx3-ubyte.gz
  labels: {SHARED}/mnist/t10k-labels-idx1-ubyte.gz
  format: idx
"""


def job(network, bits, entries):
    return (f"network: {{file: {SHARED}/qvip/networks/mnist_{network}.h5, "
            f"format: qvip, input_bits: 8, bits: {bits}}}\n{MNIST}"
            f"verify:\n{entries}\noptions: {{time_limit: 120}}\n")


TABLE2 = "\n".join(f"- {{samples: {100 * r - 100}-{100 * r - 1}, radius: {r}}}"
                   for r in range(1, 5))
FEW = "- {samples: 100-124, radius: 2}"
JOBS = {"table2-mnist": job("1blk_64_in_8_qu_6", 6, TABLE2),
        "P1-4@2": job("1blk_64_in_8_qu_4", 4, FEW),
        "P3-6@2": job("2blk_64_32_in_8_qu_6", 6, FEW)}


def cpu_of(*command):
    """Run; CPU seconds, exit status, standard output."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = (after.ru_utime + after.ru_stime
               - before.ru_utime - before.ru_stime)
    return seconds, done.returncode, done.stdout


def proof_sizes(file):
    """Bytes of each query's proof, all its subproblems and blocks."""
    sizes = collections.Counter()
    with open(file, "rb") as proofs:
        data = proofs.read()
    at = 40
    while at + 44 <= len(data):
        sample, radius = struct.unpack_from("<QI", data, at + 4)
        size, = struct.unpack_from("<I", data, at + 40)
        sizes[sample, radius] += size
        at += 44 + size
    return list(sizes.values())


def measure(name, rampart, check, repeat, folder):
    path = os.path.join(folder, "job.yaml")
    with open(path, "w") as out:
        out.write(JOBS[name])
    times = collections.defaultdict(list)
    tables, wrong = {}, []
    for _ in range(repeat):
        for level in ("counterexamples", "full"):
            for old in glob.glob(os.path.join(folder, level + ".h5*")):
                os.remove(old)  # or nothing would be computed
            file = os.path.join(folder, level + ".h5")
            seconds, status, _ = cpu_of(rampart, "run", "-q", "--threads", "1",
                                        "--evidence", level, "-o", file, path)
            if status not in (0, 3):
                sys.exit(f"{name}: rampart run ends with {status}")
            times[level].append(seconds)
            table = subprocess.run([rampart, "show", "--csv", file], text=True,
                                   stdout=subprocess.PIPE).stdout
            tables[level] = [line.split(",")[:5] for line in table.split("\n")]
        seconds, status, totals = cpu_of(check, file)
        times["check"].append(seconds)
        if status != 0:
            wrong.append("rampart-check rejects it")
    without, full, checking = (statistics.median(times[k]) for k in
                               ("counterexamples", "full", "check"))
    sizes = proof_sizes(os.path.join(folder, "full.h5.proofs"))
    median = statistics.median(sizes)
    if tables["counterexamples"] != tables["full"]:
        wrong.append("verdicts differ with evidence")
    if full > without * (1 + MOST_MORE) + 0.02:
        wrong.append("evidence costs too much")
    if checking > full + 0.02:
        wrong.append("checking costs more than solving")
    if median > MOST_MEDIAN:
        wrong.append("proofs are too long")
    print(f"{name}: without {without:.2f} s, with {full:.2f} s "
          f"({100 * (full / without - 1):+.0f} %), check {checking:.2f} s; "
          f"proof median {median:.0f} B, mean {statistics.mean(sizes):.0f} B, "
          f"greatest {max(sizes)} B")
    print("   " + totals.strip().replace(folder + "/", ""))
    for what in sorted(set(wrong)):
        print(f"   WRONG: {what}")
    return not wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build", default="build")
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("jobs", nargs="*", default=list(JOBS))
    arguments = parser.parse_args()
    if not os.path.exists(f"{SHARED}/qvip/networks"):
        sys.exit(77)
    programs = [os.path.join(arguments.build, "bin", p)
                for p in ("rampart", "rampart-check")]
    with tempfile.TemporaryDirectory() as folder:
        good = [measure(name, *programs, arguments.repeat, folder)
                for name in arguments.jobs]
    sys.exit(0 if all(good) else 1)


if __name__ == "__main__":
    main()
