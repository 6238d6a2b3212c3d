"""What the columns of an unknown file may be: by their names, by what their values look like, and by sums.

A guess is a proposal for a person to confirm; it says of each column why.
"""

from __future__ import annotations

import re
from collections.abc import Mapping as Names
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

import duckdb

from ingest import trial
from ingest.canonical import Column, tables
from ingest.mapping import MOMENTS, Cell, Mapping
from ingest.samples import Sample, relation_of, scratch
from ingest.trial import Sums

MOSTLY = 0.8
EXACT = 0.02
TOKEN = r"(?!.*(cost|price|usd|eur|amount|spend|rate|limit))"
TIME = r"(^|_)(time|timestamp|datetime|date|day|when|created|started|occurred|datum|at|ts)(_|$)"
WHO = r"(^|_)({})(_(name|id|key))?$"
NAMED: dict[str, dict[str, str]] = {
    "usage": {
        "record_id": r"^(id|uuid|guid|(call|request|generation|log|event|record|completion|response|span)_id)$",
        "ended_at": r"(^|_)(ended|finished|completed|end)(_(at|time|date|ts))?$",
        "started_at": TIME,
        "provider": WHO.format("provider|vendor|publisher|supplier"),
        "model": r"(^|_)(model|llm|engine|deployment|modell)(_(name|id|used|version))?$",
        "cache_write_tokens": TOKEN + r".*cach.*(writ|creat|stor)|.*(writ|creat|stor).*cach",
        "cache_read_tokens": TOKEN + r".*cach",
        "reasoning_tokens": TOKEN + r".*(reason|thinking|thought)",
        "uncached_input_tokens": TOKEN + r".*(^|_)(input|prompt|in|request|sent)(_|$)(?!id)",
        "output_tokens": TOKEN + r".*(^|_)(output|completion|generated|out|candidates|received)(_|$)(?!id)",
        "requests": r"^(num_|n_|total_)?(requests?|calls|request_count|call_count|count)$",
        "cost": r"(?!.*cent(er|re))(^|.*_)(costs?|spen[dt]|charge|amount|price|kosten|usd|eur|dollars|cents)(_|$)",
        "latency_ms": r"(latency|duration|elapsed|response_time)",
        "ttft_ms": r"(ttft|first_token)",
        "api_key": r"(^|_)(api_?key|key)(_(name|id|alias|hash))?$",
        "context_limit_tokens": r"context_(limit|window)",
    },
    "billed": {
        "billed_id": r"^(id|line_id|(line_)?item_id|record_id)$",
        "invoice_id": r"(^|_)(invoice|bill|statement)(_(id|no|number|nr))?$",
        "charged_to": r"(^|_)(end|to|until|through|period_end)(_(date|day|time|at))?$",
        "charged_from": r"(^|_)(from|start|begin|since)(_|$)|" + TIME,
        "provider": WHO.format("provider|vendor|publisher|supplier|seller"),
        "model": r"(^|_)(model)(_(name|id))?$",
        "line_item": r"(^|_)(description|line_item|item|service|sku|meter|product)(_(name))?$",
        "quantity": r"(^|_)(quantity|qty|usage|units|menge)(_amount)?$",
        "unit": r"(^|_)(unit|uom)(_of_measure)?$",
        "list_cost": r"list_(cost|price)",
        "effective_cost": r"(effective|amorti[sz]ed|net)_(cost|amount)",
        "billed_cost": r"(?!.*cent(er|re))(^|.*_)(costs?|amount|charges?|total|billed|price|betrag|kosten|usd)(_|$)",
        "charge_category": r"(charge|cost|line)_?(category|type)",
    },
    "outcomes": {
        "event_id": r"^(id|event_id|uuid)$",
        "run_id": r"(^|_)(run|trace|task|job|workflow_run)(_id)?$",
        "object_id": r"(^|_)(ticket|case|issue|object|order)(_(id|key|no|number))?$",
        "occurred_at": TIME,
        "outcome_type": r"^(outcome|result|event|resolution)(_type)?$",
        "completed": r"^(is_)?(completed?|done|success(ful)?|resolved|solved)$",
        "accepted": r"^(is_)?(accepted|approved|merged|helpful)$",
        "revenue": r"(revenue|income|value|umsatz)",
        "cost_saved": r"(saved|saving)",
        "human_minutes": r"(human|review|agent)_minutes",
        "customer": WHO.format("customer|tenant|client|company"),
    },
    "charges": {
        "charge_id": r"^(id|charge_id)$",
        "charged_to": r"(^|_)(end|to|until)(_(date|day))?$",
        "charged_from": r"(^|_)(from|start)(_|$)|" + TIME,
        "amount": r"(?!.*cent(er|re))(^|.*_)(amount|cost|price|total|betrag|usd|eur)(_|$)",
        "vendor": WHO.format("vendor|provider|supplier"),
        "component": r"^(component|category|kind|type)$",
        "description": r"(description|text|purpose|note)",
    },
}
"""Per table: what a column's name in small letters looks like, the most special first."""
ANYWHERE = {
    "currency": r"(^|_)currency(_code)?$",
    "team": WHO.format("team|department|cost_cent(er|re)|squad|group|business_unit|abteilung"),
    "product": WHO.format("product|app|application"),
    "workflow": WHO.format("workflow|pipeline|use_case|agent|flow"),
    "customer": WHO.format("customer|tenant|client"),
    "project": WHO.format("project|workspace"),
    "account": WHO.format("account|organi[sz]ation|org|subscription"),
    "user_id": WHO.format("user|employee"),
    "session_id": WHO.format("session|conversation|thread"),
    "run_id": WHO.format("run|trace"),
    "environment": r"^(env|environment|stage)$",
    "region": r"(^|_)(region|location)$",
    "status": r"(^|_)(status|state)$",
}
TOTAL = TOKEN + r".*(^|_)(total|sum|all)(_|$)"
MODELS = (
    r"(?i)\b(gpt-|o[134](-|$)|claude|gemini|llama|mistral|mixtral|command-r|grok|deepseek|qwen|nova-|titan|"
    r"text-embedding|sonnet|haiku|opus|codestral)"
)
OWNERS = {
    "anthropic": r"(?i)claude|sonnet|haiku|opus", "openai": r"(?i)gpt|^o[134]\b|text-embedding|davinci",
    "google": r"(?i)gemini", "mistral": r"(?i)mistral|mixtral|codestral", "deepseek": r"(?i)deepseek",
    "x-ai": r"(?i)grok", "cohere": r"(?i)command-r",
}  # fmt: skip
UNITS = (
    (r"(^|_)(cents?|ct)(_|$)", Decimal("0.01")),
    (r"(^|_)(micros?|micro_?(usd|dollars?)|microcents?)(_|$)", Decimal("0.000001")),
    (r"(^|_)(thousands?|k|kilo|ktok|ktokens)(_|$)", Decimal(1000)),
    (r"(^|_)(millions?|mtok|mtokens|mio)(_|$)", Decimal(1_000_000)),
)
SECONDS = r"(^|_)(s|sec|secs|seconds)$"


@dataclass(frozen=True)
class Facts:
    """What the values of one column look like: how many are filled, and how many of those are what."""

    filled: int
    distinct: int
    points: int
    commas: int
    iso: int
    day_first: int
    month_first: int
    epoch: str | None
    models: int
    example: str

    def mostly(self, count: int) -> bool:
        """Whether nearly all that is filled is so."""
        return self.filled > 0 and count >= MOSTLY * self.filled

    @property
    def is_number(self) -> bool:
        return self.mostly(max(self.points, self.commas))

    @property
    def is_time(self) -> bool:
        return self.mostly(max(self.iso, self.day_first, self.month_first)) or self.epoch is not None


@dataclass(frozen=True)
class Guess:
    """A proposal: what is missing in it a person has to say."""

    table: str
    columns: dict[str, Cell]
    why: dict[str, str]
    """Per canonical column in a few words."""
    decimal: str | None = None
    dates: str | None = None
    sums: Sums = field(default_factory=lambda: Sums("unknown", ""))
    facts: dict[str, Facts] = field(default_factory=dict)
    total: str | None = None

    @property
    def lacks(self) -> list[str]:
        """The required columns that nothing was found for."""
        return [c.name for c in tables()[self.table] if c.required and c.name not in self.columns]


def guess(sample: Sample, table: str | None = None) -> Guess:
    """What the columns of the sample may be, for this table or the one that fits best."""
    with scratch() as con:
        facts = _facts(con, sample)
    decimal, dates = _decimal(facts), _dates(facts)
    found = [_for_table(name, sample, facts) for name in ([table] if table else tables())]
    best = max(found, key=_worth)
    return _with_sums(replace(best, decimal=decimal, dates=dates), sample)


def _facts(con: duckdb.DuckDBPyConnection, sample: Sample) -> dict[str, Facts]:
    relation_of(con, sample)
    found = {}
    for at, name in enumerate(sample.columns):
        text = f"c{at}"
        row = con.execute(
            f"""
            select
                count({text}), count(distinct {text}), count(number_point(bare({text}, null))),
                count(number_comma(bare({text}, null))), count(moment(year_first({text}), 'UTC')),
                count(moment(year_first(day_first({text})), 'UTC')),
                count(moment(year_first(month_first({text})), 'UTC')),
                count(*) filter (regexp_full_match({text}, '1[5-9][0-9]{{8}}(\\.[0-9]+)?')),
                count(*) filter (regexp_full_match({text}, '1[5-9][0-9]{{11}}')),
                count(*) filter (regexp_full_match({text}, '1[5-9][0-9]{{14}}')),
                count(*) filter (regexp_matches({text}, $models)), min({text})
            from sample
            """,
            {"models": MODELS},
        ).fetchone()
        assert row is not None
        epoch = next(
            (unit for unit, n in zip(("1", "0.001", "0.000001"), row[7:10], strict=True) if n and n == row[0]), None
        )
        found[name] = Facts(*(*row[:7], epoch, row[10], row[11] or ""))
    return found


def _decimal(facts: Names[str, Facts]) -> str | None:
    """The decimal mark that all numbers have, where one reading takes values that the other does not."""
    numbers = [one for one in facts.values() if one.is_number and not one.is_time]
    point = any(one.points > one.commas for one in numbers)
    comma = any(one.commas > one.points for one in numbers)
    if point == comma:
        return None
    return "comma" if comma else None if all(one.points == one.filled for one in numbers) else "point"


def _dates(facts: Names[str, Facts]) -> str | None:
    for one in facts.values():
        if one.mostly(max(one.day_first, one.month_first)) and one.iso < one.filled:
            if one.day_first != one.month_first:
                return "dmy" if one.day_first > one.month_first else "mdy"
            if "." in one.example:
                return "dmy"
    return None


def plain(name: str) -> str:
    """A column's name in small letters, its words parted by one line: usageInputTokens (k) is usage_input_tokens_k."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_")


def _for_table(table: str, sample: Sample, facts: Names[str, Facts]) -> Guess:
    draft = _Draft(table, sample, facts)
    draft.by_same_name()
    draft.by_pattern()
    draft.by_values()
    return Guess(table, draft.cells, draft.why, facts=dict(facts), total=draft.total)


class _Draft:
    """What is found for one table: a column of the file fills one canonical column."""

    def __init__(self, table: str, sample: Sample, facts: Names[str, Facts]) -> None:
        self.table, self.sample, self.facts = table, sample, facts
        self.columns = {column.name: column for column in tables()[table]}
        self.cells: dict[str, Cell] = {}
        self.why: dict[str, str] = {}
        self.free = list(sample.columns)
        self.total: str | None = None

    def by_same_name(self) -> None:
        for name in self.sample.columns:
            self._take(plain(name), [name], "its name is the same")

    def by_pattern(self) -> None:
        if self.table == "usage":
            sums = [name for name in self.free if re.search(TOTAL, plain(name)) and self.facts[name].is_number]
            self.total = next(iter(sums), None)
        patterns = NAMED.get(self.table, {}) | ANYWHERE
        for canonical, pattern in patterns.items():
            fit = [name for name in self.free if name != self.total and re.search(pattern, plain(name))]
            self._take(canonical, fit, "its name")

    def by_values(self) -> None:
        self._take(
            "model", [n for n in self.free if self.facts[n].mostly(self.facts[n].models)], "its values are models"
        )
        for column in self.columns.values():
            if column.type in MOMENTS and column.required:
                self._take(column.name, self.free, "its values are times")
        owner = _owner(self.sample, self.cells.get("model"))
        if owner and "provider" in self.columns and "provider" not in self.cells:
            self.cells["provider"], self.why["provider"] = Cell(constant=owner), "all models are its"

    def _take(self, canonical: str, names: Sequence[str], reason: str) -> None:
        column = self.columns.get(canonical)
        if column is None or canonical in self.cells:
            return
        name = next((name for name in names if _may_be(column, self.facts[name])), None)
        if name is not None:
            self.cells[canonical], self.why[canonical] = _cell(column, name, self.facts[name]), reason
            self.free.remove(name)


def _may_be(column: Column, facts: Facts) -> bool:
    if not facts.filled:
        return True
    if column.type in MOMENTS:
        return facts.is_time
    if column.type.startswith(("BIGINT", "DECIMAL", "DOUBLE")):
        return facts.is_number and not facts.mostly(facts.iso)
    return column.type != "BOOLEAN" or facts.distinct <= 4


def _cell(column: Column, name: str, facts: Facts) -> Cell:
    if column.type in MOMENTS:
        return Cell(column=name, since_1970=facts.epoch is not None, unit=Decimal(facts.epoch or 1))
    if column.name.endswith("_ms"):
        return Cell(column=name, unit=Decimal(1000) if re.search(SECONDS, plain(name)) else Decimal(1))
    if column.type.startswith(("BIGINT", "DECIMAL")):
        unit = next((unit for pattern, unit in UNITS if re.search(pattern, plain(name))), Decimal(1))
        return Cell(column=name, unit=unit)
    return Cell(column=name)


def _owner(sample: Sample, model: Cell | None) -> str | None:
    """The one provider whose models these are."""
    if model is None or model.column is None:
        return None
    at = 1 + sample.columns.index(model.column)
    texts = {str(row[at]) for row in sample.rows if row[at]}
    owners = [name for name, pattern in OWNERS.items() if texts and all(re.search(pattern, text) for text in texts)]
    return owners[0] if len(owners) == 1 else None


def _worth(found: Guess) -> tuple[float, float]:
    """How well a table fits: what it needs that is there, then how many columns are explained."""
    tokens = sum(name.endswith("_tokens") for name in found.columns)
    exact = sum(reason == "its name is the same" for reason in found.why.values())
    needed = sum(column.required for column in tables()[found.table])
    there = (needed - len(found.lacks)) / max(1, needed)
    is_likely = found.table in NAMED or 2 * exact >= len(found.facts)
    return (there if is_likely else 0) + (1 if tokens else 0), len(found.columns) + exact


def _with_sums(found: Guess, sample: Sample) -> Guess:
    """Parts that lie within input or output are taken out of them: here each token is counted once."""
    if found.table != "usage":
        return found
    names = {
        "input": "uncached_input_tokens", "output": "output_tokens", "cached": "cache_read_tokens",
        "written": "cache_write_tokens", "reasoning": "reasoning_tokens",
    }  # fmt: skip
    roles = {
        role: str(found.columns[n].column)
        for role, n in names.items()
        if n in found.columns and found.columns[n].column
    }
    if "input" in roles and "uncached" in plain(roles["input"]):
        return found
    if found.total:
        roles["total"] = found.total
    sums = trial.sums(sample, roles, found.decimal)
    if sums.verdict == "unknown" and found.columns.get("provider", Cell(constant="?")).constant == "anthropic":
        sums = replace(sums, says=f"{sums.says} Anthropic counts them beside the input.", within_input=())
    within = {"input": sums.within_input, "output": sums.within_output}
    guessed = replace(found, columns=_less(found.columns, within, roles), sums=sums)
    if sums.verdict == "unknown" and "cached" in roles:
        return _by_price(guessed, found, sample)
    return guessed


_WHOLE = {"input": "uncached_input_tokens", "output": "output_tokens"}


def _less(columns: Names[str, Cell], within: Names[str, Sequence[str]], roles: Names[str, str]) -> dict[str, Cell]:
    """The columns, with what lies within input and output taken out of them."""
    made = dict(columns)
    for whole, parts in within.items():
        if parts:
            less = tuple(roles[part] for part in parts)
            made[_WHOLE[whole]] = made[_WHOLE[whole]].model_copy(update={"less": less})
    return made


def _by_price(within: Guess, beside: Guess, sample: Sample) -> Guess:
    """Where no total tells, the file's own cost may: cached tokens lie where the list price comes to the same."""
    far = {way: _distance(guessed, sample) for way, guessed in (("within", within), ("beside", beside))}
    if far["beside"] == far["within"] or min(far.values()) > EXACT:
        return within
    way = min(far, key=lambda one: far[one])
    says = f"Cached tokens {'lie within the input' if way == 'within' else 'stand beside the input'}: so prices agree."
    return replace(within if way == "within" else beside, sums=replace(within.sums, verdict="agrees", says=says))


def _distance(found: Guess, sample: Sample) -> float:
    """How far the file's own cost is from the list price, in any unit; 1 where nothing can be said."""
    if found.lacks:
        return 1.0
    mapping = Mapping(
        name="a guess", table=found.table, header=sample.header, columns=found.columns, decimal=found.decimal,
        dates=found.dates,
    )  # fmt: skip
    price = trial.attempt(sample, mapping).price
    if price is None or not price.ratio:
        return 1.0
    return min(abs(float(price.ratio) / factor - 1) for factor in (1, 100, 1_000, 1_000_000, -1, -100))
