"""What the tests of the Python package share: the command line to compare with,
and the sample data."""

import csv
import io
import os
import shutil
import subprocess
import tempfile
import unittest

import rampart

SOURCE = os.path.abspath(os.environ["RAMPART_SOURCE"])
NETWORK = os.path.join(SOURCE, "data", "digits_net.h5")
DEEP = os.path.join(SOURCE, "data", "digits_deep.h5")
DATASET = os.path.join(SOURCE, "data", "digits.h5")
DIGITS = ["--network", NETWORK, "--dataset", DATASET]


def command_line(*arguments, folder=None):
    """The program, as it is installed, run as a user would."""
    return subprocess.run(["rampart", *map(str, arguments)], text=True,
                          capture_output=True, cwd=folder)


class Case(unittest.TestCase):
    """A test in a fresh folder, which is the current one."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="rampart-python-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(self.folder)

    def ok(self, *arguments, status=0):
        done = command_line(*arguments)
        self.assertEqual(done.returncode, status, done.stderr)
        return done.stdout

    def rows(self, *arguments, status=0):
        """Rows of CSV that a command prints, as dicts of texts."""
        return list(csv.DictReader(io.StringIO(
            self.ok(*arguments, status=status))))

    def put(self, name, text):
        with open(name, "w", encoding="utf-8") as file:
            file.write(text)
        return name

    def raises(self, says, call, *arguments, status=2, **more):
        """An error with exactly this text."""
        with self.assertRaises(rampart.Error) as raised:
            call(*arguments, **more)
        self.assertEqual((str(raised.exception), raised.exception.status),
                         (says, status))

    def raises_as(self, command, call, *arguments, **more):
        """The error that a command reports, word for word."""
        done = command_line(*command)
        self.assertTrue(done.stderr.startswith("rampart: "), done)
        self.raises(done.stderr[len("rampart: "):].rstrip("\n"), call,
                    *arguments, status=done.returncode, **more)
