"""What decides each number beside the facts: prices, assignment rules, accounts, trust rules and rates, each with the
import that brought it; and what none of them reaches yet: models without a price, spend without a team."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Literal

import duckdb

from app.metrics.ask import ask
from app.metrics.question import UNASSIGNED, Question, Viewer
from app.warehouse import prices
from app.warehouse.settle.books import SOURCE

HERE = Path(__file__).resolve().parent / "rule"
PLACES = ("provider", "account", "project", "api_key")
"""What tells spend without a team apart, and what a rule can match of it."""
Rules = Literal["prices", "assignments", "accounts", "workflows", "fx"]
Row = dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """The days and filters of a page."""

    since: date
    until: date
    where: Mapping[str, tuple[str, ...]]
    today: date


def unpriced(con: duckdb.DuckDBPyConnection, viewer: Viewer, asked: Asked) -> list[Row]:
    """The models whose calls nobody knows the price of: tokens, rows, first and last day. Most tokens first."""
    names = ("unpriced_tokens", "unpriced_rows")
    question = Question(names, ("provider", "model", "day"), asked.since, asked.until, asked.where)
    found: dict[tuple[str, str], Row] = {}
    for row in ask(con, question, viewer, asked.today).rows:
        if not row["unpriced_rows"]:
            continue
        key, day = (str(row["provider"]), str(row["model"])), date.fromisoformat(str(row["day"]))
        one = found.setdefault(
            key, {"provider": key[0], "model": key[1], "tokens": 0, "rows": 0, "first_day": day, "last_day": day}
        )
        one["tokens"] += int(row["unpriced_tokens"])
        one["rows"] += int(row["unpriced_rows"])
        one["first_day"], one["last_day"] = min(one["first_day"], day), max(one["last_day"], day)
    return sorted(found.values(), key=lambda row: (-row["tokens"], row["provider"], row["model"]))


def unassigned(con: duckdb.DuckDBPyConnection, viewer: Viewer, asked: Asked) -> list[Row]:
    """Where the cost without a team comes from, the largest first; parts are None where the rows do not say."""
    where = {**asked.where, "team": (UNASSIGNED,)}
    question = Question(("all_in_cost", "tokens"), PLACES, asked.since, asked.until, where)
    rows = [
        {name: None if row[name] == UNASSIGNED else row[name] for name in PLACES}
        | {"cost": row["all_in_cost"], "tokens": row["tokens"]}
        for row in ask(con, question, viewer, asked.today).rows
        if row["all_in_cost"] or row["tokens"]
    ]
    return sorted(rows, key=lambda row: (-(row["cost"] or Decimal(0)), *(str(row[name]) for name in PLACES)))


def in_force(con: duckdb.DuckDBPyConnection, table: Rules, today: date) -> list[Row]:
    """The standing rows of a table with their state on a day (in force, later, ended ...) and their import."""
    text = _text(table)
    return _rows(con, text, {"today": today} if "$today" in text else {})


def placed(con: duckdb.DuckDBPyConnection, since: date, until: date) -> dict[str, Row]:
    """What each rule placed on these days, `placed` in the reporting currency, by rule id."""
    return {row["rule_id"]: row for row in _rows(con, _text("placed"), {"since": since, "until": until})}


def books(con: duckdb.DuckDBPyConnection) -> list[Row]:
    """The versions of the price book that list prices in force came from, with their models and days."""
    return _rows(con, _text("books"), {})


def book_in_force(con: duckdb.DuckDBPyConnection) -> str:
    """The version of the price book that list prices follow: the one that was adopted last, else the first learned."""
    row = con.execute(
        "select fingerprint from imports where source = ? and status = 'standing' order by clock desc, number desc",
        [SOURCE],
    ).fetchone()
    first = row or con.execute("select min(book) from list_prices").fetchone()
    return str(first[0] or prices.BOOK) if first else prices.BOOK


def newer_book(con: duckdb.DuckDBPyConnection) -> str | None:
    """The installed version of the price book, where it is another than the one in force."""
    return None if book_in_force(con) == prices.BOOK else prices.BOOK


def priced_models(con: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    """Provider and model of everything that has or had a price."""
    return [(row["provider"], row["model"]) for row in _rows(con, _text("models"), {})]


def list_prices(con: duckdb.DuckDBPyConnection, provider: str, model: str) -> list[Row]:
    """The list prices of a model in steps over time, per million tokens in USD; the standard tier first."""
    return _rows(con, _text("steps"), {"provider": provider, "model": model})


def needed(con: duckdb.DuckDBPyConnection, provider: str, model: str) -> list[str]:
    """The columns of `prices` without which some row of a model without a price stays so."""
    (row,) = _rows(con, _text("classes"), {"provider": provider, "model": model})
    return [name for name, is_used in row.items() if is_used]


def _rows(con: duckdb.DuckDBPyConnection, text: str, values: Mapping[str, object]) -> list[Row]:
    cursor = con.execute(text, values)
    names: Sequence[str] = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


@cache
def _text(name: str) -> str:
    return (HERE / f"{name}.sql").read_text()
