"""One network: predictions, robustness in balls and boxes, maximum radii."""

from __future__ import annotations

import contextlib
import ctypes
import functools
import os
import re
import threading
import time
import weakref
from ctypes import POINTER, c_int32, c_uint8
from dataclasses import dataclass, field
from typing import (Any, Callable, Dict, Iterator, List, Optional, Sequence,
                    Tuple, Union)

import numpy as np
import numpy.typing as npt

from . import _library, _worker
from ._library import Error

Path = Union[str, "os.PathLike[str]"]
Bytes = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.int32]
Inputs = npt.NDArray[Any]  # uint8, int8 or int16, as the network counts
Constraints = Union[str, Tuple[npt.ArrayLike, npt.ArrayLike]]


@dataclass(frozen=True)
class Verification:
    """The answer to one question about a ball or a box."""

    verdict: str
    """``robust``, ``violated``, ``unknown`` or ``misclassified``."""
    reason: str
    """Why it is unknown (``time``, ``memory``, ...); ``none`` otherwise."""
    counterexample: Optional[Inputs] = field(repr=False)
    """An input with another class, if the verdict is ``violated``."""
    seconds: float
    """Wall time."""
    message: str = field(default="", repr=False)
    """What failed, if something did."""


@dataclass(frozen=True)
class Radius:
    """The maximum radius of a sample as an interval."""

    lower: int
    """Greatest radius proved robust; -1 if the sample is misclassified."""
    upper: int
    """There is a counterexample at ``upper + 1``, or it is the cap."""
    state: str
    """``closed``, ``capped``, ``open`` or ``misclassified``."""
    reason: str
    """Why it is open; ``none`` otherwise."""
    counterexample: Optional[Inputs] = field(repr=False)
    """The one at distance ``upper + 1``."""
    seconds: float
    """Wall time."""
    message: str = field(default="", repr=False)
    """What failed, if something did."""

    @property
    def interval(self) -> Tuple[int, int]:
        """``(lower, upper)``"""
        return self.lower, self.upper


MOST_RADIUS = 4095
"""The greatest radius that can be asked, in the norms l1 and l0."""


def _bytes(array: Bytes) -> ctypes._Pointer[c_uint8]:
    return array.ctypes.data_as(POINTER(c_uint8))


def _numbers(array: Numbers) -> ctypes._Pointer[c_int32]:
    return array.ctypes.data_as(POINTER(c_int32))


class Network:
    """A quantized network, read and proved not to overflow.

    :param file: in Rampart's own format, TFLite, ONNX or QVIP's
    :param profile: the runtime whose rounding is meant: of TFLite files
        ``litert-xnnpack``, ``litert-builtin`` or ``tflm``, of ONNX files ``ort``
        or ``qonnx-float32``
    :param input_bits: of QVIP's networks
    :param bits: of QVIP's networks
    :param options: engine options of ``rampart verify``, such as ``threads=2``
        or ``memory_limit=1000``; one thread is the default
    :raises Error: with the line that the command line prints

    Inputs are arrays of whole numbers from ``input_min`` to ``input_max``, as
    the network itself counts, in its shape or flat.
    """

    def __init__(self, file: Path, profile: Optional[str] = None, *,
                 input_bits: int = 0, bits: int = 0, **options: object) -> None:
        self._library = _library.load()
        handle = ctypes.c_void_p()
        self._handle: Optional[ctypes.c_void_p] = None
        with _reading:
            _library.call(
                self._library.rp_model_open, _library.encode(file),
                None if profile is None else profile.encode(), input_bits, bits,
                ctypes.byref(handle))
        self._handle = handle
        self._finish = weakref.finalize(self, _close_later, self._library,
                                        handle)
        # As the user has set them, and as the library has them now.
        self._settings = {"time_limit": "3600", "sample_limit": "1e9",
                          "threads": "1", "norm": "linf"}
        self._limits: Dict[str, str] = {}
        self._asked: Optional[str] = None
        self.set(**options)

    # ---- the network ----

    @property
    def name(self) -> str:
        """The network's name."""
        name = self._library.rp_model_name(self._get())
        return str(name, "utf-8", "replace")

    @property
    def shape(self) -> Tuple[int, ...]:
        """The shape of one input."""
        dims = (c_int32 * _library.SHAPE_SIZE)()
        count = self._library.rp_model_shape(self._get(), dims)
        return tuple(dims[:count])

    @property
    def inputs(self) -> int:
        """How many numbers one input has."""
        return int(self._library.rp_model_inputs(self._get()))

    @property
    def input_min(self) -> int:
        """The least value of an input: 0, or what the file calls it."""
        return int(self._library.rp_model_input_min(self._get()))

    @property
    def input_max(self) -> int:
        """The greatest value of an input."""
        steps = int(self._library.rp_model_input_max(self._get()))
        return self.input_min + steps

    @property
    def classes(self) -> int:
        """How many classes there are."""
        return int(self._library.rp_model_classes(self._get()))

    @property
    def class_names(self) -> Optional[List[str]]:
        """The names of the classes; None if the file has none."""
        names = [self._library.rp_model_class_name(self._get(), class_)
                 for class_ in range(self.classes)]
        return None if None in names else [str(name, "utf-8", "replace")
                                           for name in names]

    def __repr__(self) -> str:
        if self._handle is None:
            return "<rampart.Network, closed>"
        return (f"<rampart.Network {self.name}: inputs {self.shape} from "
                f"{self.input_min} to {self.input_max}, {self.classes} "
                f"classes>")

    def set(self, **options: object) -> None:
        """Set engine options of ``rampart verify`` by their names:
        ``network.set(threads=2, memory_limit=1000)``."""
        for name, value in options.items():
            self._run(lambda: _library.call(
                self._library.rp_model_set, self._get(), name.encode(),
                str(value).encode()))
            name = name.replace("-", "_")
            if name in self._settings:
                self._settings[name] = str(value)
                self._limits.pop(name, None)

    def close(self) -> None:
        """Free the memory now; without it that happens some time later."""
        if self._handle is not None:
            self._finish.detach()
            handle, self._handle = self._handle, None
            self._run(lambda: self._library.rp_model_close(handle))

    def __enter__(self) -> Network:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    # ---- questions ----

    def predict(self, x: npt.ArrayLike) -> Union[int, Numbers]:
        """The class of one input, or an array with the classes of many. It is
        the first of the greatest outputs."""
        array = np.asarray(x)
        single = array.shape in (self.shape, (self.inputs,))
        inputs = (self._take_one(array, "sample")[np.newaxis] if single
                  else self._take(array))
        classes = self._predict_all(inputs)
        return int(classes[0]) if single else classes

    def _predict_all(self, inputs: Bytes) -> Numbers:
        """Classes of inputs that count from 0, as the library takes them."""
        classes = np.empty(len(inputs), np.int32)
        self._run(lambda: _library.call(
            self._library.rp_model_predict_all, self._get(), len(inputs),
            _bytes(inputs), _numbers(classes)))
        return classes

    def outputs(self, x: npt.ArrayLike) -> Numbers:
        """What the last layer gives for one input: whole numbers."""
        sample = self._take_one(x, "sample")
        outputs = np.empty(self.classes, np.int32)
        self._run(lambda: _library.call(
            self._library.rp_model_outputs, self._get(), _bytes(sample),
            _numbers(outputs)))
        return outputs

    def verify(self, x: npt.ArrayLike, label: Optional[int] = None, *,
               radius: Union[int, str, None] = None,
               box: Optional[Tuple[npt.ArrayLike, npt.ArrayLike]] = None,
               mask: Optional[npt.ArrayLike] = None,
               target: Optional[int] = None, top_k: Optional[int] = None,
               constraints: Optional[Constraints] = None,
               norm: Optional[str] = None,
               timeout: Optional[float] = None) -> Verification:
        """Decide whether some input near x has another class than the label,
        or breaks another property of the outputs.

        :param label: None: the class that the network gives to x
        :param radius: distance in input steps, 1 to 255 (in the norms l1 and
            l0 to 4095), or as a fraction of the input range, ``"2/255"``
        :param box: instead of a radius: least and greatest value of every
            input, ``(lo, hi)``, each an array or one number for all; x must be
            inside
        :param mask: true for the inputs that may change, false for the
            others, in the shape of x
        :param target: is some input classified as this class?
        :param top_k: does the label leave the k greatest outputs, where the
            first of equals wins?
        :param constraints: what the outputs (:meth:`outputs`) must fulfil: a
            text such as ``"y0 - 2 y3 <= 5 and y1 >= 0"``, which may also begin
            with ``never``, or ``(A, b)`` with A y <= b. The verdict is
            ``misclassified`` if x itself breaks them
        :param norm: what the radius measures: ``"linf"``, the greatest change
            of an input; ``"l1"``, the sum of all changes; ``"l0"``, how many
            inputs change, each to any value. None: the option norm, linf
            unless it was set
        :param timeout: wall seconds, after which the verdict is unknown; None:
            the option time_limit, an hour unless it was set
        """
        if (radius is None) == (box is None):
            raise Error("verify: expected either a radius or a box")
        sample = self._take_one(x, "sample")
        label = self._choose_label(sample, label)
        asked = _write_property(target, top_k, constraints)
        witness = np.empty_like(sample)
        sides = self._choose_box(sample, radius, box, mask)
        if sides is None:
            number = self._count_steps(radius, "radius", norm)
            ask = functools.partial(self._library.rp_model_verify, self._get(),
                                    _bytes(sample), label, number)
        else:
            lo, hi = sides
            bounds = (POINTER(c_uint8) * 2)(_bytes(lo), _bytes(hi))
            ask = functools.partial(self._library.rp_model_verify_box,
                                    self._get(), _bytes(sample), label, bounds)
        verdict, reason, message, seconds = self._ask(
            functools.partial(ask, _bytes(witness), None), timeout,
            asked=asked, norm=norm)
        found = self._show(witness) if verdict == "violated" else None
        return Verification(verdict, reason, found, seconds, message)

    def radius(self, x: npt.ArrayLike, label: Optional[int] = None,
               cap: Union[int, str, None] = None,
               timeout: Optional[float] = None, *,
               target: Optional[int] = None, top_k: Optional[int] = None,
               constraints: Optional[Constraints] = None,
               norm: Optional[str] = None) -> Radius:
        """Find the greatest radius at which x is robust, or keeps a property,
        in a norm as in :meth:`verify`.

        :param label: None: the class that the network gives to x
        :param cap: greatest radius to ask, as the radius of ``verify``; None:
            the greatest distance of two inputs, at most 4095
        :param timeout: wall seconds for the whole search, after which the
            interval is what is known by then; None: only the options limit it
        """
        sample = self._take_one(x, "sample")
        label = self._choose_label(sample, label)
        witness = np.empty_like(sample)
        radii = np.empty(2, np.int32)
        most = self._choose_cap(cap, norm)
        verdict, reason, message, seconds = self._ask(
            functools.partial(self._library.rp_model_radius, self._get(),
                              _bytes(sample), label, most, _numbers(radii),
                              _bytes(witness)), timeout, searches=True,
            asked=_write_property(target, top_k, constraints), norm=norm)
        lower, upper = map(int, radii)
        refuted = 0 <= upper < most
        state = (verdict if verdict == "misclassified" else
                 "open" if verdict == "unknown" else
                 "closed" if refuted else "capped")
        found = self._show(witness) if refuted else None
        return Radius(lower, upper, state, reason, found, seconds, message)

    def samples(self, file: Path, *, labels: Optional[Path] = None,
                format: Optional[str] = None, x_name: Optional[str] = None,
                y_name: Optional[str] = None, values: Optional[str] = None,
                layout: Optional[str] = None
                ) -> Tuple[Inputs, Numbers]:
        """Read a dataset (idx, HDF5, npz, npy or CSV) as inputs of this
        network. The parameters mean what they mean in a job file.

        :returns: the inputs, ``[n, *shape]``, and their labels, ``[n]``, which
            are -1 if there are none
        """
        settings = {"labels": labels, "format": format, "x_name": x_name,
                    "y_name": y_name, "values": values, "layout": layout}
        words = [word for name, value in settings.items() if value is not None
                 for word in (name.encode(), _library.encode(value))]
        array = (ctypes.c_char_p * (len(words) + 1))(*words, None)
        handle = ctypes.c_void_p()
        with _reading:
            _library.call(self._library.rp_samples_open, self._get(),
                          _library.encode(file), array, ctypes.byref(handle))
        try:
            return self._copy_samples(handle)
        finally:
            self._library.rp_samples_close(handle)

    # ---- how ----

    def _get(self) -> ctypes.c_void_p:
        if self._handle is None:
            raise Error("network: it was closed", 1)
        return self._handle

    def _run(self, task: Callable[[], object]) -> None:
        _worker.run(task, lambda: None)

    def _copy_samples(self, handle: ctypes.c_void_p
                      ) -> Tuple[Inputs, Numbers]:
        library = self._library
        count = library.rp_samples_count(handle)
        if count == 0:
            none = np.empty((0, self.inputs), np.uint8)
            return self._show(none), np.empty(0, np.int32)
        x = np.ctypeslib.as_array(library.rp_samples_inputs(handle),
                                  (count, self.inputs))
        y = np.ctypeslib.as_array(library.rp_samples_labels(handle), (count,))
        return self._show(x.copy()), y.copy()

    def _take(self, array: npt.NDArray[Any], what: str = "inputs") -> Bytes:
        """Inputs, [n, ...], as contiguous bytes, [n, inputs]: never rounded,
        never wrapped around."""
        shapes = {self.shape, (self.inputs,)}
        if array.ndim == 0 or array.shape[1:] not in shapes:
            shown = " or ".join(map(str, sorted(shapes, key=len)))
            found = array.shape[1:] if what != "inputs" else array.shape
            raise Error(f"{what}: expected shape {shown}"
                        f"{', or many of them' if what == 'inputs' else ''}, "
                        f"found {found}")
        if array.dtype.kind not in "iu":
            raise Error(f"{what}: expected whole numbers, found "
                        f"{array.dtype}")
        flat = array.reshape(len(array), self.inputs)
        least, most = self.input_min, self.input_max
        wrong = np.argwhere((flat < least) | (flat > most))
        if len(wrong):
            i, p = wrong[0]
            place = f"sample {i}" if what == "inputs" else what
            raise Error(f"{place}, input {p}: expected {least} to {most}, "
                        f"found {flat[i, p]}")
        if least != 0:
            flat = flat.astype(np.int32) - least
        return np.ascontiguousarray(flat, np.uint8)

    def _show(self, inputs: Bytes) -> Inputs:
        """Inputs of the library, which counts from 0, as the network counts:
        in bytes, where these can hold the numbers."""
        least, most = self.input_min, self.input_max
        shaped = inputs.reshape(-1, *self.shape)
        if inputs.ndim == 1:
            shaped = shaped[0]
        if least == 0:
            return shaped
        wide = shaped.astype(np.int16) + np.int16(least)
        return wide.astype(np.int8) if -128 <= least and most < 128 else wide

    def _take_one(self, x: npt.ArrayLike, what: str) -> Bytes:
        one: Bytes = self._take(np.asarray(x)[np.newaxis], what)[0]
        return one

    def _take_box(self, sample: Bytes,
                  box: Tuple[npt.ArrayLike, npt.ArrayLike]
                  ) -> Tuple[Bytes, Bytes]:
        if len(box) != 2:
            raise Error(f"box: expected two arrays (lo, hi), found {len(box)}")
        lo, hi = (self._take_one(np.broadcast_to(side, self.shape)
                                 if np.ndim(side) == 0 else side, what)
                  for side, what in zip(box, ("box, lo", "box, hi")))
        wrong = np.flatnonzero((lo > sample) | (sample > hi))
        if len(wrong):
            p, least = wrong[0], self.input_min
            raise Error(f"box, input {p}: expected lo <= sample <= hi <= "
                        f"{self.input_max}, found lo {lo[p] + least}, sample "
                        f"{sample[p] + least}, hi {hi[p] + least}")
        return lo, hi

    def _choose_box(self, sample: Bytes, radius: Union[int, str, None],
                    box: Optional[Tuple[npt.ArrayLike, npt.ArrayLike]],
                    mask: Optional[npt.ArrayLike]
                    ) -> Optional[Tuple[Bytes, Bytes]]:
        """The box of a question; None: it is about a ball."""
        if box is not None:
            lo, hi = self._take_box(sample, box)
        elif mask is not None:
            wide, steps = sample.astype(np.int32), self._count_steps(
                radius, "radius", None)
            lo = np.maximum(wide - steps, 0).astype(np.uint8)
            hi = np.minimum(wide + steps, self._steps).astype(np.uint8)
        else:
            return None
        if mask is not None:
            free = self._take_mask(mask)
            lo, hi = np.where(free, lo, sample), np.where(free, hi, sample)
        return np.ascontiguousarray(lo), np.ascontiguousarray(hi)

    def _take_mask(self, mask: npt.ArrayLike) -> npt.NDArray[np.bool_]:
        array = np.asarray(mask)
        if array.dtype != np.bool_ or array.shape not in (
                self.shape, (self.inputs,)):
            raise Error(f"mask: expected true or false for each input, shape "
                        f"{self.shape}, found {array.dtype} of shape "
                        f"{array.shape}")
        flat: npt.NDArray[np.bool_] = array.reshape(-1)
        return flat

    def _choose_label(self, sample: Bytes, label: Optional[int]) -> int:
        if label is None:
            return int(self._predict_all(sample[np.newaxis])[0])
        return _whole(label, "label")

    @property
    def _steps(self) -> int:
        """How many steps the least and the greatest input are apart."""
        return self.input_max - self.input_min

    def _find_norm(self, norm: Optional[str]) -> str:
        return self._settings["norm"] if norm is None else norm

    def _count_steps(self, radius: object, what: str,
                     norm: Optional[str]) -> int:
        if not isinstance(radius, str):
            return _whole(radius, what)
        written = re.fullmatch(r"([0-9]{1,9})(?:/([1-9][0-9]{0,8}))?", radius)
        if not written:
            raise Error(f"{what}: expected a whole number or a fraction such "
                        f"as '2/255', found {radius!r}")
        numerator, denominator = written.groups()
        if denominator is None:
            return int(numerator)
        if self._find_norm(norm) != "linf":
            raise Error(f"{what} {radius}: expected a whole number, as "
                        "fractions are of the input range, which only the "
                        "norm linf measures")
        steps, rest = divmod(int(numerator) * self._steps, int(denominator))
        if rest:
            raise Error(f"{what} {radius}: expected a whole number of input "
                        f"steps, each of which is 1/{self._steps} of the "
                        "network's input range")
        return steps

    def _choose_cap(self, cap: Union[int, str, None],
                    norm: Optional[str]) -> int:
        found = self._find_norm(norm)
        apart = {"l1": self.inputs * self._steps,
                 "l0": self.inputs}.get(found, self._steps)
        most = min(apart, MOST_RADIUS)
        if cap is None:
            return most
        steps = self._count_steps(cap, "radius cap", norm)
        if steps == 0:  # to the library: no cap
            what = "input" if found == "linf" else "radius for inputs"
            raise Error(f"radius cap 0: expected 1 to {most}, the greatest "
                        f"{what} of network {self.name}")
        return steps

    def _set_limits(self, limits: Dict[str, Optional[float]]) -> None:
        """For the next question alone; None: as the user has set them."""
        for name, value in limits.items():
            text = self._settings[name] if value is None else repr(float(value))
            if self._limits.get(name) != text:
                _library.call(self._library.rp_model_set, self._get(),
                              name.encode(), text.encode())
                self._limits[name] = text

    def _choose_limits(self, timeout: Optional[float], searches: bool
                       ) -> Dict[str, Optional[float]]:
        """Of one question: its wall time. Of a search: CPU time, which the
        library parts among the radii; a clock stops it as well."""
        if not searches or timeout is None:
            return {"time_limit": timeout, "sample_limit": None}
        threads = int(self._settings["threads"]) or os.cpu_count() or 1
        own = float(self._settings["sample_limit"])
        return {"time_limit": None, "sample_limit": min(own, timeout * threads)}

    def _set_norm(self, norm: Optional[str]) -> None:
        """For the next question alone; None: as the user has set it."""
        text = self._find_norm(norm)
        if self._limits.get("norm") != text:
            _library.call(self._library.rp_model_set, self._get(), b"norm",
                          text.encode())
            self._limits["norm"] = text

    def _ask_about(self, asked: Optional[str]) -> None:
        """The next questions are about this property; None: the class."""
        if asked == self._asked:
            return
        self._asked = None  # also if the property is refused
        try:
            _library.call(self._library.rp_model_ask, self._get(),
                          None if asked is None else asked.encode())
        except Error as e:
            raise Error(f"{_name_property(asked or '')}: {e}",
                        e.status) from None
        self._asked = asked

    def _ask(self, question: Callable[[], int], timeout: Optional[float],
             searches: bool = False, asked: Optional[str] = None,
             norm: Optional[str] = None) -> Tuple[str, str, str, float]:
        """Verdict, reason, message and seconds of a question."""
        _check_timeout(timeout)
        library, handle = self._library, self._get()
        interrupted = False

        def stop() -> None:
            nonlocal interrupted
            interrupted = True
            library.rp_model_stop(handle, 1)

        def task() -> Tuple[str, str, str, float]:
            library.rp_model_stop(handle, 0)
            self._set_norm(norm)
            self._ask_about(asked)
            self._set_limits(self._choose_limits(timeout, searches))
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


_reading = threading.Lock()  # HDF5 takes one caller at a time


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


def _whole(value: object, what: str) -> int:
    """A whole number that fits the library's parameters."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(
            value, (int, np.integer)):
        raise Error(f"{what}: expected a whole number, found {value!r}")
    if not -2**31 <= value < 2**31:
        raise Error(f"{what}: expected a number of 32 bits, found {value}")
    return int(value)


def _write_rows(rows: npt.ArrayLike, bounds: npt.ArrayLike) -> str:
    """``A y <= b`` as a text."""
    a, b = np.atleast_2d(np.asarray(rows)), np.atleast_1d(np.asarray(bounds))
    if a.ndim != 2 or b.shape != (len(a),) or not a.size:
        raise Error(f"constraints: expected A of shape (n, outputs) and b of "
                    f"shape (n,), found {a.shape} and {b.shape}")
    if a.dtype.kind not in "iuf" or b.dtype.kind not in "iuf":
        raise Error("constraints: expected numbers in A and b")
    return " and ".join(f"{_write_sum(row)} <= {bound!r}"
                        for row, bound in zip(a.tolist(), b.tolist()))


def _write_sum(factors: Sequence[Union[int, float]]) -> str:
    """Factors of all outputs as a text. It begins with 0, so that every summand
    has a sign before it, and a row of zeros is a sum as well."""
    return "0" + "".join(f" {'-' if factor < 0 else '+'} {abs(factor)!r} y{j}"
                         for j, factor in enumerate(factors) if factor)


def _write_property(target: Optional[int], top_k: Optional[int],
                    constraints: Optional[Constraints]) -> Optional[str]:
    """The property as rp_model_ask reads it; None: the class."""
    given = [name for name, value in (("target", target), ("top_k", top_k),
                                      ("constraints", constraints))
             if value is not None]
    if len(given) > 1:
        raise Error(f"expected one of target, top_k and constraints, found "
                    f"{' and '.join(given)}")
    if target is not None:
        return f"never class {_whole(target, 'target')}"
    if top_k is not None:
        return f"always in top {_whole(top_k, 'top_k')}"
    if constraints is None:
        return None
    if not isinstance(constraints, (str, tuple, list)) or (
            not isinstance(constraints, str) and len(constraints) != 2):
        raise Error(f"constraints: expected a text or a pair (A, b), found "
                    f"{constraints!r}")
    text = (constraints if isinstance(constraints, str)
            else _write_rows(*constraints))
    if "\0" in text:
        raise Error("constraints: expected a text, found a zero byte in it")
    words = text.split()
    return text if words and words[0] in ("always", "never") else (
        "always " + text)


def _name_property(text: str) -> str:
    """The argument that a property was given by."""
    return ("target" if text.startswith("never class") else
            "top_k" if text.startswith("always in top") else "constraints")


def _check_timeout(seconds: Optional[float]) -> None:
    if seconds is not None and not (
            isinstance(seconds, (int, float, np.number))
            and 0.001 <= seconds <= 1e9):
        raise Error(f"timeout: expected 0.001 to 1e9 seconds, found {seconds!r}")
