"""Runs the library's questions in one thread, so that Ctrl-C reaches Python
while a question is being decided.

It is always the same thread: the library keeps memory for each thread that asks
something, and a model takes one question at a time."""

from __future__ import annotations

import concurrent.futures
import os
from typing import Callable, Optional, TypeVar

T = TypeVar("T")

_pool: Optional[concurrent.futures.ThreadPoolExecutor] = None


def _forget() -> None:
    """A child process has no such thread."""
    global _pool
    _pool = None


os.register_at_fork(after_in_child=_forget)


def submit(task: Callable[[], T]) -> "concurrent.futures.Future[T]":
    """Put a task behind those that wait."""
    global _pool
    if _pool is None:
        _pool = concurrent.futures.ThreadPoolExecutor(1, "rampart")
    return _pool.submit(task)


def run(task: Callable[[], T], stop: Callable[[], None]) -> T:
    """Run a task and return what it returns. If an exception (Ctrl-C) comes
    meanwhile, stop the task, wait for its end and raise the exception."""
    future = submit(task)
    try:
        return future.result()
    except BaseException:
        if not future.done() and not future.cancel():
            stop()
            concurrent.futures.wait([future])
        raise
