"""Properties of the outputs, as arguments and as the texts that the library
reads."""

from __future__ import annotations

from typing import Optional, Sequence, Tuple, Union

import numpy as np
import numpy.typing as npt

from ._library import Error, take_whole

Constraints = Union[str, Tuple[npt.ArrayLike, npt.ArrayLike]]


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


def write(target: Optional[int], top_k: Optional[int],
          constraints: Optional[Constraints]) -> Optional[str]:
    """The property as rp_model_ask reads it; None: the class."""
    given = [name for name, value in (("target", target), ("top_k", top_k),
                                      ("constraints", constraints))
             if value is not None]
    if len(given) > 1:
        raise Error(f"expected one of target, top_k and constraints, found "
                    f"{' and '.join(given)}")
    if target is not None:
        return f"never class {take_whole(target, 'target')}"
    if top_k is not None:
        return f"always in top {take_whole(top_k, 'top_k')}"
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


def name_argument(text: str) -> str:
    """The argument that a property was given by; constraints as they are read,
    since messages count their characters."""
    if text.startswith("never class"):
        return "target"
    if text.startswith("always in top"):
        return "top_k"
    return f"constraints {text if len(text) <= 80 else text[:77] + '...'!r}"
