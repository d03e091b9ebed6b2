"""Runtimes of others, from packages of npm that are installed once into the build
folder, and the drivers for them. Tests are skipped without them."""

import fcntl
import json
import os
import shutil
import subprocess
import sys

SHARED = os.environ["RAMPART_SHARED"]
NPM = os.environ["RAMPART_NPM"]
OUTPUTS = os.environ["RAMPART_OUTPUTS"]


def skip(why):
    print("skipped:", why)
    sys.exit(77)


def is_installed(package):
    """Of this version, and to the end: npm lists it last."""
    name, _, version = package.rpartition("@")
    listed = os.path.join(NPM, "node_modules", ".package-lock.json")
    if not os.path.exists(listed):
        return False
    with open(listed, encoding="utf-8") as file:
        packages = json.load(file)["packages"]
    return packages.get("node_modules/" + name, {}).get("version") == version


def find(name, package):
    """A driver, beside its package."""
    driver = os.path.join(SHARED, "oracle", name)
    if not shutil.which("node") or not shutil.which("npm"):
        skip("no node and npm")
    if not os.path.exists(driver):
        skip("no driver " + driver)
    os.makedirs(NPM, exist_ok=True)
    # Tests run at the same time, and share what is installed.
    with open(os.path.join(NPM, "lock"), "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_installed(package):
            done = subprocess.run(
                ["npm", "install", "--ignore-scripts", "--no-audit", package],
                cwd=NPM, stdin=subprocess.DEVNULL, capture_output=True,
                text=True, check=False)
            if done.returncode != 0:
                skip("npm cannot install " + package)
        own = os.path.join(NPM, name)
        os.replace(shutil.copy(driver, own + ".new"), own)
        return own


class Runs:
    """Runs of both in one folder: of LiteRT's WebAssembly build, and of the
    reader."""

    def __init__(self, folder):
        self.driver = self.find()
        self.folder = folder

    def find(self):
        return find("litert2.mjs", "@litertjs/core@2.5.3")

    def place(self, name, data=None):
        path = os.path.join(self.folder, name)
        if data is not None:
            with open(path, "wb") as file:
                file.write(data)
        return path

    def theirs(self, model, given):
        """The runtime's outputs on all inputs, one after the other, and
        whether XNNPACK ran every operator."""
        out = self.place("theirs")
        done = subprocess.run(
            ["node", self.driver, self.place("theirs.tflite", model),
             self.place("given", given), out], stdin=subprocess.DEVNULL,
            capture_output=True, text=True, check=False)
        if done.returncode != 0:
            print(done.stdout, done.stderr)
            sys.exit("the runtime refuses the network")
        with open(out, "rb") as file:
            return file.read(), done.stdout.strip().endswith("fully true")

    def ours(self, model, profile, steps, *mode):
        """Our outputs, int32 less their zero point; None and the reason if the
        network is refused. An input has steps from its least number. In mode
        `reals`: the steps of inputs given as float32."""
        out = self.place("ours")
        done = subprocess.run(
            [OUTPUTS, self.place("ours.net", model), profile,
             self.place("steps", steps), out, *mode], stdin=subprocess.DEVNULL,
            capture_output=True, text=True, check=False)
        if done.returncode != 0:
            return None, done.stderr.strip()
        with open(out, "rb") as file:
            return file.read(), ""

    def interpret(self, profile):
        """Compare that network with a plain interpreter of its file."""
        done = subprocess.run(
            [os.environ["RAMPART"], "import", "--network",
             self.place("ours.net"), "--profile", profile, "--verify", "20",
             "--output", self.place("net.h5"), "--force", "--quiet"],
            stdin=subprocess.DEVNULL, capture_output=True, text=True,
            check=False)
        if done.returncode != 0:
            sys.exit(done.stderr)


class OnnxRuns(Runs):
    """The same for ONNX Runtime on this processor."""

    def find(self):
        with open("/proc/cpuinfo", encoding="ascii") as file:
            if "vnni" not in file.read():
                skip("no VNNI: the runtime's sums of products saturate")
        return find("ort.cjs", "onnxruntime-node@1.30.0")

    def theirs(self, model, given, kind, shape, level="all"):
        """The runtime's outputs; `level` is that of its optimizer."""
        out = self.place("theirs")
        done = subprocess.run(
            ["node", self.driver, self.place("theirs.onnx", model),
             self.place("given", given), out, "node", level],
            env=dict(os.environ, TY=kind, SH=",".join(map(str, shape))),
            stdin=subprocess.DEVNULL, capture_output=True, text=True,
            check=False)
        if done.returncode != 0:
            print(done.stdout, done.stderr)
            sys.exit("the runtime refuses the network")
        with open(out, "rb") as file:
            return file.read()


class FloatRuns(OnnxRuns):
    """The same for networks in float32, which need no such processor."""

    def find(self):
        return find("ort.cjs", "onnxruntime-node@1.30.0")
