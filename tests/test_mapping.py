"""A column mapping fills a canonical table from a file that nobody knows, exactly, and is kept for the next one."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from app import cli
from app.session import Session
from app.settings import Settings
from app.terminal import Terminal
from ingest import mappings, pipeline
from ingest.mapping import Cell, Mapping
from ingest.mappings import MappingError
from ingest.options import ReadOptions
from tests.conftest import Company
from tests.reading import Reading, read_one

ROOT = Path(__file__).resolve().parent.parent
HEADER = ("When", "Model name", "Input", "Of which cached", "Output", "Cost (ct)", "Team")
LINES = """When;Model name;Input;Of which cached;Output;Cost (ct);Team
01.10.2026 09:00;gpt-5;1.500;500;0,25;12,5;Support
02.10.2026 10:30;gpt-5-mini;2.000;;1;-3;
03.10.2026 11:00;gpt-5;12O;0;1;1;Support
04.10.2026 11:00;gpt-5;100;200;1;1;Support
"""


def made(**change: Any) -> Mapping:
    given: dict[str, Any] = {
        "name": "our gateway",
        "table": "usage",
        "header": HEADER,
        "columns": {
            "started_at": {"column": "When"},
            "provider": {"constant": "openai"},
            "model": {"column": "Model name"},
            "uncached_input_tokens": {"column": "Input", "less": ["Of which cached"]},
            "cache_read_tokens": {"column": "Of which cached"},
            "output_tokens": {"column": "Output", "unit": "1000"},
            "cost": {"column": "Cost (ct)", "unit": "0.01"},
            "team": {"column": "Team", "constant": "Nobody"},
        },
        "decimal": "comma",
        "dates": "dmy",
        "timezone": "Europe/Berlin",
    }
    return Mapping.model_validate(given | change)


def of(**cells: dict[str, Any]) -> Mapping:
    """A mapping of the file's column x onto one or more columns of usage."""
    columns = {"started_at": {"constant": "2026-10-01"}, "provider": {"constant": "p"}, "model": {"constant": "m"}}
    return Mapping.model_validate(
        {"name": "x", "table": "usage", "header": ["x", "y"], "columns": columns | cells, "tags": {"y": "y"}}
    )


def read(folder: Path, text: str, mapping: Mapping, name: str = "odd.csv", **said: Any) -> Reading:
    return read_one(folder, name, text.encode(), ReadOptions(mapping=mapping, **said))


def test_units_marks_zones_and_parts_are_worked_out_exactly(tmp_path: Path) -> None:
    found = read(tmp_path, LINES, made())

    first, second = found.rows("usage")
    assert str(first["started_at"]) == "2026-10-01 07:00:00"
    assert (first["uncached_input_tokens"], first["cache_read_tokens"], first["output_tokens"]) == (1000, 500, 250)
    assert first["cost"] == Decimal("0.125")
    assert (first["team"], second["team"]) == ("Support", "Nobody")
    assert (second["uncached_input_tokens"], second["cache_read_tokens"]) == (2000, None)
    assert second["cost"] == Decimal("-0.03")
    assert found.answer.source == "our gateway"
    assert found.answer.tables == {"usage": 2}


def test_a_row_that_cannot_be_worked_out_is_rejected_with_its_text_and_reason(tmp_path: Path) -> None:
    found = read(tmp_path, LINES, made())

    assert found.answer.rows_read == 4
    assert found.rejects == {
        4: "uncached_input_tokens: 12O is not a number that fits",
        5: "uncached_input_tokens is less than 0",
    }
    assert found.text(4).startswith("03.10.2026 11:00;gpt-5;12O")


@pytest.mark.parametrize(
    ("text", "cell", "cost"),
    [
        ("12345", {"unit": "0.01"}, "123.45"),
        ("0.1", {"unit": "0.000001"}, "0.0000001"),
        ("1.5", {"negate": True}, "-1.5"),
        ("(1.50)", {"negate": True}, "1.5"),
        ("2.5", {"unit": "1000"}, "2500"),
        ("", {"constant": "7"}, "7"),
        ("", {}, None),
    ],
)
def test_money_is_exact_in_any_unit_and_sign(tmp_path: Path, text: str, cell: dict[str, Any], cost: str | None) -> None:
    found = read(tmp_path, f"x,y\n{text},1\n", of(cost={"column": "x"} | cell))

    assert found.column("usage", "cost") == [Decimal(cost) if cost else None]


@pytest.mark.parametrize("text", ["99999999999999999999999", "1e30", "nan", "abc", "1,5"])
def test_what_no_unit_can_make_a_number_of_is_rejected(tmp_path: Path, text: str) -> None:
    found = read(tmp_path, f'x,y\n"{text}",1\n1,2\n', of(cost={"column": "x", "unit": "1000"}))

    assert list(found.rejects) == [2]


@pytest.mark.parametrize(
    ("text", "unit", "moment"),
    [
        ("1790845200", "1", "2026-10-01 09:00:00"),
        ("1790845200123", "0.001", "2026-10-01 09:00:00.123000"),
        ("1790845200123456", "0.000001", "2026-10-01 09:00:00.123456"),
    ],
)
def test_a_count_since_1970_is_a_time(tmp_path: Path, text: str, unit: str, moment: str) -> None:
    cell = {"column": "x", "since_1970": True, "unit": unit}

    found = read(tmp_path, f"x,y\n{text},1\n", of(started_at=cell))

    assert [str(at) for at in found.column("usage", "started_at")] == [moment]


def test_a_key_within_a_record_of_json_is_a_column(tmp_path: Path) -> None:
    mapping = Mapping.model_validate({
        "name": "app log", "table": "usage", "header": ["at", "llm"],
        "columns": {
            "started_at": {"column": "at"}, "provider": {"constant": "openai"}, "model": {"column": "llm.model"},
            "output_tokens": {"column": "llm.usage.out"},
        },
    })  # fmt: skip
    line = json.dumps({"at": "2026-10-01T09:00:00Z", "llm": {"model": "gpt-5", "usage": {"out": 7}}})

    found = read(tmp_path, line + "\n", mapping, "log.jsonl")

    assert found.column("usage", "output_tokens") == [7]


def test_tags_are_those_that_are_named_and_conditions_those_that_answer(tmp_path: Path) -> None:
    mapping = Mapping.model_validate({
        "name": "tickets", "table": "outcomes", "header": ["run", "closed", "polite", "desk", "mail"],
        "columns": {"run_id": {"column": "run"}, "occurred_at": {"column": "closed"}},
        "tags": {"polite": "polite", "desk": "desk"},
    })  # fmt: skip
    text = "run,closed,polite,desk,mail\nr1,2026-10-01T09:00:00Z,yes,north,anna@example.org\n"

    (row,) = read(tmp_path, text, mapping).rows("outcomes")

    assert row["conditions"] == {"polite": True}
    assert row["tags"] == {"desk": "north"}


def test_names_and_constants_are_never_sql(tmp_path: Path) -> None:
    odd = 'it\'s "x"; drop table usage --'
    mapping = Mapping.model_validate({
        "name": "odd", "table": "usage", "header": [odd, "m"],
        "columns": {
            "started_at": {"constant": "2026-10-01"}, "provider": {"constant": odd}, "model": {"column": "m"},
            "project": {"column": odd},
        },
        "tags": {odd: odd},
    })  # fmt: skip
    quoted = odd.replace('"', '""')

    (row,) = read(tmp_path, f'"{quoted}",m\nhere,gpt-5\n', mapping).rows("usage")

    assert (row["provider"], row["project"], row["tags"]) == (odd, "here", {odd: "here"})


def test_a_file_without_a_column_that_is_read_is_refused(tmp_path: Path) -> None:
    found = read(tmp_path, "When;Model name\n01.10.2026;gpt-5\n", made())

    assert "it lacks Cost (ct), Input, Of which cached, Output, Team" in found.error


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"table": "nothing"}, "there is no table"),
        ({"columns": {"started_at": {"column": "When"}}}, "usage needs provider, model"),
        ({"header": ["When"]}, "the header has no column"),
        ({"name": "../x"}, "pattern"),
        ({"decimal": "dot"}, "decimal mark"),
        ({"timezone": "Mars/Olympus"}, "no time zone"),
        ({"sql": "select 1"}, "Extra inputs"),
    ],
)
def test_a_mapping_that_makes_no_sense_says_why(change: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        made(**change)


@pytest.mark.parametrize(
    ("column", "cell", "says"),
    [
        ("team", {"column": "x", "unit": "2"}, "no number"),
        ("cost", {"column": "x", "since_1970": True}, "no time"),
        ("started_at", {"column": "x", "negate": True}, "is a time"),
        ("cost", {"constant": "1", "unit": "2"}, "a constant has no unit"),
        ("cost", {}, "is needed"),
        ("cost", {"column": "x", "unit": "0"}, "greater than 0"),
        ("team", {"column": "x\n"}, "control"),
        ("colour", {"column": "x"}, "has no column colour"),
    ],
)
def test_a_cell_is_of_the_closed_grammar(column: str, cell: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        of(**{column: cell})


# --- kept, recognised, exported ---


def loaded(company: Company, path: Path, **said: Any) -> pipeline.ImportResult:
    (result,) = pipeline.ingest(company.warehouse, [path], pipeline.IngestOptions(**said))
    return result


def test_a_saved_mapping_recognises_the_next_file_whatever_its_name(company: Company, tmp_path: Path) -> None:
    october = tmp_path / "october.csv"
    october.write_text(LINES)
    assert "in no format we know" in (loaded(company, october).error or "")

    mappings.save(company.warehouse, made())
    result = loaded(company, october)

    assert (result.status, result.source, result.rows_read) == ("loaded", "our gateway", 4)
    assert (result.rows_accepted, result.rows_rejected) == (2, 2)
    assert company.metric("all_in_cost") == Decimal("0.095")
    assert loaded(company, october).status == "unchanged"


def test_a_format_that_is_known_comes_before_a_mapping(company: Company, tmp_path: Path) -> None:
    mapping = Mapping.model_validate({
        "name": "mine", "table": "teams", "header": ["started_at"], "columns": {"team": {"column": "started_at"}},
    })  # fmt: skip
    mappings.save(company.warehouse, mapping)
    path = tmp_path / "usage.csv"
    path.write_text("started_at,provider,model\n2026-10-01,openai,gpt-5\n")

    assert loaded(company, path).source == "usage"
    assert loaded(company, path, mapping=mapping).source == "mine"


def test_of_two_that_fit_the_one_for_more_columns_reads_it(company: Company, tmp_path: Path) -> None:
    few = made(name="few", header=HEADER[:4], columns={
        "started_at": {"column": "When"}, "provider": {"constant": "p"}, "model": {"column": "Model name"},
    })  # fmt: skip
    mappings.save(company.warehouse, made())
    mappings.save(company.warehouse, few)
    path = tmp_path / "october.csv"
    path.write_text(LINES)

    assert loaded(company, path).source == "our gateway"


def test_what_was_saved_can_be_followed_and_forgotten(company: Company) -> None:
    archive = company.warehouse.archive
    mappings.save(company.warehouse, made(), "anna")
    mappings.save(company.warehouse, made(), "anna")
    mappings.save(company.warehouse, made(decimal="point"), "ben")
    mappings.forget(company.warehouse, "our gateway", "cleo")

    assert [(change.by, bool(change.mapping)) for change in mappings.trail(archive)] == [
        ("anna", True), ("ben", True), ("cleo", False),
    ]  # fmt: skip
    assert mappings.saved(archive) == []
    with pytest.raises(MappingError, match="There is no mapping"):
        mappings.find(archive, "our gateway")
    with pytest.raises(MappingError, match="name of a format"):
        mappings.save(company.warehouse, made(name="usage"))


def test_a_saved_line_that_cannot_be_read_holds_up_nothing(company: Company, tmp_path: Path) -> None:
    mappings.save(company.warehouse, made())
    path = company.warehouse.archive / mappings.FILE
    old = '{"name": "old", "at": "2026-10-01", "by": "x", "mapping": {"name": "old"}}\n'
    path.write_text(old + path.read_text() + "{")
    mappings.save(company.warehouse, made(name="another", header=HEADER[::-1]))
    october = tmp_path / "october.csv"
    october.write_text(LINES)

    assert [mapping.name for mapping in mappings.saved(company.warehouse.archive)] == ["another", "our gateway"]
    assert loaded(company, october).status == "loaded"


def test_the_mapping_stays_with_what_it_loaded_and_that_survives_a_rebuild(company: Company, tmp_path: Path) -> None:
    path = tmp_path / "october.csv"
    path.write_text(LINES)
    result = loaded(company, path, mapping=made())
    before = company.metric("all_in_cost")

    pipeline.rebuild(company.warehouse)

    kept = company.warehouse.archive / str(result.import_id) / "mapping.json"
    assert Mapping.model_validate_json(kept.read_text()) == made()
    assert company.metric("all_in_cost") == before == Decimal("0.095")


def test_a_mapping_survives_being_written_and_read() -> None:
    assert mappings.read(mappings.text(made()), "x.json") == made()
    assert Cell(column="x").is_plain
    with pytest.raises(MappingError, match=r"x\.json is no column mapping"):
        mappings.read("{", "x.json")


def command(options: Settings, folder: Path, *argv: str) -> tuple[int, str, str]:
    from io import StringIO

    out, err = StringIO(), StringIO()
    session = Session(Terminal(out, err, folder), options)
    code = cli.run(["--db", "pnl.duckdb", *argv], session)
    session.close()
    return code, out.getvalue(), err.getvalue()


def test_the_command_line_reads_by_a_mapping_saves_lists_exports_and_forgets(options: Settings, tmp_path: Path) -> None:
    (tmp_path / "october.csv").write_text(LINES)
    (tmp_path / "gateway.json").write_text(mappings.text(made()))

    code, out, _ = command(options, tmp_path, "ingest", "october.csv", "--mapping", "gateway.json", "--json")
    assert code == 0
    assert json.loads(out)["imports"][0]["source"] == "our gateway"
    assert command(options, tmp_path, "mappings", "--save", "gateway.json")[0] == 0
    code, out, _ = command(options, tmp_path, "ingest", "october.csv", "--mapping", "our gateway", "--json")
    assert (code, json.loads(out)["imports"][0]["status"]) == (0, "unchanged")
    code, out, _ = command(options, tmp_path, "mappings", "--json")
    assert [one["name"] for one in json.loads(out)["mappings"]] == ["our gateway"]
    code, out, _ = command(options, tmp_path, "mappings", "--export", "our gateway")
    assert mappings.read(out, "x") == made()
    assert command(options, tmp_path, "mappings", "--forget", "our gateway")[0] == 0
    code, _, err = command(options, tmp_path, "ingest", "october.csv", "--mapping", "our gateway")
    assert code == 2
    assert "There is no mapping called 'our gateway'" in err


def test_the_mapping_that_the_docs_show_is_one() -> None:
    text = (ROOT / "docs" / "sources.md").read_text(encoding="utf-8")
    shown = text.split("```json\n", 1)[1].split("```", 1)[0]

    assert mappings.read(shown, "docs").table == "usage"
