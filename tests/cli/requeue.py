"""A query that takes longer than a start is allowed to is decided over several
starts: what a stop interrupts goes on where it was, on any number of threads and
ranks, with a whole proof. Nothing that was left is taken on trust. A question
that had too little memory, or killed its process, is asked alone at the end."""

import os
import random
import re
import signal
import struct
import subprocess
import time
import unittest
import zlib

from cli import (DATASET, NETWORK, QUERIES_HEADER, RADII_HEADER, RAMPART, SOURCE,
                 Case, without_launcher)

DEEP = ["--network", os.path.join(SOURCE, "data", "digits_deep.h5"), "--dataset", DATASET]
HARD = ["verify", *DEEP, "--samples", "118", "--radius", "13", "-o", "r.h5"]  # robust
RADIUS = ["radius", *DEEP, "--samples", "118", "--cap", "13", "-o", "r.h5"]
# CPU time of a start: what comes before a search of this query, and before it begins
# anew from better bounds, is not kept, and takes half of it.
ALLOWED_S = 1.2
MOST_STARTS = 60
TICK = os.sysconf("SC_CLK_TCK")


def cpu_s(pid):
    """Of a process and its children, in seconds; 0 once it is gone."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            words = file.read().rsplit(")", 1)[1].split()
        with open(f"/proc/{pid}/task/{pid}/children") as file:
            children = file.read().split()
    except OSError:
        return 0
    return (int(words[11]) + int(words[12])) / TICK + sum(map(cpu_s, children))


class Requeue(Case):
    def start(self, *arguments, ranks=0, allowed_s=ALLOWED_S, number=signal.SIGUSR1):
        """One start, and its end once it has used what it is allowed."""
        command = [RAMPART, *arguments]
        if ranks:
            command = ["mpirun", "-n", str(ranks), *command]
        run = subprocess.Popen(command, cwd=self.folder, text=True, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE,
                               env={**without_launcher(), "ASAN_OPTIONS": "detect_leaks=0"})
        until = time.monotonic() + 60
        while run.poll() is None and cpu_s(run.pid) < allowed_s:
            self.assertLess(time.monotonic(), until)
            time.sleep(0.005)
        if run.poll() is None:
            run.send_signal(number)
        out, log = run.communicate(timeout=60)
        return run.returncode, out + log

    def until_done(self, *arguments, **how):
        """All starts that the job needs; returns what they wrote."""
        logs = []
        for _ in range(MOST_STARTS):
            status, log = self.start(*arguments, **how)
            logs.append(log)
            if status != 4:
                self.assertEqual(status, 0, log)
                self.assertFalse(os.path.exists(self.path("r.h5.journal")))
                return logs
        self.fail(f"not decided in {MOST_STARTS} starts:\n{logs[-1]}")

    def row(self, table="queries", header=QUERIES_HEADER):
        text = self.ok("show", "--csv", "--table", table, "--rows", "all", "r.h5")
        [row] = self.without_seconds(text, header)
        return row

    def is_decided_over_starts(self, threads, ranks=0):
        logs = self.until_done(*HARD, "--threads", str(threads), "--evidence", "full",
                               ranks=ranks, allowed_s=ALLOWED_S * (1.5 if ranks else 1))
        self.assertGreater(len(logs), 1)
        self.assertIn("1 begun question", "".join(logs))
        self.assertEqual(self.row()["verdict"], "robust")
        self.assertIn("1 robust proved", self.check("r.h5"))


class OverSeveralStarts(Requeue):
    def test_one_thread(self):
        self.is_decided_over_starts(1)

    def test_two_threads(self):
        self.is_decided_over_starts(2)

    def test_four_threads(self):
        self.is_decided_over_starts(4)

    def test_three_ranks(self):
        self.is_decided_over_starts(1, ranks=3)

    def test_the_radius_in_question(self):
        logs = self.until_done(*RADIUS, "--threads", "1")
        self.assertGreater(len(logs), 1)
        self.assertIn("begun question", "".join(logs))
        row = self.row("radii", RADII_HEADER)
        self.assertEqual((row["lo"], row["hi"], row["state"]), ("13", "13", "capped"))

    def test_kills_in_between_cost_work_only(self):
        seed = int(os.environ.get("RAMPART_SEED", 1))
        rng = random.Random(seed)
        for evidence in ("none", "full"):
            numbers = 2 * [signal.SIGKILL, signal.SIGUSR1]  # after three kills it ends
            rng.shuffle(numbers)
            for number in numbers:
                status, log = self.start(*HARD, "--threads", "2", "--evidence", evidence,
                                         allowed_s=rng.uniform(0, 1.2), number=number)
                self.assertIn(status, (0, 4, -signal.SIGKILL), f"seed {seed}\n{log}")
            self.ok(*HARD, "--threads", "2", "--evidence", evidence)
            self.assertEqual(self.row()["verdict"], "robust")
            if evidence == "full":
                self.assertIn("1 robust proved", self.check("r.h5"))
            os.remove(self.path("r.h5"))


class MoreEvidence(Requeue):
    def test_a_part_of_a_proof_does_not_pass_for_it(self):
        """What was decided without a proof stays so until all of its proof is there,
        and the file does not say that it has one before."""
        self.ok(*HARD, "--threads", "2")
        for starts in range(1, MOST_STARTS):
            status, log = self.start(*HARD, "--threads", "2", "--evidence", "full")
            self.assertEqual(self.row()["verdict"], "robust", log)
            if status != 4:
                break
            done = self.run_checker("r.h5")
            self.assertEqual(done.returncode, 3, done.stdout)
            self.assertIn("1 without evidence, 0 FAILED", done.stdout)
        self.assertEqual(status, 0, log)
        self.assertGreater(starts, 1)
        self.assertIn("1 robust proved", self.check("r.h5"))
        done = self.run_rampart(*HARD, "--evidence", "full")
        self.assertIn("already complete", done.stderr)


class NotEnoughMemory(Requeue):
    def timeline(self):
        lines = self.ok("show", "--csv", "--table", "timeline", "r.h5").splitlines()
        return [dict(zip(lines[0].split(","), line.split(","))) for line in lines[1:]]

    def test_a_second_try_has_more(self):
        """Sample 6 needs 1.6 MiB on three threads, each with a linear program."""
        hungry = ["verify", "--network", NETWORK, "--dataset", DATASET, "--samples", "6-8",
                  "--radius", "10", "--threads", "3", "-o", "r.h5"]
        self.ok(*hungry)
        [enough] = [row for row in self.rows(
            self.ok("show", "--csv", "--table", "queries", "--rows", "all", "r.h5"),
            QUERIES_HEADER) if row["sample"] == "6"]
        self.ok(*hungry, "--fresh", "--memory-limit", "1")
        tries = [row["verdict"] for row in self.timeline() if row["sample"] == "6"]
        self.assertEqual(tries, ["unknown", enough["verdict"]])
        self.assertEqual(self.timeline()[-1]["sample"], "6")  # when nothing else is left

    def test_what_a_process_died_of_is_asked_last(self):
        job = ["verify", *DEEP, "--samples", "20-24,118-122", "--radius", "13", "--threads",
               "1", "-o", "r.h5"]
        for _ in range(MOST_STARTS):
            status, log = self.start(*job, number=signal.SIGKILL)
            self.assertEqual(status, -signal.SIGKILL, log)
            if os.path.exists(self.path("r.h5.running")):
                break
        done = self.run_rampart(*job)
        self.assertEqual(done.returncode, 0, done.stderr)
        said = re.search(r"asked alone, at the end: (\d+) question", done.stderr)
        self.assertTrue(said, done.stderr)
        last = [row["sample"] for row in self.timeline()][-int(said[1]):]
        self.assertIn("118", last)
        self.assertFalse(os.path.exists(self.path("r.h5.running")))


def records(journal):
    """The head of a journal, and the (kind, bytes) of its records."""
    found, at = [], 12
    while at < len(journal):
        kind, size = struct.unpack_from("<II", journal, at + 4)
        found.append((kind, journal[at + 12:at + 12 + size]))
        at += 16 + size
    return journal[:12], found


def written(head, found):
    out = head
    for kind, content in found:
        body = struct.pack("<II", kind, len(content)) + content
        out += b"RPJR" + body + struct.pack("<I", zlib.crc32(body))
    return out


class NothingIsTrusted(Requeue):
    PIECE, QUESTION = 4, 5

    def left(self, radius="13"):
        """The records of a run that was stopped in the middle of its query."""
        hard = [*HARD[:-3], radius, *HARD[-2:], "--threads", "1"]
        for _ in range(MOST_STARTS):
            status, log = self.start(*hard)
            self.assertEqual(status, 4, log)
            head, found = records(self.content("r.h5.journal"))
            if any(kind == self.QUESTION for kind, _ in found):
                return head, found
        self.fail("nothing was kept")

    def goes_on(self, head, found):
        self.put("r.h5.journal", written(head, found))
        _, log = self.start(*HARD, "--threads", "1", allowed_s=0.2, number=signal.SIGKILL)
        if os.path.exists(self.path("r.h5.running")):
            os.remove(self.path("r.h5.running"))  # it did not die of the question
        return log

    def test_damage_costs_the_work_and_one_warning(self):
        head, found = self.left()
        [at] = [i for i, (kind, _) in enumerate(found) if kind == self.PIECE][-1:]
        piece = bytearray(found[at][1])
        piece[len(piece) // 2] ^= 1
        damaged = {
            "damaged": [*found[:at], (self.PIECE, bytes(piece)), *found[at + 1:]],
            "missing": [*found[:at], *found[at + 1:]],
            "doubled": [*found[:at], found[at], *found[at:]],
        }
        self.assertNotIn("asked anew", self.goes_on(head, found))
        for what, records_now in damaged.items():
            with self.subTest(what):
                log = self.goes_on(head, records_now)
                self.assertEqual(log.count("asked anew"), 1, log)
                self.assertIn("sample 118 at radius 13", log)
        self.ok(*HARD, "--threads", "1")
        self.assertEqual(self.row()["verdict"], "robust")

    def test_what_does_not_count_any_more_is_dropped(self):
        """Killed at any time, a start leaves what counts in the journal."""
        head, found = self.left()
        others = [record for record in found if record[0] < self.PIECE]
        left = [record for record in found if record[0] in (self.PIECE, self.QUESTION)]
        end = max(i for i, record in enumerate(left) if record[0] == self.QUESTION) + 1
        begin = end - 1
        while begin > 0 and left[begin - 1][0] == self.PIECE:
            begin -= 1
        group = left[begin:end]
        before = written(head, others + 30 * group + group[:1])
        size = len(written(head, others + group))
        self.put("r.h5.journal", before)
        seed = int(os.environ.get("RAMPART_SEED", 1))
        rng = random.Random(seed)
        for _ in range(15):
            self.start(*HARD, "--threads", "1", allowed_s=rng.uniform(0, 0.15),
                       number=signal.SIGKILL)
            if os.path.exists(self.path("r.h5.running")):
                os.remove(self.path("r.h5.running"))  # it did not die of the question
            _, now = records(self.content("r.h5.journal"))
            end = max(i for i, record in enumerate(now) if record[0] == self.QUESTION) + 1
            self.assertEqual(now[end - len(group):end], group, f"seed {seed}")
        log = self.goes_on(*records(self.content("r.h5.journal")))
        self.assertNotIn("asked anew", log)
        self.assertIn("1 begun question", log)
        after = self.content("r.h5.journal")
        self.assertLess(len(after), size + 1000)
        [dropped] = re.findall(rb"bytes dropped: (\d{20})", after)
        self.assertEqual(len(after) + int(dropped), len(before))
        self.ok(*HARD, "--threads", "1")
        self.assertEqual(self.row()["verdict"], "robust")


if __name__ == "__main__":
    unittest.main()
