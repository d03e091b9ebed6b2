#!/usr/bin/python3
"""Progress: the live line in a pseudo terminal, plain lines in a file, and the
status file that `rampart watch` follows while a run is under way."""

import calendar
import fcntl
import json
import os
import pty
import select
import signal
import subprocess
import sys
import termios
import time
import unittest

from cli import DATASET, DIGITS, NETWORK, RAMPART, SOURCE, Case, without_launcher

# A run that goes on until it is told to stop: hard ones, without attacks.
DEEP = os.path.join(SOURCE, "data", "digits_deep.h5")
LONG = ["radius", "--network", DEEP, "--dataset", DATASET, "--samples",
        "100-299", "--attack-moves", "0"]


def until(condition, seconds=60, every=0.05):
    """Wait until something holds; returns what it said."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(every)
    raise AssertionError("waited in vain")


def has_said(pipe):
    """Are there words in it that nobody has read?"""
    waiting = fcntl.ioctl(pipe, termios.FIONREAD, bytes(4))
    return int.from_bytes(waiting, sys.byteorder) > 0


class Watch(Case):
    def begin(self, *words, ranks=0, **more):
        command = [RAMPART, *words]
        if ranks:
            command = ["mpirun", "-n", str(ranks), *command]
        job = subprocess.Popen(command, cwd=self.folder, text=True,
                               env={**without_launcher(),
                                    "ASAN_OPTIONS": "detect_leaks=0"},
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               **more)
        self.addCleanup(job.stdout.close)
        self.addCleanup(job.stderr.close)
        self.addCleanup(job.wait)
        self.addCleanup(job.kill)
        return job

    def status(self, name="r.h5.status"):
        try:
            with open(self.path(name)) as file:
                return json.load(file)
        except FileNotFoundError:
            return None

    def under_way(self):
        """The status once the files are read."""
        found = self.status()
        return found if found and found["total"] else None

    def in_terminal(self, command, columns=100, **environment):
        """Run in a pseudo terminal; returns (exit status, what it showed)."""
        import fcntl
        import struct
        import termios
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ,
                    struct.pack("HHHH", 24, columns, 0, 0))
        job = subprocess.Popen(command, cwd=self.folder, stdin=theirs,
                               stdout=theirs, stderr=theirs,
                               env={**without_launcher(), **environment})
        os.close(theirs)
        shown = b""
        while True:
            ready, _, _ = select.select([ours], [], [], 300)
            self.assertTrue(ready, "nothing shown for 300 s")
            try:
                some = os.read(ours, 4096)
            except OSError:  # the other end is closed
                some = b""
            if not some:
                break
            shown += some
        os.close(ours)
        return job.wait(timeout=60), shown.decode()

    LIVE = ["radius", "--network", DEEP, "--dataset", DATASET, "--samples",
            "100-119", "--attack-moves", "0", "--time-limit", "0.1"]

    def check_live(self, shown, columns):
        lines = [part.split("\x1b[K")[0] for part in shown.split("\r")
                 if " done, " in part]
        self.assertGreater(len(lines), 1, shown)
        for line in lines:
            self.assertLess(len(line), columns)
            self.assertRegex(line, r"\A\d+/20 done, ")
        if columns >= 100:
            self.assertIn("busy", lines[-1])
        # The line is wiped before the results are printed.
        self.assertIn("\r\x1b[K", shown[shown.rindex(" done, "):])
        self.assertIn("maximum radius of 20 samples", shown)

    def test_live_line_on_a_terminal(self):
        for columns in (60, 100):
            status, shown = self.in_terminal([RAMPART, *self.LIVE], columns)
            self.assertIn(status, (0, 3))
            self.check_live(shown, columns)

    def test_live_line_with_two_ranks(self):
        status, shown = self.in_terminal(
            ["mpirun", "-n", "2", RAMPART, *self.LIVE], 100,
            ASAN_OPTIONS="detect_leaks=0")
        self.assertIn(status, (0, 3))
        self.check_live(shown, 100)
        self.assertRegex(shown, r"busy [012]/2")

    def test_quiet_shows_nothing_on_a_terminal(self):
        status, shown = self.in_terminal([RAMPART, *self.LIVE, "--quiet"])
        self.assertIn(status, (0, 3))
        self.assertEqual(shown, "")

    def test_no_control_characters_in_a_file(self):
        done = self.run_rampart(*self.LIVE)
        self.assertNotIn("\r", done.stderr)
        self.assertNotIn("\x1b", done.stderr + done.stdout)

    def test_watching_a_run_to_its_end(self):
        for ranks in (0, 2):
            job = self.begin(*LONG, "-q", "-o", "r.h5", ranks=ranks)
            first = until(self.under_way)
            self.assertEqual(first["total"], 200)
            self.assertEqual(first["format"], "rampart-status")
            later = until(lambda: (s := self.status()) and
                          s["updated"] > first["updated"] and s)
            self.assertEqual(later["ranks"], ranks or 1)
            self.assertGreaterEqual(later["elapsed_s"], 0.9)
            self.assertRegex(self.ok("watch", "--once", "r.h5"),
                             r"\A\d+/200 done, .*busy \d/\d, .*\n\Z")
            watch = self.begin("watch", "r.h5")
            until(lambda: has_said(watch.stdout))
            job.send_signal(signal.SIGTERM)
            out, err = watch.communicate(timeout=100)
            job.communicate(timeout=60)
            self.assertEqual((watch.returncode, err), (0, ""), out)
            self.assertRegex(out, r"\A\d+/200 done, ")
            rows = self.ok("show", "--csv", "--table", "radii", "r.h5").splitlines()[1:]
            unasked = sum(row.endswith(",unasked") for row in rows)
            self.assertGreater(unasked, 0)
            self.assertRegex(out, r"\nr\.h5: stopped before the end, 200 rows, "
                                  rf".*, unasked {unasked} \(written")
            self.assertIsNone(self.status())
            os.unlink(self.path("r.h5"))

    def test_rows_of_an_earlier_run_are_no_work_done_now(self):
        job = self.begin(*LONG, "-q", "-o", "r.h5")
        until(lambda: (s := self.status()) and s["done"] >= 8)
        job.send_signal(signal.SIGTERM)
        job.communicate(timeout=60)
        job = self.begin(*LONG, "-q", "-o", "r.h5")
        first = until(lambda: (s := self.status()) and s["done"] > 0 and s)
        self.assertGreaterEqual(first["done"], 8)
        self.assertLess(first["rate"], 8)
        job.send_signal(signal.SIGTERM)
        job.communicate(timeout=60)

    def test_a_job_is_watched_by_its_output(self):
        self.put("job.yaml", f"network: {{file: {NETWORK}}}\n"
                             f"dataset: {{file: {DATASET}}}\n"
                             "radius: {samples: 0-1, cap: 2}\n"
                             "output: out.h5\n")
        self.refused("watch", "--once", "job.yaml", says="out.h5: no run")
        watch = self.begin("watch", "job.yaml")
        until(lambda: has_said(watch.stderr))
        self.ok("run", "-q", "job.yaml")
        out, err = watch.communicate(timeout=100)
        self.assertIn("out.h5: waiting for a run that writes it: there are no results, "
                      "no status file, and no such job in a SLURM queue\n", err)
        self.assertRegex(out, r"out\.h5: finished, 2 rows, capped 2 \(written")
        self.put("none.yaml", f"network: {{file: {NETWORK}}}\n"
                              f"dataset: {{file: {DATASET}}}\n"
                              "radius: {samples: 0-1, cap: 2}\n")
        self.refused("watch", "none.yaml", says="names no output")

    def test_older_results_are_not_those_of_a_run_that_begins(self):
        """A run that reads for long is there before it has read anything."""
        self.ok("radius", *DIGITS, "--samples", "0", "--cap", "1", "-q", "-o", "r.h5")
        row = ",".join(["7"] * 197) + "\n"
        self.put("many.csv", row * 100000)
        for _ in range(5):  # until it is seen while it reads
            job = self.begin("radius", *DIGITS[:2], "--dataset", "many.csv", "--samples",
                             "0-2", "--cap", "1", "-q", "--fresh", "-o", "r.h5")
            first = until(lambda: self.status() or job.poll() is not None and {"state": "over"},
                          every=0.001)
            out = self.ok("watch", "r.h5")
            self.assertRegex(out, r"r\.h5: finished, 3 rows")
            out, err = job.communicate(timeout=60)
            self.assertEqual((job.returncode, out, err), (0, "", ""))
            if first["state"] == "starting":
                break
        self.assertEqual(first["state"], "starting")

    def test_older_results_are_not_those_of_a_run_that_was_refused(self):
        self.ok("radius", *DIGITS, "--samples", "0", "--cap", "1", "-q", "-o", "r.h5")
        now, host = time.time(), os.uname().nodename
        status = dict.fromkeys(
            ("elapsed_s", "done", "total", "robust", "violated", "unknown", "closed",
             "capped", "open", "misclassified", "invalid", "busy", "ranks", "rate", "longest_sample",
             "longest_radius", "longest_rank", "longest_s", "left_low_s", "left_high_s"), 0)
        status = {"format": "rampart-status", "version": 2, "state": "starting",
                  "host": host, "pid": os.getpid(), "updated": now,
                  "began": now + 3,  # after the results, whose dates are whole seconds
                  **status}
        self.put("r.h5.status", json.dumps(status, indent=2) + "\n")
        watch = self.begin("watch", "r.h5")
        self.assertEqual(watch.stdout.readline(), "starting: reading files, 0s\n")
        os.unlink(self.path("r.h5.status"))
        out, err = watch.communicate(timeout=60)
        self.assertRegex(out, r"\Ar\.h5: the run ended and wrote none; earlier results: "
                              r"finished, 1 row,")

    def squeue(self, *lines):
        """A queue that holds these jobs; what was asked goes to a file."""
        text = "\n".join(lines)
        self.put("squeue", f"#!/bin/sh\ncat <<'END'\n{text}\nEND\n")
        os.chmod(self.path("squeue"), 0o755)
        return {"PATH": self.folder + os.pathsep + os.environ["PATH"]}

    def test_older_results_are_not_those_of_a_job_in_the_queue(self):
        self.ok("radius", *DIGITS, "--samples", "0", "--cap", "1", "-q", "-o", "r.h5")
        folder = os.path.realpath(self.folder)
        for comment, is_its in [("r.h5", True), ("other.h5", False), ("r.h5x", False)]:
            path = self.squeue(f"41|RUNNING|None|{folder}/none.h5",
                               f"42|PENDING|Priority\x1b|{folder}/{comment}")
            done = self.run_rampart("watch", "--once", "r.h5", **path)
            self.assertEqual(done.returncode, 0)
            if is_its:
                self.assertEqual((done.stdout, done.stderr), (
                    "", "rampart: r.h5: SLURM job 42 waits in the queue (Priority?); "
                        "the results there are older\n"))
            else:
                self.assertIn("r.h5: finished, 1 row, capped 1 (written", done.stdout)
        # Shards are tasks of an array that was submitted for the whole.
        path = self.squeue(f"7_2|RUNNING|None|{folder}/r.h5",
                           f"7_3|PENDING|Resources|{folder}/r.h5",
                           f"7_5|PENDING|None|{folder}/r.h5")
        for shard, says in [(2, "has begun, and no run yet (RUNNING)"),
                            (3, "waits in the queue (Resources)"),
                            (5, "waits in the queue")]:
            done = self.run_rampart("watch", "--once", f"r.{shard}-of-8.h5",
                                    **path)
            self.assertEqual(done.stderr, f"rampart: r.{shard}-of-8.h5: SLURM job "
                                          f"7_{shard} {says}\n")
        self.refused("watch", "--once", "r.4-of-8.h5", says="no run under way",
                     **path)

    def test_results_are_dated_when_they_were_written(self):
        """Not when the run began, and old ones are told by their age."""
        began = time.time()
        self.run_rampart(*LONG, "--sample-limit", "0.02", "-q", "-o", "r.h5")
        took = time.time() - began
        self.assertGreater(took, 2)
        shown = json.loads(self.ok("show", "--json", "r.h5"))[0]["date_created"]
        written = calendar.timegm(time.strptime(shown, "%Y-%m-%dT%H:%M:%SZ"))
        self.assertGreater(written, began + took / 2)
        self.assertLessEqual(written, time.time())
        self.assertRegex(self.ok("watch", "r.h5"), rf"\(written {shown}\)\n")

    def test_why_nothing_is_shown(self):
        self.put("r.h5.status", "{}")
        watch = self.begin("watch", "r.h5")
        self.assertIn("its status file cannot be read: r.h5.status: expected the "
                      "status of a run", watch.stderr.readline())
        os.unlink(self.path("r.h5.status"))
        self.assertIn("waiting for a run that writes it", watch.stderr.readline())
        watch.kill()

    def test_a_refused_run_leaves_no_status(self):
        self.refused("radius", *DIGITS, "--samples", "999999", "--cap", "1", "-q",
                     "-o", "r.h5", says="999999")
        self.assertEqual(os.listdir(self.folder), [])

    def test_a_killed_run_is_told(self):
        job = self.begin(*LONG, "-q", "-o", "r.h5")
        until(self.under_way)
        job.kill()
        job.wait()
        start = time.monotonic()
        done = self.run_rampart("watch", "r.h5", seconds=100)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("no sign of life since", done.stderr)
        self.assertIn(f"process {job.pid}", done.stderr)
        self.assertIn("continues the run", done.stderr)
        # Its process is looked for on its own host.
        self.assertLess(time.monotonic() - start, 50)
        # The next run takes the file's place, and removes it.
        self.ok("radius", *DIGITS, "--samples", "0", "--cap", "1", "-q",
                "--fresh", "-o", "r.h5")
        self.assertEqual(sorted(os.listdir(self.folder)), ["r.h5", "r.old-1.h5.journal"])

    def test_a_dead_run_on_another_host_is_told_by_its_time_stamp(self):
        job = self.begin(*LONG, "-q", "-o", "r.h5")
        found = until(self.under_way)
        job.terminate()
        job.communicate(timeout=60)
        os.unlink(self.path("r.h5"))
        found.update(host="elsewhere", updated=time.time() - 1000)
        self.put("r.h5.status", json.dumps(found, indent=2) + "\n")
        done = self.run_rampart("watch", "--once", "r.h5", seconds=100)
        self.assertEqual(done.returncode, 1)
        self.assertIn("the run on elsewhere", done.stderr)
        found.update(state="failed", updated=time.time())
        self.put("r.h5.status", json.dumps(found, indent=2) + "\n")
        done = self.run_rampart("watch", "r.h5", seconds=100)
        self.assertEqual(done.returncode, 1)
        self.assertIn("failed", done.stderr)

    def test_a_status_that_is_none(self):
        self.put("r.h5.status", "{}")
        self.refused("watch", "--once", "r.h5", says="no run under way")


if __name__ == "__main__":
    unittest.main()
