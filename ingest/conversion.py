"""One file to canonical Parquet, inside the process that may be lost: read, recognise, map, check, write."""

import hashlib
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from importlib.resources import files
from pathlib import Path

import duckdb

from ingest.canonical import tables
from ingest.mapped import chosen, columns_of
from ingest.mapping import Mapping as ColumnMapping
from ingest.options import Limits, ReadOptions
from ingest.preflight import RefusedError, utf8
from ingest.reached import Reached, told
from ingest.readers import Read, csv_of, opener, read
from ingest.registry import UnknownFormatError, canonical_name, sources
from ingest.samples import sample_of
from ingest.source import Rules, Source
from ingest.staging import Staged, restage_csv
from ingest.values import Reading, listed, literal, quoted, said
from ingest.writing import Mapped, Written, explain, settle_repeats, write

_ANSWERS = ("true", "false", "yes", "no", "1", "0", "unknown")


@dataclass
class Result:
    """What became of one file; everything but where it lies. See worker.Converted for the fields."""

    source: Source
    tables: dict[str, int]
    rows_read: int
    rows_rejected: int
    rows_skipped: int
    rows_repeated: int
    period_start: date | None
    period_end: date | None
    as_of: datetime | None
    fingerprint: str
    unknown_columns: tuple[str, ...]
    unknown_words: tuple[str, ...] = field(default=())
    columns: int = 0


def connect(folder: Path, limits: Limits) -> duckdb.DuckDBPyConnection:
    """A database in memory that sees nothing but `folder`."""
    spill = folder / "spill"
    spill.mkdir()
    con = duckdb.connect(config={"threads": limits.threads, "temp_directory": str(spill)})
    con.execute(f"set allowed_directories = [{literal(str(folder) + '/')}]")
    con.execute("set TimeZone = 'UTC'")
    for setting in (
        f"memory_limit = '{max(128, limits.memory_mb // 3)}MB'",
        f"max_temp_directory_size = '{limits.file_mb}MB'",
        "enable_external_access = false",
        "autoinstall_known_extensions = false",
        "autoload_known_extensions = false",
        "allow_community_extensions = false",
        "python_enable_replacements = false",
        "enable_progress_bar = true",
        "enable_progress_bar_print = false",
        # a check that is pushed below the casts makes every cast twice
        "disabled_optimizers = 'filter_pushdown'",
        "lock_configuration = true",
    ):
        con.execute(f"set {setting}")
    con.execute(files("ingest").joinpath("values.sql").read_text())
    return con


def convert_one(
    path: Path, folder: Path, options: ReadOptions, limits: Limits, name: str, sheet: Staged | None = None
) -> Result:
    """Writes <table>.parquet, rejects.parquet and skips.parquet; raises RefusedError or UnknownFormatError.

    Of a workbook, `sheet` is the one sheet that is meant.
    """
    try:
        return _converted(path, folder, options, limits, name, sheet)
    finally:
        for rest in (*folder.glob("staged.*"), *folder.glob("given"), *folder.glob("*.whole")):
            rest.unlink()
        shutil.rmtree(folder / "spill", ignore_errors=True)


def _converted(
    path: Path, folder: Path, options: ReadOptions, limits: Limits, name: str, sheet: Staged | None
) -> Result:
    with connect(folder, limits) as con, told(con, path, folder) as reached:
        given = read(con, path, folder, options, limits) if sheet is None else csv_of(sheet)
        try:
            source = chosen(given, name, options)
        except UnknownFormatError as error:
            error.sample = asdict(sample_of(con, given))
            raise
        if not given.records:
            raise RefusedError(f"{name} has a header, but no rows.")
        try:
            return _Conversion(con, given, source, folder, options, name).run(reached)
        except _MiscountedError:
            if given.staged is None or sheet is not None:
                raise
        raw = opener(path, limits)
        again = restage_csv(lambda: utf8(raw(), options.encoding), given.staged, limits)
        return _Conversion(con, csv_of(again), source, folder, options, name).run(reached)


class _MiscountedError(RefusedError):
    """Rows written and rows rejected are not the records of the file: its quotes join lines."""


class _Conversion:
    def __init__(
        self, con: duckdb.DuckDBPyConnection, given: Read, source: Source, folder: Path, options: ReadOptions, name: str
    ) -> None:
        self.con, self.given, self.source, self.folder, self.options = con, given, source, folder, options
        self.name = name
        self.reading = Reading(options, given.semicolons)
        self.unread = 0
        con.execute(said(options))
        con.execute("create or replace table rejects (line bigint, reason varchar)")
        con.execute("create or replace table skips (line bigint, reason varchar)")
        if given.rejects:
            con.executemany("insert into rejects values (?, ?)", [[line, reason] for line, _, reason in given.rejects])

    def run(self, reached: Reached) -> Result:
        """Everything, in order."""
        reached.begins("keys" if self.source.rules else "records")
        mapped = [self._keyed(self.source.rules)] if self.source.rules else self._mapped()
        reached.begins("all rows" if self.source.rules else "rows")
        self._write(mapped)
        written = {each.rules.table: settle_repeats(self.con, each, self._target(each.rules.table)) for each in mapped}
        self._remember("rejects")
        self._remember("skips")
        return self._result(mapped, written)

    def _target(self, table: str) -> Path:
        return self.folder / f"{table}.parquet"

    def _count(self, query: str) -> int:
        row = self.con.execute(query).fetchone()
        return int(row[0]) if row else 0

    # --- canonical templates, and columns mapped onto them ---

    def _keyed(self, rules: Rules) -> Mapped:
        return self._by_mapping(self.source.mapping, rules) if self.source.mapping else self._template(rules)

    def _by_mapping(self, mapping: ColumnMapping, rules: Rules) -> Mapped:
        columns = columns_of(mapping, self.given, self.reading, self.name)
        tags = dict(columns.tags)
        conditions = self._conditions(tags) if rules.table == "outcomes" else {}
        tags = {name: text for name, text in tags.items() if canonical_name(name) not in conditions}
        self._account(rules, columns.texts)
        (self.folder / "mapping.json").write_text(mapping.model_dump_json(indent=1), encoding="utf-8")
        return Mapped(
            rules, self.given.relation, columns.texts, tags, conditions, columns.reading, {}, self.given.structured,
            self.source.name,
        )  # fmt: skip

    def _template(self, rules: Rules) -> Mapped:
        known = {column.name for column in tables()[rules.table]}
        texts: dict[str, str] = {}
        more: dict[str, str] = {}
        spelled: dict[str, str] = {}
        for name, text in self.given.texts.items():
            canonical = canonical_name(name)
            if canonical in known:
                texts[canonical], spelled[canonical] = text, name
            else:
                more[name] = text
        conditions = self._conditions(more) if rules.table == "outcomes" else {}
        tags = {
            name.removeprefix("tag:").strip(): text
            for name, text in more.items()
            if canonical_name(name) not in conditions
        }
        first = next((c.name for c in tables()[rules.table] if c.required), "")
        self._account(rules, texts)
        return Mapped(
            rules, self.given.relation, texts, tags, conditions, self.reading, {first: spelled[first]},
            self.given.structured, self.source.name,
        )  # fmt: skip

    def _account(self, rules: Rules, texts: dict[str, str]) -> None:
        if self.options.account and rules.table in ("usage", "billed"):
            texts["account"] = f"coalesce({texts.get('account', 'null')}, {literal(self.options.account)})"

    def _conditions(self, more: dict[str, str]) -> dict[str, str]:
        """Further columns of outcomes that answer true or false wherever they say anything; blank ones are dropped."""
        names = [name for name in more if not name.startswith("tag:")]
        if not names:
            return {}
        tests = ", ".join(f"count({more[name]}), bool_and(lower({more[name]}) in {listed(_ANSWERS)})" for name in names)
        row = self.con.execute(f"select {tests} from {self.given.relation}").fetchone() or ()
        found = {}
        for at, name in enumerate(names):
            if row[2 * at] == 0:
                del more[name]
            elif row[2 * at + 1]:
                found[canonical_name(name)] = more[name]
        return found

    # --- formats with SELECTs of their own ---

    def _mapped(self) -> list[Mapped]:
        self._stage_columns()
        self.con.execute(f"create or replace table all_records as {self.source.records}")
        self.con.execute("insert into skips select line, skip from all_records where skip is not null")
        self.con.execute("create or replace view records as select * from all_records where skip is null")
        mapped = []
        for table, select in self.source.selects.items():
            self.con.execute(f"create or replace table mapped_{table} as {select}")
            described = self.con.execute(f"describe mapped_{table}").fetchall()
            names = [str(row[0]) for row in described if row[0] != "line"]
            numbers = {str(row[0]) for row in described if row[1] in ("BIGINT", "BOOLEAN", "TIMESTAMP")}
            rules = sources()[table].rules
            assert rules is not None
            texts = {n: f"cast({quoted(n)} as varchar)" if n in numbers else _trimmed(n) for n in names if ":" not in n}
            self._account(rules, texts)
            reading = Reading(self.options.model_copy(update={"decimal": None, "timezone": None, "dates": None}))
            tags = {n.removeprefix("tag:"): _trimmed(n) for n in names if n.startswith("tag:")}
            answers = {n.removeprefix("condition:"): _trimmed(n) for n in names if n.startswith("condition:")}
            name = self.source.name
            mapped.append(
                Mapped(
                    rules,
                    f"mapped_{table}",
                    texts,
                    tags,
                    answers,
                    reading,
                    {},
                    False,
                    name,
                    self.source.renewal != "key",
                )
            )
        return mapped

    def _stage_columns(self) -> None:
        """What the SELECTs read: the record, or columns as text; both for a format that comes in both kinds."""
        if self.given.shape.kind == "json":
            self.con.execute(f"create or replace view staged as select line, record from {self.given.relation}")
            return
        given = {canonical_name(name): text for name, text in self.given.texts.items()}
        blank = sorted({canonical_name(name) for name in self.source.knows} - given.keys())
        columns = [f"{text} as {quoted(name)}" for name, text in given.items()]
        columns += [f"cast(null as varchar) as {quoted(name)}" for name in blank]
        if "json" in self.source.reads and "record" not in given:
            spelled = {canonical_name(name): name for name in self.source.knows}
            pairs = ", ".join(f"{literal(spelled.get(name, name))}, {text}" for name, text in given.items())
            columns.append(f"json_object({pairs}) as record")
        self.con.execute(
            f"create or replace view staged as select line, {', '.join(columns)} from {self.given.relation}"
        )

    # --- writing ---

    def _write(self, mapped: list[Mapped]) -> None:
        if self.source.rules:
            rows = write(self.con, mapped[0], self._target(mapped[0].rules.table))
            self._ragged()
            if rows + self._count("select count(distinct line) from rejects") < self.given.records:
                explain(self.con, mapped[0], "rejects")
            if rows + self._count("select count(distinct line) from rejects") != self.given.records:
                raise _MiscountedError(
                    "Its records cannot be told apart: quotes join some of its lines. Export it again."
                )
            self._totals()
            return
        self._ragged()
        self.unread = self._count("select count(distinct line) from rejects")
        if self.given.staged is not None and self._records() < self.given.records:
            raise _MiscountedError("Its records cannot be told apart: quotes join some of its lines. Export it again.")
        if all(self._written(each) == self._count(f"select count(*) from {each.relation}") for each in mapped):
            return
        for each in mapped:
            explain(self.con, each, "rejects")
        for each in mapped:
            self._written(each)

    def _written(self, mapped: Mapped) -> int:
        return write(self.con, mapped, self._target(mapped.rules.table), without="rejects")

    def _records(self) -> int:
        """How many records a format with SELECTs of its own made of the file, with those that could not be read."""
        return self._count("select count(*) from all_records") + self.unread

    def _ragged(self) -> None:
        """Records with too few or too many fields, which the strict reader set aside."""
        if self.given.staged is None:
            return
        self.con.execute(
            """
            insert into rejects
            select distinct try_cast(split_part(csv_line, $mark, 1) as bigint) as line, case
                when error_type in ('MISSING COLUMNS', 'TOO MANY COLUMNS')
                    then format('the header has {} columns, this line has more or fewer', $columns)
                else 'this line cannot be read: ' || lower(error_type)
            end
            from reject_errors
            where line is not null
            """,
            {"mark": self.given.staged.delimiter, "columns": len(self.given.staged.header)},
        )

    def _totals(self) -> None:
        """A footer that only adds up what stands above it is skipped, not rejected."""
        if self.given.staged is None or not self._count("select count(*) from rejects"):
            return
        first, *rest = self.given.texts.values()
        numbers = " and ".join(
            f"({text} is null or regexp_full_match({text}, '[-+(]?[$€£]?[0-9][0-9., ]*\\)?'))" for text in rest
        )
        self.con.execute(
            f"insert into skips select line, 'a total row' from {self.given.relation} where "
            f"regexp_full_match(lower(trim({first})), '((grand|sub) ?)?totals?:?|sum') and {numbers or 'true'} "
            "and line in (select line from rejects)"
        )
        self.con.execute("delete from rejects where line in (select line from skips)")

    def _remember(self, what: str) -> None:
        """Writes what was rejected or skipped: line, the text as it stood in the file, why."""
        texts = self._originals() if self._count(f"select count(*) from {what}") else "(select 0 as line, '' as text)"
        self.con.execute(
            f"""
            copy (
                select why.line, coalesce(given.text, '') as text, why.reason
                from (select line, string_agg(distinct reason, '; ') as reason from {what} group by line) as why
                left join {texts} as given using (line)
                order by why.line
            ) to {literal(str(self._target(what)))} (format parquet)
            """
        )

    def _originals(self) -> str:
        if not self.source.rules and self._count(
            "select count(*) from duckdb_columns() where table_name = 'all_records' and column_name = 'text'"
        ):
            return "(select line, text from all_records)"
        return self.given.originals

    def _result(self, mapped: list[Mapped], written: Mapping[str, Written]) -> Result:
        firsts = [each.first for each in written.values() if each.first]
        lasts = [each.last for each in written.values() if each.last]
        as_of = None
        if self.source.states:
            row = self.con.execute(self.source.states).fetchone()
            if row is not None:
                firsts, lasts, as_of = ([row[0]] if row[0] else firsts), ([row[1]] if row[1] else lasts), row[2]
        marks = "|".join(f"{table}:{each.rows}:{each.mark}" for table, each in sorted(written.items()))
        records = self.given.records if self.source.rules else self._records()
        return Result(
            source=self.source,
            tables={table: each.rows for table, each in written.items() if each.rows},
            rows_read=records,
            rows_rejected=self._count("select count(distinct line) from rejects"),
            rows_skipped=self._count("select count(distinct line) from skips"),
            rows_repeated=written[mapped[0].rules.table].repeated,
            period_start=min(firsts, default=None),
            period_end=max(lasts, default=None),
            as_of=as_of,
            fingerprint=hashlib.sha256(f"{self.source.name}|{marks}".encode()).hexdigest(),
            unknown_columns=self._unknown_columns(mapped),
            unknown_words=tuple(word for each in mapped for word in self._unknown_words(each)),
            columns=len(self.given.shape.columns),
        )

    def _unknown_columns(self, mapped: list[Mapped]) -> tuple[str, ...]:
        if self.source.mapping:
            return tuple(name for name in self.given.shape.columns if not self.source.mapping.reads(name))
        if self.source.rules:
            return (*mapped[0].tags, *mapped[0].conditions)
        known = {canonical_name(name) for name in self.source.knows}
        repeated = self.given.staged.repeated if self.given.staged else {}
        return tuple(
            name for name in self.given.shape.columns if name not in repeated and canonical_name(name) not in known
        )

    def _unknown_words(self, mapped: Mapped) -> list[str]:
        found = []
        target = literal(str(self._target(mapped.rules.table)))
        for name, words in mapped.rules.words.items():
            if name not in mapped.texts or not words.reported:
                continue
            rows = self.con.execute(
                f"select {quoted(name)}, count(*) as rows from read_parquet({target}) where {quoted(name)} not in "
                f"{listed(words.known)} group by 1 order by rows desc, 1 limit 20"
            ).fetchall()
            found += [f"{name}: {word} ({count} {'row' if count == 1 else 'rows'})" for word, count in rows]
        return found


def _trimmed(column: str) -> str:
    return f"trimmed(cast({quoted(column)} as varchar))"
