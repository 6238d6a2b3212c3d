"""How each source delivers: how far it reaches, what it lacks and rejected, and whether it keeps its rhythm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.metrics.freshness import Delivery, Freshness
from ingest.calendar import Row


@dataclass(frozen=True)
class Health:
    """One source, as a row of the calendar has it, with what its imports and its rhythm say."""

    row: Row
    imports: int
    """Its standing imports."""
    rejects: int
    """Records that those did not take. Where a source has several rows, they stand with the first."""
    feeds: tuple[Delivery, ...]
    """Its accounts and scopes; none for bills and charges, which come by the month."""

    @property
    def usual(self) -> int | None:
        """The usual number of days between two deliveries, of its slowest feed; None: too few to tell."""
        return max((feed.usual for feed in self.feeds if feed.usual is not None), default=None)

    @property
    def late(self) -> int:
        """Days behind what its rhythm promises, of its latest feed; 0: none is late."""
        return max((feed.late for feed in self.feeds), default=0)

    @property
    def has_ended(self) -> bool:
        """Whether it is so far behind the others that nothing waits for it."""
        return bool(self.feeds) and not any(feed.is_active for feed in self.feeds)


def health(rows: Sequence[Row], fresh: Freshness, trail: Sequence[Mapping[str, Any]]) -> list[Health]:
    """Every source that stands, late ones first, the latest on top; then in order of their names."""
    told: set[str] = set()
    found = []
    for row in rows:
        own = [one for one in trail if one["source"] == row.source and one["status"] == "standing"]
        rejects = 0 if row.source in told else sum(one["rows_rejected"] for one in own)
        told.add(row.source)
        found.append(
            Health(row, len(own), rejects, tuple(each for each in fresh.deliveries if each.source == row.source))
        )
    return sorted(found, key=lambda one: (-one.late, one.row.label))
