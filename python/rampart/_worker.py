"""Runs the library's questions in one thread, so that Ctrl-C reaches Python
while a question is being decided.

It is always the same thread: the library keeps memory for each thread that asks
something, and a model takes one question at a time."""

from __future__ import annotations

import concurrent.futures
import os
from typing import Callable, TypeVar

T = TypeVar("T")


class _Pool:
    """One thread, begun when it is first needed; a child process has its
    own."""

    def __init__(self) -> None:
        self.begin()
        os.register_at_fork(after_in_child=self.begin)

    def begin(self) -> None:
        self.executor = concurrent.futures.ThreadPoolExecutor(1, "rampart")


_pool = _Pool()


def submit(task: Callable[[], T]) -> concurrent.futures.Future[T]:
    """Put a task behind those that wait."""
    return _pool.executor.submit(task)


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
