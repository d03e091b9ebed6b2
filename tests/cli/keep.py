"""What was decided once stays: the ways in which a command that is repeated,
stopped, killed, changed or sent to the wrong file could lose results."""

import os
import signal
import subprocess
import time
import unittest

from cli import (DATASET, DIGITS, NETWORK, QUERIES_HEADER, RADII_HEADER, RAMPART,
                 Case, without_launcher)

LITTLE = ["--time-limit", "0.001", "--node-limit", "1", "--attack-moves", "0"]
RADII = ["radius", *DIGITS, "--threads", "1", "-o", "r.h5", "--cap", "8"]
QUERIES = ["verify", *DIGITS, "--threads", "1", "-o", "r.h5"]
JOB = f"""
network: {{file: "{NETWORK}"}}
dataset: {{file: "{DATASET}"}}
radius: {{samples: "0-29", cap: 5}}
options: {{threads: 1}}
output: r.h5
"""


def is_decided(row):
    return row["verdict"] != "unknown" if "verdict" in row else row["lo"] == row["hi"]


def size_of(path):
    """0 if it is not there, or goes while it is looked at."""
    try:
        return os.path.getsize(path)
    except FileNotFoundError:
        return 0


class Keep(Case):
    def queries(self, name="r.h5"):
        text = self.ok("show", "--csv", "--table", "queries", "--rows", "all", name)
        return {(r["sample"], r["radius"]): r for r in self.without_seconds(text, QUERIES_HEADER)}

    def radii(self, name="r.h5"):
        text = self.ok("show", "--csv", "--table", "radii", "--rows", "all", name)
        return {r["sample"]: r for r in self.without_seconds(text, RADII_HEADER)}

    def assert_kept(self, before, after):
        """Every row is there; what was decided is the same; intervals only shrink."""
        for key, old in before.items():
            new = after[key]
            if is_decided(old):
                self.assertEqual(new, old)
            elif "lo" in old:
                self.assertLessEqual(int(old["lo"]), int(new["lo"]))
                self.assertGreaterEqual(int(old["hi"]), int(new["hi"]))

    def end(self, number, *arguments, ranks=0, enough=1):
        """Start a run and end it once its journal has so many bytes, or it ends."""
        command = [RAMPART, *map(str, arguments), "-q"]
        if ranks:
            command = ["mpirun", "-n", str(ranks), *command]
        run = subprocess.Popen(command, cwd=self.folder, env=without_launcher(),
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        journal = self.path("r.h5.journal")
        until = time.monotonic() + 60
        while run.poll() is None and time.monotonic() < until:
            if size_of(journal) > enough:
                run.send_signal(number)
                break
        run.communicate(timeout=60)
        return run.returncode


class Repeated(Keep):
    def repeat(self, command, table, ranks):
        """A complete run, then every command that once made it poorer."""
        self.ok(*command, "--samples", "0-39", ranks=ranks)
        before = table()
        self.assertTrue(all(map(is_decided, before.values())))
        content = self.content("r.h5")
        for more in ([], ["--resume", *LITTLE], ["--retry"], LITTLE):
            done = self.run_rampart(*command, "--samples", "0-39", *more, ranks=ranks)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("already complete", done.stderr)
            self.assertEqual(self.content("r.h5"), content)
        # More samples, ended at once: once more of the same, in two ways.
        for number, enough in ((signal.SIGTERM, 1), (signal.SIGKILL, 9000)):
            self.end(number, *command, "--samples", "0-99", ranks=ranks, enough=enough)
            self.assert_kept(before, table())
        done = self.run_rampart(*command, "--samples", "0-59", *LITTLE, ranks=ranks)
        self.assertRegex(done.stderr, "took over|already complete")
        self.assert_kept(before, table())
        # Fewer samples: the others stay.
        before = table()
        self.ok(*command, "--samples", "3-9", ranks=ranks)
        self.assert_kept(before, table())
        self.check("r.h5", status=3)

    def test_radii(self):
        self.repeat(RADII, self.radii, 0)

    def test_radii_on_two_ranks(self):
        self.repeat(RADII, self.radii, 2)

    def test_queries(self):
        self.repeat([*QUERIES, "--radius", "1,3"], self.queries, 0)

    def test_queries_on_two_ranks(self):
        self.repeat([*QUERIES, "--radius", "1,3"], self.queries, 2)

    def test_only_what_is_open_is_asked_again(self):
        self.run_rampart(*RADII, "--samples", "0-49", *LITTLE)
        before = self.radii()
        n_open = sum(not is_decided(r) for r in before.values())
        self.assertGreater(n_open, 0)
        # On resuming, what these limits left open counts as answered.
        done = self.run_rampart(*RADII, "--samples", "0-49", *LITTLE, "--resume")
        self.assertIn("already complete", done.stderr)
        done = self.run_rampart(*RADII, "--samples", "0-49", "--resume")
        self.assertRegex(done.stderr, r"took over \d+ closed radi.*, \d+ open radi")
        self.assertEqual(done.returncode, 0)
        asked = {line.split(",")[2] for line in self.ok(
            "show", "--csv", "--table", "timeline", "--rows", "all", "r.h5").splitlines()[1:]}
        self.assertEqual(asked, {s for s, r in before.items() if not is_decided(r)})
        self.assert_kept(before, self.radii())

    def test_other_radii_stand_beside(self):
        self.ok(*QUERIES, "--samples", "0-19", "--radius", "1,2")
        before = self.queries()
        self.ok(*QUERIES, "--samples", "5-24", "--radius", "2-3")
        self.assertEqual(len(self.queries()), 40 + 40 - 15)
        self.assert_kept(before, self.queries())
        self.ok(*RADII, "--samples", "0-9")
        self.assertEqual(len(self.queries()), 65)
        self.assertEqual(len(self.radii()), 10)
        self.check("r.h5", status=3)

    def test_a_cap_grows_and_does_not_shrink(self):
        self.ok(*RADII, "--samples", "0-19")
        before = self.radii()
        self.ok(*RADII, "--samples", "0-19", "--cap", "4")
        self.assertEqual(self.radii(), before)
        self.refused(*RADII, "--samples", "0-9", "--cap", "9",
                     says="which this run does not ask for")
        done = self.run_rampart(*RADII, "--samples", "0-19", "--cap", "9")
        self.assertRegex(done.stderr, r"took over \d+ closed radii, \d+ open radi")
        self.assertEqual(done.returncode, 0)
        for sample, row in self.radii().items():
            old = before[sample]
            self.assertEqual((int(old["lo"]), int(old["hi"])),
                             (min(8, int(row["lo"])), min(8, int(row["hi"]))))
        self.check("r.h5", status=3)

    def test_without_a_cap_a_search_goes_on_to_the_end(self):
        uncapped = RADII[:-2]
        self.ok(*RADII, "--samples", "0-9", "--cap", "3")
        done = self.run_rampart(*RADII, "--samples", "0-11", "--cap", "3")
        self.assertRegex(done.stderr, r"took over \d+ closed radi.*, \d+ capped radii\n")
        self.ok(*uncapped, "--samples", "0-11")
        self.assertTrue(all(r["state"] in ("closed", "misclassified")
                            for r in self.radii().values()))
        done = self.run_rampart(*uncapped, "--samples", "0-11")
        self.assertIn("r.h5: already complete\n", done.stderr)
        done = self.run_rampart(*RADII, "--samples", "0-9", "--cap", "3")
        self.assertIn("complete; searched up to radius 255, as in that file", done.stderr)


class Evidence(Keep):
    def test_proofs_are_carried_along(self):
        full = ["--evidence", "full"]
        self.ok(*RADII, "--samples", "0-24", *full)
        before = self.radii()
        # Less evidence is not kept: the run does as the file says.
        done = self.run_rampart(*RADII, "--samples", "0-29")
        self.assertIn("evidence full, as in that file", done.stderr)
        self.check("r.h5")
        self.end(signal.SIGKILL, *RADII, "--samples", "0-69", *full, enough=16000)
        self.check("r.h5")
        self.end(signal.SIGTERM, *RADII, "--samples", "0-69", *full, enough=24000)
        self.assert_kept(before, self.radii())
        self.ok(*RADII, "--samples", "30-69", *full, ranks=2)
        self.assert_kept(before, self.radii())
        self.check("r.h5")

    def test_missing_proofs_are_made_and_nothing_is_lost(self):
        for command, table in ((RADII, self.radii),
                               ([*QUERIES, "--radius", "1,3"], self.queries)):
            self.ok(*command, "--samples", "0-39")
            before = table()
            self.check("r.h5", status=3)
            for number in (signal.SIGKILL, signal.SIGTERM):
                self.end(number, *command, "--samples", "0-39", "--evidence", "full",
                         enough=5000)
                self.assert_kept(before, table())
            self.run_rampart(*command, "--samples", "0-39", "--evidence", "full", *LITTLE)
            self.assert_kept(before, table())
            self.refused(*command, "--samples", "0-9", "--evidence", "full", "--fresh",
                         "--resume", says="--fresh")
            self.ok(*command, "--samples", "0-39", "--evidence", "full")
            self.assertEqual(table(), before)
            self.check("r.h5")
            os.remove(self.path("r.h5"))

    def kill_at_the_next_write(self, *arguments):
        """Kill a run as soon as it has replaced the results."""
        before = os.stat(self.path("r.h5")).st_ino
        run = subprocess.Popen([RAMPART, *arguments, "-q"], cwd=self.folder,
                               env=without_launcher(), stderr=subprocess.PIPE)
        until = time.monotonic() + 60
        while (os.stat(self.path("r.h5")).st_ino == before and run.poll() is None
               and time.monotonic() < until):
            pass
        run.kill()
        run.communicate(timeout=60)

    def test_what_a_killed_run_leaves_can_be_checked(self):
        """A run that comes after one that was killed writes what that knew before
        it asks anything; the file then says what is not asked yet."""
        full = ["--evidence", "full"]
        self.ok(*RADII, "--samples", "0-9", *full)
        self.end(signal.SIGKILL, *RADII, "--samples", "0-59", *full, enough=5000)
        before = self.radii()
        self.kill_at_the_next_write(*RADII, "--samples", "0-99", *full)
        self.assert_kept(before, self.radii())
        self.check("r.h5")
        self.assertEqual(len(self.radii()), 100)

    def test_queries_after_a_search_that_was_killed(self):
        """Its radii keep the cap that they were searched up to."""
        self.end(signal.SIGKILL, *RADII[:-2], "--samples", "0-99", enough=5000)
        self.ok(*QUERIES, "--samples", "0-3", "--radius", "1")
        self.assertEqual(len(self.queries()), 4)
        self.assertTrue(self.radii())
        self.check("r.h5", status=3)
        self.ok(*RADII[:-2], "--samples", "0-9")

    def test_lost_proofs_are_made_again(self):
        self.ok(*RADII, "--samples", "0-19", "--evidence", "full")
        before = self.radii()
        os.remove(self.path("r.h5.proofs"))
        self.ok(*RADII, "--samples", "0-19", "--evidence", "full")
        self.assertEqual(self.radii(), before)
        self.check("r.h5")

    def test_rows_not_asked_for_must_have_the_evidence_too(self):
        self.ok(*RADII, "--samples", "0-9", "--evidence", "none")
        self.refused(*RADII, "--samples", "0-4", says="less evidence than")
        before = self.radii()
        self.ok(*RADII, "--samples", "0-9", "--evidence", "full")
        self.assertEqual(self.radii(), before)
        self.check("r.h5")


class OtherJobs(Keep):
    def test_they_are_refused_and_nothing_changes(self):
        self.ok(*RADII, "--samples", "0-9")
        before = {n: self.content(n) for n in os.listdir(self.folder)}
        deep = NETWORK.replace("_net", "_deep")
        csv = self.put("one.csv", "7," + ",".join(["0"] * 196) + "\n")
        for arguments, what in (
                (["--network", deep], "another network"),
                (["--dataset", csv, "--samples", "0"], "another dataset"),
                (["--engine", "onehot"], "another engine"),
                (["--shard", "1/2"], "another shard")):
            self.refused(*RADII, "--samples", "0-9", *arguments, says=what)
            self.refused(*RADII, "--samples", "0-9", *arguments, "--retry", says="--fresh")
            done = self.run_rampart(*RADII, "--samples", "0-9", *arguments, ranks=2)
            self.assertEqual(done.returncode, 2)
            self.assertIn(what, done.stderr)
            self.assertEqual(self.content("r.h5"), before["r.h5"])
        os.remove(csv)
        self.ok(*RADII, "--samples", "0-4", "--network", deep, "--fresh")
        self.assertEqual(self.content("r.old-1.h5"), before["r.h5"])

    def test_fresh_keeps_all_files_together(self):
        self.ok(*RADII, "--samples", "0-19", "--evidence", "full")
        before = self.radii()
        self.end(signal.SIGKILL, *RADII, "--samples", "0-59", "--evidence", "full",
                 enough=10000)
        done = self.run_rampart(*RADII, "--samples", "0-3", "--fresh")
        self.assertIn("kept as r.old-1.h5", done.stderr)
        self.assertEqual(len(self.radii()), 4)
        self.assertEqual(self.radii("r.old-1.h5"), before)
        self.assertTrue(os.path.exists(self.path("r.old-1.h5.journal")))
        self.check("r.old-1.h5")
        self.ok(*RADII, "--samples", "0-3", "--fresh", "-q")
        self.assertEqual(len(self.radii("r.old-2.h5")), 4)
        self.assertEqual(self.radii("r.old-1.h5"), before)

    def test_two_shards_do_not_share_a_file(self):
        self.put("job.yaml", JOB)
        self.ok("run", "job.yaml", "-q", "--shard", "1/2", "-o", "r.h5")
        before = self.content("r.h5")
        self.refused("run", "job.yaml", "-q", "--shard", "2/2", "-o", "r.h5",
                     says="another shard: expected 2/2, found 1/2")
        self.assertEqual(self.content("r.h5"), before)

    def test_a_merge_tells_of_proofs_that_are_gone(self):
        self.put("job.yaml", JOB)
        for i in (1, 2):
            self.ok("run", "job.yaml", "-q", "--shard", f"{i}/2", "--evidence", "full")
        merge = ["merge", "-q", "r.1-of-2.h5", "r.2-of-2.h5", "-o", "all.h5"]
        self.assertEqual(self.run_rampart(*merge).stderr, "")
        os.remove(self.path("r.2-of-2.h5.proofs"))
        lines = self.run_rampart(*merge).stderr.splitlines()
        self.assertEqual(len(lines), 1)
        self.assertIn("r.2-of-2.h5.proofs: not there", lines[0])

    def test_a_merge_keeps_what_its_output_has(self):
        self.put("job.yaml", JOB)
        shards = ["r.1-of-2.h5", "r.2-of-2.h5"]
        for i in (1, 2):
            self.ok("run", "job.yaml", "-q", "--shard", f"{i}/2", "--evidence", "full")
        self.ok("merge", "-q", *shards, "-o", "all.h5")
        before = self.radii("all.h5")
        for i in (1, 2):
            self.run_rampart("run", "job.yaml", "-q", "--shard", f"{i}/2", "--fresh",
                             "--evidence", "full", *LITTLE)
        self.assertTrue(any(not is_decided(r) for s in shards for r in self.radii(s).values()))
        self.ok("merge", "-q", *shards, "-o", "all.h5")
        self.assertEqual(self.radii("all.h5"), before)
        self.check("all.h5")
        self.put("other.yaml", JOB.replace("0-29", "0-9"))
        self.ok("run", "other.yaml", "-q", "-o", "all2.h5")
        content = self.content("all2.h5")
        self.refused("merge", "-q", *shards, "-o", "all2.h5", says="another set of samples")
        self.assertEqual(self.content("all2.h5"), content)


if __name__ == "__main__":
    unittest.main()
