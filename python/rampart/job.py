"""Starts jobs on MPI ranks."""

from __future__ import annotations

import os
from typing import Dict, List, Optional, Union

from . import _program
from ._library import Error
from .results import Results, as_operand

Path = Union[str, "os.PathLike[str]"]


def run(job: Path, ranks: int = 1, *, output: Optional[Path] = None,
        **options: object) -> Results:
    """Decide everything that a job file asks for, as ``mpirun -n RANKS rampart
    run JOB`` does, and read the results.

    :param job: a job file (YAML)
    :param ranks: MPI ranks; 1 needs no mpirun
    :param output: the results file; None: the one that the job names
    :param options: further options of ``rampart run`` by their names, such as
        ``time_limit=60`` or ``fresh=True``
    :raises Error: with the line that the command line prints. What is undecided
        at the end is no error but a row of the results. ``status`` 4: a signal
        ended the run; 1: it failed, or contradicts known answers. What was
        decided by then is kept.

    Ctrl-C ends the run in an orderly way; the same call continues it. Whether
    mpirun may run as root, or more ranks than there are cores, is up to the
    environment, as in a shell.
    """
    if isinstance(ranks, bool) or not isinstance(ranks, int) or ranks < 1:
        raise Error(f"ranks: expected a whole number from 1, found {ranks!r}")
    file, words = as_operand(job), _options(options)
    if output is None:
        output = _find_output(file, options)
    else:
        words += ["--output", os.fspath(output)]
    command = [_program.find(), "run", "--quiet", *words, file]
    _program.check_version(command[0])
    if ranks > 1:
        command[:0] = ["mpirun", "-n", str(ranks)]
    done = _program.start(command)
    if done.returncode not in (0, _program.UNDECIDED):
        raise _program.explain(done)
    return Results(output)


def _find_output(file: str, options: Dict[str, object]) -> str:
    """The results file that the job names, or its shard."""
    shard = _options({"shard": options.get("shard")})
    output = _program.run(["job", "--get", "output", *shard, file])
    if not output.strip("\n"):
        raise Error(f"{file}: the job names no output; give one")
    return output.rstrip("\n")


def _options(options: Dict[str, object]) -> List[str]:
    """Named options as words; True stands for an option without a value."""
    words: List[str] = []
    for name, value in options.items():
        if value is None or value is False:
            continue
        words.append("--" + name.replace("_", "-"))
        if value is not True:
            words.append(str(value))
    return words
