"""Results files as pandas tables, and what follows from them."""

from __future__ import annotations

import functools
import json
import os
from typing import (TYPE_CHECKING, Any, Dict, List, NamedTuple, Optional,
                    Tuple, Union)

import numpy as np
import pandas as pd

from . import _program
from ._library import Error

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Path = Union[str, "os.PathLike[str]"]

# Columns and their types; Int64 may lack a value.
_QUERIES = {"sample": "int64", "label": "int64", "radius": "int64",
            "verdict": "object", "reason": "object", "evidence": "object",
            "distance": "Int64", "seconds": "float64",
            "cpu_seconds": "float64", "rank": "int64", "nodes": "int64",
            "counterexample": "Int64"}
_RADII = {"sample": "int64", "label": "int64", "lo": "Int64", "hi": "Int64",
          "state": "object", "verdict": "object", "reason": "object",
          "seconds": "float64", "cpu_seconds": "float64",
          "counterexample": "Int64"}
_RANKS = {"rank": "int64", "host": "object", "threads": "int64",
          "tasks": "int64", "busy_seconds": "float64",
          "cpu_seconds": "float64", "nodes": "int64", "lp_solves": "int64",
          "memory_peak": "int64"}
_WITHOUT_RADIUS = ("misclassified", "invalid", "unasked")
_FAR = 1 << 30  # beyond every radius


class Interval(NamedTuple):
    """A share of samples that is known only by bounds."""

    lower: float
    upper: float


def as_operand(file: Path) -> str:
    """A file's name that no command takes for an option."""
    name = os.fspath(file)
    return os.path.join(".", name) if name.startswith("-") else name


def _make_table(rows: List[Dict[str, Any]], types: Dict[str, str],
                part: Optional[str] = None) -> pd.DataFrame:
    if part is not None:
        types = {"sample": "int64", part: "int64", **types}
    table = pd.DataFrame(rows, columns=list(types))
    return table.astype(types)


class Results:
    """What a run has written.

    :param file: a results file (HDF5); it is read, and checked, by the program
        ``rampart``
    :raises Error: with the line that the command line prints
    """

    def __init__(self, file: Path) -> None:
        self.file = os.fspath(file)
        text = _program.run(["show", "--json", as_operand(file)])
        self._content: Dict[str, Any] = json.loads(text)[0]

    def __repr__(self) -> str:
        return (f"<rampart.Results {self.file}: network "
                f"{self.attributes['network']}, {len(self._queries)} queries, "
                f"{len(self._radii)} radii>")

    # ---- tables ----

    @property
    def attributes(self) -> Dict[str, Any]:
        """Where the rows come from: names and digests of network, dataset and
        job, versions, ``radius_cap``, ``options`` and so on."""
        return {name: value for name, value in self._content.items()
                if not isinstance(value, list)}

    @property
    def queries(self) -> pd.DataFrame:
        """A table with one row for each query, by sample and radius.

        ``misclassified`` marks samples that are not classified as labelled, so
        that they have no robustness to speak of. ``distance`` and
        ``counterexample`` (a row of ``/counterexamples``) are missing where
        there is no counterexample. Where each class was asked about
        (``targets: all``), ``target`` is the class, and each sample has a row
        for each of them. Where any patch was asked about (``patch: 3``),
        ``place`` is the number of its first corner, row by row, and each sample
        has a row for each place. Where classes have names, ``class`` is that of the
        label.
        """
        return self._queries.copy()

    @property
    def radii(self) -> pd.DataFrame:
        """A table with one row for each sample whose maximum radius was
        searched.

        It is in ``lo..hi``. ``state`` is ``closed``: ``lo == hi`` is the
        maximum; ``capped``: it is ``lo`` or more, for the search ended there;
        ``open``: a limit ended the search. In rows that are ``misclassified``,
        ``invalid`` or ``unasked`` there is no radius: ``lo`` and ``hi`` are
        missing, so that no mean counts them. ``target`` as in ``queries``.
        """
        return self._radii.copy()

    @property
    def class_names(self) -> Optional[List[str]]:
        """Names of the classes, by label; None if they were not given."""
        names = self._content.get("class_names")
        return names.split(",") if names else None

    @property
    def _has_targets(self) -> bool:
        return "targets" in self._content

    @property
    def _part(self) -> Optional[str]:
        """What rows have beside the sample: a target, or a place of a patch."""
        return ("target" if self._has_targets else
                "place" if "places" in self._content else None)

    @functools.cached_property
    def _queries(self) -> pd.DataFrame:
        table = _make_table(self._content["queries"], self._types(_QUERIES),
                            self._part)
        table["misclassified"] = table.verdict == "misclassified"
        return table

    def _types(self, types: Dict[str, str]) -> Dict[str, str]:
        """With a column ``class`` where classes have names."""
        return {**types, "class": "object"} if self.class_names else types

    @functools.cached_property
    def _radii(self) -> pd.DataFrame:
        table = _make_table(self._content["radii"], self._types(_RADII),
                            self._part)
        table.loc[table.state.isin(_WITHOUT_RADIUS), ["lo", "hi"]] = pd.NA
        table["misclassified"] = table.state == "misclassified"
        table["capped"] = table.state == "capped"
        return table

    @property
    def ranks(self) -> pd.DataFrame:
        """A table with one row for each MPI rank of the last run."""
        return _make_table(self._content["ranks"], _RANKS)

    # ---- accuracy ----

    @functools.cached_property
    def _known(self) -> pd.DataFrame:
        """What is known about each sample (and target), by its number: ``lo``, the greatest
        radius proved (-1: misclassified); ``hi``, the least refuted minus 1;
        whether it was asked at all, searched, and valid. Robust at a radius
        implies robust below it, violated implies violated above."""
        r, q = self._radii, self._queries
        refuted = r.state.isin(["closed", "open"]) & (
            r.counterexample.notna() | (r.hi < self.attributes["radius_cap"]
                                        ).fillna(False).astype(bool))
        of_radii = pd.DataFrame({
            "lo": r.lo.fillna(0).astype("int64"),
            "hi": r.hi.where(refuted, _FAR).fillna(_FAR).astype("int64"),
            "wrong": r.misclassified, "invalid": r.state == "invalid",
            "asked": r.state != "unasked", "searched": True,
            **self._get_keys(r)})
        unasked = (q.reason == "interrupted") & (q.seconds == 0)
        of_queries = pd.DataFrame({
            "lo": q.radius.where(q.verdict == "robust", 0),
            "hi": (q.radius - 1).where(q.verdict == "violated", _FAR),
            "wrong": q.misclassified, "invalid": q.verdict == "invalid",
            "asked": ~unasked, "searched": False, **self._get_keys(q)})
        known = pd.concat([of_radii, of_queries]).groupby(
            list(self._get_keys(q))).agg(
            {"lo": "max", "hi": "min", "wrong": "any", "invalid": "any",
             "asked": "any", "searched": "any"})
        known["lo"] = known.lo.where(~known.wrong.astype(bool), -1)
        return known[~known.invalid.astype(bool)]

    def _get_keys(self, table: pd.DataFrame) -> Dict[str, "pd.Series[int]"]:
        """The columns that say what a row is about."""
        names = ["sample"] if self._part is None else ["sample", self._part]
        return {name: table[name] for name in names}

    def _key_rows(self, table: pd.DataFrame) -> pd.Index:
        """The same as an index, like that of what is known."""
        keys = list(self._get_keys(table))
        return table.set_index(keys if len(keys) > 1 else keys[0]).index

    def pairs(self, radius: Optional[int] = None) -> pd.DataFrame:
        """From which class to which, where each class was asked about: how many
        samples of each label (row) are known to have a counterexample that is
        classified as each target (column), within a radius or at all. Missing
        where nothing was asked.

        :raises Error: if the results are not about each class
        """
        if not self._has_targets:
            raise Error(f"{self.file}: expected results about each class "
                        "(targets: all)")
        known = self._known[self._known.lo >= 0].reset_index()
        tables = (self._queries, self._radii)
        labels = pd.concat([t[["sample", "label"]] for t in tables])
        known["label"] = known["sample"].map(dict(zip(
            labels["sample"], labels["label"])))
        known["fooled"] = (known.hi < (_FAR if radius is None else radius)
                           ).astype("Int64")
        table: pd.DataFrame = known.pivot_table(
            index="label", columns="target", values="fooled", aggfunc="sum")
        return table.astype("Int64")

    def _get_cap(self) -> int:
        """The greatest radius that searches asked; old files do not say."""
        return int(self.attributes["radius_cap"]) or 255

    def _count(self, radius: int) -> Tuple[int, int, int]:
        """Samples certified, undecided and violated (or misclassified) at a
        radius, of those asked there."""
        known = self._known
        if radius > 0:
            there = self._key_rows(self._queries[
                self._queries.radius == radius])
            searched = known.searched.astype(bool) & (
                radius <= self._get_cap())
            known = known[searched | known.index.isin(there)]
        wrong = known.lo < 0
        certified = ~wrong & known.asked.astype(bool) & (known.lo >= radius)
        violated = wrong | (~certified & (known.hi < radius))
        return (int(certified.sum()),
                int(len(known) - certified.sum() - violated.sum()),
                int(violated.sum()))

    def certified_accuracy(self, radius: int) -> Interval:
        """The share of samples that are classified as labelled and robust at a
        radius, of those asked there: ``lower`` counts what is proved,
        ``upper`` what is not refuted. At radius 0 it is plain accuracy.

        A search for the maximum radius asks at every radius up to its cap.
        """
        if isinstance(radius, bool) or not isinstance(
                radius, (int, np.integer)) or radius < 0:
            raise Error(f"radius: expected a whole number from 0, found "
                        f"{radius!r}")
        certified, undecided, violated = self._count(int(radius))
        asked = certified + undecided + violated
        if asked == 0:
            raise Error(f"{self.file}: no sample was asked at radius {radius}")
        return Interval(certified / asked, (certified + undecided) / asked)

    @property
    def accuracy(self) -> pd.DataFrame:
        """A table with one row for each radius that was asked: how many samples
        are ``certified``, ``undecided`` and ``violated`` (or misclassified),
        and the interval ``lower``..``upper`` of the certified accuracy."""
        rows = []
        for radius in self._radii_asked():
            counts = self._count(radius)
            asked = sum(counts)
            if asked:
                rows.append((radius, *counts, counts[0] / asked,
                             (counts[0] + counts[1]) / asked))
        return pd.DataFrame(rows, columns=[
            "radius", "certified", "undecided", "violated", "lower", "upper"
        ]).set_index("radius")

    def _radii_asked(self) -> List[int]:
        """Searches decide every radius up to one step after the last sample is
        violated, but none beyond the cap."""
        known, cap = self._known, self._get_cap()
        searched = known[known.searched.astype(bool)]
        own = np.where(searched.lo < 0, 0, np.minimum(searched.hi + 1, cap))
        end = min(int(own.max()), cap) if len(searched) else 0
        asked = set(range(end + 1)) | set(map(int, self._queries.radius))
        return sorted(asked) if len(known) else []

    # ---- pictures ----

    def plot_accuracy(self, ax: Optional[Axes] = None) -> Axes:
        """Draw the certified accuracy over the radius with matplotlib: what is
        proved, what is refuted, and what is undecided in between.

        :param ax: where; None: in a new figure
        """
        from . import _plots
        return _plots.draw_accuracy(self, ax)

    def plot_radii(self, ax: Optional[Axes] = None) -> Axes:
        """Draw how many samples have which maximum radius with matplotlib.
        Those capped or open stand at their lower bound, in their own colour.

        :param ax: where; None: in a new figure
        """
        from . import _plots
        return _plots.draw_radii(self, ax)
