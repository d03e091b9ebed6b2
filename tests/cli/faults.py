"""Full disks and vanished files: each is one clear line, and nothing is lost that
was answered or that was there before.

A full disk is a small tmpfs in a mount namespace of this test's own. Where that
is not permitted a limit of file size takes its place, and what needs a real disk
is skipped."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
import unittest

from cli import (CHECK, DATASET, NETWORK, QUERIES_HEADER, RADII_HEADER, RAMPART, Case,
                 without_launcher)

MOUNTS = os.environ.get("RAMPART_TEST_MOUNTS")  # yes or no, once it was tried
JOB = """
network: {file: "net.h5"}
dataset: {file: "data.h5"}
verify:
  - {samples: "0-59", radii: [1, 3]}
radius: {samples: "0-59", cap: 5}
options: {time_limit: 60, threads: 1}
output: disk/r.h5
"""
SMALL = JOB.replace("0-59", "0-2")
KNOWN = "sample,radius,verdict\n0,1,robust\n"
NO_ROOM = "No space left on device" if MOUNTS == "yes" else "File too large"


def in_own_namespace():
    """This test again, where it may mount; without, if that is not permitted."""
    for how in (["unshare", "-m"], ["unshare", "-r", "-m"]):
        tried = [*how, "sh", "-c", "mount -t tmpfs -o size=64k none /mnt"]
        try:
            if subprocess.run(tried, capture_output=True, timeout=20).returncode == 0:
                os.environ["RAMPART_TEST_MOUNTS"] = "yes"
                os.execvp(how[0], [*how, sys.executable, "-B", *sys.argv])
        except (OSError, subprocess.TimeoutExpired):
            pass
    os.environ["RAMPART_TEST_MOUNTS"] = "no"
    print("mounting is not permitted here: limits of file size take the place of "
          "full disks", file=sys.stderr, flush=True)
    os.execv(sys.executable, [sys.executable, "-B", *sys.argv])


class Faults(Case):
    def setUp(self):
        super().setUp()
        for name in ("disk", "tmp"):
            os.mkdir(self.path(name))
        shutil.copy(NETWORK, self.path("net.h5"))
        shutil.copy(DATASET, self.path("data.h5"))
        self.put("job.yaml", JOB)
        self.put("small.yaml", SMALL)

    def disk(self, *options):
        """A disk, with room until `shrink`."""
        if MOUNTS != "yes":
            return
        subprocess.run(["mount", "-t", "tmpfs", "-o", ",".join(["size=16m", *options]),
                        "none", self.path("disk")], check=True)
        self.addCleanup(subprocess.run, ["umount", "-l", self.path("disk")], check=True)

    def resize(self, size):
        subprocess.run(["mount", "-o", f"remount,size={size}", self.path("disk")],
                       check=True)

    def older_results(self, *more):
        self.ok("run", "small.yaml", "-q", *more)
        return {name: self.content(os.path.join("disk", name))
                for name in os.listdir(self.path("disk"))}

    def fill(self, room):
        """Leave room for so many bytes more."""
        if MOUNTS == "yes":
            about = os.statvfs(self.path("disk"))
            self.resize((about.f_blocks - about.f_bavail) * about.f_frsize + room)

    def empty(self):
        if MOUNTS == "yes":
            self.resize("16m")

    def run_in_little_room(self, room, *arguments, ranks=0):
        self.fill(room)
        if MOUNTS == "yes":
            return self.run_rampart(*arguments, ranks=ranks, TMPDIR=self.path("tmp"))
        launcher = ["mpirun", "-n", str(ranks)] if ranks else []
        return subprocess.run(
            [*launcher, "prlimit", f"--fsize={room}", RAMPART, *arguments], cwd=self.folder,
            capture_output=True, text=True, timeout=300,
            env={**without_launcher(), "TMPDIR": self.path("tmp")})

    def start(self, *arguments, before=(), **more):
        return subprocess.Popen(
            [*before, RAMPART, *arguments], cwd=self.folder, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True,
            env={**without_launcher(), "TMPDIR": self.path("tmp"), **more})

    def halted(self, *arguments, **more):
        """A run that is halted while it is under way."""
        journal = self.path("disk/r.h5.journal")
        for _ in range(20):
            job = self.start(*arguments, **more)
            until = time.monotonic() + 60
            while job.poll() is None and time.monotonic() < until:
                if os.path.exists(journal) and os.path.getsize(journal) > 3000:
                    job.send_signal(signal.SIGSTOP)
                    if os.waitpid(job.pid, os.WUNTRACED)[1] & 0xff == 0x7f:
                        return job
                    break
                time.sleep(0.002)
            job.communicate(timeout=60)
        self.fail("20 runs were over before they could be halted")

    def go_on(self, job):
        job.send_signal(signal.SIGCONT)
        out, err = job.communicate(timeout=120)
        return subprocess.CompletedProcess([], job.returncode, out, err)

    def printed(self, name):  # with times: what is computed again has others
        return [self.ok("show", "--csv", "--table", table, "--rows", "all", name)
                for table in ("queries", "radii")]

    def tables(self, name):
        return [self.without_seconds(text, header) for text, header in
                zip(self.printed(name), (QUERIES_HEADER, RADII_HEADER))]

    def whole(self, *more):
        self.ok("run", "job.yaml", "-q", "-o", "whole.h5", *more)
        return self.tables("whole.h5")

    def one_line(self, done, *parts, warnings=0):
        """Exit status 1, one line that says all parts; return it."""
        what = done.stdout + done.stderr
        self.assertEqual(done.returncode, 1, what)
        lines = [l for l in done.stderr.splitlines() if l.startswith("rampart: ")
                 and "going on" not in l and "took over" not in l]
        self.assertEqual(len(lines), 1, what)
        self.assertEqual(done.stderr.count("rampart[0] "), warnings, what)
        for part in (*parts, "once that is mended, start again"):
            self.assertIn(part, lines[0])
        return lines[0]

    def rescued(self, line):
        found = re.search(r"the results so far are in (\S+\.h5);", line)
        self.assertTrue(found, line)
        self.assertEqual(os.listdir(self.path("tmp")), [os.path.basename(found[1])])
        self.assertEqual(os.path.dirname(found[1]), self.path("tmp"))
        return found[1]

    def checked(self, *arguments, proved=False):
        """No claim is wrong; with proofs, none is left without one."""
        done = subprocess.run([CHECK, *arguments], cwd=self.folder, capture_output=True,
                              text=True, timeout=60)
        self.assertEqual(done.returncode, 0 if proved else 3, done.stdout + done.stderr)
        self.assertIn(" 0 FAILED", done.stdout)
        self.assertEqual(done.stderr, "")

    def still_there(self, older):
        """Proofs may have grown at their end."""
        for name, content in older.items():
            now = self.content(os.path.join("disk", name))
            if name.endswith(".proofs"):
                now = now[:len(content)]
            self.assertEqual(now, content, name)

    def complete(self, *more):
        """The same command line goes on, to the end."""
        done = self.run_rampart("run", "job.yaml", *more)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stderr, r"going on with \d+ answers")
        self.assertFalse(os.path.exists(self.path("disk/r.h5.journal")))


class FullDisk(Faults):
    def full(self, ranks):
        self.disk()
        whole = self.whole()
        older = self.older_results()
        done = self.run_in_little_room(16384, "run", "job.yaml", "--rows", "0", ranks=ranks)
        self.assertIn("120 queries", done.stdout)  # what was found is printed
        self.assertRegex(done.stderr, r"rampart\[0\] warning: disk/r.h5.journal: cannot write: "
                         + NO_ROOM + "; make room: the run goes on")
        line = self.one_line(done, f"disk/r.h5: cannot write: {NO_ROOM}", warnings=1)
        self.still_there(older)
        if MOUNTS == "yes":  # a limit of file size holds everywhere
            self.assertEqual(self.tables(self.rescued(line)), whole)
            self.checked(self.rescued(line))
        self.empty()
        self.complete()
        self.assertEqual(self.tables("disk/r.h5"), whole)

    def test_no_room_for_journal_and_tables(self):
        self.full(0)

    def test_no_room_with_two_ranks(self):
        self.full(2)

    def test_a_journal_that_has_room_again(self):
        if MOUNTS != "yes":
            self.skipTest("mounting is not permitted here")
        self.disk()
        whole = self.whole()
        for _ in range(10):
            if os.path.exists(self.path("disk/r.h5")):
                os.remove(self.path("disk/r.h5"))
            self.fill(12288)
            job = self.start("run", "job.yaml", "--rows", "0")
            said = job.stderr.readline()
            job.send_signal(signal.SIGSTOP)
            self.empty()
            done = self.go_on(job)
            self.assertIn("make room", said)
            if done.returncode == 0:
                break
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("disk/r.h5.journal: written again", done.stderr)
        self.assertEqual(self.tables("disk/r.h5"), whole)
        self.assertEqual(os.listdir(self.path("disk")), ["r.h5"])

    def proofs(self, ranks):
        self.disk()
        full = ["--evidence", "full"]
        whole = self.whole(*full)
        older = self.older_results(*full)
        self.assertEqual(sorted(older), ["r.h5", "r.h5.proofs"])
        done = self.run_in_little_room(32768, "run", "job.yaml", "--rows", "0", *full,
                                       ranks=ranks)
        line = self.one_line(done, f"disk/r.h5.proofs: cannot write: {NO_ROOM}",
                             warnings=done.stderr.count("r.h5.journal: cannot write"))
        self.still_there(older)
        self.checked("disk/r.h5", proved=True)
        if MOUNTS == "yes":
            rescued = self.tables(self.rescued(line))
            self.assertEqual([len(t) for t in rescued], [len(t) for t in whole])
            for row in rescued[0]:
                self.assertTrue(row in whole[0] or row["reason"] == "interrupted", row)
        self.empty()
        self.complete(*full)
        self.assertEqual(self.tables("disk/r.h5"), whole)
        self.checked("disk/r.h5", proved=True)
        self.assertEqual(sorted(os.listdir(self.path("disk"))), sorted(older))

    def test_no_room_for_proofs(self):
        self.proofs(0)

    def test_no_room_for_proofs_with_two_ranks(self):
        self.proofs(2)

    def tables_alone(self, *more):
        """No file more, while those that are there grow."""
        if MOUNTS != "yes":
            self.skipTest("mounting is not permitted here")
        self.disk("nr_inodes=20")
        whole = self.whole(*more)
        older = self.older_results(*more)
        job = self.halted("run", "job.yaml", "--rows", "0", *more)
        taken = []
        try:
            while True:
                name = self.path(f"disk/{len(taken)}")
                os.close(os.open(name, os.O_CREAT | os.O_WRONLY))
                taken.append(name)
        except OSError:
            pass
        line = self.one_line(self.go_on(job), "disk/r.h5: cannot create: " + NO_ROOM)
        self.still_there(older)
        rescue = self.rescued(line)
        self.assertEqual(self.tables(rescue), whole)
        if more:
            self.assertIn("; their proofs in disk/r.h5.proofs; once", line)
            self.checked("disk/r.h5", proved=True)
            self.checked(rescue, "--proofs", "disk/r.h5.proofs", proved=True)
        else:
            self.checked(rescue)
        for name in taken:
            os.remove(name)
        self.complete(*more)
        self.assertEqual(self.printed("disk/r.h5"), self.printed(rescue))

    def test_no_room_for_the_tables_alone(self):
        self.tables_alone()

    def test_no_room_for_the_tables_beside_their_proofs(self):
        self.tables_alone("--evidence", "full")

    def test_no_room_at_the_start(self):
        if MOUNTS != "yes":
            self.skipTest("mounting is not permitted here")
        self.disk()
        older = self.older_results()
        self.fill(0)
        self.refused("run", "job.yaml", status=1,
                     says="disk/r.h5.journal: cannot write: " + NO_ROOM)
        self.still_there(older)
        self.assertEqual(sorted(os.listdir(self.path("disk"))), sorted(older))

    def test_a_rescue_goes_to_tmp_where_tmpdir_is_gone(self):
        job = self.halted("run", "job.yaml", "-q", TMPDIR=self.path("none"))
        shutil.rmtree(self.path("disk"))
        done = self.go_on(job)
        found = re.search(r"results so far are in (/tmp/rampart-results\.\S+\.h5);", done.stderr)
        self.assertTrue(found, done.stderr)
        self.addCleanup(os.remove, found[1])
        self.assertEqual(self.tables(found[1]), self.whole())


class Folder(Faults):
    def test_the_folder_is_removed(self):
        whole = self.whole()
        job = self.halted("run", "job.yaml", "--rows", "0")
        shutil.rmtree(self.path("disk"))
        done = self.go_on(job)
        self.assertIn("disk/r.h5.journal: was removed during the run", done.stderr)
        rescue = self.rescued(self.one_line(
            done, "disk/r.h5: cannot create: No such file", warnings=1))
        self.assertEqual(self.tables(rescue), whole)
        self.checked(rescue)

    def test_the_folder_is_removed_with_its_proofs(self):
        whole = self.whole("--evidence", "full")
        job = self.halted("run", "job.yaml", "--rows", "0", "--evidence", "full")
        shutil.rmtree(self.path("disk"))
        line = self.one_line(self.go_on(job), "disk/r.h5: cannot create: No such file",
                             warnings=1)
        self.assertNotIn("proofs", line)
        self.assertEqual(self.tables(self.rescued(line)), whole)

    def test_the_folder_becomes_unwritable(self):
        whole = self.whole()
        older = self.older_results()
        as_others = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"] \
            if os.geteuid() == 0 else []
        if as_others and subprocess.run([*as_others, "true"], capture_output=True).returncode:
            self.skipTest("root cannot give up its right to write everywhere here")
        job = self.halted("run", "job.yaml", "--rows", "0", before=as_others)
        os.chmod(self.path("disk"), 0o555)
        self.addCleanup(os.chmod, self.path("disk"), 0o755)
        line = self.one_line(self.go_on(job), "disk/r.h5: cannot create: Permission denied")
        self.still_there(older)
        rescue = self.rescued(line)
        self.assertEqual(self.tables(rescue), whole)
        self.checked(rescue)
        os.chmod(self.path("disk"), 0o755)
        self.complete()
        self.assertEqual(self.printed("disk/r.h5"), self.printed(rescue))


class Pair(Faults):
    def test_older_results_beside_newer_proofs_are_told(self):
        """As a host leaves them that crashes between the two renames."""
        older = self.older_results("--evidence", "full")
        self.ok("run", "job.yaml", "-q", "--evidence", "full", "--fresh")
        self.checked("disk/r.h5", proved=True)
        self.put("disk/r.h5", older["r.h5"])
        done = subprocess.run([CHECK, "disk/r.h5"], cwd=self.folder, capture_output=True,
                              text=True, timeout=60)
        # The newer ones prove the older claims too; all is tried.
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(done.stderr, "rampart-check: disk/r.h5.proofs: not the proofs that "
                         "were written with these results, or damaged; they are tried "
                         "anyway\n")

    def test_proofs_that_have_grown_are_the_same(self):
        """Results written meanwhile are followed by more proofs of the same run."""
        self.ok("run", "small.yaml", "-q", "--evidence", "full")
        with open(self.path("disk/r.h5.proofs"), "ab") as proofs:
            proofs.write(b"RPBL and half a block")
        self.checked("disk/r.h5", proved=True)


class Inputs(Faults):
    NAMES = ("net.h5", "data.h5", "job.yaml", "known.csv")

    def setUp(self):
        super().setUp()
        self.put("known.csv", KNOWN)
        self.put("job.yaml", JOB + "known: known.csv\n")

    def test_they_vanish_during_a_run(self):
        whole = self.whole()
        job = self.halted("run", "job.yaml", "--rows", "0")
        for name in self.NAMES:
            os.remove(self.path(name))
        done = self.go_on(job)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("known answers: 3 ok", done.stdout)
        self.assertEqual(self.tables("disk/r.h5"), whole)
        self.assertFalse(os.path.exists(self.path("disk/r.h5.journal")))

    def test_they_vanish_before_a_run_goes_on(self):
        whole = self.whole()
        older = self.older_results()
        job = self.halted("run", "job.yaml", "-q")
        job.kill()
        job.communicate()
        older["r.h5.journal"] = self.content("disk/r.h5.journal")
        for name in self.NAMES:
            os.rename(self.path(name), self.path("away"))
            for more in ([], ["--resume"]):
                self.refused("run", "job.yaml", *more,
                             says=f"{name}: cannot open: No such file or directory")
                self.still_there(older)
            os.rename(self.path("away"), self.path(name))
        self.complete()
        self.assertEqual(self.tables("disk/r.h5"), whole)


if __name__ == "__main__":
    if not MOUNTS:
        in_own_namespace()
    unittest.main()
