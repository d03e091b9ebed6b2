"""Starts jobs on MPI ranks, and joins the tables of several networks."""

from __future__ import annotations

import os
from typing import Dict, List, Mapping, Optional, Union

import pandas as pd

from . import _program
from ._library import Error
from .results import Results, as_operand

Path = Union[str, "os.PathLike[str]"]

_TABLES = ("queries", "radii", "ranks", "accuracy")


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
    return Results(_run(job, ranks, output, options, is_one=True)[0])


def run_all(job: Path, ranks: int = 1, *, output: Optional[Path] = None,
            **options: object) -> Dict[str, Results]:
    """Like ``run``, for a job about one or several networks: the results of
    each by the name of its network, in the order of the job."""
    done = [Results(file) for file in _run(job, ranks, output, options,
                                           is_one=False)]
    return {str(one.attributes["network"]): one for one in done}


def join(results: Mapping[str, Results], table: str = "queries"
         ) -> pd.DataFrame:
    """The tables of several networks as one, with a column ``network`` in front.

    :param results: what ``run_all`` returns
    :param table: queries, radii, ranks or accuracy
    """
    if table not in _TABLES:
        raise Error(f"table: expected one of {', '.join(_TABLES)}, found "
                    f"{table!r}")
    if not isinstance(results, Mapping):
        raise Error("results: expected what run_all returns, results by names "
                    f"of networks, found {type(results).__name__}")
    parts = []
    for name, one in results.items():
        part = getattr(one, table)
        if table == "accuracy":
            part = part.reset_index()
        part.insert(0, "network", name)
        parts.append(part)
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _run(job: Path, ranks: int, output: Optional[Path],
         options: Dict[str, object], is_one: bool) -> List[str]:
    """Run the job; return the names of its results files."""
    if isinstance(ranks, bool) or not isinstance(ranks, int) or ranks < 1:
        raise Error(f"ranks: expected a whole number from 1, found {ranks!r}")
    file, words = as_operand(job), _options(options)
    outputs = _find_outputs(file, output, options)
    if is_one and len(outputs) > 1:
        raise Error(f"{file}: the job is about several networks; run_all "
                    "returns the results of all")
    if output is not None:
        words += ["--output", os.fspath(output)]
    command = [_program.find(), "run", "--quiet", *words, file]
    _program.check_version(command[0])
    if ranks > 1:
        command[:0] = ["mpirun", "-n", str(ranks)]
    done = _program.start(command)
    if done.returncode not in (0, _program.UNDECIDED):
        raise _program.explain(done)
    return outputs


def _find_outputs(file: str, output: Optional[Path],
                  options: Dict[str, object]) -> List[str]:
    """The results files of the job, one for each network."""
    words = _options({name: options.get(name) for name in ("shard", "name")})
    if output is not None:
        words += ["--output", os.fspath(output)]
    outputs = _program.run(["job", "--get", "output", *words, file])
    if not outputs.strip("\n"):
        raise Error(f"{file}: the job names no output; give one")
    return outputs.rstrip("\n").split("\n")


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
