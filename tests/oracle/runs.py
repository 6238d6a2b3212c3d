"""Workflow runs: where each starts, its day, its dimensions; and the assignment rules that fill what is blank."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from fnmatch import fnmatchcase
from typing import Any

from tests.oracle.canonical import canonical_model, canonical_provider
from tests.oracle.columns import DIMENSIONS
from tests.oracle.rows import Row
from tests.oracle.usage import Settings

EVENT_TIME = {"steps": "started_at", "checks": "decided_at", "outcomes": "occurred_at"}
EVENT_ID = {"steps": "step_id", "checks": "check_id", "outcomes": "event_id"}
MATCHED = ["provider", "account", "project", "api_key", "user_id", "model", "workflow"]


@dataclass
class Run:
    """One workflow run."""

    run_id: str
    usage: list[Row] = field(default_factory=list)
    events: list[tuple[datetime, str, str, Row]] = field(default_factory=list)
    day: date = date.min
    dims: dict[str, str | None] = field(default_factory=dict)


def runs_of(usage: list[Row], events: dict[str, list[Row]], rules: list[Row], settings: Settings) -> dict[str, Run]:
    """Every run; sets `dims` on the usage rows and on the runs, rules applied."""
    runs: dict[str, Run] = {}
    for row in usage:
        if row["run_id"] is not None:
            runs.setdefault(row["run_id"], Run(row["run_id"])).usage.append(row)
    for table, rows in events.items():
        for row in rows:
            event = (row[EVENT_TIME[table]], row[EVENT_ID[table]] or "", table, row)
            runs.setdefault(row["run_id"], Run(row["run_id"])).events.append(event)
    for run in runs.values():
        _settle(run, settings)
    for row in usage:
        run_dims = runs[row["run_id"]].dims if row["run_id"] is not None else {}
        said = {name: row[name] or run_dims.get(name) for name in DIMENSIONS}
        row["dims"] = filled(said, row, rules, row["day"])
    for run in runs.values():
        if run.usage:
            first = run.usage[0]["dims"]
            run.dims = {name: run.dims[name] or first[name] for name in DIMENSIONS}
    return runs


def _settle(run: Run, settings: Settings) -> None:
    run.usage.sort(key=lambda row: (row["started_at"], row["record_id"] or "", row["line"], row["clock"]))
    run.events.sort(key=lambda event: event[:3])
    run.day = run.usage[0]["day"] if run.usage else settings.day_of(run.events[0][0])
    named = [*run.usage, *(event[3] for event in run.events)]
    for name in DIMENSIONS:
        run.dims[name] = next((row[name] for row in named if row.get(name) is not None), None)


def ordered(rules: list[Row]) -> list[Row]:
    return sorted(rules, key=lambda rule: (rule["priority"] is None, rule["priority"] or 0, rule["rule_id"]))


def filled(said: dict[str, Any], row: Row, rules: list[Row], day: date) -> dict[str, Any]:
    """`said` with each blank filled by the first rule that fits the row and names the dimension."""
    fitting = [rule for rule in ordered(rules) if _holds(rule, day) and _fits(rule, {**row, **said})]
    return {
        name: value or next((rule[name] for rule in fitting if rule[name] is not None), None)
        for name, value in said.items()
    }


def _holds(rule: Row, day: date) -> bool:
    return (rule["valid_from"] or date.min) <= day <= (rule["valid_to"] or date.max)


def _fits(rule: Row, row: Row) -> bool:
    for name in MATCHED:
        pattern = rule[f"match_{name}"]
        if pattern is not None and not _like(row.get(name), _canonical_pattern(name, pattern, row)):
            return False
    if rule["match_tag"] is None:
        return True
    name, _, pattern = rule["match_tag"].partition("=")
    return _like(row["tags"].get(name.strip()), pattern.strip())


def _canonical_pattern(name: str, pattern: str, row: Row) -> str:
    """Providers and models are compared by their canonical ids; a pattern with a wildcard is compared as text."""
    if name not in ("provider", "model"):
        return pattern
    if "*" in pattern:
        return pattern.lower()
    if name == "provider":
        return canonical_provider(pattern)
    return canonical_model(row["provider"], pattern) if row.get("provider") else pattern.lower()


def _like(value: str | None, pattern: str) -> bool:
    escaped = pattern.replace("[", "[[]").replace("?", "[?]")
    return value is not None and fnmatchcase(value, escaped)
