"""All that a page's address says: days, comparison, filters, grouping, and what is open. Nothing else decides a page.

The address is the only place where filters live; so a copied link shows the same figures, and Back goes back.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType

from app.metrics.catalogue import RUN, TAG, catalogue
from app.metrics.question import UNASSIGNED
from app.ui import formats, periods
from app.ui.periods import Period

Params = Mapping[str, Iterable[str]]
SHORT = {"environment": "env", "model_tier": "tier"}
LONG = {short: name for name, short in SHORT.items()}
SINGLE = {
    "by": "by",
    "sort": "sort",
    "run": "run",
    "call": "call",
    "import": "import_id",
    "metric": "metric",
    "job": "job",
    "fix": "fix",
}
PERIOD = ("p", "from", "to", "cmp")
KEPT = ("seen", "share")


@dataclass(frozen=True)
class View:
    """What a page is asked to show."""

    page: str
    period: Period
    compare: Period | None
    usual: str = periods.DEFAULT
    """The preset that an address without one means."""
    where: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    by: str | None = None
    sort: str | None = None
    run: str | None = None
    call: str | None = None
    import_id: str | None = None
    metric: str | None = None
    job: str | None = None
    fix: str | None = None
    """Which price or rule is being changed."""
    seen: str | None = None
    share: str | None = None
    notes: tuple[str, ...] = ()
    """What the address says and cannot be shown, in sentences."""

    def params(self, **change: str | Iterable[str] | None) -> dict[str, list[str]]:
        """The address of this view with changes. Keys are those of the address or names of dimensions; None removes."""
        said: dict[str, list[str]] = {}
        if self.period.preset == periods.CUSTOM:
            said |= {"p": [self.period.like]} if self.period.like else {}
            said |= {"from": [self.period.since.isoformat()], "to": [self.period.until.isoformat()]}
        elif self.period.preset != self.usual:
            said["p"] = [self.period.preset]
        never = "all" in (self.period.preset, self.period.like)  # so nobody said that it should not be compared
        how = self.compare.preset if self.compare else "previous" if never else "none"
        if how != "previous":
            said["cmp"] = [how]
        said |= {SHORT.get(name, name): [*values] for name, values in self.where.items()}
        said |= {key: [value] for key, name in SINGLE.items() if (value := getattr(self, name))}
        said |= {key: [value] for key in KEPT if (value := getattr(self, key))}
        for key, value in change.items():
            short = SHORT.get(key, key)
            wanted = [value] if isinstance(value, str) else [*(value or ())]
            said.pop(short, None)
            if wanted:
                said[short] = wanted
        return said

    def fixed(self) -> dict[str, list[str]]:
        """The address with its days written out, so that it means the same tomorrow."""
        like = self.period.like or self.period.preset
        days = {"from": [self.period.since.isoformat()], "to": [self.period.until.isoformat()]}
        return self.params(p=like if like in periods.COMPARED_ALIKE else None) | days

    def deeper(self) -> dict[str, list[str]]:
        """What every link to another page carries: days, comparison and filters, and nothing that is open here."""
        return self.params(**dict.fromkeys([*SINGLE, "seen"]))

    def dates(self) -> str:
        """The days with their number."""
        return formats.days(self.period.since, self.period.until)

    def compare_dates(self) -> str:
        """The days that it is compared with, and nothing where it is not."""
        return formats.days(self.compare.since, self.compare.until) if self.compare else ""


def read(page: str, params: Params, first: date, latest: date, known: Callable[[str], Iterable[str]]) -> View:
    """The view that an address asks for. `known` gives the values that a dimension has: others are dropped and said."""
    said = {key: [*values] for key, values in params.items()}
    notes: list[str] = []
    now = _period(said, first, latest, notes)
    how = said.get("cmp", ["previous"])[-1]
    if how not in periods.COMPARISONS:
        notes.append(f"This link asks for a comparison that does not exist: “{how}”. The previous period is shown.")
        how = "previous"
    where = _filters(said, known, notes)
    single = {name: said[key][-1] for key, name in SINGLE.items() if said.get(key)}
    kept = {key: said[key][-1] for key in KEPT if said.get(key)}
    usual = periods.usual(first, latest)
    before = periods.compared(now, how)
    view = View(page, now, before, usual, MappingProxyType(where), notes=tuple(notes), **single, **kept)
    return _with_known_names(view)


def _period(said: dict[str, list[str]], first: date, latest: date, notes: list[str]) -> Period:
    if said.get("from") and said.get("to"):
        try:
            since, until = date.fromisoformat(said["from"][-1]), date.fromisoformat(said["to"][-1])
            return periods.custom(since, until, like=said.get("p", [""])[-1])
        except ValueError:
            notes.append("This link names days that do not exist; others are shown.")
    usual = periods.usual(first, latest)
    preset = said.get("p", [usual])[-1]
    if preset not in periods.PRESETS:
        notes.append(f"This link names a period that does not exist: “{preset}”; another is shown.")
        preset = usual
    return periods.period(preset, first, latest)


def _filters(
    said: dict[str, list[str]], known: Callable[[str], Iterable[str]], notes: list[str]
) -> dict[str, tuple[str, ...]]:
    where = {}
    for key, values in said.items():
        name = LONG.get(key, key)
        if name not in filterable() and not name.startswith(TAG):
            if key not in (*PERIOD, *SINGLE, *KEPT):
                notes.append(f"This link names a filter that does not exist: “{key}”.")
            continue
        label = catalogue().dimension(name).label
        there = {*known(name), UNASSIGNED}
        lost = [value for value in values if value not in there]
        notes.extend(f"This link names a {label.lower()} that does not exist: “{value}”." for value in lost)
        kept = tuple(dict.fromkeys(value for value in values if value in there))
        if kept:
            where[name] = kept
    return where


def filterable() -> tuple[str, ...]:
    """The dimensions that a page may be filtered by: all but those of time."""
    return tuple(name for name, dimension in catalogue().dimensions.items() if dimension.of != "time")


def _with_known_names(view: View) -> View:
    """The view without a grouping or metric that the catalogue does not have."""
    notes = list(view.notes)
    by, metric = view.by, view.metric
    if by is not None and by not in (RUN, *catalogue().dimensions) and not by.startswith(TAG):
        notes.append(f"This link groups by something that does not exist: “{by}”.")
        by = None
    if metric is not None and metric not in catalogue().metrics and metric not in catalogue().measures:
        notes.append(f"This link names a figure that does not exist: “{metric}”.")
        metric = None
    return dataclasses.replace(view, by=by, metric=metric, notes=tuple(notes))
