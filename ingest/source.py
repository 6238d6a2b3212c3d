"""What a format says about itself.

A canonical template says how the rows of its table are keyed and which words it knows; a real format says how it is
recognised and gives one SELECT per canonical table that it fills. The SELECTs read `records`, which has a row per
record: `line`, `record` (JSON formats) or the file's own columns as text (CSV formats), and whatever the format's own
`records` SELECT adds. They give canonical columns as text; casts and checks are the same for all.
"""

from dataclasses import dataclass, field
from typing import Literal

from ingest.canonical import tables
from ingest.mapping import Mapping

Renewal = Literal["key", "window", "content"]


@dataclass(frozen=True)
class Words:
    """A closed list. An unknown word is kept and reported; where `strict`, it rejects the row."""

    known: tuple[str, ...]
    strict: bool = False
    reported: bool = True


@dataclass(frozen=True)
class Check:
    """A rule on the columns of one canonical row: `holds` is SQL that is false for a bad row; NULL is no breach."""

    needs: tuple[str, ...]
    holds: str
    says: str


@dataclass(frozen=True)
class Rules:
    """What must hold in a canonical table, and what makes two of its rows the same."""

    table: str
    key: tuple[str, ...] = ()
    reference: bool = False
    """Reference rows are keyed even where a part of the key is blank."""
    amounts: tuple[str, ...] = ()
    """Counts and money: what may change in a bucket or bill without making it another."""
    keyed_without_amounts: str | None = None
    """SQL: which rows without an id are keyed by everything but their amounts; the others count by content."""
    keyed_needs: tuple[str, ...] = ()
    """The columns that this SQL reads."""
    words: dict[str, Words] = field(default_factory=dict)
    checks: tuple[Check, ...] = ()
    day: tuple[str, str] | None = None
    """The columns that hold a row's first and last day."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """A format. `requires` are the columns or keys (dotted paths) that a file must have, `knows` all it may have."""

    label: str
    url: str
    loads: tuple[str, ...]
    checked: str = ""
    reads: tuple[Literal["csv", "json", "parquet"], ...] = ("csv", "json", "parquet")
    renewal: Renewal = "key"
    rank: int = 0
    requires: frozenset[str]
    otherwise: tuple[frozenset[str], ...] = ()
    """Other keys that make a file this format: one object a line, and a page of an API that holds them in a list."""
    forbids: frozenset[str] = frozenset()
    knows: frozenset[str]
    repeats: bool = False
    """A CSV header may name columns that it need not have several times; the second of x is "x #2"."""
    share: float = 0.0
    """The least part of the file's columns that must be known."""
    rules: Rules | None = None
    """Only canonical templates: the rules of their table."""
    records: str = "select *, null::varchar as skip from staged"
    """SELECT that makes records of what was read; `skip` says why a record is none of ours."""
    selects: dict[str, str] = field(default_factory=dict)
    """One SELECT per canonical table, from `records`."""
    states: str | None = None
    """SELECT of the first day, last day and as-of time that the export itself states, from `staged`."""
    tags: tuple[str, ...] | None = ()
    """Columns of the SELECTs that are tags; None: whatever the file has beyond what the template knows."""
    mapping: Mapping | None = None
    """Only made at run time: how the columns of the file fill those of the template."""
    name: str = ""
    """The file's name in ingest/sources; set when it is found."""

    def template(self) -> tuple[str, ...]:
        """The header of the template; empty for a format that others define."""
        return tuple(column.name for column in tables()[self.rules.table]) if self.rules else ()


def canonical(rules: Rules, label: str) -> Source:
    """The template of a canonical table: its columns, and which are required, stand in canonical.sql."""
    columns = tables()[rules.table]
    return Source(
        label=label,
        url=f"docs/sources.md#{rules.table}",
        loads=(rules.table,),
        requires=frozenset(column.name for column in columns if column.required),
        knows=frozenset(column.name for column in columns),
        # a fact may carry any number of tags; a reference table has no use for them, so a stranger is not claimed
        share=0.5 if rules.reference else 0.0,
        rules=rules,
        tags=None,
    )


def bucket_results(more: str = "", skips: str = "") -> str:
    """The `records` of pages of buckets of results: one per result, and one per bucket without any, which is skipped.

    A record has `bucket` and `result`; `more` are further columns, each with its comma, `skips` further WHENs.
    """
    return f"""
        with
            pages as (select line as page, json_list(record -> 'data') as buckets from staged),
            buckets as (select page, unnest(buckets) as bucket, generate_subscripts(buckets, 1) as nth from pages),
            listed as (
                select *, case
                    when json_array_length(bucket -> 'results') > 0 then json_list(bucket -> 'results')
                    else [null::json]
                end as results
                from buckets
            ),
            single as (
                select *, unnest(results) as result, generate_subscripts(results, 1) as place from listed
            )
        select
            row_number() over (order by page, nth, place) as line,
            bucket,
            result,
            cast(coalesce(result, bucket) as varchar) as text,
            {more}
            case
                when result is null and json_type(bucket -> 'results') = 'ARRAY' then 'an empty day'
                when result is null then 'a bucket without a list of results'
                {skips}
            end as skip
        from single
    """
