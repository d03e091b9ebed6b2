"""A model of the library: its life, its options, and questions to it."""

from __future__ import annotations

import contextlib
import ctypes
import functools
import os
import threading
import time
import weakref
from typing import Callable, Dict, Iterator, Optional, Tuple, Union

import numpy as np

from . import _library, _property, _worker
from ._library import Error

reading = threading.Lock()
"""Held while files are read: HDF5 takes one caller at a time."""


class Model:
    """What ``rp_model_open`` opens, asked in the worker's thread."""

    def __init__(self, file: Union[str, "os.PathLike[str]"],
                 profile: Optional[str], input_bits: int, bits: int) -> None:
        self.library = _library.load()
        handle = ctypes.c_void_p()
        with reading:
            _library.call(
                self.library.rp_model_open, _library.encode(file),
                None if profile is None else profile.encode(), input_bits, bits,
                ctypes.byref(handle))
        self._handle: Optional[ctypes.c_void_p] = handle
        self._finish = weakref.finalize(self, _close_later, self.library,
                                        handle)
        # As the user has set them, and as the library has them now.
        self._settings = {"time_limit": "3600", "sample_limit": "1e9",
                          "threads": "1", "norm": "linf"}
        self._current: Dict[str, str] = {}
        self._asked: Optional[str] = None

    @property
    def is_closed(self) -> bool:
        """Has it been closed?"""
        return self._handle is None

    @property
    def handle(self) -> ctypes.c_void_p:
        """The library's handle of an open model."""
        if self._handle is None:
            raise Error("network: it was closed", 1)
        return self._handle

    def close(self) -> None:
        """Free the library's memory now."""
        if self._handle is not None:
            self._finish.detach()
            handle, self._handle = self._handle, None
            _run(lambda: self.library.rp_model_close(handle))

    def call(self, function: Callable[..., int], *arguments: object) -> None:
        """Call a function of the library about this model."""
        _run(lambda: _library.call(function, self.handle, *arguments))

    def set(self, name: str, value: str) -> None:
        """Set an engine option for all questions from now on."""
        self.call(self.library.rp_model_set, name.encode(), value.encode())
        name = name.replace("-", "_")
        if name in self._settings:
            self._settings[name] = value
            self._current.pop(name, None)

    def find_norm(self, norm: Optional[str]) -> str:
        """The norm of a question; None: as the user has set it."""
        return self._settings["norm"] if norm is None else norm

    def _set_for_one(self, options: Dict[str, Optional[str]]) -> None:
        """For the next question alone; None: as the user has set it."""
        for name, value in options.items():
            text = self._settings[name] if value is None else value
            if self._current.get(name) != text:
                _library.call(self.library.rp_model_set, self.handle,
                              name.encode(), text.encode())
                self._current[name] = text

    def _limit(self, timeout: Optional[float], searches: bool
               ) -> Dict[str, Optional[str]]:
        """The limits of one question: its wall time. Of a search: CPU time,
        which the library parts among the radii; a clock stops it as well."""
        if timeout is None:
            return {"time_limit": None, "sample_limit": None}
        if not searches:
            return {"time_limit": repr(float(timeout)), "sample_limit": None}
        threads = int(self._settings["threads"]) or os.cpu_count() or 1
        own = float(self._settings["sample_limit"])
        return {"time_limit": None,
                "sample_limit": repr(min(own, float(timeout) * threads))}

    def _ask_about(self, asked: Optional[str]) -> None:
        """The next questions are about this property; None: the class."""
        if asked == self._asked:
            return
        self._asked = None  # also if the property is refused
        try:
            _library.call(self.library.rp_model_ask, self.handle,
                          None if asked is None else asked.encode())
        except Error as e:
            raise Error(f"{_property.name_argument(asked or '')}: {e}",
                        e.status) from None
        self._asked = asked

    def ask(self, question: Callable[[], int], timeout: Optional[float],
            searches: bool = False, asked: Optional[str] = None,
            norm: Optional[str] = None) -> Tuple[str, str, str, float]:
        """Verdict, reason, message and seconds of a question."""
        _check_timeout(timeout)
        library, handle = self.library, self.handle
        interrupted = False

        def stop() -> None:
            nonlocal interrupted
            interrupted = True
            library.rp_model_stop(handle, 1)

        def task() -> Tuple[str, str, str, float]:
            library.rp_model_stop(handle, 0)
            self._set_for_one({"norm": norm, **self._limit(timeout, searches)})
            self._ask_about(asked)
            with _clock(timeout if searches else None,
                        functools.partial(library.rp_model_stop, handle, 1)):
                begin = time.perf_counter()
                # The stop may have come before it was taken back above.
                verdict = 0 if interrupted else question()
                seconds = time.perf_counter() - begin
            reason = library.rp_reason_name(library.rp_model_reason(handle))
            return (library.rp_verdict_name(verdict).decode(), reason.decode(),
                    library.rp_model_message(handle).decode("utf-8", "replace"),
                    seconds)

        verdict, reason, message, seconds = _worker.run(task, stop)
        if verdict == "invalid":
            raise Error(message)
        if reason == "interrupted":  # nothing stopped it but the clock
            reason = "time"
        return verdict, reason, message, seconds


def _run(task: Callable[[], object]) -> None:
    """Run what is over too soon to be stopped."""
    _worker.run(task, lambda: None)


@contextlib.contextmanager
def _clock(seconds: Optional[float], ring: Callable[[], None]
           ) -> Iterator[None]:
    """Ring after so many seconds, but not after the end of the block."""
    if seconds is None:
        yield
        return
    timer = threading.Timer(seconds, ring)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()


def _close_later(library: ctypes.CDLL, handle: ctypes.c_void_p) -> None:
    """Behind the questions that were asked; the collector cannot wait."""
    try:
        _worker.submit(functools.partial(library.rp_model_close, handle))
    except RuntimeError:  # at the end of the program there are no more threads
        library.rp_model_close(handle)


def _check_timeout(seconds: Optional[float]) -> None:
    if seconds is not None and not (
            isinstance(seconds, (int, float, np.number))
            and 0.001 <= seconds <= 1e9):
        raise Error(f"timeout: expected 0.001 to 1e9 seconds, found {seconds!r}")
