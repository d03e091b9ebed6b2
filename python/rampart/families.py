"""Questions about families of inputs: one answer for many boxes or images."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Dict, List, Optional, Tuple, Union

import numpy as np
import numpy.typing as npt

from ._inputs import Inputs
from ._library import Error
from .network import Network, Verification

BATCH = 1024  # images that are predicted at once


@dataclass(frozen=True)
class Patches:
    """The answer about all places of a patch."""

    verdict: str
    """``robust`` if it is at all places, ``violated`` if it is at one,
    ``unknown`` otherwise; ``misclassified``."""
    places: npt.NDArray[np.str_] = field(repr=False)
    """The verdict for each row and column of the patch's first corner; ``""``
    where nothing was asked any more."""
    counterexample: Optional[Inputs] = field(repr=False)
    seconds: float


def verify_patches(network: Network, x: npt.ArrayLike,
                   label: Optional[int] = None, *, size: int,
                   radius: Union[int, str, None] = None,
                   timeout: Optional[float] = None, **asked: Any) -> Patches:
    """Decide whether any square patch of an image can change the class: its
    size x size places, with all their channels, take any values, or values
    within a radius, and all other places stay.

    Every place of the patch is a question of its own; the first counterexample
    ends the rest.

    :param timeout: wall seconds for each place
    :param asked: ``target``, ``top_k`` or ``constraints`` of
        :meth:`Network.verify`
    """
    shape = network.shape
    if len(shape) not in (2, 3) or not 1 <= size <= min(shape[:2]):
        raise Error(f"patch: expected an image and a size from 1 to its rows "
                    f"and columns, found shape {shape} and size {size}")
    image, label = network.take_question(x, label)
    rows, columns = shape[0] - size + 1, shape[1] - size + 1
    places = np.full((rows, columns), "", dtype="<U13")
    begin, found = time.perf_counter(), None
    for row, column in np.ndindex(rows, columns):
        mask = np.zeros(shape, bool)
        mask[row:row + size, column:column + size] = True
        answer = network.verify(image, label, mask=mask, radius=radius,
                                timeout=timeout, **asked)
        places[row, column] = answer.verdict
        if answer.verdict in ("violated", "misclassified"):
            found = answer.counterexample
            break
    kinds = set(places.flat)
    verdict = next((kind for kind in ("misclassified", "violated", "unknown")
                    if kind in kinds), "robust")
    return Patches(verdict, places, found, time.perf_counter() - begin)


def _decide_images(network: Network, x: Inputs, wanted: int,
                   images: List[Inputs]) -> Verification:
    """The first image, in this order, that has another class than wanted; it
    is replayed by the plain forward pass."""
    begin = time.perf_counter()
    if int(network.predict(x)) != wanted:
        return Verification("misclassified", "none", None,
                            time.perf_counter() - begin)
    for start in range(0, len(images), BATCH):
        batch = np.stack(images[start:start + BATCH])
        wrong = np.flatnonzero(np.asarray(network.predict(batch)) != wanted)
        if len(wrong):
            found = batch[wrong[0]]
            if int(network.outputs(found).argmax()) == wanted:
                raise Error("a counterexample does not replay", 1)
            return Verification("violated", "none", found,
                                time.perf_counter() - begin)
    return Verification("robust", "none", None, time.perf_counter() - begin)


def verify_brightness(network: Network, x: npt.ArrayLike,
                      label: Optional[int] = None, *, most: int
                      ) -> Verification:
    """Decide whether adding one number from -most to most to all inputs,
    clipped to the input range, can change the class: exactly, by predicting
    each of the images. It is :meth:`Network.verify` in the norm
    ``brightness``."""
    if not 1 <= most <= network.input_max - network.input_min:
        raise Error(f"brightness: expected 1 to "
                    f"{network.input_max - network.input_min}, found {most}")
    return network.verify(x, label, radius=most, norm="brightness")


def _find_factors(offsets: List[Fraction], centre: Fraction, least: Fraction,
                  most: Fraction) -> List[Fraction]:
    """One factor for each image of the family: those where a pixel is just
    rounded up, and one between each two of them."""
    edges = {least, most}
    for d in offsets:
        ends = sorted((centre + least * d, centre + most * d))
        for k in range(int(ends[0]) - 1, int(ends[1]) + 2):
            f = (k + Fraction(1, 2) - centre) / d
            if least <= f <= most:
                edges.add(f)
    steps = sorted(edges)
    between = [(a + b) / 2 for a, b in zip(steps, steps[1:])]
    return sorted(steps + between, key=lambda f: (abs(f - 1), f))


def verify_contrast(network: Network, x: npt.ArrayLike,
                    label: Optional[int] = None, *,
                    factors: Tuple[float, float]) -> Verification:
    """Decide whether a change of contrast can change the class: every input v
    becomes c + f (v - c), rounded to the nearest whole number (halves up) and
    clipped, where c is the centre of the input range and f any real number
    between two factors. Exactly: there are finitely many such images, and each
    is predicted. The norm ``contrast`` of :meth:`Network.verify` and of jobs is
    about factors from 100 / (100 + radius) to (100 + radius) / 100.

    :param factors: least and greatest, such as ``(0.8, 1.25)``
    """
    if not isinstance(factors, (tuple, list)) or len(factors) != 2 or not all(
            isinstance(f, (int, float, Fraction)) and np.isfinite(float(f))
            for f in factors):
        raise Error(f"contrast: expected two factors, found {factors!r}")
    least, most = Fraction(factors[0]), Fraction(factors[1])
    if not 0 <= least <= 1 <= most <= 16:
        raise Error(f"contrast: expected factors from 0 to 1 and from 1 to 16, "
                    f"found {factors[0]} and {factors[1]}")
    image, wanted = network.take_question(x, label)
    centre = Fraction(network.input_min + network.input_max, 2)
    values = [int(v) for v in np.unique(image)]
    offsets = [v - centre for v in values if v != centre]
    place = np.searchsorted(values, image)
    images = []
    for f in _find_factors(offsets, centre, least, most):
        p, q, c = f.numerator, f.denominator, int(2 * centre)
        moved = [(c * q + p * (2 * v - c) + q) // (2 * q) for v in values]
        table = np.clip(np.array(moved, object), network.input_min,
                        network.input_max).astype(np.int32)
        images.append(table[place])
    unique = list({made.tobytes(): made for made in images}.values())
    return _decide_images(network, image, wanted, unique)


def verify_targets(network: Network, x: npt.ArrayLike,
                   label: Optional[int] = None, **region: Any
                   ) -> Dict[int, Verification]:
    """Ask for each other class whether some input is classified as it: a row
    of the table of pairs.

    :param region: ``radius``, ``box``, ``mask`` and ``timeout`` of
        :meth:`Network.verify`
    """
    if label is None:
        label = int(network.predict(x))
    return {target: network.verify(x, label, target=target, **region)
            for target in range(network.classes) if target != label}
