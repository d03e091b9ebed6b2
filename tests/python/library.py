"""Where the package finds the library and the program, and what it says when
they are not there or of another version."""

import ctypes
import glob
import os
import re
import shutil
import subprocess
import sys
import unittest

import rampart
from common import NETWORK, Case

PREFIX, LIB = os.environ["PREFIX"], os.environ["LIB"]
NAME = "librampart.so." + ".".join(rampart.__version__.split(".")[:2])
ASK = f"""
import rampart
try:
    print(rampart.__file__, rampart.Network({NETWORK!r}).classes)
except rampart.Error as error:
    print(error.status, error)
"""
LOOK = """
import rampart
try:
    print(rampart.Results("nowhere.h5"))
except rampart.Error as error:
    print(error.status, error)
"""


class Places(Case):
    def python(self, code, **environment):
        """What a new process prints. Variables that are None are not set."""
        bare = {"LD_LIBRARY_PATH": None, "PYTHONPATH": None,
                "PATH": "/usr/bin:/bin", **environment}
        used = {k: v for k, v in {**os.environ, **bare}.items()
                if v is not None}
        done = subprocess.run([sys.executable, "-B", "-c", code], text=True,
                              capture_output=True, env=used)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def copy_package(self):
        """The installed package, elsewhere, so that it can be changed."""
        folder = os.path.join(self.folder, "packages")
        shutil.copytree(os.path.dirname(rampart.__file__),
                        os.path.join(folder, "rampart"))
        return folder

    def make_library(self, name, text):
        """A library that is not the one."""
        compiler = os.environ.get("CC") or shutil.which("cc")
        if not compiler:
            self.skipTest("no C compiler")
        self.put("other.c", text)
        subprocess.run([compiler, "-shared", "-fPIC", "other.c", "-o", name],
                       check=True)
        return os.path.abspath(name)

    def test_by_the_loader(self):
        self.assertIn(" 10\n", self.python(ASK, LD_LIBRARY_PATH=LIB))

    def test_by_its_variable(self):
        self.assertIn(" 10\n", self.python(
            ASK, RAMPART_LIBRARY=os.path.join(LIB, NAME)))

    def test_beside_the_package(self):
        packages = self.copy_package()
        shutil.copy(os.path.join(LIB, NAME),
                    os.path.join(packages, "rampart"))
        self.assertEqual(self.python(ASK, PYTHONPATH=packages),
                         f"{packages}/rampart/__init__.py 10\n")

    def test_below_the_prefix_without_any_variable(self):
        """Where `cmake --install` puts the package it finds the rest."""
        package = os.path.join(PREFIX, "share", "rampart", "python")
        self.assertEqual(self.python(ASK, PYTHONPATH=package),
                         f"{package}/rampart/__init__.py 10\n")
        self.assertEqual(self.python(LOOK, PYTHONPATH=package),
                         "2 nowhere.h5: cannot open: No such file or "
                         "directory\n")

    def test_nowhere(self):
        look = "import ctypes.util; print(ctypes.util.find_library('rampart'))"
        if self.python(look) != "None\n":
            self.skipTest("the system has the library")
        told = self.python(ASK)
        self.assertRegex(told, rf"^2 {NAME}: cannot be loaded: .*; set "
                               r"RAMPART_LIBRARY to the file of the library, "
                               r"or LD_LIBRARY_PATH to its folder\n$")
        self.assertEqual(self.python(LOOK),
                         "2 rampart: the program was not found; set "
                         "RAMPART_PROGRAM to its file, or PATH\n")

    def test_results_need_no_library(self):
        self.assertIn("2 nowhere.h5: cannot open", self.python(
            LOOK, RAMPART_PROGRAM=os.path.join(PREFIX, "bin", "rampart")))

    def test_another_version(self):
        new = self.make_library(
            "new.so", 'const char *rp_version(void) { return "9.1.0"; }')
        old = self.make_library("old.so", "int rp_model_open(void);")
        wanted = ".".join(rampart.__version__.split(".")[:2])
        expected = (f"expected version {wanted} of the library, as of this "
                    f"package, found")
        self.assertEqual(self.python(ASK, RAMPART_LIBRARY=new),
                         f"2 {new}: {expected} 9.1.0\n")
        self.assertEqual(self.python(ASK, RAMPART_LIBRARY=old),
                         f"2 {old}: {expected} an older one, which does not "
                         f"tell\n")

    def test_another_version_of_the_program(self):
        self.put("rampart", "#!/bin/sh\necho rampart 9.1.0\n")
        os.chmod("rampart", 0o755)
        program = os.path.abspath("rampart")
        wanted = ".".join(rampart.__version__.split(".")[:2])
        self.assertEqual(self.python(LOOK, RAMPART_PROGRAM=program),
                         f"2 {program}: expected version {wanted} of rampart, "
                         f"as of this package, found 9.1.0\n")

    def test_no_program_at_all(self):
        for name, why in (("nowhere", "No such file or directory"),
                          (self.folder, "Permission denied")):
            self.assertEqual(self.python(LOOK, RAMPART_PROGRAM=name),
                             f"2 {name}: cannot be started: {why}\n")

    def test_every_function_is_declared_as_in_the_header(self):
        """Names, results and numbers of parameters."""
        from rampart import _library
        flat = ""
        for name in glob.glob(os.path.join(PREFIX, "include/rampart/*.h")):
            with open(name, encoding="utf-8") as file:
                flat += " ".join(file.read().split())
        for name, (result, parameters) in _library.PROTOTYPES.items():
            found = re.search(rf"RP_PUBLIC ([^;()]*?)\b{name}\(([^;]*?)\);",
                              flat)
            self.assertIsNotNone(found, name)
            declared = [p for p in found.group(2).split(",") if p != "void"]
            self.assertEqual(len(parameters), len(declared), name)
            self.assertEqual(result is None, found.group(1).strip() == "void")
            for mine, theirs in zip(parameters, declared):
                is_pointer = "*" in theirs or "[" in theirs
                self.assertEqual(mine in (ctypes.c_int, ctypes.c_int32,
                                          ctypes.c_int64), not is_pointer,
                                 (name, theirs))


if __name__ == "__main__":
    unittest.main()
