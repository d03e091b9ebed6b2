"""One network: predictions, robustness in balls and boxes, maximum radii."""

from __future__ import annotations

import ctypes
import functools
import os
from ctypes import POINTER, c_int32, c_uint8
from dataclasses import dataclass, field
from typing import Callable, List, Optional, Tuple, Union

import numpy as np
import numpy.typing as npt

from . import _library, _property
from ._inputs import Bytes, Inputs, Space
from ._library import Error, take_whole
from ._model import Model, reading
from ._property import Constraints

Path = Union[str, "os.PathLike[str]"]
Numbers = npt.NDArray[np.int32]


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
        self._model = Model(file, profile, input_bits, bits)
        self._library = self._model.library
        self._space = self._describe_inputs()
        self.set(**options)

    # ---- the network ----

    @property
    def name(self) -> str:
        """The network's name."""
        name = self._library.rp_model_name(self._model.handle)
        return str(name, "utf-8", "replace")

    @property
    def shape(self) -> Tuple[int, ...]:
        """The shape of one input."""
        return self._space.shape

    @property
    def inputs(self) -> int:
        """How many numbers one input has."""
        return self._space.size

    @property
    def input_min(self) -> int:
        """The least value of an input: 0, or what the file calls it."""
        return self._space.least

    @property
    def input_max(self) -> int:
        """The greatest value of an input."""
        return self._space.most

    @property
    def classes(self) -> int:
        """How many classes there are."""
        return int(self._library.rp_model_classes(self._model.handle))

    @property
    def class_names(self) -> Optional[List[str]]:
        """The names of the classes; None if the file has none."""
        names = [self._library.rp_model_class_name(self._model.handle, class_)
                 for class_ in range(self.classes)]
        return None if None in names else [str(name, "utf-8", "replace")
                                           for name in names]

    def __repr__(self) -> str:
        if self._model.is_closed:
            return "<rampart.Network, closed>"
        return (f"<rampart.Network {self.name}: inputs {self.shape} from "
                f"{self.input_min} to {self.input_max}, {self.classes} "
                f"classes>")

    def set(self, **options: object) -> None:
        """Set engine options of ``rampart verify`` by their names:
        ``network.set(threads=2, memory_limit=1000)``."""
        for name, value in options.items():
            self._model.set(name, str(value))

    def close(self) -> None:
        """Free the memory now; without it that happens some time later."""
        self._model.close()

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
        inputs = (self._space.take_one(array, "sample")[np.newaxis] if single
                  else self._space.take(array))
        classes = self._predict_all(inputs)
        return int(classes[0]) if single else classes

    def _predict_all(self, inputs: Bytes) -> Numbers:
        """Classes of inputs that count from 0, as the library takes them."""
        classes = np.empty(len(inputs), np.int32)
        self._model.call(self._library.rp_model_predict_all, len(inputs),
                         _bytes(inputs), _numbers(classes))
        return classes

    def outputs(self, x: npt.ArrayLike) -> Numbers:
        """What the last layer gives for one input: whole numbers."""
        sample = self._space.take_one(x, "sample")
        outputs = np.empty(self.classes, np.int32)
        self._model.call(self._library.rp_model_outputs, _bytes(sample),
                         _numbers(outputs))
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
            others, in the shape of x; without a radius or a box they may
            have any value
        :param target: is some input classified as this class?
        :param top_k: does the label leave the k greatest outputs, where the
            first of equals wins?
        :param constraints: what the outputs (:meth:`outputs`) must fulfil: a
            text such as ``"y0 - 2 y3 <= 5 and y1 >= 0"``, which may also begin
            with ``never``, or ``(A, b)`` with A y <= b. The verdict is
            ``misclassified`` if x itself breaks them
        :param norm: what the radius measures: ``"linf"``, the greatest change
            of an input; ``"l1"``, the sum of all changes; ``"l0"``, how many
            inputs change, each to any value; ``"brightness"``, what is added
            to all inputs; ``"contrast"``, by how many percent they are
            stretched around the centre of their range at most, or shrunk as
            much. None: the option norm, linf unless it was set
        :param timeout: wall seconds, after which the verdict is unknown; None:
            the option time_limit, an hour unless it was set
        """
        if radius is not None and box is not None:
            raise Error("verify: expected a radius or a box, found both")
        if radius is None and box is None and mask is None:
            raise Error("verify: expected a radius, a box or a mask, found "
                        "none")
        sample = self._space.take_one(x, "sample")
        label = self._choose_label(sample, label)
        asked = _property.write(target, top_k, constraints)
        witness = np.empty_like(sample)
        if box is None and mask is None:
            number = self._count_steps(radius, "radius", norm)
            ask = functools.partial(self._library.rp_model_verify,
                                    self._model.handle, _bytes(sample), label,
                                    number)
        else:
            lo, hi = self._space.take_region(sample, radius, box, mask)
            bounds = (POINTER(c_uint8) * 2)(_bytes(lo), _bytes(hi))
            ask = functools.partial(self._library.rp_model_verify_box,
                                    self._model.handle, _bytes(sample), label,
                                    bounds)
        verdict, reason, message, seconds = self._model.ask(
            functools.partial(ask, _bytes(witness), None), timeout,
            asked=asked, norm=norm)
        found = self._space.show(witness) if verdict == "violated" else None
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
        sample = self._space.take_one(x, "sample")
        label = self._choose_label(sample, label)
        witness = np.empty_like(sample)
        radii = np.empty(2, np.int32)
        most = self._choose_cap(cap, norm)
        verdict, reason, message, seconds = self._model.ask(
            functools.partial(self._library.rp_model_radius, self._model.handle,
                              _bytes(sample), label, most, _numbers(radii),
                              _bytes(witness)), timeout, searches=True,
            asked=_property.write(target, top_k, constraints), norm=norm)
        lower, upper = map(int, radii)
        refuted = 0 <= upper < most
        state = (verdict if verdict == "misclassified" else
                 "open" if verdict == "unknown" else
                 "closed" if refuted else "capped")
        found = self._space.show(witness) if refuted else None
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
        with reading:
            _library.call(self._library.rp_samples_open, self._model.handle,
                          _library.encode(file), array, ctypes.byref(handle))
        try:
            return self._copy_samples(handle)
        finally:
            self._library.rp_samples_close(handle)

    # ---- how ----

    def _describe_inputs(self) -> Space:
        library, handle = self._library, self._model.handle
        dims = (c_int32 * _library.SHAPE_SIZE)()
        count = library.rp_model_shape(handle, dims)
        least = library.rp_model_input_min(handle)
        return Space(tuple(dims[:count]), library.rp_model_inputs(handle),
                     least, least + library.rp_model_input_max(handle))

    def _copy_samples(self, handle: ctypes.c_void_p
                      ) -> Tuple[Inputs, Numbers]:
        library = self._library
        count = library.rp_samples_count(handle)
        if count == 0:
            none = np.empty((0, self.inputs), np.uint8)
            return self._space.show(none), np.empty(0, np.int32)
        x = np.ctypeslib.as_array(library.rp_samples_inputs(handle),
                                  (count, self.inputs))
        y = np.ctypeslib.as_array(library.rp_samples_labels(handle), (count,))
        return self._space.show(x.copy()), y.copy()

    def _choose_label(self, sample: Bytes, label: Optional[int]) -> int:
        if label is None:
            return int(self._predict_all(sample[np.newaxis])[0])
        return take_whole(label, "label")

    def take_question(self, x: npt.ArrayLike, label: Optional[int]
                      ) -> Tuple[Inputs, int]:
        """Check an input and its label.

        :returns: the input in the shape of the network's, and the label, or
            the class that the network gives to it
        """
        sample = self._space.take_one(x, "sample")
        chosen = self._choose_label(sample, label)
        if not 0 <= chosen < self.classes:
            raise Error(f"label: expected 0 to {self.classes - 1}, found "
                        f"{chosen}")
        return self._space.show(sample), chosen

    def _count_steps(self, radius: object, what: str,
                     norm: Optional[str]) -> int:
        return self._space.count_steps(radius, what,
                                       self._model.find_norm(norm))

    def _choose_cap(self, cap: Union[int, str, None],
                    norm: Optional[str]) -> int:
        found = self._model.find_norm(norm)
        apart = {"l1": self.inputs * self._space.steps,
                 "l0": self.inputs,
                 "contrast": 255}.get(found, self._space.steps)
        most = min(apart, MOST_RADIUS)
        if cap is None:
            return most
        steps = self._count_steps(cap, "radius cap", norm)
        if steps == 0:  # to the library: no cap
            what = "input" if found == "linf" else "radius for inputs"
            raise Error(f"radius cap 0: expected 1 to {most}, the greatest "
                        f"{what} of network {self.name}")
        return steps
