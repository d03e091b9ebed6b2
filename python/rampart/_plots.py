"""The figures of Results, in the colours of the report. matplotlib is imported
by whoever draws, not by whoever counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Optional

import numpy as np

from ._library import Error

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from .results import Results

PROVED, OPEN, REFUTED = "#0072b2", "#e6a200", "#d55e00"


def _get_axes(ax: Optional[Axes]) -> Axes:
    if ax is not None:
        return ax
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise Error(f"plots need matplotlib: {error}", 1) from None
    return plt.subplots()[1]


def _finish(ax: Axes, results: Results, y: str, n: int) -> Axes:
    ax.set_title(f"Network {results.attributes['network']}, {n} samples")
    ax.set_xlabel("L-infinity radius (input steps)")
    ax.set_ylabel(y)
    ax.legend()
    return ax


def draw_accuracy(results: Results, ax: Optional[Axes]) -> Axes:
    """A value holds up to the next radius, so it is drawn as a step; where
    radii in between were not asked, a step would claim too much."""
    table = results.accuracy
    if table.empty:
        raise Error(f"{results.file}: expected queries or radii, found none", 1)
    ax = _get_axes(ax)
    x = table.index.to_numpy()
    gapless = len(x) == x[-1] - x[0] + 1
    style = {"drawstyle": "steps-post"} if gapless else {"marker": "o"}
    if table.undecided.any():
        ax.fill_between(x, table.lower, table.upper, color=OPEN, alpha=0.4,
                        step="post" if gapless else None, label="undecided")
    ax.plot(x, table.upper, ":", color=REFUTED, label="not refuted", **style)
    ax.plot(x, table.lower, color=PROVED, label="proved robust", **style)
    ax.set_ylim(0, 1.02)
    counts = table[["certified", "undecided", "violated"]].sum(axis=1)
    return _finish(ax, results, "accuracy", int(counts.max()))


def draw_radii(results: Results, ax: Optional[Axes]) -> Axes:
    radii = results.radii
    found = radii[radii.lo.notna()]
    if found.empty:
        raise Error(f"{results.file}: expected maximum radii, found none", 1)
    ax = _get_axes(ax)
    last = int(found.lo.max())
    bottom = np.zeros(last + 1)
    labels = {"closed": "maximum radius", "capped": "at the cap, or more",
              "open": "at least"}
    for (state, label), colour in zip(labels.items(), (PROVED, REFUTED, OPEN)):
        of_state = found.lo[found.state == state].to_numpy("int64")
        if len(of_state):
            height = np.bincount(of_state, minlength=last + 1)
            ax.bar(range(last + 1), height, bottom=bottom, color=colour,
                   label=label)
            bottom = bottom + height
    for axis in (ax.xaxis, ax.yaxis):
        axis.get_major_locator().set_params(integer=True)
    return _finish(ax, results, "samples", len(found))
