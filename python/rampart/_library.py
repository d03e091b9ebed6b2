"""Finds librampart, checks its version, and declares its functions."""

from __future__ import annotations

import ctypes
import functools
import os
import sys
from ctypes import POINTER, c_char_p, c_int, c_int32, c_int64, c_uint8, c_void_p
from pathlib import Path
from typing import Callable, Iterator, Union

import numpy as np

from ._version import VERSION

ERROR_SIZE = 512  # of rp_error in rampart/status.h
SHAPE_SIZE = 4  # RP_SHAPE_SIZE
NAME = "librampart.so." + ".".join(VERSION.split(".")[:2])

# rp_status by number: those with which the command line ends in status 2.
OF_THE_USER = {1: "usage", 2: "bad input", 5: "out of range"}


class Error(Exception):
    """A failure, in the words of the command line.

    ``status`` is the exit status with which the command line reports it: 2 for
    a wrong argument or a bad file, 4 if a signal ended a run, 1 otherwise.
    """

    def __init__(self, message: str, status: int = 2) -> None:
        super().__init__(message)
        self.status = status


class Text(ctypes.Structure):
    """rp_error: one line for the user."""

    _fields_ = [("text", ctypes.c_char * ERROR_SIZE)]

    def __str__(self) -> str:
        return str(self.text, "utf-8", "replace")


_BYTES = POINTER(c_uint8)
_NUMBERS = POINTER(c_int32)
_TEXT = POINTER(Text)

# Result and parameters of every function, as in rampart/rampart.h.
PROTOTYPES = {
    "rp_version": (c_char_p, []),
    "rp_verdict_name": (c_char_p, [c_int]),
    "rp_reason_name": (c_char_p, [c_int]),
    "rp_model_open": (c_int, [c_char_p, c_char_p, c_int32, c_int32,
                              POINTER(c_void_p), _TEXT]),
    "rp_model_close": (None, [c_void_p]),
    "rp_model_name": (c_char_p, [c_void_p]),
    "rp_model_inputs": (c_int32, [c_void_p]),
    "rp_model_input_max": (c_int32, [c_void_p]),
    "rp_model_input_min": (c_int32, [c_void_p]),
    "rp_model_class_name": (c_char_p, [c_void_p, c_int32]),
    "rp_model_classes": (c_int32, [c_void_p]),
    "rp_model_shape": (c_int32, [c_void_p, _NUMBERS]),
    "rp_model_set": (c_int, [c_void_p, c_char_p, c_char_p, _TEXT]),
    "rp_model_ask": (c_int, [c_void_p, c_char_p, _TEXT]),
    "rp_model_outputs": (c_int, [c_void_p, _BYTES, _NUMBERS, _TEXT]),
    "rp_model_predict_all": (c_int, [c_void_p, c_int64, _BYTES, _NUMBERS,
                                     _TEXT]),
    "rp_model_verify": (c_int, [c_void_p, _BYTES, c_int32, c_int32, _BYTES,
                                c_void_p]),
    "rp_model_verify_box": (c_int, [c_void_p, _BYTES, c_int32, POINTER(_BYTES),
                                    _BYTES, c_void_p]),
    "rp_model_radius": (c_int, [c_void_p, _BYTES, c_int32, c_int32, _NUMBERS,
                                _BYTES]),
    "rp_model_reason": (c_int, [c_void_p]),
    "rp_model_message": (c_char_p, [c_void_p]),
    "rp_model_stop": (None, [c_void_p, c_int]),
    "rp_samples_open": (c_int, [c_void_p, c_char_p, POINTER(c_char_p),
                                POINTER(c_void_p), _TEXT]),
    "rp_samples_close": (None, [c_void_p]),
    "rp_samples_count": (c_int64, [c_void_p]),
    "rp_samples_inputs": (_BYTES, [c_void_p]),
    "rp_samples_labels": (_NUMBERS, [c_void_p]),
}


def prefixes() -> Iterator[Path]:
    """Where programs and libraries may be installed together with this package:
    its own prefix, if ``cmake --install`` put it there, and Python's."""
    here = Path(__file__).resolve().parent
    if here.parts[-4:] == ("share", "rampart", "python", "rampart"):
        yield here.parents[3]
    yield Path(sys.prefix)


def _places() -> Iterator[str]:
    """Files that may be the library, the first one that exists counts; the name
    alone leaves the search to the loader."""
    yield str(Path(__file__).resolve().parent / NAME)
    for prefix in prefixes():
        for folder in ("lib", "lib64"):
            yield str(prefix / folder / NAME)
        yield from map(str, sorted((prefix / "lib").glob("*/" + NAME)))


def find() -> str:
    """The library's file, or its bare name for the loader."""
    named = os.environ.get("RAMPART_LIBRARY")
    if named:
        return named
    return next((file for file in _places() if os.path.exists(file)), NAME)


def _load(file: str) -> ctypes.CDLL:
    try:
        return ctypes.CDLL(file)
    except OSError as error:
        raise Error(
            f"{file}: cannot be loaded: {error}; set RAMPART_LIBRARY to the "
            f"file of the library, or LD_LIBRARY_PATH to its folder", 2
        ) from None


def _check_version(library: ctypes.CDLL, file: str) -> None:
    wanted = VERSION.split(".")[:2]
    try:
        library.rp_version.restype = c_char_p
        found = library.rp_version().decode("ascii", "replace")
    except AttributeError:
        found = "an older one, which does not tell"
    if found.split(".")[:2] != wanted:
        raise Error(f"{file}: expected version {'.'.join(wanted)} of the "
                    f"library, as of this package, found {found}", 2)


@functools.lru_cache(maxsize=None)
def load() -> ctypes.CDLL:
    """The library, loaded once."""
    file = find()
    library = _load(file)
    _check_version(library, file)
    for name, (result, parameters) in PROTOTYPES.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, parameters
    return library


def check(status: int, text: Text) -> None:
    """Raise what a function reported."""
    if status != 0:
        raise Error(str(text), 2 if status in OF_THE_USER else 1)


def call(function: Callable[..., int], *arguments: object) -> None:
    """Call a function whose last parameter is an rp_error."""
    text = Text()
    check(function(*arguments, ctypes.byref(text)), text)


def encode(path: Union[str, os.PathLike[str]]) -> bytes:
    """A file's name for the library, which reads up to the first zero."""
    name = os.fsencode(path)
    if b"\0" in name:
        raise Error(f"{path!r}: expected a file's name, found a zero byte "
                    f"in it")
    return name


def take_whole(value: object, what: str) -> int:
    """A whole number that fits the library's parameters."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(
            value, (int, np.integer)):
        raise Error(f"{what}: expected a whole number, found {value!r}")
    if not -2**31 <= value < 2**31:
        raise Error(f"{what}: expected a number of 32 bits, found {value}")
    return int(value)
