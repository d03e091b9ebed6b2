#!/usr/bin/python3
"""rampart vnncomp: exported properties are read back with the same verdicts,
results are written as VNN-COMP reads them, and statuses say what happened."""

import os
import re
import shutil
import signal
import subprocess
import time
import unittest

try:
    import h5py
except ImportError:
    h5py = None

from cli import DATASET, DIGITS, NETWORK, RAMPART, SOURCE, Case, without_launcher

DEEP = ["--network", os.path.join(SOURCE, "data", "digits_deep.h5"), "--dataset", DATASET]


class Vnncomp(Case):
    def decide(self, vnnlib, *more, timeout=60, status=0, network=NETWORK):
        self.ok("vnncomp", *more, "-q", network, vnnlib, "result.txt", timeout,
                status=status)
        return self.content("result.txt").decode()

    def test_exports_are_read_back_with_the_same_verdicts(self):
        for more, radii in (((), "3,12"), (("--target", "8"), "3,12"),
                            (("--top-k", "2"), "3,60")):
            name = "".join(more).strip("-") or "class"
            self.ok("verify", *DIGITS, "--samples", "0-7", "--radius", radii,
                    *more, "-q", "-o", f"{name}.h5")
            self.ok("export", f"{name}.h5", "-o", name)
            lines = self.content(f"{name}/results.csv").decode().split()
            words = set()
            for line in lines:
                file, word = line.split(",")[2], line.split(",")[4]
                result = self.decide(f"{name}/{file}", "--values", "integers")
                self.assertEqual(result.split()[0], word, (name, file))
                words.add(word)
                self.assertEqual(result.count("(X_"),
                                 196 if word == "sat" else 0)
            self.assertEqual(words, {"sat", "unsat"}, name)

    def test_a_counterexample_replays(self):
        self.ok("verify", *DIGITS, "--samples", "3", "--radius", "20", "-q",
                "-o", "a.h5")
        self.ok("export", "a.h5", "-o", "files")
        result = self.decide("files/prop_3_20.vnnlib", "--values", "integers")
        lines = result.split("\n")
        self.assertEqual(lines[0], "sat")
        self.assertTrue(lines[1].startswith("((X_0 "))
        numbers = re.findall(r"\(([XY])_(\d+) (-?[0-9.]+)\)", result)
        x = [int(value) for name, _, value in numbers if name == "X"]
        y = [int(value) for name, _, value in numbers if name == "Y"]
        self.assertEqual((len(x), len(y)), (196, 10))
        self.put("x.csv", "0," + ",".join(map(str, x)) + "\n")
        rows = self.ok("predict", "--network", NETWORK, "--dataset", "x.csv",
                       "--csv").splitlines()
        self.assertEqual(int(rows[1].split(",")[2]), y.index(max(y)))
        text = self.content("files/prop_3_20.vnnlib").decode()
        for sign, i, bound in re.findall(r"\((<=|>=) X_(\d+) (\d+)\)", text):
            if sign == "<=":
                self.assertLessEqual(x[int(i)], int(bound))
            else:
                self.assertGreaterEqual(x[int(i)], int(bound))

    @unittest.skipIf(h5py is None, "no h5py")
    def test_a_counterexample_is_within_strict_bounds_as_it_is_written(self):
        """Reals just above -1.5 become -1.5 in binary32, which becomes -2."""
        with h5py.File(self.path("real.h5"), "w") as file:
            file.attrs.update({
                "format": "rampart-network", "version": 2, "name": "real",
                "input_shape": [1], "input_min": 0, "input_max": 4,
                "input_zero": 4, "blocks": 1, "input_scale": 1.0,
                "input_rounding": "divide-half-away"})
            block = file.create_group("block0")
            block.attrs.update({
                "terms": 1, "neurons": 2, "channels": 2, "shift": 0,
                "activation_min": -4, "activation_max": 0})
            block["bias"] = [0, -2]
            block.create_group("term0").attrs.update(
                {"kind": "dense", "source": -1})
            block["term0/weight"] = [[1], [0]]
        self.put("p.vnnlib", "(declare-const X_0 Real)\n"
                 "(declare-const Y_0 Real)\n(declare-const Y_1 Real)\n"
                 "(assert (> X_0 -1.5))\n(assert (<= X_0 -1.4))\n"
                 "(assert (>= Y_1 Y_0))\n")
        result = self.decide("p.vnnlib", network="real.h5")
        found = re.match(r"sat\n\(\(X_0 (-[0-9.]+)\)", result)
        self.assertTrue(found, result)
        self.assertGreater(float(found[1]), -1.5)

    def test_only_results_are_replaced(self):
        file = self.property("(<= Y_0 0)")
        for content in ("", "unsat\n", "sat\n((X_0 1))\n", "error\n"):
            self.put("result.txt", content)
            self.assertTrue(self.decide(file).startswith("sat\n("))
        before = self.content("p.vnnlib")
        self.refused("vnncomp", NETWORK, file, file, "5", says="not replaced")
        self.assertEqual(self.content("p.vnnlib"), before)
        self.put("zeros", "\0\0\x08")
        self.refused("vnncomp", NETWORK, file, "zeros", "5", says="zeros: ")
        os.mkfifo(os.path.join(self.folder, "fifo"))
        self.refused("vnncomp", NETWORK, file, "fifo", "5", says="regular")

    def property(self, *assertions, kind="Int"):
        return self.put("p.vnnlib", "".join(
            [f"(declare-const X_{i} {kind})\n" for i in range(196)]
            + [f"(declare-const Y_{j} {kind})\n" for j in range(10)]
            + [f"(assert {a})\n" for a in assertions]))

    def test_boxes_and_disjunctions(self):
        """Of the black image, of which every output is known."""
        black = [f"(<= X_{i} 0)" for i in range(196)]
        self.decide(self.property("(>= Y_0 -1000)", *black))
        out = [int(y) for y in re.findall(
            r"\(Y_\d+ (-?\d+)\)", self.content("result.txt").decode())]
        self.assertEqual(len(out), 10)
        for assertion, word in (
                (f"(>= Y_0 {out[0]})", "sat"), (f"(> Y_0 {out[0]})", "unsat"),
                (f"(or (> Y_0 {out[0]}) (< Y_1 {out[1]}))", "unsat"),
                (f"(or (> Y_0 {out[0]}) (<= Y_1 {out[1]}))", "sat"),
                (f"(and (<= Y_0 {out[0]}) (<= Y_1 {out[1]}))", "sat"),
                (f"(and (<= Y_0 {out[0]}) (< Y_1 {out[1]}))", "unsat"),
                ("(or (and (>= X_0 1) (<= Y_0 999)) (>= Y_0 999))", "unsat"),
                ("(>= X_0 256)", "unsat"), ("(<= X_0 -0.5)", "unsat")):
            found = self.decide(self.property(assertion, *black)).split()[0]
            self.assertEqual(found, word, assertion)

    def test_a_list_of_instances(self):
        self.ok("verify", *DIGITS, "--samples", "0-5", "--radius", "3,12", "-q",
                "-o", "a.h5")
        self.ok("export", "a.h5", "-o", "files")
        lines = self.content("files/results.csv").decode().split()
        os.symlink(NETWORK, self.path("files/net.h5"))
        self.put("files/instances.csv", "".join(
            f"net.h5,{line.split(',')[2]},30\n" for line in lines)
            + "\nnet.h5,missing.vnnlib,30\n")
        done = self.run_rampart("vnncomp", "--values", "integers", "-q",
                                "files/instances.csv", "out")
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn("missing.vnnlib", done.stderr)
        found = self.content("out/results.csv").decode().split()
        self.assertEqual([line.split(",")[4] for line in found],
                         [line.split(",")[4] for line in lines] + ["error"])
        self.assertEqual({line.split(",")[4] for line in lines},
                         {"sat", "unsat"})
        self.assertEqual(len(os.listdir(self.path("out"))), len(found) + 2)
        for ranks in (2, 4):
            done = self.run_rampart(
                "vnncomp", "--values", "integers", "files/instances.csv",
                f"out{ranks}", ranks=ranks)
            self.assertEqual(done.returncode, 3, done.stderr)
            self.assertIn("missing.vnnlib", done.stderr)
            again = self.content(f"out{ranks}/results.csv").decode().split()
            self.assertEqual([line.split(",")[:5] for line in again],
                             [line.split(",")[:5] for line in found])
            self.assertEqual(sorted(os.listdir(self.path(f"out{ranks}"))),
                             sorted(os.listdir(self.path("out"))))
            self.assertEqual(len(done.stdout.splitlines()), len(found))
        again = ("vnncomp", "--values", "integers", "files/instances.csv",
                 "out")
        before = self.content("out/results.csv")
        said = self.ok(*again, status=3)
        self.assertEqual(said, "error net.h5 missing.vnnlib\n")
        self.assertEqual(self.content("out/results.csv").splitlines()[:-1],
                         before.splitlines()[:-1])
        names = sorted(os.listdir(self.path("out")))
        os.remove(self.path(f"out/{names[1]}"))  # its row is not enough
        self.put("out/results.csv", b"".join(
            before.splitlines(True)[:4]))       # as after a kill
        said = self.ok(*again, status=3, ranks=2)
        self.assertEqual(len(said.splitlines()), len(found) - 3)
        self.assertEqual([line.split(",")[4] for line in self.content(
            "out/results.csv").decode().split()],
                         [line.split(",")[4] for line in found])
        os.mkdir(self.path("empty"))
        self.refused("vnncomp", "files/instances.csv", "empty",
                     says="expected the name of a new folder, or of one with "
                     "results of this list")
        kept = self.content("out/results.csv")
        self.put("out/results.csv", b"\0" + kept)
        self.refused("vnncomp", "files/instances.csv", "out",
                     says="results.csv: expected text, found a zero byte")
        self.put("out/results.csv", kept)
        self.put("files/other.csv", "net.h5,a.vnnlib,30\n\0net.h5,b.vnnlib,30\n")
        self.refused("vnncomp", "files/other.csv", "new",
                     says="other.csv: expected text, found a zero byte")
        self.put("files/other.csv", "net.h5,missing.vnnlib,30\n")
        self.refused("vnncomp", "files/other.csv", "out",
                     says="results.csv: expected results of files/other.csv, "
                     "found those of another list")
        self.put("files/bad.csv", "net.h5,prop\n")
        self.refused("vnncomp", "files/bad.csv", "new", says="bad.csv:1: ")
        for text, says in (
                ("net.h5,prop,x\n", "bad.csv:1: TIMEOUT: expected seconds, "
                 "found 'x'"),
                ("net.h5,prop,20,x\n", "found 'net.h5,prop,20,x'"),
                ("net.h5,,20\n", "bad.csv:1: expected NETWORK,VNNLIB,TIMEOUT"),
                ("\n", "bad.csv: expected lines NETWORK,VNNLIB,TIMEOUT")):
            self.put("files/bad.csv", text)
            self.refused("vnncomp", "files/bad.csv", "new", says=says)
        self.put("files/bad.csv", "net.h5,prop\n")
        done = self.run_rampart("vnncomp", "files/bad.csv", "new", ranks=2)
        self.assertEqual(done.returncode, 2)
        self.assertEqual(done.stderr.count("bad.csv:1: "), 1)
        self.assertFalse(os.path.exists(self.path("new")))
        self.refused("vnncomp", "a", "b", "c", says="found 3 operands")

    def test_a_job_of_instances(self):
        self.ok("verify", *DIGITS, "--samples", "0-3", "--radius", "3,12", "-q",
                "-o", "a.h5")
        self.ok("export", "a.h5", "-o", "files")
        os.symlink(NETWORK, self.path("files/net.h5"))
        lines = self.content("files/results.csv").decode().split()
        names = [line.split(",")[2] for line in lines]
        for name in names:
            text = self.content(f"files/{name}").decode()
            self.put(f"files/{name}", text.replace(" Real)", " Int)"))
        self.put("files/instances.csv", "".join(
            f"net.h5,{name},30\n" for name in names))
        self.put("files/job.yaml", "instances: instances.csv\noutput: out\n"
                 "options: {threads: 1}\n")
        for folder, ranks in (("out", 0), ("out2", 2)):
            said = self.ok("run", "files/job.yaml", "-o", folder, ranks=ranks)
            self.assertEqual(len(said.splitlines()), len(lines))
            found = self.content(f"{folder}/results.csv").decode().split()
            self.assertEqual([line.split(",")[4] for line in found],
                             [line.split(",")[4] for line in lines])
            self.assertEqual(self.ok("run", "files/job.yaml", "-o", folder), "")
            if h5py is None:
                continue
            with h5py.File(self.path(f"{folder}/results.h5")) as file:
                rows = file["instances"][:]
            for row, line in zip(rows, lines):
                self.assertEqual(row["vnnlib"].decode(), line.split(",")[2])
                self.assertEqual(row["result"].decode(), line.split(",")[4])
                self.assertIn(row["rank"], range(max(ranks, 1)))
            self.assertEqual(list(rows["line"]), list(range(1, len(lines) + 1)))

    def put_properties(self):
        """a.vnnlib is decided at once, b.vnnlib of the deep network in seconds."""
        self.ok("verify", *DIGITS, "--samples", "0", "--radius", "3", "-q",
                "-o", "a.h5")
        self.ok("verify", *DEEP, "--samples", "332", "--radius", "13", "-q",
                "--node-limit", "1", "-o", "b.h5", status=3)
        for name in ("a", "b"):
            self.ok("export", f"{name}.h5", "-o", name)
            for file in os.listdir(self.path(name)):
                if file.endswith(".vnnlib"):
                    text = self.content(f"{name}/{file}").decode()
                    self.put(f"{name}.vnnlib", text.replace(" Real)", " Int)"))

    def stopped(self, number, *command, ranks=0, which=0):
        """A list that a signal stops, sent to a rank or to all of them, when there
        are results; returns their lines."""
        if ranks:
            command = ["mpirun", "-n", str(ranks), *command]
        with subprocess.Popen(command, cwd=self.folder, env=without_launcher(), text=True,
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as run:
            while not os.path.exists(self.path("out/results.csv")):
                self.assertIsNone(run.poll())
                time.sleep(0.01)
            with open(f"/proc/{run.pid}/task/{run.pid}/children") as file:
                pids = [run.pid, *map(int, file.read().split())]
            os.kill(pids[which], number)
            try:
                log = run.communicate(timeout=20)[1]
            except subprocess.TimeoutExpired:
                run.kill()
                raise
        self.assertEqual(run.returncode, 4, log)
        rows = self.content("out/results.csv").decode().splitlines()
        left = re.search(r"stopped by a signal with (\d+) of 5001 instances not asked", log)
        self.assertEqual(int(left[1]), 5001 - len(rows), log)
        self.assertGreaterEqual(len(rows), 1)
        return rows

    def test_a_signal_stops_a_list_and_results_stay(self):
        """Also while an instance is under way that takes seconds."""
        self.put_properties()
        self.put("job.yaml", "instances: list.csv\noutput: out\n")
        for number, command, how in (
                (signal.SIGTERM, ["run", "job.yaml"], {}),
                (signal.SIGUSR1, ["run", "job.yaml"], {"ranks": 3}),
                (signal.SIGUSR1, ["vnncomp", "list.csv", "out"], {"ranks": 3, "which": 2}),
                (signal.SIGINT, ["vnncomp", "list.csv", "out"], {"ranks": 2, "which": 1})):
            # With b in the first line the other ranks decide a's alone.
            first = [f"{NETWORK},a.vnnlib,30\n", f"{DEEP[1]},b.vnnlib,300\n"]
            if "which" in how:
                first.reverse()
            self.put("list.csv", "".join(first) + 4999 * f"{NETWORK},a.vnnlib,30\n")
            rows = self.stopped(number, RAMPART, *command, **how)
            self.assertLess(len(rows), 5000)
            self.assertIn(",unsat,", rows[0])
            shutil.rmtree(self.path("out"))

    def test_a_run_that_is_stopped_keeps_what_it_has_not_asked_again(self):
        self.put_properties()
        lines = (f"{NETWORK},a.vnnlib,0\n{DEEP[1]},b.vnnlib,%d\n"
                 f"{NETWORK},a.vnnlib,30\n{NETWORK},a.vnnlib,0\n")
        self.put("list.csv", lines % 0)
        self.ok("vnncomp", "-q", "list.csv", "out", status=3)
        before = self.content("out/results.csv").decode().splitlines()
        self.assertEqual([row.split(",")[4] for row in before],
                         ["timeout", "timeout", "unsat", "timeout"])
        self.put("list.csv", lines % 300)
        with subprocess.Popen([RAMPART, "vnncomp", "list.csv", "out"], cwd=self.folder,
                              text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE) as run:
            self.assertIn("timeout", run.stdout.readline())
            run.terminate()  # the second line takes seconds
            log = run.communicate(timeout=60)[1]
        self.assertEqual(run.returncode, 4, log)
        self.assertIn("with 2 of 4 instances not asked", log)
        after = self.content("out/results.csv").decode().splitlines()
        self.assertEqual(after[1:], before[1:])

    def test_ranks_that_find_other_lists_decide_nothing(self):
        self.put_properties()
        for folder, name in (("one", "a"), ("two", "missing")):
            os.mkdir(self.path(folder))
            self.put(f"{folder}/list.csv", 40 * f"{NETWORK},../{name}.vnnlib,0\n")
        part = [RAMPART, "vnncomp", "list.csv", self.path("out")]
        done = subprocess.run(["mpirun", "-n", "1", "-wdir", self.path("one"), *part, ":",
                               "-n", "1", "-wdir", self.path("two"), *part],
                              cwd=self.folder, env=without_launcher(), text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual(done.returncode, 3, done.stderr)
        rows = self.content("out/results.csv").decode().splitlines()
        self.assertEqual(len(rows), 40)
        errors = done.stderr.count("expected the list that rank 0 read, found another")
        self.assertEqual(sum(",error," in row for row in rows), errors)
        self.assertNotIn("missing", done.stderr)

    def test_a_job_of_instances_says_what_the_reals_are(self):
        self.ok("verify", *DIGITS, "--samples", "0-1", "--radius", "3", "-q",
                "-o", "a.h5")
        self.ok("export", "a.h5", "-o", "files")
        lines = self.content("files/results.csv").decode().split()
        self.put("files/instances.csv", "".join(
            f"{NETWORK},{line.split(',')[2]},30\n" for line in lines))
        job = "instances: instances.csv\noutput: out\n"
        for more, folder in (("", "a"), ("values: integers\n", "b")):
            self.put("files/job.yaml", job + more)
            self.run_rampart("run", "files/job.yaml", "-o", folder)
            found = self.content(f"{folder}/results.csv").decode().split()
            self.assertEqual(
                [line.split(",")[4] for line in found],
                [line.split(",")[4] if more else "error" for line in lines])

    def test_jobs_of_instances_ask_nothing_else(self):
        for text, says in (
                ("instances: a.csv\n", "missing key 'output'"),
                (f"instances: a.csv\noutput: o\nnetwork: {{file: {NETWORK}}}\n",
                 "expected no network, dataset and questions"),
                ("instances: a.csv\noutput: o\ntarget: 3\n",
                 "expected no network, dataset and questions"),
                ("instances: a.csv\noutput: o\nprofile: fast\n",
                 "profile: expected"),
                ("instances: a.csv\noutput: o\nvalues: pixels\n",
                 "values: expected integers|reals"),
                (f"network: {{file: {NETWORK}}}\ndataset: {{file: {DATASET}}}"
                 "\nvalues: reals\nverify: [{samples: 0, radius: 1}]\n",
                 "values: expected instances beside it"),
                ("instances: a.csv\noutput: o\n", "a.csv: cannot open")):
            self.put("job.yaml", text)
            self.refused("run", "job.yaml", says=says)
            self.assertFalse(os.path.exists(self.path("o")))
        for option in (("--shard", "1/2"), ("--fresh",), ("--csv",),
                       ("--events", "e.json"), ("--notify", "true")):
            self.refused("run", "job.yaml", *option, says=f"{option[0]}: has "
                         "no meaning for a job with instances")

    def test_limits_and_errors_are_written(self):
        hard = self.property("(>= Y_0 (+ Y_1 63))", "(>= Y_2 (+ Y_1 63))")
        self.assertEqual(self.decide(hard, timeout="0", status=3), "timeout\n")
        self.refused("vnncomp", NETWORK, self.property("(<= X_0 X_1)"),
                     "result.txt", "5", says="p.vnnlib:207: expected a bound")
        self.assertEqual(self.content("result.txt"), b"error\n")
        self.refused("vnncomp", NETWORK, self.property(kind="Real"),
                     "result.txt", "5", says="--values integers")
        hard = self.property("(>= Y_0 (+ Y_1 63))", "(>= Y_2 (+ Y_1 63))")
        self.refused("vnncomp", "none.h5", hard, "result.txt", "5",
                     says="none.h5")
        self.refused("vnncomp", NETWORK, hard, "result.txt", "soon",
                     says="TIMEOUT")
        self.refused("vnncomp", NETWORK, hard, "no/result.txt", "0", status=1,
                     says="no/result.txt")


if __name__ == "__main__":
    unittest.main()
