"""A mapping tried on the beginning of its file: what the rows become, and whether sums and prices agree.

Nothing is loaded, and nothing is compared with what is: that is what a preview does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import combinations
from typing import Any, Literal

import duckdb

from app.warehouse import prices
from ingest.canonical import tables
from ingest.mapped import columns_of, source_of
from ingest.mapping import Cell, Mapping
from ingest.options import ReadOptions
from ingest.samples import Sample, relation_of, scratch
from ingest.values import Reading, quoted
from ingest.writing import Mapped, explain, standing

Verdict = Literal["agrees", "differs", "unknown"]
NEAR = (Decimal("0.75"), Decimal("1.33"))
MOST_OF = 0.95
SUMMED = ("input", "output", "cached", "written", "reasoning", "total")
PRICED = {
    "uncached_input_tokens": "of_input",
    "cache_read_tokens": "of_read",
    "cache_write_tokens": "of_write",
    "output_tokens": "of_output",
    "reasoning_tokens": "of_reasoning",
}
LISTED = """
    create table names (provider varchar, model varchar, provider_id varchar, model_id varchar);
    create table list_prices (
        provider_id varchar, model_id varchar, tier varchar, utc_day date, from_second bigint, to_second bigint,
        above_tokens bigint, upto_tokens bigint, input decimal(18, 12), cache_read decimal(18, 12),
        cache_write decimal(18, 12), cache_write_1h decimal(18, 12), output decimal(18, 12),
        reasoning decimal(18, 12), audio_input decimal(18, 12), image_input decimal(18, 12),
        audio_output decimal(18, 12), per_request decimal(18, 12), book varchar
    );
"""
RATIO = """
    with
        named as (
            select tried.*, provider_id, model_id, started_at::date as utc_day, of_input + of_read + of_write as context
            from tried join names using (provider, model)
        ),
        priced as (
            select
                cost, context + of_output + of_reasoning as tokens,
                case when of_input = 0 then 0 else of_input * input end
                + case when of_read = 0 then 0 else of_read * cache_read end
                + case when of_write = 0 then 0 else of_write * cache_write end
                + case when of_output = 0 then 0 else of_output * output end
                + case when of_reasoning = 0 then 0 else of_reasoning * reasoning end as list_cost
            from named
            join list_prices as listed
                on listed.provider_id = named.provider_id and listed.model_id = named.model_id
                and listed.utc_day = named.utc_day and listed.from_second = 0
                and context > listed.above_tokens and context <= listed.upto_tokens
        )
    select count(*), median(cost::double / list_cost::double), median(tokens)
    from priced
    where list_cost > 0 and cost <> 0
"""
"""How the file's own cost stands to the list price of the same tokens, over the rows that have both."""


@dataclass(frozen=True)
class Check:
    """What a check came to, and what it proposes to say otherwise."""

    verdict: Verdict
    says: str
    proposes: dict[str, Cell] = field(default_factory=dict)
    ratio: Decimal | None = None
    """The file's own cost for each dollar of the list price."""


@dataclass(frozen=True)
class Trial:
    """What the rows of the sample become."""

    rows: list[dict[str, Any]]
    rejects: list[tuple[int, str]]
    totals: dict[str, Decimal]
    """The sum of every column of numbers."""
    price: Check | None
    """Only where there are tokens and a cost."""


def attempt(sample: Sample, mapping: Mapping) -> Trial:
    """Raises UnknownFormatError where the sample lacks a column."""
    with scratch() as con:
        given = relation_of(con, sample)
        reading = Reading(ReadOptions(), sample.semicolons)
        columns = columns_of(mapping, given, reading, "the file")
        rules = source_of(mapping).rules
        assert rules is not None
        mapped = Mapped(rules, "sample", columns.texts, {}, {}, columns.reading, {}, False, mapping.name)
        con.execute(f"create table stands as {standing(mapped)}")
        con.execute("create table rejects (line bigint, reason varchar)")
        explain(con, mapped, "rejects")
        cursor = con.execute("select * from stands order by line")
        names = [str(column[0]) for column in cursor.description or ()]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        rejects = con.execute("select line, reason from rejects order by line").fetchall()
        return Trial(rows, rejects, _totals(con, mapping), _price(con, mapping) if rows else None)


def _totals(con: duckdb.DuckDBPyConnection, mapping: Mapping) -> dict[str, Decimal]:
    numbers = [
        column.name
        for column in tables()[mapping.table]
        if column.name in mapping.columns and column.type.startswith(("BIGINT", "DECIMAL", "DOUBLE"))
    ]
    if not numbers:
        return {}
    row = con.execute(f"select {', '.join(f'sum({quoted(name)})' for name in numbers)} from stands").fetchone() or ()
    return {name: Decimal(str(total)) for name, total in zip(numbers, row, strict=True) if total is not None}


def _price(con: duckdb.DuckDBPyConnection, mapping: Mapping) -> Check | None:
    tokens = [name for name in mapping.columns if name.endswith("_tokens")]
    cell = mapping.columns.get("cost")
    if mapping.table != "usage" or not tokens or cell is None or cell.column is None:
        return None
    con.execute(LISTED)
    picked = ", ".join(
        f"coalesce({name if name in mapping.columns else '0'}, 0)::bigint as {alias}" for name, alias in PRICED.items()
    )
    con.execute(f"create table tried as select provider, model, started_at, cost, {picked} from stands")
    prices.learn_names(con, "select provider, model from tried")
    prices.learn_prices(
        con,
        "select provider_id, model_id, 'standard' as tier, started_at::date as utc_day "
        "from tried join names using (provider, model)",
    )
    row = con.execute(RATIO).fetchone()
    if row is None or not row[0]:
        return Check("unknown", "The price book lists none of these models, so units and sign cannot be checked.")
    ratio = Decimal(str(row[1]))
    return replace(_judged(int(row[0]), ratio, float(row[2]), cell, mapping), ratio=ratio)


def _judged(rows: int, ratio: Decimal, tokens: float, cell: Cell, mapping: Mapping) -> Check:
    seen = f"over {rows} row{'s' if rows > 1 else ''} the file's own cost is {_short(ratio)} times the list price"
    if NEAR[0] <= ratio <= NEAR[1]:
        return Check("agrees", f"Units and sign agree: {seen}.")
    if ratio < 0 and NEAR[0] <= -ratio <= NEAR[1]:
        turned = cell.model_copy(update={"negate": not cell.negate})
        return Check("differs", f"The sign is the other way: {seen}.", {"cost": turned})
    for factor, word in ((100, "cents"), (1_000, "thousandths"), (1_000_000, "millionths")):
        if not NEAR[0] <= abs(ratio) / factor <= NEAR[1]:
            continue
        update: dict[str, Any] = {"unit": cell.unit / factor, "negate": cell.negate != (ratio < 0)}
        if factor > 100 and tokens < factor / 10:
            scaled = {
                name: one.model_copy(update={"unit": one.unit * factor})
                for name, one in mapping.columns.items()
                if name.endswith("_tokens") and one.column
            }
            many = "thousands" if factor == 1_000 else "millions"
            return Check("differs", f"The tokens seem to be {many}: {seen}.", scaled)
        return Check("differs", f"The cost seems to be in {word}: {seen}.", {"cost": cell.model_copy(update=update)})
    return Check("differs", f"They do not agree: {seen}. A discount, another unit or a missing class of tokens?")


def _short(ratio: Decimal) -> str:
    return f"{ratio:,.2f}" if abs(ratio) >= Decimal("0.01") else f"{ratio:.2g}"


@dataclass(frozen=True)
class Sums:
    """Which parts lie within input and output, as far as a total of the file shows it."""

    verdict: Verdict
    says: str
    within_input: tuple[str, ...] = ()
    within_output: tuple[str, ...] = ()


def sums(sample: Sample, roles: dict[str, str], decimal: str | None) -> Sums:
    """Which of cached, written and reasoning the total holds beside input + output; roles name columns of the file."""
    parts = [role for role in ("cached", "written", "reasoning") if role in roles]
    if not {"input", "output"} <= roles.keys() or (not parts and "total" not in roles):
        return Sums("unknown", "")
    with scratch() as con:
        given = relation_of(con, sample)
        reading = Reading(ReadOptions(decimal=decimal), sample.semicolons)
        picked = ", ".join(f"{reading.number(given.texts[roles[role]], 'null')} as {role}" for role in roles)
        con.execute(f"create table parts as select {picked} from sample")
        if "total" not in roles:
            return _without_total(con, parts)
        ways = [way for count in range(len(parts) + 1) for way in combinations(parts, count)]
        tests = [" + ".join(["input", "output", *(f"coalesce({part}, 0)" for part in way)]) for way in ways]
        row = con.execute(
            "select " + ", ".join(f"avg((total = {test})::int)" for test in tests)
            + " from parts where total is not null and input is not null and output is not null"
        ).fetchone() or ()  # fmt: skip
    held = [way for way, share in zip(ways, row, strict=True) if share is not None and share >= MOST_OF]
    if not held:
        return Sums("differs", f"{roles['total']} is not the sum of {roles['input']}, {roles['output']} and others.")
    beside = held[0]
    within = tuple(part for part in parts if part not in beside)
    named = " + ".join(roles[role] for role in ("input", "output", *beside))
    contained = f"; {', '.join(roles[part] for part in within)} lies within" if within else ""
    return Sums(
        "agrees", f"{named} = {roles['total']}{contained}.",
        tuple(part for part in within if part != "reasoning"), tuple(part for part in within if part == "reasoning"),
    )  # fmt: skip


def _without_total(con: duckdb.DuckDBPyConnection, parts: Sequence[str]) -> Sums:
    """A part that is larger than the whole cannot lie within it; whether one that is smaller does, stays open."""
    whole = {"cached": "input", "written": "input", "reasoning": "output"}
    row = con.execute(
        "select " + ", ".join(f"coalesce(bool_or({part} > {whole[part]}), false)" for part in parts) + " from parts"
    ).fetchone() or ()  # fmt: skip
    within = [part for part, larger in zip(parts, row, strict=True) if not larger]
    says = "There is no total to tell whether cached or reasoning tokens lie within input and output"
    return Sums(
        "unknown", f"{says}: taken to {'lie within' if within else 'stand beside'}, say otherwise where they do not.",
        tuple(part for part in within if part != "reasoning"), tuple(part for part in within if part == "reasoning"),
    )  # fmt: skip
