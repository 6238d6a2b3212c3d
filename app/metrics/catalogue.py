"""The catalogue: every measure, metric and dimension, read from catalogue.toml and checked."""

from __future__ import annotations

import difflib
import tomllib
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, model_validator

Unit = Literal["money", "ratio", "tokens", "count", "milliseconds"]
TAG = "tag:"
RUN = "run"  # every run by itself: the finest cut that a run has. No cube has it, so it is not offered with the others.


class UnknownNameError(Exception):
    """A metric, measure or dimension that the catalogue does not have."""


class Dimension(BaseModel, extra="forbid", frozen=True):
    """What figures can be cut by. `of` says how deep it cuts: a run has it, a call has it, or it slices a sum."""

    label: str
    of: Literal["time", "run", "call", "slice"]


class Measure(BaseModel, extra="forbid", frozen=True, use_attribute_docstrings=True):
    """Something that is summed, counted or binned."""

    says: str
    label: str = ""
    unit: Unit
    kind: Literal["sum", "distinct", "histogram", "currencies"] = "sum"
    layer: str | None = None
    of: Literal["call", "run"] = "call"
    """How deep it reaches: a measure of runs is not cut by what only a call has."""

    component: bool = False
    """One of the fourteen components of cost."""

    brought: bool = False
    """Money that outcomes bring, not cost: it is never cut by what only a call has."""

    known: str | None = None
    """The measure that counts known rows; where it is 0 there is no data."""

    present: str | None = None
    """The measure that counts all rows; where it is 0 the sum is 0, if anything else is known."""

    column: str | None = None
    usage: tuple[str, ...] = ()
    runs: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()


class Metric(BaseModel, extra="forbid", frozen=True, use_attribute_docstrings=True):
    """A ratio of two sums, or a quantile of a histogram."""

    label: str
    says: str
    formula: str
    per: int = 1
    """How many of `bottom` one unit covers: 1_000_000 for a price per million tokens."""

    top: str
    bottom: str | None = None
    whole: bool = False
    """Under a filter finer than a run, the top takes the whole cost of the runs that remain."""

    covered: str | None = None
    """The measure that counts the tokens of the rows that report what the top needs."""

    traced: str | None = None
    """The same metric on the cost that has a run; shown too where that is less than 95 % of all."""

    quantile: float | None = None
    unit: Unit
    good: Literal["up", "down", "neither"]
    owner: str
    heading: str | None = None
    layer: str | None = None


class Catalogue(BaseModel, extra="forbid", frozen=True):
    """All of it, in order."""

    dimensions: dict[str, Dimension]
    measures: dict[str, Measure]
    metrics: dict[str, Metric]

    @model_validator(mode="after")
    def _names_exist(self) -> Catalogue:
        for name, metric in self.metrics.items():
            for part in (metric.top, metric.bottom, metric.covered):
                if part is not None and part not in self.measures:
                    raise ValueError(f"metric {name} names {part}, which is no measure")
            if metric.traced is not None and metric.traced not in self.metrics:
                raise ValueError(f"metric {name} names {metric.traced}, which is no metric")
        return self

    @property
    def ten(self) -> tuple[str, ...]:
        """The ten metrics of the executive page, in order."""
        return tuple(name for name, metric in self.metrics.items() if metric.heading)

    @property
    def components(self) -> tuple[str, ...]:
        """The fourteen components of cost, in order."""
        return tuple(name for name, measure in self.measures.items() if measure.component)

    def dimension(self, name: str) -> Dimension:
        """A dimension by name; any tag:<name> is one. Raises UnknownNameError."""
        if name.startswith(TAG) and len(name) > len(TAG):
            return Dimension(label=name[len(TAG) :], of="call")
        if name == RUN:
            return Dimension(label="Run", of="run")
        return self.dimensions[self.known(name, self.dimensions, "dimension")]

    def known(self, name: str, among: dict[str, Dimension] | dict[str, Measure] | dict[str, Metric], kind: str) -> str:
        """The name, if there is such a thing. Raises UnknownNameError, which says what was perhaps meant."""
        if name in among:
            return name
        near = difflib.get_close_matches(name, list(among), n=1)
        hint = f" Did you mean {near[0]}?" if near else f" There are: {', '.join(among)}."
        raise UnknownNameError(f"There is no {kind} called {name!r}.{hint}")


@cache
def catalogue() -> Catalogue:
    """The catalogue of this version."""
    return Catalogue.model_validate(tomllib.loads((Path(__file__).parent / "catalogue.toml").read_text()))
