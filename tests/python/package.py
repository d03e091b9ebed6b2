"""Builds the wheel of the Python package with Debian's tools, installs it in a
fresh virtual environment, and runs the tests beside this file there, over what
`cmake --install` puts below a fresh prefix. Nothing comes from a network.

  package.py BUILD [TEST]...   such as network.Questions"""

import glob
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.abspath(os.environ.get("RAMPART_SOURCE", "."))
NEEDED = ["numpy", "pandas", "matplotlib", "h5py", "tables", "setuptools",
          "wheel", "build", "ensurepip"]
TESTS = ["network", "families", "results", "library", "notebook",
         "documents"]


def skip(why):
    print(f"python/package: skipped: {why}")
    sys.exit(77)


def run(*command, **more):
    done = subprocess.run(command, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, **more)
    if done.returncode:
        sys.exit(f"FAILED: {' '.join(command)}\n{done.stdout}")


def is_sanitized(build):
    with open(os.path.join(build, "CMakeCache.txt"), encoding="utf-8") as file:
        return "RAMPART_SANITIZE:BOOL=ON" in file.read()


def build_wheel(prefix, folder):
    """From what is installed; the sources there stay as they are."""
    source = os.path.join(folder, "source")
    shutil.copytree(os.path.join(prefix, "share", "rampart", "python"), source)
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", source)
    wheel, = glob.glob(os.path.join(source, "dist", "rampart-*-any.whl"))
    names = zipfile.ZipFile(wheel).namelist()
    ours = {name for name in names if name.startswith("rampart/")}
    modules = {f"rampart/{os.path.basename(name)}" for name in
               glob.glob(os.path.join(SOURCE, "python", "rampart", "*.py"))}
    assert ours == modules | {"rampart/py.typed"}, ours
    return wheel


def main(build, *tests):
    lacking = [name for name in NEEDED if not importlib.util.find_spec(name)]
    if lacking:
        skip(f"no Python module {', '.join(lacking)}")
    if is_sanitized(build):
        skip("no library for Python in builds with sanitizers")
    with tempfile.TemporaryDirectory(prefix="rampart-python-") as folder:
        prefix = os.path.join(folder, "prefix")
        environment = os.path.join(folder, "environment")
        run("cmake", "--install", build, "--prefix", prefix)
        run(sys.executable, "-m", "venv", "--system-site-packages", environment)
        python = os.path.join(environment, "bin", "python")
        run(python, "-m", "pip", "install", "--no-index",
            build_wheel(prefix, folder))
        lib = os.path.dirname(glob.glob(prefix + "/lib*/**/librampart.so",
                                        recursive=True)[0])
        used = {**os.environ, "PYTHONPATH": HERE, "LD_LIBRARY_PATH": lib,
                "PATH": os.path.join(prefix, "bin") + ":" + os.environ["PATH"],
                "MPLBACKEND": "Agg", "RAMPART_SOURCE": SOURCE,
                "PREFIX": prefix, "LIB": lib}
        for name in ("RAMPART_LIBRARY", "RAMPART_PROGRAM"):
            used.pop(name, None)
        done = subprocess.run([python, "-B", "-W", "error", "-m", "unittest",
                               "-v", *(tests or TESTS)], cwd=folder, env=used)
    sys.exit(done.returncode)


main(*sys.argv[1:])
