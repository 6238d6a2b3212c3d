"""One run's ledger on screen: its answers as tables and as facts in words. What no source says reads "not reported"."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from app.metrics.catalogue import catalogue
from app.reports.table import WORDS, Column, Table
from app.ui import drill, formats

NOT_REPORTED = "not reported"
TOTAL = "Total"
Row = Mapping[str, Any]
Fact = tuple[str, Any]

WORKFLOW = ("workflow", "team", "product", "feature", "customer", "segment", "region", "environment")
FILE = (Column("file", "File", "text"), Column("line", "Line", "count"))
TOKENS = (
    ("uncached_input_tokens", "Input"),
    ("cache_read_tokens", "Cache read"),
    ("cache_write_tokens", "Cache write"),
    ("reasoning_tokens", "Reasoning"),
    ("output_tokens", "Output"),
)
RATES = (
    ("input_per_1m", "input"),
    ("cache_read_per_1m", "cache read"),
    ("cache_write_per_1m", "cache write"),
    ("output_per_1m", "output"),
    ("reasoning_per_1m", "reasoning"),
)


def facts(pairs: Iterable[Fact]) -> str:
    """Names and what they are, in one flowing line of Markdown; names of the data are escaped."""
    return " · ".join(f"{label}: **{formats.md(said(value))}**" for label, value in pairs)


def said(value: Any) -> str:
    """A value in words; lists one after the other."""
    if value is None or value == []:
        return NOT_REPORTED
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(str(one) for one in value)
    return formats.whole(value) if isinstance(value, int) else str(value)


def of_workflow(answer: Row) -> list[Fact]:
    """Which workflow consumed the tokens."""
    known = catalogue()
    return [
        *((known.dimension(name).label, answer[name]) for name in WORKFLOW),
        ("Task type", answer["task_types"]),
        ("Intent", answer["intents"]),
        ("Began", formats.moment(answer["started_at"]) if answer["started_at"] else None),
        ("User requests", answer["user_requests"]),
    ]


def routes(rows: Sequence[Row], currency: str) -> Table:
    """Which model route was chosen."""
    columns = [
        Column("model", "Model", "text"),
        Column("provider", "Provider", "text"),
        Column("model_requested", "Model asked for", "text"),
        Column("route", "Route", "text"),
        Column("calls", "Calls", "count"),
        Column("tokens", "Tokens", "tokens"),
        Column("cost", "Metered cost", "unit_cost"),
    ]
    total = {"model": TOTAL, "calls": _sum(rows, "calls"), "tokens": _sum(rows, "tokens"), "cost": _sum(rows, "cost")}
    return Table("route", "Which route?", columns, [_filled(row, columns) for row in rows], total, currency)


def contexts(rows: Sequence[Row]) -> Table:
    """Which context was compiled."""
    columns = [
        Column("context_pack", "Context pack", "text"),
        Column("prompt_version", "Prompt version", "text"),
        Column("context_limit_tokens", "Limit, tokens", "tokens"),
        Column("truncated", "Something left out", "text"),
        Column("system_tokens", "System tokens", "tokens"),
        Column("retrieved_tokens", "Retrieved tokens", "tokens"),
        Column("memory_tokens", "Memory tokens", "tokens"),
    ]
    shown = [{**row, "truncated": said(row["context_truncated"])} for row in rows]
    return Table("context", "Which context?", columns, [_filled(row, columns) for row in shown])


def tools(rows: Sequence[Row], currency: str) -> Table:
    """Which tools were called."""
    columns = [
        Column("name", "Tool", "text"),
        Column("kind", "Kind", "text"),
        Column("began", "Began, UTC", "text"),
        Column("status", "Status", "text"),
        Column("attempt", "Attempt", "text"),
        Column("approval_mode", "Approval", "text"),
        Column("amount", "Cost", "unit_cost"),
        *FILE,
    ]
    shown = [
        _filled({**row, "name": row["name"] or row["kind"], "began": moment(row["started_at"])},
                columns)
        for row in rows
    ]  # fmt: skip
    return Table("tools", "Which tools?", columns, shown, {"name": TOTAL, "amount": _sum(rows, "amount")}, currency)


def checks(rows: Sequence[Row], currency: str) -> Table:
    """Which checks ran."""
    columns = [
        Column("name", "Check", "text"),
        Column("kind", "Kind", "text"),
        Column("began", "Decided, UTC", "text"),
        Column("result", "Result", "text"),
        Column("condition", "Answers the condition", "text"),
        Column("label", "Label", "text"),
        Column("decided_by", "Decided by", "text"),
        Column("amount", "Cost", "unit_cost"),
        *FILE,
    ]
    shown = [_filled({**row, "began": moment(row["decided_at"])}, columns) for row in rows]
    return Table("checks", "Which checks?", columns, shown, {"name": TOTAL, "amount": _sum(rows, "amount")}, currency)


def costs(answer: Row, currency: str) -> Table:
    """What it cost, by component; those without any cost are left out."""
    known = catalogue()
    columns = [Column("component", "Component", "text"), Column("amount", "Cost", "unit_cost")]
    rows = [
        {"component": known.measures[name].label, "amount": answer[name]} for name in known.components if answer[name]
    ]
    total: dict[str, Any] = {"component": TOTAL, "amount": answer["all_in_cost"]}
    if answer["unpriced_tokens"]:
        total[WORDS] = {"amount": formats.at_least(formats.amount(answer["all_in_cost"]))}
    return Table("components", "What did it cost?", columns, rows, total, currency)


def produced(rows: Sequence[Row], currency: str) -> Table:
    """What was produced: the events of the run."""
    columns = [
        Column("outcome_type", "Outcome", "text"),
        Column("began", "When, UTC", "text"),
        Column("object_id", "About", "text"),
        Column("answers", "Answers", "text"),
        Column("revenue", "Revenue", "number"),
        Column("cost_saved", "Cost saved", "number"),
        Column("currency", "Currency", "text"),
        Column("human_minutes", "People's minutes", "number"),
        Column("verified_by", "Verified by", "text"),
        *FILE,
    ]
    shown = [
        _filled(
            {
                **row,
                "began": moment(row["occurred_at"]),
                "answers": answers(row),
                "currency": row["currency"] or currency,
            },
            columns,
        )
        for row in rows
    ]
    return Table("produced", "What was produced?", columns, shown)


CONDITIONS = (
    "completed", "accepted", "grounded", "policy_passed", "safe", "value_confirmed", "escalated", "reopened",
)  # fmt: skip


def answers(event: Row) -> str:
    """The conditions that an event answers: completed, accepted, not escalated."""
    known = {name: event[name] for name in CONDITIONS if event[name] is not None} | dict(event["conditions"] or {})
    return ", ".join(("" if yes else "not ") + name.replace("_", " ") for name, yes in known.items()) or NOT_REPORTED


def of_trust(answer: Row) -> list[Fact]:
    """Who and what says whether it can be trusted."""
    return [
        ("Not met", drill.said_of(answer["failed"]) if answer["failed"] else "nothing"),
        ("Not answered", ", ".join(answer["missing"]).replace("_", " ") if answer["missing"] else "nothing"),
        ("Verified by", answer["verifiers"]),
        ("Policy", answer["policy"]),
        ("Approval", answer["approval"]),
        ("Final from", formats.day(answer["provisional_until"]) if answer["provisional_until"] else None),
    ]


def calls(rows: Sequence[Row], currency: str) -> Table:
    """Every call with its tokens by class, its cost, the price used and the line it came from."""
    columns = [
        Column("record_id", "Call", "text"),
        Column("began", "Began, UTC", "text"),
        Column("step", "Step", "text"),
        Column("model", "Model", "text"),
        Column("status", "Status", "text"),
        Column("attempt", "Attempt", "text"),
        *(Column(name, label, "tokens") for name, label in TOKENS),
        Column("cost", "Metered cost", "unit_cost"),
        Column("price", "Price used", "text"),
        *FILE,
        Column("named", "Team named by", "text"),
    ]
    shown = []
    for place, row in enumerate(rows, start=1):
        more = {"record_id": row["record_id"] or f"call {place}", "step": row["step"] or row["role"]}
        more |= {"began": moment(row["started_at"]), "price": price(row), "named": named_by(row)}
        shown.append(_filled({**row, **more}, columns))
    total: dict[str, Any] = {name: _sum(rows, name) for name in ("cost", *(name for name, _ in TOKENS))}
    total |= {"record_id": TOTAL, WORDS: _unknown(total)}
    return Table("calls", "Calls", columns, shown, total, currency)


def of_call(row: Row, currency: str) -> list[Fact]:
    """A call in full: what it used, what it cost at which price, where it came from and who named its team."""
    return [
        ("Model", f"{row['provider']} {row['model']}"),
        ("Role", row["role"]),
        ("Status", row["status"]),
        ("Attempt", row["attempt"]),
        ("Took", formats.milliseconds(row["latency_ms"]) if row["latency_ms"] is not None else None),
        *((f"{label} tokens", row[name]) for name, label in TOKENS),
        ("Metered cost", formats.exact(row["cost"], "money", currency) if row["cost"] is not None else "unpriced"),
        ("Price used", price(row)),
        *(
            (f"Price of 1M {label}", formats.exact(row[name], "money", row["price_currency"] or currency))
            for name, label in RATES
            if row[name] is not None
        ),
        ("File and line", origin(row)),
        ("Team named by", named_by(row)),
    ]


def price(row: Row) -> str:
    """Which price made a row's cost: its source, the price list, or a line of a file of prices."""
    kind = row["price_kind"]
    if kind is None:
        return "no price"
    if kind == "source":
        return "stated by the source"
    if kind == "provisioned":
        return "paid by a commitment, not by token"
    if kind == "capacity":
        return "paid by capacity of one's own, not by token"
    if kind == "list":
        return f"price list {row['price_book']}"
    discount = f", less {formats.ratio(row['price_discount'])}" if row["price_discount"] else ""
    return f"{row['price_file']}, line {formats.whole(row['price_line'])}{discount}"


def origin(row: Row) -> str:
    """The file and the line of a row."""
    if not row.get("file"):
        return NOT_REPORTED
    return f"{row['file']}, line {formats.whole(row['line'])}" if row["line"] is not None else str(row["file"])


def named_by(row: Row) -> str:
    """What gave a row its team: itself, its run, or a rule of a file."""
    if row["team_named_by"] is None:
        return "nothing: Unassigned"
    if row["team_named_by"] != "a rule":
        return str(row["team_named_by"])
    return f"rule {row['team_rule']} ({row['team_rule_file']}, line {formats.whole(row['team_rule_line'])})"


def moment(value: datetime) -> str:
    """A moment to the second: steps of a run follow each other within one minute."""
    return f"{value:%Y-%m-%d %H:%M:%S}"


def _filled(row: Row, columns: Sequence[Column]) -> dict[str, Any]:
    """The row with words where nobody reported anything."""
    texts = {column.name for column in columns if column.kind == "text"}
    unknown = {column.name: NOT_REPORTED for column in columns if row.get(column.name) is None}
    said_so = {name: words for name, words in unknown.items() if name in texts}
    return {**row, **said_so, WORDS: {name: words for name, words in unknown.items() if name not in texts}}


def _unknown(total: Row) -> dict[str, str]:
    return {name: NOT_REPORTED for name, value in total.items() if value is None}


def _sum(rows: Sequence[Row], name: str) -> Any:
    """What is known of a column, added up; None where nothing is."""
    known = [row[name] for row in rows if row[name] is not None]
    return sum(known) if known else None
