"""The pages of the dashboard, each at an address that the made company has something to say about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parent.parent.parent
TODAY = date(2026, 10, 2)
"""The day of the made company: two days after its last call."""
FIRST = date(2026, 3, 1)
DAYS, LAST_OFFSET = 30, 150


@dataclass(frozen=True)
class Place:
    """A page at one of its addresses."""

    name: str
    page: str
    """Its path in the address."""
    params: Mapping[str, str] = field(default_factory=dict)
    drill: tuple[str, str] | None = None
    """The place from where people come to it, and the grid there of which they open the first row; None: the menu."""
    dated: bool = True
    """Whether what it shows depends on the days in the address."""

    def file(self) -> Path:
        """The page's file. Raises FileNotFoundError where there is no such page."""
        for path in files():
            if address_of(path) == self.page:
                return path
        raise FileNotFoundError(self.page)

    def path(self) -> str:
        """What stands in the address before the question mark: nothing for the front page."""
        return "" if self.file() == files()[0] else self.page

    def values(self, number: int) -> dict[str, str]:
        """What its address asks for; each number asks for days that no other asks for."""
        return {**self.params, **days(number)}

    def query(self, number: int) -> str:
        """The same as it stands in the address."""
        return urlencode(self.values(number))


TEAM = {"team": "team 1"}
WORKFLOW = {**TEAM, "workflow": "workflow 1"}
KNOWN = (
    Place("Executive", "executive"),
    Place("Teams", "teams"),
    Place("Teams, one team", "teams", TEAM, drill=("Teams", "level")),
    Place("Teams, one workflow", "teams", WORKFLOW, drill=("Teams, one team", "level")),
    Place("Run", "run", {"run": "run-1001"}, drill=("Teams, one workflow", "runs"), dated=False),
    Place("Figure", "figure", {"metric": "cost_per_trusted_outcome"}, drill=("Executive", "ten_metrics")),
    Place("Imports", "imports", dated=False),
    Place("Access", "access", dated=False),
)


def places() -> list[Place]:
    """Every page that there is; one that is not known here, at its plain address."""
    there = [address_of(path) for path in files()]
    known = {place.page for place in KNOWN}
    return [
        *(place for place in KNOWN if place.page in there),
        *(Place(page.capitalize(), page) for page in there if page not in known),
    ]


def place_named(name: str) -> Place:
    """The place of that name. Raises StopIteration where there is none."""
    return next(place for place in places() if place.name == name)


def files() -> list[Path]:
    """The files of all pages."""
    return [*sorted((ROOT / "pages").glob("[0-9]*_*.py")), *sorted((ROOT / "pages/detail").glob("*.py"))]


def address_of(path: Path) -> str:
    """The page's path in the address: 10_executive.py is at executive."""
    return path.stem.lstrip("0123456789").lstrip("_")


def days(number: int) -> dict[str, str]:
    """A month and more of the made year; each number has days of its own."""
    longer, offset = divmod(number, LAST_OFFSET)
    since = FIRST + timedelta(offset)
    return {"from": since.isoformat(), "to": (since + timedelta(DAYS + longer)).isoformat()}
