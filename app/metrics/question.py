"""A question in names: what, cut by what, over which days, under which filter, on which basis, for whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from app.metrics.catalogue import Catalogue, catalogue

UNASSIGNED = "Unassigned"
Basis = Literal["ledger", "metered", "invoiced"]


@dataclass(frozen=True)
class Viewer:
    """Who asks. `where` is the row filter that holds for everything this viewer sees: dimension -> allowed values."""

    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def everything(cls) -> Viewer:
        """A viewer who may see all."""
        return cls()


@dataclass(frozen=True)
class Question:
    """Names of metrics and measures, dimensions, first and last day (inclusive), and filters.

    Several values of one dimension mean either, several dimensions mean both.
    """

    names: tuple[str, ...]
    by: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    basis: Basis = "ledger"

    def checked(self) -> Question:
        """Itself. Raises UnknownNameError for a name that the catalogue does not have."""
        known = catalogue()
        for name in self.names:
            if name not in known.measures:
                known.known(name, known.metrics, "metric")
        for name in (*self.by, *self.where):
            known.dimension(name)
        return self


@dataclass(frozen=True)
class Answer:
    """One row per combination of `by`: dimension values as text, one entry per name; None where there is no data."""

    rows: list[dict[str, Any]]
    currency: str
    since: date | None
    until: date | None


def deep(names: tuple[str, ...] | Mapping[str, Any], known: Catalogue) -> tuple[str, ...]:
    """The dimensions among `names` that only a call has."""
    return tuple(name for name in names if known.dimension(name).of == "call")
