"""Tables as files: what a spreadsheet finds in them. Workbooks are read back by another program than wrote them."""

import csv
import io
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from python_calamine import CalamineWorkbook

from app.reports.csv import csv_bytes
from app.reports.table import WORDS, Column, Head, Table
from app.reports.workbook import sheet_names, workbook_bytes

HEAD = Head("Teams", "Who spends it?", [("Dates", "1–31 Oct 2026 (31 days)"), ("Currency", "USD")])
COLUMNS = [
    Column("team", "Team", "text"),
    Column("cost", "All-in cost", "money"),
    Column("rate", "Trusted rate", "ratio"),
    Column("change", "Change of rate", "change_ratio"),
    Column("day", "Last day", "date"),
    Column("at", "Last call", "time"),
    Column("trend", "Trend", "trend"),
]
PRECISE = Decimal("41220.100000000001")
SUPPORT = {
    "team": "Support",
    "cost": PRECISE,
    "rate": Decimal("0.312"),
    "change": Decimal("0.021"),
    "day": date(2026, 10, 31),
    "at": datetime(2026, 10, 31, 14, 3, 22, tzinfo=UTC),
    "trend": [1, 2, 3],
}
CODING = {"team": "Coding", "cost": Decimal("-12.50"), "rate": None}
TOTAL = {"team": "Total (as filtered)", "cost": Decimal("41207.60"), "rate": Decimal("0.312")}
TEAMS = Table("teams", "Teams", COLUMNS, [SUPPORT, CODING], TOTAL, "USD")

DANGEROUS = [
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "  =1+1",
    '=HYPERLINK("http://evil.test","Total")',
    "=cmd|' /C calc'!A0",
    "＝1+1",
]


def written(table: Table) -> list[list[str]]:
    """The lines of the CSV file behind its head."""
    lines = list(csv.reader(io.StringIO(csv_bytes(table, HEAD).decode("utf-8-sig"))))
    return lines[lines.index([]) + 1 :]


def sheet(table: Table) -> list[list[object]]:
    """The cells of the table's sheet."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(workbook_bytes([table], HEAD)))
    return book.get_sheet_by_name(table.title).to_python()


def named(text: str) -> Table:
    return Table("teams", "Teams", COLUMNS[:2], [{"team": text, "cost": Decimal("-12.50")}], currency="USD")


@pytest.mark.parametrize("text", DANGEROUS)
def test_a_text_in_a_csv_file_is_never_a_formula(text):
    (_, (name, cost)) = written(named(text))

    assert name == f"'{text}"
    assert cost == "-12.50"


@pytest.mark.parametrize("text", [*DANGEROUS, "http://evil.test/x", "{=1+1}", "0042", "1e5", "TRUE"])
def test_a_text_in_a_workbook_is_that_text(text):
    _, (name, cost) = sheet(named(text))

    assert name == text
    assert cost == -12.5


def test_no_cell_of_a_workbook_is_a_formula_or_a_link():
    rows = [{"team": text} for text in [*DANGEROUS, "http://evil.test", "mailto:a@evil.test"]]
    packed = workbook_bytes([Table("teams", "Teams", COLUMNS[:1], rows, rows[0])], Head(DANGEROUS[0], DANGEROUS[8]))
    with zipfile.ZipFile(io.BytesIO(packed)) as parts:
        sheets = [parts.read(name).decode() for name in parts.namelist() if name.startswith("xl/worksheets/sheet")]

    assert len(sheets) == 2
    assert not [text for text in sheets if "<f>" in text or "<f " in text or "hyperlink" in text]


def test_a_csv_file_keeps_every_digit_and_leaves_a_blank_for_no_data():
    header, support, coding, total = written(TEAMS)

    assert header == ["Team", "All-in cost, USD", "Trusted rate", "Change of rate, pp", "Last day", "Last call, UTC"]
    assert support == ["Support", "41220.100000000001", "0.312", "2.100", "2026-10-31", "2026-10-31T14:03:22"]
    assert coding == ["Coding", "-12.50", "", "", "", ""]
    assert total == ["Total (as filtered)", "41207.60", "0.312", "", "", ""]


def test_numbers_and_days_in_a_workbook_are_numbers_and_days():
    header, support, coding, total = sheet(TEAMS)

    assert header == ["Team", "All-in cost, USD", "Trusted rate", "Change of rate, pp", "Last day", "Last call, UTC"]
    assert support == ["Support", float(PRECISE), 0.312, 2.1, date(2026, 10, 31), datetime(2026, 10, 31, 14, 3, 22)]  # noqa: DTZ001
    assert coding[:3] == ["Coding", -12.5, ""]
    assert total[:3] == ["Total (as filtered)", 41207.6, 0.312]


def test_a_moment_of_another_zone_is_written_in_utc():
    at = datetime.fromisoformat("2026-10-31T16:03:00+02:00")
    table = Table("a", "A", [Column("at", "At", "time")], [{"at": at}])

    assert written(table)[1] == ["2026-10-31T14:03:00"]


def test_words_for_a_number_stand_beside_it_in_a_file():
    row = {"team": "Support", "cost": Decimal(7), WORDS: {"cost": "at least 7.00"}}
    table = Table("teams", "Teams", COLUMNS[:2], [row, CODING], currency="USD")

    assert written(table)[1] == ["Support", "7", "All-in cost: at least 7.00"]
    assert sheet(table)[1] == ["Support", 7.0, "All-in cost: at least 7.00"]
    assert written(table)[2] == ["Coding", "-12.50", ""]


def test_the_head_says_what_was_asked_for():
    lines = list(csv.reader(io.StringIO(csv_bytes(TEAMS, HEAD).decode("utf-8-sig"))))
    book = CalamineWorkbook.from_filelike(io.BytesIO(workbook_bytes([TEAMS], HEAD)))
    read_me = book.get_sheet_by_name("Read me").to_python()

    assert lines[:4] == [
        ["Teams: Teams"],
        ["Who spends it?"],
        ["Dates", "1–31 Oct 2026 (31 days)"],
        ["Currency", "USD"],
    ]
    assert [row[0] for row in read_me[:2]] == ["Teams", "Who spends it?"]
    assert ["Currency", "USD"] in read_me


def test_a_file_holds_all_rows_where_the_screen_has_the_first():
    table = Table("teams", "Teams", COLUMNS[:2], [SUPPORT], currency="USD", of=2, whole=lambda: iter([SUPPORT, CODING]))

    assert [row[0] for row in written(table)[1:]] == ["Support", "Coding"]
    assert [row[0] for row in sheet(table)[1:]] == ["Support", "Coding"]


def test_each_sheet_has_a_name_that_a_workbook_takes():
    tables = [Table("a", title, COLUMNS, []) for title in ("Cost: [a/b]", "Cost  a b", "Read me", "x" * 40, "x" * 40)]

    names = sheet_names(tables)

    assert all(len(name) <= 31 and not set(name) & set("[]:*?/\\") for name in names)
    assert len({name.lower() for name in [*names, "Read me"]}) == len(tables) + 1


def test_a_table_without_rows_is_a_file_with_labels():
    empty = Table("teams", "Teams", COLUMNS, [], currency="USD")

    assert len(written(empty)) == 1
    assert len(sheet(empty)) == 1
