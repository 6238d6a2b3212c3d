"""Every format, found by itself: a sample gives the totals of its golden, worked out by hand, however it is written."""

import gzip
import io
import json
import random
import tomllib
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pyarrow
import pyarrow.parquet
import pytest

from ingest.canonical import tables
from ingest.options import ReadOptions
from ingest.registry import Shape, UnknownFormatError, recognise, sources
from tests.reading import Reading, read_one

ROOT = Path(__file__).parent.parent
SAMPLES = {path.stem: path for path in sorted((ROOT / "sample_data" / "formats").iterdir())}
TEMPLATES = [name for name, source in sources().items() if source.rules]
FORMATS = [name for name in sources() if name not in TEMPLATES]
CSV = [name for name, path in SAMPLES.items() if path.suffix == ".csv"]


@cache
def golden(name: str) -> dict[str, Any]:
    return tomllib.loads((ROOT / "tests" / "golden" / f"{name}.toml").read_text(encoding="utf-8"))


@cache
def plain(name: str, folder: Path) -> Reading:
    """The sample as it is, read once."""
    (folder / name).mkdir()
    return read_one(folder / name, SAMPLES[name].name, SAMPLES[name].read_bytes())


@pytest.fixture(scope="session")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Reading]:
    folder = tmp_path_factory.mktemp("samples")
    return lambda name: plain(name, folder)


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Reading]:
    def reading(data: bytes, name: str = "export", **options: str) -> Reading:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        folder.mkdir()
        return read_one(folder, name, data, ReadOptions(**options))

    return reading


def shown(value: object) -> str:
    return "" if value is None else str(value)


def test_every_format_has_a_sample_and_a_golden_and_the_other_way_round() -> None:
    goldens = {path.stem for path in (ROOT / "tests" / "golden").glob("*.toml")}

    assert set(sources()) == set(SAMPLES)
    assert set(sources()) == goldens


def test_every_canonical_table_has_a_template() -> None:
    assert set(tables()) == set(TEMPLATES)
    assert all(sources()[name].template() == tuple(c.name for c in tables()[name]) for name in TEMPLATES)


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_gives_the_totals_of_its_golden(name: str, samples: Callable[[str], Reading]) -> None:
    expected = golden(name)

    found = samples(name)

    assert found.answer.source == name
    assert found.rejects == {}
    assert {int(line): why for line, why in expected.get("skips", {}).items()} == found.skips
    filled = {table for table in expected if table in tables()}
    assert filled == set(found.answer.tables)
    for table in filled:
        check_table(found, table, expected[table])
    for field, value in expected.get("file", {}).items():
        said = getattr(found.answer, field)
        assert (tuple(value) if isinstance(value, list) else value) == (
            said if field[:3] in ("row", "unk") else shown(said)
        )


def check_table(found: Reading, table: str, expected: dict[str, Any]) -> None:
    assert expected["rows"] == found.answer.tables[table] == len(found.rows(table))
    for column, total in expected.items():
        if column not in ("rows", "values"):
            known = [Decimal(str(value)) for value in found.column(table, column) if value is not None]
            assert Decimal(str(total)) == sum(known), column
    for column, values in expected.get("values", {}).items():
        assert values == [shown(value) for value in found.column(table, column)], column


@pytest.mark.parametrize("name", SAMPLES)
def test_only_its_own_format_claims_a_sample(name: str, read: Callable[..., Reading]) -> None:
    found = read(SAMPLES[name].read_bytes(), "renamed.bin")

    assert name == found.answer.source


@pytest.mark.parametrize("name", TEMPLATES)
def test_an_empty_template_is_told_by_its_header_alone(name: str) -> None:
    header = sources()[name].template()

    assert name == recognise(Shape("csv", header, frozenset(header)), "x.csv").name
    assert name == recognise(Shape("csv", header[::-1], frozenset(header)), "x.csv").name


WRITTEN: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "bom": lambda data: b"\xef\xbb\xbf" + data,
    "crlf": lambda data: data.replace(b"\n", b"\r\n"),
    "no last line end": lambda data: data.rstrip(b"\n"),
    "utf16": lambda data: data.decode().encode("utf-16"),
}


@pytest.mark.parametrize("how", WRITTEN)
@pytest.mark.parametrize("name", SAMPLES)
def test_the_same_rows_are_the_same_however_the_bytes_are_written(
    name: str, how: str, read: Callable[..., Reading], samples: Callable[[str], Reading]
) -> None:
    other = read(WRITTEN[how](SAMPLES[name].read_bytes()))

    assert keys(samples(name)) == keys(other)
    assert samples(name).answer.fingerprint == other.answer.fingerprint


@pytest.mark.parametrize("how", ["jsonl", "json", "parquet", "shuffled columns", "semicolons"])
@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_gives_the_same_rows_in_every_kind_of_file(
    name: str, how: str, read: Callable[..., Reading], samples: Callable[[str], Reading]
) -> None:
    other = read(rewritten(SAMPLES[name], how))

    assert other.answer.source == name
    assert other.rejects == {}
    assert keys(samples(name)) == keys(other)
    assert samples(name).answer.fingerprint == other.answer.fingerprint


def rewritten(path: Path, how: str) -> bytes:
    with duckdb.connect() as con:
        found = con.execute("select * from read_csv(?, all_varchar = true)", [str(path)])
        names = [column[0] for column in found.description]
        rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    if how == "parquet":
        out = io.BytesIO()
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), out)
        return out.getvalue()
    if how == "jsonl":
        return "\n".join(json.dumps(row) for row in rows).encode()
    if how == "json":
        return json.dumps(rows, indent=1).encode()
    order = random.Random(7).sample(names, len(names)) if how == "shuffled columns" else names
    mark = ";" if how == "semicolons" else ","
    return "\n".join(
        mark.join(quoted(row.get(name)) for name in order) for row in [dict(zip(names, names, strict=True)), *rows]
    ).encode()


def quoted(value: str | None) -> str:
    return '"' + (value or "").replace('"', '""') + '"'


def keys(reading: Reading) -> dict[str, set[tuple[str, str]]]:
    return {
        table: {(str(row["row_key"]), str(row["content_key"])) for row in reading.rows(table)}
        for table in reading.answer.tables
    }


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_of_others_says_where_it_is_documented_and_when_that_was_checked(name: str) -> None:
    assert sources()[name].url.startswith("https://")
    assert sources()[name].checked


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("started_at,provider,model,a,b,c,d,e", "usage"),
        ("run_id,started_at,kind", "steps"),
        ("run_id,decided_at,kind,name", "checks"),
        ("run_id,occurred_at,refunded", "outcomes"),
        ("charged_from,component,amount", "charges"),
        ("charged_from,provider,billed_cost", "billed"),
        ("day,currency,rate", "fx"),
        ("team", "teams"),
        ("provider,model,discount", "prices"),
        ("provider,model,tier", "models"),
        ("workflow,requires", "workflows"),
        ("workflow,target_margin", "baselines"),
        ("capacity_id,started_at,ended_at,model", "capacity"),
        ("Customer,Fee", "contracts"),
    ],
)
def test_a_short_header_is_told_by_what_it_has(header: str, name: str) -> None:
    columns = tuple(header.split(","))

    assert name == recognise(Shape("csv", columns, frozenset(columns)), "x.csv").name


def test_a_header_that_two_templates_know_equally_well_is_asked_about() -> None:
    with pytest.raises(UnknownFormatError, match=r"models or prices.*--source models or --source prices"):
        recognise(Shape("csv", ("provider", "model"), frozenset()), "x.csv")


def test_a_format_that_is_not_known_is_told_what_the_nearest_one_lacks() -> None:
    with pytest.raises(
        UnknownFormatError, match=r"started_at, model, cost.*Nearest is Usage \(template\).*lacks provider"
    ):
        recognise(Shape("csv", ("started_at", "model", "cost"), frozenset()), "x.csv")


def test_a_strange_table_with_a_column_team_is_not_a_list_of_teams() -> None:
    with pytest.raises(UnknownFormatError, match="strange"):
        recognise(Shape("csv", ("team", "x", "y", "z"), frozenset()), "x.csv")


def test_a_source_that_is_asked_for_needs_only_its_required_columns(read: Callable[..., Reading]) -> None:
    found = read(b"team,x,y,z\nSearch,1,2,3\n", source="teams")

    assert found.column("teams", "team") == ["Search"]


def test_a_source_that_is_asked_for_but_does_not_fit_is_refused(read: Callable[..., Reading]) -> None:
    assert "lacks provider" in read(b"started_at,model\n2026-09-01,x\n", source="usage").error
    assert "no format called 'nope'" in read(b"started_at,model\n2026-09-01,x\n", source="nope").error


def test_the_older_cost_export_of_openai_is_read_too(read: Callable[..., Reading]) -> None:
    head = (
        "start_time,end_time,start_time_iso,end_time_iso,amount_value,amount_currency,line_item,project_id,"
        "organization_id,organization_name"
    )
    line = '1793923200,1794009600,2026-11-06T00:00:00,2026-11-07T00:00:00,0.0034,usd,"gpt-5-nano, output",p,org-d4,Acme'

    found = read(f"{head}\n{line}\n".encode())

    assert found.answer.source == "openai_cost"
    assert [Decimal("0.0034")] == found.column("billed", "billed_cost")
    assert found.column("billed", "model") == ["gpt-5-nano"]


def test_a_revert_that_names_a_commit_takes_back_the_run_of_that_commit(read: Callable[..., Reading]) -> None:
    lines = SAMPLES["github_pull_requests"].read_text(encoding="utf-8").splitlines()
    merged = json.loads(lines[0])
    revert = json.loads(lines[2])
    revert["pull_request"] |= {"body": "This reverts commit c4295b0.", "head": {"ref": "undo"}}
    merged["pull_request"]["merge_commit_sha"] = "c4295b0d"

    found = read(json.dumps([merged, revert]).encode())

    assert found.column("outcomes", "run_id") == ["run-4801", "run-4801"]
    assert found.column("outcomes", "conditions") == [None, {"reverted": True}]


def test_an_account_that_is_said_fills_the_rows_that_name_none(read: Callable[..., Reading]) -> None:
    found = read(SAMPLES["openai_usage"].read_bytes(), account="org-d4")

    assert found.column("usage", "account") == ["org-d4"] * 4


def test_of_several_rows_of_one_key_the_one_that_ended_last_counts(read: Callable[..., Reading]) -> None:
    head = "record_id,started_at,ended_at,provider,model,output_tokens\n"
    rows = "r1,2026-09-01,2026-09-01T00:00:09Z,openai,m,9\nr1,2026-09-01,2026-09-01T00:00:05Z,openai,m,5\n"
    blanks = "r2,2026-09-01,,openai,m,1\nr2,2026-09-01,,openai,m,2\n"

    found = read((head + rows + blanks).encode())

    assert list(found.rows("usage")[0]) == [*sources()["usage"].template(), "tags", "line", "row_key", "content_key"]
    assert found.column("usage", "output_tokens") == [9, 2]
    assert (found.answer.rows_read, found.answer.rows_repeated) == (4, 2)


def test_bill_lines_that_differ_in_money_only_all_count_and_keep_their_place(read: Callable[..., Reading]) -> None:
    head = "charged_from,provider,billed_cost\n"

    first = read((head + "2026-09-01,openai,1\n2026-09-01,openai,2\n2026-09-01,openai,2\n").encode())
    later = read((head + "2026-09-01,openai,1\n2026-09-01,openai,2\n2026-09-01,openai,3\n").encode())

    assert first.column("billed", "billed_cost") == [1, 2, 2]
    assert first.column("billed", "row_key") == later.column("billed", "row_key")
    assert first.column("billed", "content_key")[:2] == later.column("billed", "content_key")[:2]
    assert first.column("billed", "content_key")[2] != later.column("billed", "content_key")[2]


def test_words_are_read_in_any_case_and_unknown_ones_are_kept_and_listed(read: Callable[..., Reading]) -> None:
    head = "started_at,provider,model,role,grain,team\n"
    rows = "2026-09-01,openai,m,ANSWER,Call,a\n2026-09-01,openai,m,Dream,,b\n2026-09-01,openai,m,,week,c\n"

    found = read((head + rows).encode())

    assert found.column("usage", "role") == ["answer", "Dream"]
    assert found.answer.unknown_words == ("role: Dream (1 row)",)
    assert found.rejects[4] == "grain: week is none of call, bucket"


def test_a_column_of_ones_and_zeros_in_outcomes_is_a_condition_and_a_blank_one_is_nothing(
    read: Callable[..., Reading],
) -> None:
    found = read(b"run_id,occurred_at,Tests Failed,blank,note\nr1,2026-09-01,1,,x\nr2,2026-09-01,0,,\n")

    assert found.column("outcomes", "conditions") == [{"tests_failed": True}, {"tests_failed": False}]
    assert found.column("outcomes", "tags") == [{"note": "x"}, None]


def test_a_tag_column_may_be_named_with_its_prefix(read: Callable[..., Reading]) -> None:
    found = read(b"started_at,provider,model,tag:squad\n2026-09-01,openai,m,blue\n")

    assert found.column("usage", "tags") == [{"squad": "blue"}]


def test_numbers_in_json_stay_exact_and_a_value_that_is_a_list_rejects_its_row(read: Callable[..., Reading]) -> None:
    lines = [
        '{"started_at":"2026-09-01","provider":"openai","model":"m","cost":12345678.123456789012,"about":{"a":1}}',
        '{"started_at":"2026-09-01","provider":"openai","model":["m"],"cost":1}',
        '{"started_at":"2026-09-01","provider":"openai","model":"m","cost":NaN}',
        "not json",
        '{"started_at":"2026-09-01","provider":"openai","model":"m","cost":1,"COST":2}',
    ]

    found = read("\n".join(lines).encode())

    assert [Decimal("12345678.123456789012")] == found.column("usage", "cost")
    assert found.column("usage", "tags") == [{"about": '{"a":1}'}]
    assert list(found.rejects) == [2, 3, 4, 5]
