"""Runs that end too early and go on, and runs in shards: rows are lost or doubled
by neither."""

import os
import signal
import subprocess
import time
import unittest

from cli import (DATASET, NETWORK, QUERIES_HEADER, RADII_HEADER, RAMPART, Case,
                 without_launcher)

JOB = f"""
network: {{file: "{NETWORK}"}}
dataset: {{file: "{DATASET}"}}
verify:
  - {{samples: "0-30", radii: [1, 3]}}
radius: {{samples: "20-35,36-70", cap: 7}}
options: {{time_limit: 60, threads: 1}}
output: r.h5
"""


class Runs(Case):
    def setUp(self):
        super().setUp()
        self.put("job.yaml", JOB)

    def tables(self, name):
        return [self.without_seconds(self.ok("show", "--csv", "--table", table, name), header)
                for table, header in (("queries", QUERIES_HEADER), ("radii", RADII_HEADER))]

    def end_early(self, number, *more, enough=6000):
        """Start the job, and end it once its journal holds something."""
        for _ in range(20):
            status = self.end_if_quick_enough(number, *more, enough=enough)
            if status != 0:
                return status
        self.fail("20 runs were over before they could be ended")

    def end_if_quick_enough(self, number, *more, enough):
        job = subprocess.Popen(
            [RAMPART, "run", "job.yaml", "-q", *more], cwd=self.folder,
            env=without_launcher(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        journal = self.path("r.h5.journal")
        until = time.monotonic() + 60
        while job.poll() is None and time.monotonic() < until:
            if os.path.exists(journal) and os.path.getsize(journal) > enough:
                break
            time.sleep(0.002)
        job.send_signal(number)
        job.communicate(timeout=60)
        return job.returncode


class Resuming(Runs):
    def test_a_killed_run_goes_on(self):
        self.ok("run", "job.yaml", "-q", "-o", "whole.h5", "--evidence", "full")
        for enough in (2000, 6000, 10000):
            self.assertEqual(
                self.end_early(signal.SIGKILL, "--evidence", "full", enough=enough),
                -signal.SIGKILL)
        for name in ("r.h5", "r.h5.journal", "r.h5.status"):
            with open(self.path(name + ".0123456789abcdef.tmp"), "w"):
                pass  # as a kill while that file is replaced would leave it
        done = self.run_rampart("run", "job.yaml", "--evidence", "full")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stderr, r"going on with \d+ answers")
        self.assertEqual(self.tables("r.h5"), self.tables("whole.h5"))
        self.check("r.h5")
        self.assertEqual(sorted(os.listdir(self.folder)),
                         ["job.yaml", "r.h5", "r.h5.proofs", "whole.h5", "whole.h5.proofs"])

    def test_a_stopped_run_has_its_rows_and_goes_on_on_more_ranks(self):
        self.ok("run", "job.yaml", "-q", "-o", "whole.h5")
        self.assertEqual(self.end_early(signal.SIGTERM), 4)
        rows = self.ok("show", "--csv", "--table", "queries", "--rows", "all", "r.h5")
        self.assertEqual(len(rows.splitlines()), 63)
        self.assertTrue(os.path.exists(self.path("r.h5.journal")))
        self.ok("run", "job.yaml", "-q", ranks=2)
        self.assertEqual(self.tables("r.h5"), self.tables("whole.h5"))
        self.assertFalse(os.path.exists(self.path("r.h5.journal")))

    def test_proofs_that_are_gone_are_made_again(self):
        self.end_early(signal.SIGKILL, "--evidence", "full")
        for name in ("r.h5.proofs", "r.h5.proofs.part"):
            if os.path.exists(self.path(name)):
                os.remove(self.path(name))
        self.ok("run", "job.yaml", "-q", "--evidence", "full")
        self.check("r.h5")

    def test_another_job_is_refused_and_the_journal_stays(self):
        self.end_early(signal.SIGKILL)
        before = self.content("r.h5.journal")
        self.put("net.yaml", JOB.replace(NETWORK, NETWORK.replace("_net", "_deep")))
        for arguments, what in (
                (["net.yaml"], "another network"),
                (["job.yaml", "--engine", "compact"], "another engine"),
                (["job.yaml", "--shard", "1/2", "-o", "r.h5"], "another shard"),
                (["net.yaml", "--retry"], "another network"),
                (["net.yaml", "--resume"], "--fresh")):
            self.refused("run", *arguments, "-q", says=what)
            self.assertEqual(self.content("r.h5.journal"), before)
        self.ok("run", "net.yaml", "-q", "--fresh")
        self.assertEqual(self.content("r.old-1.h5.journal"), before)

    def test_a_journal_is_taken_over_under_other_terms(self):
        self.ok("run", "job.yaml", "-q", "-o", "whole.h5")
        self.put("more.yaml", JOB.replace("0-30", "0-34").replace("[1, 3]", "[3, 5]"))
        for arguments in (["more.yaml"], ["job.yaml", "--time-limit", "5"],
                          ["job.yaml", "--retry"], ["job.yaml", "--evidence", "full"]):
            self.end_early(signal.SIGKILL, enough=10000)
            done = self.run_rampart("run", *arguments)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertRegex(done.stderr, r"r\.h5: took over (\d+ closed radii|.*decided quer)")
            self.ok("run", "job.yaml", "-q")
            kept = self.tables("r.h5")
            for table, whole in zip(kept, self.tables("whole.h5")):
                self.assertEqual([r for r in whole if r not in table], [])
            for name in os.listdir(self.folder):
                if name.startswith("r."):
                    os.remove(self.path(name))

    def test_damage_is_refused(self):
        self.end_early(signal.SIGKILL)
        before = bytearray(self.content("r.h5.journal"))
        before[len(before) // 2] ^= 4
        self.put("r.h5.journal", bytes(before))
        self.refused("run", "job.yaml", "-q", says="damaged at byte")
        self.assertEqual(self.content("r.h5.journal"), bytes(before))
        self.refused("run", "job.yaml", "--fresh", "--retry", says="--fresh")

    def test_a_complete_run_is_resumed_without_work(self):
        self.ok("run", "job.yaml", "-q")
        before = self.content("r.h5")
        done = self.run_rampart("run", "job.yaml", "--resume")
        self.assertEqual(done.returncode, 0)
        self.assertIn("already complete", done.stderr)
        self.assertEqual(self.content("r.h5"), before)
        self.ok("run", "job.yaml", "-q", "--resume", ranks=2)
        self.assertEqual(self.content("r.h5"), before)
        self.ok("run", "job.yaml", "-q")
        self.ok("run", "job.yaml", "-q", "--retry", "--time-limit", "1")
        self.assertEqual(self.content("r.h5"), before)
        self.ok("run", "job.yaml", "-q", "--fresh")
        self.assertNotEqual(self.content("r.h5"), before)
        self.assertEqual(self.content("r.old-1.h5"), before)

    def test_retry_asks_again_what_was_unknown(self):
        self.put("hard.yaml", JOB.replace("digits_net", "digits_deep")
                 .replace("radii: [1, 3]", "radii: [4]")
                 .replace('radius: {samples: "20-35,36-70", cap: 7}', ""))
        few = ["--node-limit", "1", "--attack-moves", "0"]
        job = subprocess.Popen([RAMPART, "run", "hard.yaml", "-q", *few],
                               cwd=self.folder, env=without_launcher())
        until = time.monotonic() + 60
        while job.poll() is None and time.monotonic() < until:
            if os.path.exists(self.path("r.h5.journal")) and \
                    os.path.getsize(self.path("r.h5.journal")) > 4000:
                job.send_signal(signal.SIGSTOP)
                break
        if job.poll() is not None:
            self.skipTest("the run was over before it could be stopped")
        self.refused("run", "hard.yaml", "-q", *few, says="in use by another run")
        job.kill()
        job.wait()
        done = self.run_rampart("run", "hard.yaml", "--retry")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.ok("run", "hard.yaml", "-q", "-o", "whole.h5")
        self.assertEqual(self.tables("r.h5"), self.tables("whole.h5"))


class Shards(Runs):
    def run_shards(self, n, *more):
        for i in range(1, n + 1):
            self.ok("run", "job.yaml", "-q", "--shard", f"{i}/{n}", *more)
        return [f"r.{i}-of-{n}.h5" for i in range(1, n + 1)]

    def test_shards_make_the_whole(self):
        self.ok("run", "job.yaml", "-q", "-o", "whole.h5", "--evidence", "full")
        parts = self.run_shards(3, "--evidence", "full")
        self.assertTrue(all(len(self.tables(p)[0]) >= 20 for p in parts))
        self.ok("merge", "-q", *parts, "-o", "all.h5")
        self.assertEqual(self.tables("all.h5"), self.tables("whole.h5"))
        self.check("all.h5")
        self.ok("merge", "-q", *reversed(parts), "-o", "all.h5")  # replaced
        self.assertEqual(self.tables("all.h5"), self.tables("whole.h5"))
        self.refused("merge", "all.h5", "-o", "b.h5", says="a whole job")

    def test_more_shards_than_samples(self):
        self.put("job.yaml", JOB.replace("0-30", "0-1").replace("20-35,36-70", "1"))
        self.ok("run", "job.yaml", "-q", "-o", "whole.h5")
        self.ok("merge", "-q", *self.run_shards(4), "-o", "all.h5")
        self.assertEqual(self.tables("all.h5"), self.tables("whole.h5"))

    def test_what_is_missing_is_said(self):
        a, b, c = self.run_shards(3)
        os.remove(self.path(b))
        text = self.run_rampart("merge", a, b, c, "-o", "all.h5").stderr
        self.assertRegex(text, r"r.2-of-3.h5: cannot be read")
        self.assertRegex(text, r"of 3 shards missing: 2; --partial")
        self.assertFalse(os.path.exists(self.path("all.h5")))
        self.refused("merge", a, a, c, "-o", "all.h5", says="shard 1/3 is in")
        done = self.run_rampart("merge", "-q", "--partial", a, c, "-o", "all.h5")
        self.assertEqual(done.returncode, 4, done.stderr)
        self.refused("merge", "all.h5", "-o", "b.h5", says="partial")
        # One that was stopped.
        self.assertEqual(
            self.end_early(signal.SIGTERM, "--shard", "2/3", "-o", "r.h5", enough=1500), 4)
        self.refused("merge", a, "r.h5", c, "-o", "b.h5", says="not complete: 2")

    def test_other_jobs_are_refused(self):
        a, b = self.run_shards(2)
        def other(text, *more):
            self.put("other.yaml", text)
            self.ok("run", "other.yaml", "-q", "--shard", "2/2", "-o", "o.h5", "--fresh", *more)
        for text, more, what in (
                (JOB.replace("0-30", "0-29"), [], "another set of samples and radii"),
                (JOB, ["--evidence", "none"], "another evidence"),
                (JOB.replace("cap: 7", "cap: 6"), [], "another radius cap")):
            other(text, *more)
            self.refused("merge", a, "o.h5", "-o", "all.h5", says=what)
        self.put("job.yaml", JOB)
        self.ok("run", "job.yaml", "-q", "--shard", "2/2", "--seed", "9", "-o", "s.h5")
        self.ok("merge", "-q", a, "s.h5", "-o", "seeds.h5")  # limits may differ
        self.ok("run", "job.yaml", "-q", "--shard", "3/4")
        self.refused("merge", a, "r.3-of-4.h5", "-o", "all.h5", says="one of 2 shards")
        self.refused("merge", "-q", a, b, "-o", b, says="cannot be a shard")
        for shard in ("0/2", "3/2", "1", "a/b", "1/2/3", "-1/2", ""):
            self.refused("run", "job.yaml", "--shard", shard, says="--shard: expected I/N")


if __name__ == "__main__":
    unittest.main()
