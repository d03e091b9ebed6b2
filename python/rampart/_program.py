"""Finds and starts the program `rampart`, whose version is that of this
package."""

from __future__ import annotations

import functools
import os
import re
import shutil
import signal
import subprocess
from pathlib import Path
from typing import List, Sequence

from . import _library
from ._library import Error
from ._version import VERSION

UNDECIDED = 3  # the exit status if something is unknown

# What mpirun and srun tell their processes. One of those may be this one, but
# what it starts is none of them.
_LAUNCHER = ("OMPI_COMM_WORLD_", "PMIX_", "PMI_", "SLURM_PROCID")


def _places() -> List[Path]:
    """Beside the library, then below the prefixes of the package."""
    library = _library.find()
    beside = [Path(library).resolve().parent / up / "bin" / "rampart"
              for up in ("..", "../..", ".")] if os.sep in library else []
    return beside + [prefix / "bin" / "rampart"
                     for prefix in _library.prefixes()]


def find() -> str:
    """The program's file: RAMPART_PROGRAM, or what is installed with the
    library or the package, or what the shell would find."""
    named = os.environ.get("RAMPART_PROGRAM")
    if named:
        return named
    beside = next((str(file) for file in _places()
                   if os.access(file, os.X_OK)), None)
    found = beside or shutil.which("rampart")
    if not found:
        raise Error("rampart: the program was not found; set RAMPART_PROGRAM "
                    "to its file, or PATH")
    return found


@functools.lru_cache(maxsize=None)
def check_version(program: str) -> None:
    """Programs of other versions read and write other files."""
    done = start([program, "--version"])
    found = done.stdout.replace("rampart ", "", 1).strip() or "none"
    if found.split(".")[:2] != VERSION.split(".")[:2]:
        wanted = ".".join(VERSION.split(".")[:2])
        raise Error(f"{program}: expected version {wanted} of rampart, as of "
                    f"this package, found {found}")


def start(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, in the user's folder. An exception (Ctrl-C)
    ends it in an orderly way: what it has decided by then is kept."""
    environment = {name: value for name, value in os.environ.items()
                   if not name.startswith(_LAUNCHER)}
    try:
        process = subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            encoding="utf-8", errors="replace")
    except OSError as error:
        raise Error(f"{command[0]}: cannot be started: {error.strerror}"
                    ) from None
    with process:
        try:
            out, err = process.communicate()
        except BaseException:
            process.send_signal(signal.SIGTERM)
            process.communicate()
            raise
    return subprocess.CompletedProcess(command, process.returncode, out, err)


def explain(done: subprocess.CompletedProcess[str]) -> Error:
    """The program's own line about a failure, without its name; or else what
    its launcher said."""
    lines = [line for line in done.stderr.splitlines() if line.strip(" -*")]
    own = [line for line in lines if line.startswith("rampart: ")]
    told = re.sub("^rampart: ", "", own[-1]) if own else " ".join(
        line.strip() for line in lines)
    status = done.returncode if done.returncode > 0 else 1
    return Error(told or f"{done.args[0]} ended with status "
                         f"{done.returncode}", status)


def run(arguments: Sequence[str]) -> str:
    """Run the program on one rank; its standard output."""
    program = find()
    check_version(program)
    done = start([program, *arguments])
    if done.returncode != 0:
        raise explain(done)
    return done.stdout
