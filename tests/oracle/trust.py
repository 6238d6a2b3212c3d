"""What a run came to: its events folded, its trust, its money, its review minutes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tests.oracle.columns import CONDITIONS
from tests.oracle.money import Rates, round12
from tests.oracle.rows import Row
from tests.oracle.runs import Run
from tests.oracle.standing import in_force
from tests.oracle.usage import Settings

DEFAULT = "completed|accepted|grounded|policy_passed|safe"
PRESETS = {
    "customer_support": "completed|!escalated|!reopened|!policy_violated",
    "coding": "accepted|!reverted|!tests_failed|!security_regression",
    "travel": "accepted|inventory_validated|!policy_violated",
    "marketing": "accepted|brand_safe|value_confirmed",
    "service_desk": "completed|!escalated|!reopened",
    "commerce": "completed|!refunded",
}
ANSWERS = {"pass": True, "approved": True, "fail": False, "blocked": False, "denied": False}
AMOUNTS = ("revenue", "cost_saved", "human_minutes")


@dataclass
class Event:
    """One outcome, or one check that answers a condition."""

    at: datetime
    identifier: str
    answers: dict[str, bool]
    row: Row


@dataclass
class Outcome:
    """What a run came to, on one day. A run without any event has one too: nothing is answered."""

    run: Run
    day: date
    answers: dict[str, bool]
    trusted: bool
    unverified: bool
    provisional: bool
    brought: Decimal | None = None
    """Revenue and savings in the reporting currency; None: no event says any."""
    unconverted: list[tuple[str, Decimal]] = field(default_factory=list)
    review: list[dict[str, Any]] = field(default_factory=list)

    @property
    def successful(self) -> bool:
        return self.answers.get("completed") is True and self.answers.get("accepted") is True


def outcome_of(run: Run, workflows: list[Row], settings: Settings, rates: Rates) -> Outcome:
    events = _events(run)
    answers: dict[str, bool] = {}
    for event in events:
        answers.update(event.answers)
    day = _day(run, events, settings)
    own = [row for row in workflows if row["workflow"] == run.dims["workflow"]]
    judged = in_force(own, day)
    trusted, unverified = _trust(answers, _required(judged))
    window = (judged["window_days"] or 0) if judged else 0
    provisional = bool(events) and (settings.today - day).days < window
    outcome = Outcome(run, day, answers, trusted, unverified, provisional)
    _add_money(outcome, events, own, settings, rates)
    return outcome


def _events(run: Run) -> list[Event]:
    found = []
    for at, identifier, table, row in run.events:
        if table == "outcomes":
            named = {name: row[name] for name in CONDITIONS if row[name] is not None}
            found.append(Event(at, identifier, {**named, **row["conditions"]}, row))
        elif table == "checks" and row["condition"] is not None:
            answer = ANSWERS.get(row["result"] or "")
            found.append(Event(at, identifier, {} if answer is None else {row["condition"]: answer}, row))
    return sorted(found, key=lambda event: (event.at, event.identifier))


def _day(run: Run, events: list[Event], settings: Settings) -> date:
    """The day of the first event that answers completed or accepted, else of the first event, else the run's."""
    deciding = [event for event in events if {"completed", "accepted"} & set(event.answers)] or events
    return settings.day_of(deciding[0].at) if deciding else run.day


def _required(judged: Row | None) -> list[str]:
    text = judged and (judged["requires"] or PRESETS.get((judged["use_case"] or "").lower()))
    return [name.strip() for name in (text or DEFAULT).split("|") if name.strip()]


def _trust(answers: dict[str, bool], required: list[str]) -> tuple[bool, bool]:
    wanted = {name for name in required if not name.startswith("!")}
    unwanted = {name[1:] for name in required if name.startswith("!")}
    reopened = answers.get("reopened") is True
    trusted = (
        not reopened
        and all(answers.get(name) is True for name in wanted)
        and not any(answers.get(name) is True for name in unwanted)
    )
    wrong = any(answers.get(name) is False for name in wanted) or any(answers.get(name) is True for name in unwanted)
    return trusted, not trusted and not reopened and not wrong


def _add_money(outcome: Outcome, events: list[Event], own: list[Row], settings: Settings, rates: Rates) -> None:
    for name in AMOUNTS:
        for row, amount in _counting(events, name):
            day = settings.day_of(row["occurred_at"])
            if name == "human_minutes":
                _review(outcome, amount, day, in_force(own, day), rates)
                continue
            converted = rates.convert(amount, row["currency"], day)
            if converted is None:
                outcome.unconverted.append((row["currency"].upper(), amount))
            else:
                outcome.brought = (outcome.brought or Decimal(0)) + converted


def _counting(events: list[Event], name: str) -> list[tuple[Row, Decimal]]:
    """The amounts that count: every event's, but of each object only the newest known one."""
    plain: list[tuple[Row, Decimal]] = []
    objects: dict[str, tuple[Row, Decimal]] = {}
    for event in events:
        amount = event.row.get(name)
        if amount is None:
            continue
        if event.row["object_id"] is None:
            plain.append((event.row, amount))
        else:
            objects[event.row["object_id"]] = (event.row, amount)
    return [*plain, *objects.values()]


def _review(outcome: Outcome, minutes: Decimal, day: date, paid: Row | None, rates: Rates) -> None:
    if paid is None or paid["review_rate_per_hour"] is None:
        return
    amount = round12(Fraction(minutes) * Fraction(paid["review_rate_per_hour"]) / 60)
    converted = rates.convert(amount, paid["currency"], day)
    unconverted = None if converted is not None else (paid["currency"].upper(), amount)
    outcome.review.append({"day": day, "amount": converted, "unconverted": unconverted})
