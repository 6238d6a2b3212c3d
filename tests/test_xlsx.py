"""Excel workbooks: whatever a sheet holds reads as the same table in CSV would, and one made to do harm is refused."""

import csv
import io
import zipfile
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from ingest.canonical import tables
from ingest.options import Limits, ReadOptions
from ingest.registry import sources
from ingest.worker import convert
from tests.reading import read_all, read_one

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = [name for name, source in sources().items() if source.rules]
HEAD = ["record_id", "started_at", "provider", "model", "team", "uncached_input_tokens", "output_tokens", "cost"]
CALL = ["r1", datetime.fromisoformat("2026-10-01T09:08:07"), "openai", "gpt-5", "Support", 1200, 300, 0.1]
Rows = Sequence[Sequence[Any]]


def workbook(**sheets: Rows) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "default_date_format": "dd/mm/yyyy hh:mm"})
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for at, row in enumerate(rows):
            sheet.write_row(at, 0, row)
    book.close()
    return out.getvalue()


def test_times_numbers_and_words_are_what_the_cells_hold(tmp_path: Path) -> None:
    found = read_one(tmp_path, "march.xlsx", workbook(Data=[HEAD, CALL]))

    (row,) = found.rows("usage")
    assert row["started_at"] == datetime.fromisoformat("2026-10-01T09:08:07")
    assert (row["uncached_input_tokens"], row["output_tokens"]) == (1200, 300)
    assert row["cost"] == Decimal("0.1")
    assert row["line"] == 2
    assert found.answer.file == "march.xlsx"


@pytest.mark.parametrize(
    ("cell", "cost"),
    [
        (0.1 + 0.2, "0.3"), (0.0000000123, "0.0000000123"), (1234.5, "1234.5"), (1.234, "1.234"), (-7, "-7"),
        ("1.25", "1.25"), ("$0.50", None),
    ],
)  # fmt: skip
@pytest.mark.parametrize("decimal", [None, "point", "comma"])
def test_a_number_is_exact_whatever_is_said_of_texts(
    tmp_path: Path, cell: float | str, cost: str | None, decimal: str | None
) -> None:
    found = read_one(
        tmp_path, "m.xlsx", workbook(Data=[HEAD, CALL, ["r2", *CALL[1:-1], cell]]), ReadOptions(decimal=decimal)
    )

    if cost is None or (decimal == "comma" and isinstance(cell, str)):
        assert list(found.rejects) == [3]
    else:
        assert found.column("usage", "cost")[1] == Decimal(cost)


def test_a_day_is_no_time_and_an_empty_cell_is_blank(tmp_path: Path) -> None:
    head = ["invoice_id", "line_id", "provider", "charged_from", "charged_to", "billed_cost", "currency"]
    rows = [head, ["i1", "l1", "openai", date(2026, 10, 1), date(2026, 10, 31), 12.5, "USD"], [None] * 7]

    found = read_one(tmp_path, "bill.xlsx", workbook(Bill=rows))

    (row,) = found.rows("billed")
    assert (row["charged_from"], row["charged_to"]) == (date(2026, 10, 1), date(2026, 10, 31))
    assert (found.answer.rows_read, found.answer.rows_rejected) == (1, 0)


def test_the_header_is_found_below_a_title_and_lines_are_rows_of_the_sheet(tmp_path: Path) -> None:
    rows = [["Usage of October"], ["Exported by", "Anna"], [], HEAD, CALL, [], [*CALL[:1], "soon", *CALL[2:]]]

    found = read_one(tmp_path, "march.xlsx", workbook(Data=rows))

    assert [row["line"] for row in found.rows("usage")] == [5]
    assert "started_at: soon" in found.rejects[7]


def test_each_sheet_with_a_table_is_a_file_of_its_own(tmp_path: Path) -> None:
    teams = [["team", "parent"], ["Support", None]]
    found = read_all(tmp_path, "all.xlsx", workbook(Notes=[["Read me"]], Empty=[], Usage=[HEAD, CALL], Teams=teams))

    assert {each.answer.file: each.answer.tables for each in found} == {
        "all.xlsx/Usage": {"usage": 1},
        "all.xlsx/Teams": {"teams": 1},
    }


def test_beside_a_table_two_columns_of_notes_are_no_file(tmp_path: Path) -> None:
    notes = [["Question", "Answer"], ["Who made this?", "Anna"]]
    found = read_all(tmp_path, "all.xlsx", workbook(Notes=notes, Usage=[HEAD, CALL]))

    assert [each.answer.tables for each in found] == [{"usage": 1}]


def test_a_second_table_that_nobody_knows_is_said_to_be_unknown(tmp_path: Path) -> None:
    other = [["colour", "size", "shape"], ["red", 3, "round"]]
    usage, unknown = read_all(tmp_path, "all.xlsx", workbook(Usage=[HEAD, CALL], Other=other))

    assert usage.answer.tables == {"usage": 1}
    assert unknown.error.startswith("all.xlsx/Other is in no format we know")


def test_a_hidden_sheet_is_not_read(tmp_path: Path) -> None:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    for name in ("Shown", "Hidden"):
        sheet = book.add_worksheet(name)
        for at, row in enumerate([HEAD, [*CALL[:1], "2026-10-01", *CALL[2:]]]):
            sheet.write_row(at, 0, row)
    sheet.hide()
    book.close()

    (found,) = read_all(tmp_path, "march.xlsx", out.getvalue())
    assert found.answer.file == "march.xlsx"


def test_a_workbook_inside_an_archive_is_read(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("october/usage.xlsx", workbook(Data=[HEAD, CALL]))
        archive.writestr("teams.csv", "team,parent\nSupport,\n")

    found = read_all(tmp_path, "all.zip", out.getvalue())

    assert [each.answer.file for each in found] == ["all.zip/october/usage.xlsx", "all.zip/teams.csv"]
    assert [each.answer.tables for each in found] == [{"usage": 1}, {"teams": 1}]


def value_of(type_: str, name: str) -> Any:
    if type_ == "BIGINT":
        return 1
    if type_.startswith("DECIMAL"):
        return 0.5
    if type_ == "BOOLEAN":
        return True
    if type_ == "TIMESTAMP":
        return datetime.fromisoformat("2026-10-01T09:00:00")
    if type_ == "DATE":
        return datetime.fromisoformat("2026-10-01T00:00:00")
    return {"currency": "USD", "from_currency": "EUR", "to_currency": "USD"}.get(name, "x")


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_template_reads_the_same_as_workbook_and_as_csv(tmp_path: Path, name: str) -> None:
    columns = tables()[name]
    header = [column.name for column in columns]
    values = [value_of(column.type, column.name) for column in columns]
    texts = [
        str(value).lower() if isinstance(value, bool) else value.isoformat() if isinstance(value, datetime) else value
        for value in values
    ]
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()

    text = f"{','.join(header)}\n{','.join(map(str, texts))}\n".encode()
    as_csv = read_one(tmp_path / "a", f"{name}.csv", text, ReadOptions(source=name))
    as_sheet = read_one(tmp_path / "b", f"{name}.xlsx", workbook(Sheet=[header, values]), ReadOptions(source=name))

    assert as_sheet.answer.source == name
    assert as_sheet.answer.fingerprint == as_csv.answer.fingerprint
    assert as_sheet.rejects == as_csv.rejects


def test_a_format_of_others_in_csv_comes_as_a_workbook_too(tmp_path: Path) -> None:
    sample = ROOT / "sample_data/formats/openai_cost.csv"
    rows = list(csv.reader(sample.read_text(encoding="utf-8").splitlines()))
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()

    as_csv = read_one(tmp_path / "a", "cost.csv", sample.read_bytes())
    as_sheet = read_one(tmp_path / "b", "cost.xlsx", workbook(Cost=rows))

    assert as_sheet.answer.source == "openai_cost"
    assert as_sheet.answer.fingerprint == as_csv.answer.fingerprint


REFUSED = {
    "old": (b"\xd0\xcf\x11\xe0" + b"\0" * 600 + "Workbook".encode("utf-16-le"), "old Excel"),
    "encrypted": (b"\xd0\xcf\x11\xe0" + b"\0" * 5000 + "EncryptedPackage".encode("utf-16-le"), "password"),
    "no table": (workbook(Notes=[["Only a note"]]), "No sheet"),
    "named twice": (workbook(Data=[["team", "Team", "x"], ["a", "b", "c"]]), "twice"),
    "no name": (workbook(Data=[["team", None, "x"], ["a", "b", "c"]]), "without a name"),
    "cut": (workbook(Data=[HEAD, CALL])[:-200], "damaged"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_workbook_that_cannot_be_read_says_what_to_do(tmp_path: Path, what: str) -> None:
    data, why = REFUSED[what]

    (found,) = read_all(tmp_path, "march.xlsx", data)

    assert why in found.error
    assert found.error.startswith("march.xlsx")
    assert found.answer.folder is None


def repacked(**members: bytes) -> bytes:
    """A good workbook with members put in the place of its own."""
    out = io.BytesIO()
    wanted = {name.replace("__", "/").replace("_xml", ".xml").replace("_bin", ".bin"): m for name, m in members.items()}
    with (
        zipfile.ZipFile(io.BytesIO(workbook(Data=[HEAD, CALL]))) as given,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made,
    ):
        for name in given.namelist():
            made.writestr(name, wanted.pop(name, given.read(name)))
        for name, data in wanted.items():
            made.writestr(name, data)
    return out.getvalue()


XML = b'<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
BOMBS = {
    "far cell": (repacked(xl__worksheets__sheet1_xml=XML + b'<row r="1"><c r="A1"><v>1</v></c></row>'
        b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData></worksheet>'), "hardly any of it"),
    "no such cell": (repacked(xl__worksheets__sheet1_xml=XML + b'<row r="1"><c r="ZZZZ1"><v>1</v></c></row>'
        b"</sheetData></worksheet>"), "no sheet has"),
    "zeros": (repacked(xl__worksheets__sheet1_xml=b" " * (40 << 20)), "grows more than"),
    "macros": (repacked(xl__vbaProject_bin=b"x"), "macros"),
    "no xml": (repacked(xl__workbook_xml=b"<oops"), "cannot be read"),
}  # fmt: skip


@pytest.mark.parametrize("what", BOMBS)
def test_a_workbook_made_to_do_harm_is_refused(tmp_path: Path, what: str) -> None:
    data, why = BOMBS[what]
    path = tmp_path / "march.xlsx"
    path.write_bytes(data)

    (found,) = convert(path, tmp_path / "work", ReadOptions(), Limits(seconds=20))

    assert why in (found.error or "")
    assert found.folder is None


def test_an_entity_is_not_expanded(tmp_path: Path) -> None:
    bomb = (
        b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
        b'<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
        b' count="1" uniqueCount="1"><si><t>&c;</t></si></sst>'
    )
    (found,) = read_all(tmp_path, "march.xlsx", repacked(xl__sharedStrings_xml=bomb))

    assert "aaaaaaaaaa" not in str(found.answer)
    assert found.answer.folder is None
