"""From text to typed values: per canonical column the SQL of its value, and what must hold for the row to stand.

The common spelling of a number or a time is taken by a cheap test in front; only the rest goes through the macros of
values.sql. Every test looks at the text before it is cast, because a cast alone takes 1.5 for 2 and 26-11-01 for the
year 26.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from ingest.canonical import Column
from ingest.options import ReadOptions
from ingest.source import Rules, Words

MOST_TOKENS = 10**15
MOST_MONEY = 10**9
NOT_MONEY = frozenset({
    "quantity", "units", "gpu_hours", "watts", "included_quantity", "limit", "human_minutes", "minutes_saved",
    "resolution_minutes", "minutes_per_item_before",
})  # fmt: skip
HAPPENED = frozenset({"started_at", "occurred_at", "decided_at"})
FIRST_MOMENT = "2020-01-01"
DAYS_AHEAD = timedelta(days=2)
SPANS = (("charged_from", "charged_to"), ("valid_from", "valid_to"), ("started_at", "ended_at"))
SPREAD = ("charged_from", "started_at")
"""What begins here lies on every day until its end: a slip of the pen must not make a million days."""
LONGEST_DAYS = 3_660

_TIME = r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]+)?"


@dataclass(frozen=True)
class Rule:
    """`holds` is false for a bad row; `says` is SQL for the reason."""

    holds: str
    says: str


def quoted(name: str) -> str:
    """An SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """An SQL string."""
    return "'" + text.replace("'", "''") + "'"


def listed(words: Sequence[str]) -> str:
    """An SQL list of strings, for IN."""
    return "(" + ", ".join(literal(word) for word in words) + ")"


def said(options: ReadOptions) -> str:
    """SQL that keeps what macros need of it: the zone and order of written dates, and the time of what tells none.

    The day is coarse enough to be the same when a file comes again.
    """
    moment = options.as_of.isoformat() if options.as_of else options.clock().date().isoformat()
    kept = {"zone": options.timezone or "UTC", "dates": options.dates or "", "as_of": moment}
    return "; ".join(f"set variable {name} = {literal(value)}" for name, value in kept.items())


@dataclass(frozen=True)
class Reading:
    """How this file's text is to be read."""

    options: ReadOptions
    semicolons: bool = False
    """The columns are separated by semicolons, so that a comma may be the decimal mark."""

    def number(self, text: str, currency: str) -> str:
        """SQL: an exact decimal or NULL."""
        mark = self.options.decimal or ("semicolon" if self.semicolons else "unsaid")
        return f"try_cast(number_{mark}(bare({text}, {currency})) as decimal(38, 12))"

    @property
    def plain(self) -> bool:
        """Whether a number with a point can only be meant as one."""
        return not self.semicolons and self.options.decimal != "comma"

    def moment(self, text: str) -> str:
        """SQL: a naive UTC timestamp or NULL, of any spelling."""
        first = {"dmy": "day_first", "mdy": "month_first"}.get(self.options.dates or "", "")
        text = f"year_first({first}({text}))" if first else f"year_first({text})"
        return f"moment({text}, {literal(self.options.timezone or 'UTC')})"


def value(column: Column, text: str, currency: str, reading: Reading, words: Words | None) -> str:
    """SQL of the column's value; NULL where `text` is blank or is not a value of this type."""
    if column.type == "VARCHAR":
        if column.name == "currency":
            return f"upper({text})"
        if words is None:
            return text
        return f"case when lower({text}) in {listed(words.known)} then lower({text}) else {text} end"
    if column.type == "BIGINT":
        whole = f"try_cast({text} as bigint)"
        slow = reading.number(text, "null")
        return (
            f"case when {text} = cast({whole} as varchar) then {whole} "
            f"when {text} is not null and {slow} = trunc({slow}) then try_cast({slow} as bigint) end"
        )
    if column.type == "BOOLEAN":
        return f"truth({text})"
    if column.type == "TIMESTAMP":
        zone = "Z?" if reading.options.timezone is None else "Z"
        return (
            f"case when regexp_full_match({text}, '{_TIME}{zone}') then try_cast({text} as timestamp) "
            f"else {reading.moment(text)} end"
        )
    if column.type == "DATE":
        return (
            f"case when regexp_full_match({text}, '[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}') then try_cast({text} as date) "
            f"else cast({reading.moment(text)} as date) end"
        )
    slow = f"try_cast({reading.number(text, currency)} as {column.type})"
    if not reading.plain:
        return slow
    return (
        f"case when regexp_full_match({text}, '-?[0-9]+(\\.[0-9]+)?') then try_cast({text} as {column.type}) "
        f"else {slow} end"
    )


def rules_of(
    columns: Mapping[str, Column], texts: Mapping[str, str], rules: Rules, reading: Reading, header: Mapping[str, str]
) -> list[Rule]:
    """What must hold for a row, as SQL over its values (by canonical name) and its texts.

    `columns` are those that the file gives. `header` is how the file itself spells a column, for the first required
    one: a row that repeats it is the header again.
    """
    found: list[Rule] = []
    for name, column in columns.items():
        found += _of_column(column, texts[name], reading, rules.words.get(name))
    for name, spelled in header.items():
        again = f"lower({texts[name]}) is distinct from {literal(spelled.lower())}"
        found.append(Rule(again, literal("this is the header again")))
    for first, last in SPANS:
        if first in columns and last in columns:
            found.append(Rule(f"{last} >= {first}", literal(f"{last} is before {first}")))
            if first in SPREAD:
                lasts = f"{last}::date - {first}::date <= {LONGEST_DAYS}"
                found.append(Rule(lasts, literal(f"{first} to {last} is more than ten years")))
    for check in rules.checks:
        if all(need in columns for need in check.needs):
            found.append(Rule(check.holds, literal(check.says)))
    return found


def _of_column(column: Column, text: str, reading: Reading, words: Words | None) -> list[Rule]:
    name = quoted(column.name)
    found: list[Rule] = []
    if column.required:
        found.append(Rule(f"{text} is not null", literal(f"{column.name} is blank")))
    if column.type != "VARCHAR":
        given = f"is_truth({text})" if column.type == "BOOLEAN" else f"{name} is not null"
        found.append(Rule(f"({text} is null or {given})", _trouble(column, text)))
    found += _ranges(column, name, reading)
    if column.name == "currency":
        known = f"{name} is null or is_currency({name})"
        found.append(Rule(f"({known})", f"format('currency: {{}} is not a currency of ISO 4217', {_shown(text)})"))
    if words is not None and words.strict:
        among = ", ".join(words.known)
        known = f"{name} is null or {name} in {listed(words.known)}"
        found.append(Rule(f"({known})", f"format('{column.name}: {{}} is none of {among}', {_shown(text)})"))
    return found


def _shown(text: str) -> str:
    return f"left({text}, 60)"


def _trouble(column: Column, text: str) -> str:
    if column.type == "BOOLEAN":
        what = "'is not true, false or unknown'"
    elif column.type in ("DATE", "TIMESTAMP"):
        what = f"time_trouble({text})"
    elif column.type == "BIGINT":
        what = f"whole_trouble({text})"
    else:
        what = f"number_trouble({text})"
    return f"format('{column.name}: {{}} {{}}', {_shown(text)}, {what})"


def _ranges(column: Column, name: str, reading: Reading) -> list[Rule]:
    at = column.name
    if column.type == "BIGINT":
        least = 1 if at == "attempt" else 0
        found = [Rule(f"{name} <= {MOST_TOKENS}", literal(f"{at} is over 1e15"))]
        if at != "priority":
            found.append(Rule(f"{name} >= {least}", literal(f"{at} is less than {least}")))
        return found
    if column.type == "DECIMAL(38,12)":
        most, said = (MOST_TOKENS, "1e15") if at in NOT_MONEY else (MOST_MONEY, "1e9 on one line")
        return [Rule(f"abs({name}) <= {most}", literal(f"{at} is over {said}"))]
    if column.type == "TIMESTAMP" and at in HAPPENED:
        last = reading.options.clock() + DAYS_AHEAD
        inside = f"{name} between timestamp '{FIRST_MOMENT}' and timestamp '{last}'"
        return [Rule(inside, f"format('{at}: {{}} is before 2020 or more than two days ahead', {name})")]
    if column.type == "DATE" and at in ("charged_from", "charged_to", "day"):
        inside = f"{name} between date '2000-01-01' and date '2099-12-31'"
        return [Rule(inside, f"format('{at}: {{}} is no day of this century', {name})")]
    return []
