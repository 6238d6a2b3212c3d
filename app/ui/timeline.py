"""What happened in a run, moment by moment: model calls, tools and checks as bars and marks on one time axis."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.ui import formats
from app.ui.charts import Chart
from app.ui.template import AROUND, BAR, COLOURS, HOLLOW, ONE_HUE, WORSE, Figure, Part, layout, marker, names_axis

MOST = 60
"""More events than this are not drawn: the tables have all."""
FAILED = {"error", "timeout", "rejected", "refused", "cancelled", "blocked", "denied", "fail"}
THINNEST = 0.006
"""The part of the whole length that a bar takes at least, so that an instant can be seen."""
KINDS = (
    Part("call", "Model call", ONE_HUE),
    Part("retry", "Retry or thrown away", COLOURS["retry"], "/"),
    Part("evaluation", "Evaluation", COLOURS["evaluation"]),
    Part("tool", "Tool", COLOURS["tool"]),
    Part("retrieval", "Retrieval", COLOURS["retrieval"]),
    Part("human_review", "Approval or hand-off", COLOURS["human_review"]),
)
FAILURE = Part("failed", "Failed, marked ×", WORSE, HOLLOW)
STEPS = {
    "tool": "tool",
    "automation": "tool",
    "retrieval": "retrieval",
    "memory": "retrieval",
    "approval": "human_review",
    "hand_off": "human_review",
}
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Event:
    """One thing that happened. Without an end nobody reported how long it took."""

    began: datetime
    ended: datetime | None
    kind: str
    name: str
    status: str | None

    @property
    def until(self) -> datetime:
        """Its end, as far as it is known."""
        return self.ended or self.began

    @property
    def failed(self) -> bool:
        """Whether it did not do what it was for."""
        return (self.status or "").lower() in FAILED


def events(calls: Iterable[Row], steps: Iterable[Row], checks: Iterable[Row]) -> list[Event]:
    """Everything of a run that has a moment, in order of time."""
    found = [
        Event(call["started_at"], _end_of_call(call), _kind_of_call(call), _name_of_call(call), call["status"])
        for call in calls
    ]
    found += [
        Event(step["started_at"], step["ended_at"], STEPS.get((step["kind"] or "").lower(), "tool"),
              step["name"] or step["kind"], step["status"])
        for step in steps
    ]  # fmt: skip
    found += [Event(check["decided_at"], None, "evaluation", check["name"], check["result"]) for check in checks]
    return sorted(found, key=lambda event: event.began)


def timeline(found: Sequence[Event]) -> Chart:
    """One row per event from the first moment on: what failed is marked x, retries are hatched."""
    shown = found[:MOST]
    start = shown[0].began
    whole = max(_seconds(event.until - start) for event in shown) or 1.0
    least = whole * THINNEST
    traces: list[Figure] = []
    parts = [part for part in KINDS if any(event.kind == part.name for event in shown)]
    for part in parts:
        places = [place for place, event in enumerate(shown) if event.kind == part.name]
        traces.append(
            {
                "type": "bar",
                "orientation": "h",
                "name": part.label,
                "base": [_seconds(shown[place].began - start) for place in places],
                "x": [max(least, _seconds(shown[place].until - shown[place].began)) for place in places],
                "y": places,
                "marker": marker(part.colour, part.pattern),
                "customdata": [[place, _said(shown[place])] for place in places],
                "hovertemplate": "%{customdata[1]}<extra></extra>",
            }
        )
    marks = _marks([(place, event) for place, event in enumerate(shown) if event.failed], start, least)
    figure = {
        "data": [*traces, *marks],
        "layout": layout(
            AROUND + 24 + BAR * len(shown),
            barmode="overlay",
            xaxis={"range": [0, whole * 1.04], "ticksuffix": " s", "rangemode": "tozero"},
            yaxis=names_axis([formats.plain(event.name) for event in shown]),
        ),
    }
    failed = sum(event.failed for event in found)
    says = (
        f"What happened in order of time: {formats.number_of(len(found), 'event')} in {formats.duration(whole)}, "
        f"{failed} failed."
    )
    key = [*parts, FAILURE] if marks else parts
    return Chart(figure, says, key=key, rows=[{"name": event.name} for event in shown])


def _marks(failed: Sequence[tuple[int, Event]], start: datetime, least: float) -> list[Figure]:
    """An x at the end of everything that failed."""
    if not failed:
        return []
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "name": "Failed",
            "x": [max(_seconds(event.until - start), _seconds(event.began - start) + least) for _, event in failed],
            "y": [place for place, _ in failed],
            "marker": {"symbol": "x", "size": 11, "color": WORSE},
            "cliponaxis": False,
            "hoverinfo": "skip",
        }
    ]


def _said(event: Event) -> str:
    took = formats.duration(_seconds(event.ended - event.began)) if event.ended else "length not reported"
    status = event.status or "status not reported"
    return f"{formats.plain(event.name)}<br>{event.began:%H:%M:%S} UTC<br>{took}<br>{formats.plain(status)}"


def _seconds(length: timedelta) -> float:
    return length.total_seconds()


def _end_of_call(call: Row) -> datetime | None:
    if call["ended_at"] is not None:
        ended: datetime = call["ended_at"]
        return ended
    if call["latency_ms"] is None:
        return None
    began: datetime = call["started_at"]
    return began + timedelta(milliseconds=float(call["latency_ms"]))


def _kind_of_call(call: Row) -> str:
    return {"retry": "retry", "evaluator": "evaluation"}.get(call["token_class"] or "", "call")


def _name_of_call(call: Row) -> str:
    name = call["step"] or call["role"] or "call"
    attempt = call["attempt"] or 1
    return f"{name} (attempt {attempt})" if attempt > 1 else str(name)
