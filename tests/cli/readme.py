#!/usr/bin/python3
"""Every command of README.md, as it stands, in a scratch copy of the project,
and every line of output that README shows for it.

What cannot be had here is put in place of what would be asked for: the program
under test for what ./quickstart would build, a ctest that only says it was
called, --dry-run for the queue of a cluster, --check for a download. Commands
that need public data are left out, and said, where there are none
(RAMPART_SHARED). Times, and columns of numbers that depend on them, are not
compared. README_PRINT=1 prints what every command said."""

import os
import re
import shutil
import stat
import subprocess
import sys
import unittest

from cli import CHECK, RAMPART, SOURCE, Case, without_launcher

LIBRARY = os.path.abspath(os.environ.get("README_LIBRARY",
                                         "build/librampart.so.0.2"))
SHARED = os.path.abspath(os.environ.get("RAMPART_SHARED", "../shared"))
PUBLIC = os.path.join(SHARED, "mnist", "t10k-images-idx3-ubyte.gz")
NEEDS_PUBLIC = re.compile(r"data/fetch\.sh|table2_mnist\.h5|mpirun -n 8")

# Only what is asked for is there afterwards.
FAKE_CMAKE = f"""#!/bin/sh
mkdir -p build/bin
for target; do
  case $target in
  all) # `cmake --install` needs all
    ln -sf '{RAMPART}' '{CHECK}' build/bin/
    ln -sf '{LIBRARY}' build/
    ;;
  esac
done
"""
FAKE_CTEST = """#!/bin/sh
echo "ctest $*"
"""


def readme():
    with open(os.path.join(SOURCE, "README.md")) as file:
        return file.read()


def commands_shown(text):
    """(command, lines of output) of every console block, in order."""
    shown = []
    for block in re.findall(r"```console\n(.*?)```", text, re.S):
        going_on = False
        for line in block.splitlines():
            if going_on:
                shown[-1][0] += "\n" + line
            elif line.startswith("$ "):
                shown.append([line[2:], []])
            else:
                shown[-1][1].append(line)
            going_on = (line.startswith("$ ") or going_on) and \
                line.endswith("\\")
    return shown


def comparable(line):
    """A line without what differs between runs and machines."""
    row = re.match(r"\s*(\d+\s+\d+\s+\d+\s+(robust|violated)\b)", line)
    if row:  # a query: what was found, not how long it took
        line = row.group(1)
    line = re.sub(r"-n \d+", "-n N", line)
    line = re.sub(r"\d+\.\d+", "T", line)
    return " ".join(line.split())


def left_out(folder, names):
    """What lies around in a tree that is worked in, and is not the program's:
    builds, results of any kind, public data, and whatever is no file."""
    if os.path.samefile(folder, os.path.join(SOURCE, "results")):
        return [name for name in names if not name.endswith(".md")]
    return [name for name in names
            if re.search(r"^build|^\.|^public$|^__pycache__$|\.h5\.|\.html$",
                         name) or
            stat.S_IFMT(os.lstat(os.path.join(folder, name)).st_mode)
            not in (stat.S_IFREG, stat.S_IFDIR)]


class Readme(Case):
    def setUp(self):
        super().setUp()
        self.copy = self.path("copy")
        shutil.copytree(SOURCE, self.copy, ignore=left_out)
        tools = self.path("tools")
        os.mkdir(tools)
        for name, text in [("cmake", FAKE_CMAKE), ("ctest", FAKE_CTEST)]:
            with open(os.path.join(tools, name), "w") as file:
                file.write(text)
            os.chmod(os.path.join(tools, name), 0o755)
        self.environment = {**without_launcher(), "PATH": os.pathsep.join(
            [tools, os.path.join(self.copy, "build", "bin"),
             os.environ["PATH"]])}
        self.environment["ASAN_OPTIONS"] = "detect_leaks=0"
        for name in list(self.environment): # README says what to export
            if name.startswith("OMPI_"):
                del self.environment[name]
        self.has_public = os.path.exists(PUBLIC)
        if self.has_public:
            os.symlink(SHARED, os.path.join(self.copy, "data", "public"))

    @staticmethod
    def in_its_place(command):
        if command.startswith("data/fetch.sh"):
            return command.replace("fetch.sh", "fetch.sh --check")
        if command.startswith("slurm/submit.sh"):
            return command + " --dry-run"
        return command

    def run_shown(self, command):
        done = subprocess.run(["bash", "-c", self.in_its_place(command)],
                              cwd=self.copy, env=self.environment, text=True,
                              capture_output=True, timeout=300,
                              stdin=subprocess.DEVNULL)
        if os.environ.get("README_PRINT"):
            print(f"$ {command}\n{done.stdout}", file=sys.stderr)
        self.assertEqual(done.returncode, 0,
                         f"$ {command}\n{done.stdout}\n{done.stderr}")
        if command.startswith("export "): # for the commands that follow
            self.environment = self.exported(command)
        return done.stdout

    def exported(self, command):
        done = subprocess.run(["bash", "-c", f"{command}; env -0"], cwd=self.copy,
                              env=self.environment, text=True, check=True,
                              capture_output=True)
        return dict(line.split("=", 1) for line in done.stdout.split("\0") if line)

    def compare(self, command, found, shown):
        """The lines shown occur among those found, in that order."""
        rest = iter(map(comparable, found.splitlines()))
        for line in shown:
            if line != "..." and line.strip():
                self.assertIn(comparable(line), rest,
                              f"$ {command}\nshown: {line}\nfound:\n{found}")

    def test_every_command(self):
        shown = commands_shown(readme())
        self.assertGreater(len(shown), 10)
        left_out = []
        for command, lines in shown:
            if NEEDS_PUBLIC.search(command) and not self.has_public:
                left_out.append(command)
                continue
            self.compare(command, self.run_shown(command), lines)
        self.check_python()
        if left_out:
            self.skipTest(f"without {PUBLIC}: {'; '.join(left_out)}")

    def check_python(self):
        """By now the variables are set as README says."""
        code = re.search(r"```python\n(.*?)```", readme(), re.S).group(1)
        done = subprocess.run([sys.executable, "-B", "-c", code], cwd=self.copy,
                              env={**self.environment, "MPLBACKEND": "Agg"},
                              text=True, capture_output=True)
        if re.search("No module named|ASan runtime|__[au]b?san", done.stderr):
            print(f"python left out: {done.stderr.splitlines()[-1]}",
                  file=sys.stderr)
            return
        self.assertEqual(done.returncode, 0, done.stderr)
        lines = done.stdout.splitlines()
        self.assertRegex(lines[0], r"^violated \d$")
        self.assertEqual(lines[1], "(4, 4)")
        self.assertRegex(done.stdout, r"\nclosed +99\n")
        self.assertTrue(os.path.getsize(
            os.path.join(self.copy, "results", "accuracy.png")))
        self.assertLessEqual(len([line for line in code.splitlines() if line]),
                             10)

    def test_every_link_leads_somewhere(self):
        for target in re.findall(r"\]\(([^)#]+)", readme()):
            self.assertTrue(os.path.exists(os.path.join(SOURCE, target)),
                            target)


if __name__ == "__main__":
    unittest.main()
