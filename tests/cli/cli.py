"""What the tests of the command line share: running it, and looking at what
came out. The program comes from the environment (RAMPART, RAMPART_SOURCE)."""

import os
import shutil
import subprocess
import tempfile
import unittest

RAMPART = os.path.abspath(os.environ.get("RAMPART", "build/bin/rampart"))
CHECK = os.path.abspath(os.environ.get("RAMPART_CHECK", "build/bin/rampart-check"))
VERIFIED = os.environ.get("RAMPART_VERIFIED_CHECK")  # None: it was not built
SOURCE = os.path.abspath(os.environ.get("RAMPART_SOURCE", "."))
NETWORK = os.path.join(SOURCE, "data", "digits_net.h5")
DATASET = os.path.join(SOURCE, "data", "digits.h5")
DIGITS = ["--network", NETWORK, "--dataset", DATASET]
COMMANDS = ["run", "job", "verify", "radius", "import", "predict", "info", "show", "export",
            "report", "watch", "merge", "vnncomp"]
DECIDING = ["run", "verify", "radius"]

QUERIES_HEADER = "network,sample,label,radius,verdict,reason,evidence,seconds"
RADII_HEADER = "network,sample,label,lo,hi,reason,seconds,state"


def without_launcher():
    """The environment, as if no mpirun or srun had started this test."""
    prefixes = ("OMPI_COMM_WORLD", "PMIX_", "PMI_", "SLURM_")
    return {k: v for k, v in os.environ.items() if not k.startswith(prefixes)}


class Case(unittest.TestCase):
    """A test in a fresh folder, with the program at hand."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="rampart-cli-")
        self.addCleanup(shutil.rmtree, self.folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def put(self, name, text):
        mode = "wb" if isinstance(text, bytes) else "w"
        with open(self.path(name), mode) as file:
            file.write(text)
        return self.path(name)

    def content(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def run_rampart(self, *arguments, ranks=0, seconds=300, **more):
        command = [RAMPART, *map(str, arguments)]
        if ranks:
            command = ["mpirun", "-n", str(ranks), *command]
            more.setdefault("ASAN_OPTIONS", "detect_leaks=0")  # MPI's own
        return subprocess.run(command, capture_output=True, text=True,
                              cwd=self.folder, timeout=seconds,
                              env={**without_launcher(), **more})

    def ok(self, *arguments, status=0, **more):
        """Run, expect an exit status, return standard output."""
        done = self.run_rampart(*arguments, **more)
        self.assertEqual(done.returncode, status,
                         f"{arguments}\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def refused(self, *arguments, says="", status=2, **more):
        """Run, expect one clear line and nothing else; return it."""
        done = self.run_rampart(*arguments, **more)
        what = f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        self.assertEqual(done.returncode, status, what)
        self.assertEqual(done.stdout, "", what)
        self.assertRegex(done.stderr, r"\Arampart: [^\n]+\n\Z", what)
        self.assertIn(says, done.stderr, what)
        return done.stderr

    def run_checker(self, *arguments, program=CHECK, seconds=300):
        return subprocess.run([program, *map(str, arguments)], text=True,
                              capture_output=True, cwd=self.folder,
                              timeout=seconds, env=without_launcher())

    def check(self, *arguments, status=0, **more):
        """Run a checker, expect an exit status, return standard output."""
        done = self.run_checker(*arguments, **more)
        self.assertEqual(done.returncode, status,
                         f"{arguments}\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def check_both(self, name):
        """Expect that rampart-check accepts all rows of results, and that the
        verified checker, if it was built, accepts their claims, which are left
        in NAME.d or, of each label or target, in a folder there. Return what
        rampart-check says."""
        said = self.check(name)
        self.assertIn(" 0 without evidence, 0 FAILED", said)
        claims = f"{name}.d"
        self.check("--claims", claims, name)
        parts = [f"{claims}/{one}" for one in os.listdir(self.path(claims))
                 if os.path.isdir(self.path(f"{claims}/{one}"))]
        for folder in parts or [claims] if VERIFIED else ():
            self.assertIn("0 FAILED", self.check(folder, program=VERIFIED))
        return said

    def rows(self, text, header):
        """CSV text as a list of dicts, after its header was compared."""
        lines = text.splitlines()
        self.assertEqual(lines[0], header)
        names = header.split(",")
        return [dict(zip(names, line.split(","))) for line in lines[1:]]

    def without_seconds(self, text, header):
        rows = self.rows(text, header)
        for row in rows:
            del row["seconds"]
        return rows
