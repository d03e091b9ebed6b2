"""Processes of a run are killed (SIGKILL) at random instants: a rank or all of
them, under mpirun --enable-recovery and without it. The run, or the run that goes
on after it, ends with the tables of an undisturbed run; no row is lost or
doubled. Every start ends by itself. Under --enable-recovery the death of a worker
costs no new start; kills fall after the first new answer there, since ranks wait
ten minutes for one that died before.

    fake_kills.py FAKE_CLUSTER [KILLS [SEED]]

Also taken from $RAMPART_KILLS and $RAMPART_SEED. A run is the scenario `kills`:
300 queries of a few milliseconds and 30 searches on three ranks. Exit status: 0,
1 after a difference, 77 without mpirun."""

import collections
import difflib
import glob
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

RANKS = 3
LOST_AFTER_S = 1.5  # silence of a rank; a worker waits five times as long for rank 0
DEADLINE_S = 120  # of every start
LAUNCHER_S = 30  # of mpirun, once it has no rank that lives


def children(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as file:
            return [int(word) for word in file.read().split()]
    except OSError:
        return []


def lives(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def rank_of(pid):
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            words = dict(w.split(b"=", 1) for w in file.read().split(b"\0") if b"=" in w)
        return int(words[b"OMPI_COMM_WORLD_RANK"])
    except (OSError, KeyError, ValueError):
        return None


class Kills:
    what = ""

    def __init__(self, program, rng):
        self.program, self.rng = os.path.abspath(program), rng
        self.top = tempfile.mkdtemp(prefix="rampart-kills-")
        self.count = collections.Counter()
        self.folder = None

    def fail(self, text, log=""):
        raise SystemExit(f"FAILED: {text}\n{log}")

    # ---- one start ----

    def start(self, recovery):
        command = ["mpirun", "-n", str(RANKS), self.program, "kills", self.folder]
        if recovery:
            command.insert(1, "--enable-recovery")
        out = open(os.path.join(self.folder, "out"), "w")
        log = open(os.path.join(self.folder, "log"), "w")
        self.count["starts"] += 1
        return subprocess.Popen(
            command, stdout=out, stderr=log, cwd=self.folder,
            env={**os.environ, "FAKE_LOST_AFTER": str(LOST_AFTER_S)})

    def text(self, name):
        with open(os.path.join(self.folder, name), errors="replace") as file:
            return file.read()

    def wait(self, job):
        """mpirun may wait for ever for ranks that all ended, if one was killed while
        MPI started: that is its own fault, counted, and ended here."""
        began = alive = time.monotonic()
        while time.monotonic() < min(began + DEADLINE_S, alive + LAUNCHER_S):
            try:
                return job.wait(0.2)
            except subprocess.TimeoutExpired:
                if any(lives(pid) for pid in children(job.pid)):
                    alive = time.monotonic()
        left = [pid for pid in children(job.pid) if lives(pid)]
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        job.kill()
        job.wait()
        if left:
            self.fail(f"a start did not end: {self.what}", self.text("log"))
        self.count["hung"] += 1
        return job.returncode

    def ranks(self, job):
        found = {rank_of(pid): pid for pid in children(job.pid)}
        return {rank: pid for rank, pid in found.items() if rank is not None}

    def answers(self):
        try:
            path = os.path.join(self.folder, "results.h5.journal")
            with open(path, "rb") as file:
                return file.read().count(b"RPJR") - 1
        except OSError:
            return 0

    def kill(self, job, victim, at_s, under_way, known):
        """Returns whether there was something to kill."""
        until = time.monotonic() + DEADLINE_S
        while under_way and self.answers() <= known:
            if job.poll() is not None or time.monotonic() > until:
                return False
            time.sleep(0.001)
        time.sleep(at_s)
        ranks = self.ranks(job)
        if job.poll() is not None or not ranks:
            return False
        if victim == "all":
            for pid in ranks.values():
                os.kill(pid, signal.SIGKILL)
            return True
        wanted = [0] if victim == "rank 0" else [r for r in ranks if r > 0]
        wanted = [r for r in wanted if r in ranks]
        if not wanted:
            return False
        os.kill(ranks[self.rng.choice(wanted)], signal.SIGKILL)
        return True

    # ---- one run: starts until it is done ----

    def is_done(self, status):
        """It has all its rows; the launcher's status says nothing of it. Where the
        launcher ends all ranks, rank 0 may have time to write what it has."""
        out = self.text("out")
        return (out.count("\n") == self.rows and out.endswith("\n")
                and ",interrupted," not in out)

    def fresh_folder(self):
        if self.folder:
            shutil.rmtree(self.folder)
        self.folder = tempfile.mkdtemp(dir=self.top)
        shutil.copy(os.path.join(self.top, "net.h5"), self.folder)

    def check(self, what):
        if self.text("out") != self.expected:
            lines = difflib.unified_diff(self.expected.splitlines(),
                                         self.text("out").splitlines(), lineterm="")
            self.fail(f"{what}: other tables", "\n".join(lines) + self.text("log"))
        if os.path.exists(os.path.join(self.folder, "results.h5.journal")):
            self.fail(f"{what}: the journal is still there", self.text("log"))

    def run_once(self, recovery):
        """A run with one kill or more; counts them."""
        self.fresh_folder()
        for launch in range(50):
            victim = self.rng.choice(["worker", "worker", "rank 0", "all"]
                                     if recovery else ["worker", "rank 0", "all"])
            alone = recovery and victim == "worker"
            under_way = recovery or self.rng.random() < 0.8
            at_s = self.rng.uniform(0, self.lasts_s if under_way else 2 * self.lasts_s)
            known = self.answers()
            job = self.start(recovery)
            wants = launch == 0 or self.rng.random() < 0.4
            killed = wants and self.kill(job, victim, at_s, under_way, known)
            what = f"{victim} killed after {at_s:.3f} s, recovery {recovery}"
            self.what = f"{what}, killed {killed}, under way {under_way}"
            status = self.wait(job)
            if known > 0 and launch > 0 and under_way and not killed:
                if f"going on with {known} answers" not in self.text("log"):
                    self.fail(f"{what}: {known} answers were known", self.text("log"))
            if killed:
                self.count["kills", recovery, victim] += 1
                self.count["kills"] += 1
            if self.is_done(status):
                self.check(what)
                return killed or launch > 0
            if killed and alone:
                self.fail(f"{what}: status {status}: it needs a new start",
                          self.text("log"))
            if not killed:
                self.fail(f"not killed, status {status}", self.text("log"))
        self.fail("50 starts were not enough")

    def undisturbed(self):
        self.folder = tempfile.mkdtemp(dir=self.top)
        for _ in range(2): # the second one finds the network made
            for name in glob.glob(os.path.join(self.folder, "results.h5*")):
                os.remove(name) # else it would be complete already
            began = time.monotonic()
            job = self.start(False)
            if self.wait(job) != 0:
                self.fail("undisturbed", self.text("log"))
            self.lasts_s = time.monotonic() - began
        self.expected = self.text("out")
        self.rows = self.expected.count("\n")
        if self.rows != 330 or "interrupted" in self.expected:
            self.fail(f"undisturbed: {self.rows} rows")
        shutil.copy(os.path.join(self.folder, "net.h5"), self.top)


def main():
    program = sys.argv[1]
    kills = int(sys.argv[2]) if len(sys.argv) > 2 else int(os.environ.get("RAMPART_KILLS", 10))
    text = sys.argv[3] if len(sys.argv) > 3 else os.environ.get("RAMPART_SEED", "1")
    seed = random.randrange(1 << 31) if text == "random" else int(text)
    if not shutil.which("mpirun"):
        print("skipped: needs mpirun")
        return 77
    print(f"seed {seed}", flush=True)
    test = Kills(program, random.Random(seed))
    try:
        test.undisturbed()
        runs = 0
        while test.count["kills"] < kills:
            recovery = sum(n for key, n in test.count.items() if key[:2] == ("kills", True))
            disturbed = test.run_once(2 * recovery < kills)
            runs += disturbed
            if disturbed and runs % 10 == 0:
                print(f"{runs} runs, {test.count['kills']} kills", flush=True)
        print(f"{runs} runs, {test.count['starts']} starts, {test.count['kills']} kills, "
              f"{test.count['hung']} times mpirun hung without ranks; undisturbed a run takes {test.lasts_s:.1f} s")
        for key, n in sorted((k, n) for k, n in test.count.items() if isinstance(k, tuple)):
            print(f"  {'recovery' if key[1] else 'default '} {key[2]:7s} {n}")
    finally:
        shutil.rmtree(test.top, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
