"""The inputs of a network: arrays and radii of a user, as the library counts
them, and back."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Optional, Tuple, Union

import numpy as np
import numpy.typing as npt

from ._library import Error, take_whole

Bytes = npt.NDArray[np.uint8]
Inputs = npt.NDArray[Any]  # uint8, int8 or int16, as the network counts
MOST_CHANGE = 255
"""The greatest change of an input that can be asked about."""


@dataclass(frozen=True)
class Space:
    """All inputs of a network; the library counts each of them from 0."""

    shape: Tuple[int, ...]
    size: int
    """How many numbers one input has."""
    least: int
    most: int

    @property
    def steps(self) -> int:
        """How many steps the least and the greatest input are apart."""
        return self.most - self.least

    def take(self, array: npt.NDArray[Any], what: str = "inputs") -> Bytes:
        """Inputs, [n, ...], as contiguous bytes, [n, inputs]: never rounded,
        never wrapped around."""
        shapes = {self.shape, (self.size,)}
        if array.ndim == 0 or array.shape[1:] not in shapes:
            shown = " or ".join(map(str, sorted(shapes, key=len)))
            found = array.shape[1:] if what != "inputs" else array.shape
            raise Error(f"{what}: expected shape {shown}"
                        f"{', or many of them' if what == 'inputs' else ''}, "
                        f"found {found}")
        if array.dtype.kind not in "iu":
            raise Error(f"{what}: expected whole numbers, found "
                        f"{array.dtype}")
        flat = array.reshape(len(array), self.size)
        least, most = self.least, self.most
        wrong = np.argwhere((flat < least) | (flat > most))
        if len(wrong):
            i, p = wrong[0]
            place = f"sample {i}" if what == "inputs" else what
            raise Error(f"{place}, input {p}: expected {least} to {most}, "
                        f"found {flat[i, p]}")
        if least != 0:
            flat = flat.astype(np.int32) - least
        return np.ascontiguousarray(flat, np.uint8)

    def show(self, inputs: Bytes) -> Inputs:
        """Inputs of the library, which counts from 0, as the network counts:
        in bytes, where these can hold the numbers."""
        least, most = self.least, self.most
        shaped = inputs.reshape(-1, *self.shape)
        if inputs.ndim == 1:
            shaped = shaped[0]
        if least == 0:
            return shaped
        wide = shaped.astype(np.int16) + np.int16(least)
        return wide.astype(np.int8) if -128 <= least and most < 128 else wide

    def take_one(self, x: npt.ArrayLike, what: str) -> Bytes:
        one: Bytes = self.take(np.asarray(x)[np.newaxis], what)[0]
        return one

    def _take_box(self, sample: Bytes,
                  box: Tuple[npt.ArrayLike, npt.ArrayLike]
                  ) -> Tuple[Bytes, Bytes]:
        if len(box) != 2:
            raise Error(f"box: expected two arrays (lo, hi), found {len(box)}")
        lo, hi = (self.take_one(np.broadcast_to(side, self.shape)
                                if np.ndim(side) == 0 else side, what)
                  for side, what in zip(box, ("box, lo", "box, hi")))
        wrong = np.flatnonzero((lo > sample) | (sample > hi))
        if len(wrong):
            p, least = wrong[0], self.least
            raise Error(f"box, input {p}: expected lo <= sample <= hi <= "
                        f"{self.most}, found lo {lo[p] + least}, sample "
                        f"{sample[p] + least}, hi {hi[p] + least}")
        return lo, hi

    def take_region(self, sample: Bytes, radius: Union[int, str, None],
                    box: Optional[Tuple[npt.ArrayLike, npt.ArrayLike]],
                    mask: Optional[npt.ArrayLike]) -> Tuple[Bytes, Bytes]:
        """The box of a question: the one given, or that of a radius in the norm
        linf, or all there is, where inputs that the mask excludes keep their
        values."""
        lo, hi = (self._widen(sample, radius) if box is None
                  else self._take_box(sample, box))
        if mask is not None:
            free = self._take_mask(mask)
            lo, hi = np.where(free, lo, sample), np.where(free, hi, sample)
        return lo, hi

    def _widen(self, sample: Bytes, radius: Union[int, str, None]
               ) -> Tuple[Bytes, Bytes]:
        steps = (self.steps if radius is None else
                 self.count_steps(radius, "radius", "linf"))
        if not 1 <= steps <= MOST_CHANGE:
            raise Error(f"radius {steps}: expected 1 to {MOST_CHANGE}")
        wide = sample.astype(np.int32)
        return (np.maximum(wide - steps, 0).astype(np.uint8),
                np.minimum(wide + steps, self.steps).astype(np.uint8))

    def _take_mask(self, mask: npt.ArrayLike) -> npt.NDArray[np.bool_]:
        array = np.asarray(mask)
        if array.dtype != np.bool_ or array.shape not in (
                self.shape, (self.size,)):
            raise Error(f"mask: expected true or false for each input, shape "
                        f"{self.shape}, found {array.dtype} of shape "
                        f"{array.shape}")
        flat: npt.NDArray[np.bool_] = array.reshape(-1)
        return flat

    def count_steps(self, radius: object, what: str, norm: str) -> int:
        """A radius, or a fraction of the input range, in steps."""
        if not isinstance(radius, str):
            return take_whole(radius, what)
        written = re.fullmatch(r"([0-9]{1,9})(?:/([1-9][0-9]{0,8}))?", radius)
        if not written:
            raise Error(f"{what}: expected a whole number or a fraction such "
                        f"as '2/255', found {radius!r}")
        numerator, denominator = written.groups()
        if denominator is None:
            return int(numerator)
        if norm not in ("linf", "brightness"):
            raise Error(f"{what} {radius}: expected a whole number, as "
                        "fractions are of the input range, which only linf "
                        "and brightness measure")
        steps, rest = divmod(int(numerator) * self.steps, int(denominator))
        if rest:
            raise Error(f"{what} {radius}: expected a whole number of input "
                        f"steps, each of which is 1/{self.steps} of the "
                        "network's input range")
        return steps
