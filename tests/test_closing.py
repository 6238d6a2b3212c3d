"""A closed month stays as it was: what changes about it later stands in the open month and names what caused it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing as closed_at_end
from datetime import date
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import duckdb
import pytest
from python_calamine import CalamineWorkbook

from app.metrics.closing import Change, changes, months
from app.metrics.question import Viewer
from app.metrics.reconcile import reconciled
from app.reports.table import Column, Head, Table
from app.reports.workbook import workbook_bytes
from app.warehouse.closing import ClosingRefusedError, keep_changes
from app.warehouse.connect import beside
from app.warehouse.settle import Changes, settle
from ingest import closing, pipeline
from ingest.audit import UnknownImportError
from tests.promises import TODAY, Books, call, event, opened

D = Decimal
OCTOBER, NOVEMBER = date(2026, 10, 1), date(2026, 11, 1)
BY = ("team", "workflow", "model", "provider")
FIRST, LATER = "2026-10-05T12:00:00", "2026-11-05T12:00:00"


def october(**fields: object) -> dict[str, object]:
    """A call of 5 October."""
    return call("triage", started_at=FIRST, **fields)


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    """October: red spends 10 with a run, blue 4; November: red spends 3."""
    with opened(tmp_path) as books:
        books.load(
            usage=[
                october(record_id="a", team="red", run_id="r1", cost="10", output_tokens=100),
                october(record_id="b", team="blue", cost="4", output_tokens=50),
                call("triage", record_id="n", started_at=LATER, team="red", cost="3", output_tokens=30),
            ]
        )
        yield books


def close(books: Books, month: date = OCTOBER, **how: bool) -> str:
    """Closes a month; gives the import."""
    return str(closing.close(books.warehouse, month, TODAY, **how)[-1].month.import_id)


def told(books: Books, viewer: Viewer | None = None) -> tuple[Change, ...]:
    """What has changed about closed months."""
    with closed_at_end(books.warehouse.cursor()) as con:
        return changes(con, viewer or Viewer.everything())


def said(books: Books) -> list[tuple[str, str | None, str, Decimal | int]]:
    """Of each change: how, by which import, of which team, and the money."""
    return [(each.change, each.import_id, each.team, each.figures["all_in_cost"]) for each in told(books)]


def months_of(books: Books) -> dict[str, Any]:
    """The all-in cost per month."""
    return books.parts("all_in_cost", "month")


def as_closed(books: Books) -> dict[str, list[dict[str, Any]]]:
    """Every figure of October by each dimension, and on all three bases."""
    asked = {"since": OCTOBER, "until": date(2026, 10, 31)}
    bases = {basis: books.asked(("team",), basis=basis, **asked) for basis in ("metered", "invoiced")}
    return bases | {name: books.asked((name,), **asked) for name in (*BY, "day", "cost_component")}


def sums(books: Books) -> dict[str, Any]:
    """What adds up over all months."""
    (row,) = books.figures("all_in_cost", "model_cost", "tokens", "runs", "trusted", "successful", "user_requests")
    return row


def test_late_lines_stand_in_the_open_month_and_name_their_import(books: Books) -> None:
    close(books)
    before = as_closed(books)
    (late,) = books.load(usage=[october(record_id="late", team="blue", cost="7", output_tokens=70)])

    assert as_closed(books) == before
    assert months_of(books) == {"2026-10": D(14), "2026-11": D(3 + 7)}
    assert books.parts("all_in_cost", "month", "team") == {
        ("2026-10", "red"): D(10),
        ("2026-10", "blue"): D(4),
        ("2026-11", "red"): D(3),
        ("2026-11", "blue"): D(7),
    }
    assert books.parts("tokens", "month") == {"2026-10": D(150), "2026-11": D(30 + 70)}
    assert said(books) == [("import", late, "blue", D(7))]
    assert told(books)[0].about == OCTOBER
    assert books.breaches() == []


def test_what_changes_lies_on_a_day_of_the_first_open_month(books: Books) -> None:
    close(books)
    books.load(usage=[october(record_id="late", team="blue", cost="7")])
    (change,) = told(books)

    assert date(2026, 11, 1) <= change.first_day == change.last_day <= date(2026, 11, 30)


def test_an_older_import_that_is_undone_leaves_the_closed_month_as_it_was(books: Books) -> None:
    (older,) = books.load(usage=[october(record_id="c", team="green", run_id="r2", cost="5", output_tokens=10)])
    close(books)
    before = as_closed(books)
    books.undo(older)

    assert as_closed(books) == before
    assert months_of(books) == {"2026-10": D(19), "2026-11": D(3 - 5)}
    assert books.parts("runs", "month") == {"2026-10": D(2), "2026-11": D(-1)}
    assert said(books) == [("undo", older, "green", D(-5))]
    assert sums(books)["all_in_cost"] == D(17)
    assert books.breaches() == []


def test_a_changed_price_moves_the_open_month_alone(books: Books) -> None:
    books.load(
        prices=[{"provider": "acme", "model": "m9", "input_per_1m": "1", "output_per_1m": "4"}],
        usage=[
            call("triage", record_id="p", started_at=FIRST, team="red", model="m9", output_tokens=1_000_000),
            call("triage", record_id="q", started_at=LATER, team="red", model="m9", output_tokens=1_000_000),
        ],
    )
    close(books)
    before = as_closed(books)
    (price,) = books.load(
        prices=[{"provider": "acme", "model": "m9", "input_per_1m": "1", "output_per_1m": "6"}],
    )

    assert as_closed(books) == before
    # October: 14 and 4 of m9. November: 3, 6 of m9 at the new price, and 2 that October's tokens cost more.
    assert months_of(books) == {"2026-10": D(18), "2026-11": D(3 + 6 + 2)}
    assert books.parts("cost_output", "month", model="m9") == {"2026-10": D(4), "2026-11": D(6 + 2)}
    assert said(books) == [("import", price, "red", D(2))]
    assert books.breaches() == []


def test_a_changed_rule_moves_money_between_teams_in_the_open_month_alone(books: Books) -> None:
    books.load(usage=[october(record_id="u", project="p1", cost="8")])
    close(books)
    before = as_closed(books)
    (rule,) = books.load(assignments=[{"rule_id": "1", "match_project": "p1", "team": "green"}])

    assert as_closed(books) == before
    assert books.parts("all_in_cost", "team", since=date(2026, 11, 1)) == {
        "red": D(3),
        "green": D(8),
        "Unassigned": D(-8),
    }
    assert sorted(said(books)) == [("import", rule, "Unassigned", D(-8)), ("import", rule, "green", D(8))]
    assert months_of(books) == {"2026-10": D(22), "2026-11": D(3)}
    assert books.breaches() == []


def test_a_changed_trust_rule_and_a_late_outcome_leave_the_closed_months_trust(books: Books) -> None:
    close(books)
    before = as_closed(books)
    trusted = {"completed": "true", "accepted": "true", "grounded": "true", "policy_passed": "true", "safe": "true"}
    books.load(outcomes=[event("r1", occurred_at=FIRST, **trusted, revenue="30")])

    assert as_closed(books) == before
    assert books.parts("trusted", "month") == {"2026-10": D(0), "2026-11": D(1)}
    assert sum(books.parts("trusted", "month").values()) == books.one("trusted")
    assert sum(row["revenue"] or 0 for row in books.figures("revenue", by=("month",))) == D(30)
    assert books.breaches() == []


def test_an_invoice_that_comes_late_leaves_the_closed_month_and_its_bases(books: Books) -> None:
    close(books)
    before = as_closed(books)
    books.load(
        billed=[
            {"charged_from": "2026-10-01", "charged_to": "2026-10-31", "invoice_id": "1", "provider": "acme",
             "billed_cost": "7"},
            {"charged_from": "2026-10-01", "charged_to": "2026-10-31", "invoice_id": "1", "provider": "acme",
             "billed_cost": "2", "charge_category": "tax"},
        ]
    )  # fmt: skip

    assert as_closed(books) == before
    # 14 was metered, 7 is billed for it, 2 is tax: the ledger is 5 less, and all of that stands in November.
    assert months_of(books) == {"2026-10": D(14), "2026-11": D(3 - 5)}
    assert sums(books)["all_in_cost"] == D(12)
    assert sum(each.figures["all_in_cost"] for each in told(books)) == D(-5)
    assert books.breaches() == []


def test_reconcile_tells_a_late_invoice_of_a_closed_month_from_the_open_months_own(books: Books) -> None:
    close(books)
    books.load(
        billed=[{"charged_from": "2026-10-01", "charged_to": "2026-10-31", "invoice_id": "1", "provider": "acme",
                 "billed_cost": "9"}]
    )  # fmt: skip
    with closed_at_end(books.warehouse.cursor()) as con:
        found = {(row.month, row.about): row.money for row in reconciled(con, Viewer.everything()).rows}
    own, late, october_was = (found[key] for key in ((NOVEMBER, None), (NOVEMBER, OCTOBER), (OCTOBER, None)))

    assert (october_was.metered, october_was.invoiced, october_was.not_yet_invoiced) == (D(14), None, D(14))
    assert (own.metered, own.invoiced, own.not_yet_invoiced) == (D(3), None, D(3))
    # Its 14 are invoiced now, with 5 less: nothing more was metered.
    assert (late.metered, late.invoiced, late.not_yet_invoiced) == (D(0), D(9), D(-14))
    assert (late.difference, dict(late.reasons)) == (D(-5), {"below list": D(-5)})


def test_charges_of_a_closed_month_stay_as_they_were(books: Books) -> None:
    books.load(charges=[{"charged_from": "2026-10-05", "component": "other", "amount": "28", "split_by": "cost"}])
    close(books)
    before = as_closed(books)
    books.load(usage=[october(record_id="late", team="green", cost="14")])

    assert as_closed(books) == before
    # It was 20 and 8; half of it now belongs to green: that moves in November.
    assert books.parts("cost_other", "team", since=date(2026, 11, 1)) == {
        "red": D(10 - 20),
        "blue": D(4 - 8),
        "green": D(14),
    }
    assert books.breaches() == []


def test_several_changes_each_name_their_own_cause(books: Books) -> None:
    close(books)
    (first,) = books.load(usage=[october(record_id="c", team="red", cost="1")])
    (second,) = books.load(usage=[october(record_id="d", team="red", cost="2")])
    books.undo(first)

    assert sorted(said(books), key=str) == [
        ("import", first, "red", D(1)),
        ("import", second, "red", D(2)),
        ("undo", first, "red", D(-1)),
    ]
    assert months_of(books) == {"2026-10": D(14), "2026-11": D(3 + 2)}


def test_the_workbook_of_a_closed_month_holds_the_same_cells(books: Books) -> None:
    def cells() -> list[list[object]]:
        rows = books.asked(("team",), since=OCTOBER, until=date(2026, 10, 31))
        table = Table("teams", "Teams", [Column("team", "Team", "text"), Column("all_in_cost", "Cost", "money")], rows)
        written = workbook_bytes([table], Head("Teams", "Who spends it?"))
        return CalamineWorkbook.from_filelike(BytesIO(written)).get_sheet_by_name("Teams").to_python()

    close(books)
    before = cells()
    books.load(usage=[october(record_id="late", team="blue", cost="7")])

    assert ["red", 10.0] in before
    assert cells() == before


def test_reopening_shows_the_month_as_it_stands_and_is_recorded(books: Books) -> None:
    import_id = close(books)
    books.load(usage=[october(record_id="late", team="blue", cost="7")])
    assert closing.reopen(books.warehouse, OCTOBER) == import_id

    assert months_of(books) == {"2026-10": D(21), "2026-11": D(3)}
    assert told(books) == ()
    (row,) = [each for each in pipeline.imports(books.warehouse.cursor()) if each["import_id"] == import_id]
    assert (row["file"], row["source"], row["status"]) == ("close 2026-10", "close", "undone")
    assert row["undone_at"] is not None
    assert books.breaches() == []


def test_closing_again_is_an_import_of_its_own(books: Books) -> None:
    first = close(books)
    books.load(usage=[october(record_id="late", team="blue", cost="7")])
    closing.reopen(books.warehouse, OCTOBER)
    second = close(books)
    books.load(usage=[october(record_id="later", team="blue", cost="1")])

    assert first != second
    assert months_of(books) == {"2026-10": D(21), "2026-11": D(3 + 1)}


def test_undoing_the_import_reopens_the_month(books: Books) -> None:
    import_id = close(books)
    books.load(usage=[october(record_id="late", team="blue", cost="7")])
    books.undo(import_id)

    assert months_of(books) == {"2026-10": D(21), "2026-11": D(3)}


def test_a_rebuild_gives_the_same_closed_month_and_the_same_changes(books: Books) -> None:
    close(books)
    (late,) = books.load(usage=[october(record_id="late", team="blue", cost="7")])
    books.undo(late)
    books.load(usage=[october(record_id="more", team="red", run_id="r1", cost="2", output_tokens=5)])
    before = (as_closed(books), books.asked(("month", "team")), books.asked(("day",)), told(books))
    books.rebuild()

    assert (as_closed(books), books.asked(("month", "team")), books.asked(("day",)), told(books)) == before
    assert books.breaches() == []


def test_what_was_archived_and_never_committed_is_no_change(books: Books) -> None:
    close(books)
    (late,) = books.load(usage=[october(record_id="late", team="blue", cost="7")])
    before = said(books)
    warehouse = books.warehouse

    def end_early() -> None:
        with warehouse.writing() as con:
            con.execute("update imports set status = 'undone' where import_id = ?", [late])
            settle(con, Changes(removed=[late]), warehouse.archive)
            keep_changes(con, warehouse.archive, late)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        end_early()
    books.rebuild()

    assert said(books) == before


def test_a_sum_that_an_older_closing_does_not_hold_is_no_change(books: Books) -> None:
    import_id = close(books)
    before = as_closed(books)
    path = beside(books.warehouse.path, "archive") / import_id / "usage_cube.parquet"
    with closed_at_end(duckdb.connect()) as con:
        con.execute("create table older as select * exclude (tokens, cost_output) from read_parquet(?)", [str(path)])
        con.execute("copy older to $path (format parquet)", {"path": str(path)})
    books.rebuild()

    assert as_closed(books) == before
    assert told(books) == ()


def test_the_command_that_reconciles_shows_closed_months_as_they_were(books: Books) -> None:
    books.load(
        billed=[{"charged_from": "2026-10-01", "charged_to": "2026-10-31", "invoice_id": "1", "provider": "acme",
                 "billed_cost": "7"}]
    )  # fmt: skip
    live = books.reconciled()
    close(books)
    closed = books.reconciled()
    books.load(usage=[october(record_id="late", team="blue", cost="3")])

    assert closed == live
    assert [row for row in books.reconciled() if row["month"] == "2026-10"] == [
        row for row in closed if row["month"] == "2026-10"
    ]
    for row in books.reconciled():
        assert row["difference"] is None or row["difference"] == sum(row["reasons"].values())


def test_another_time_zone_leaves_the_closed_month_and_another_currency_is_refused(
    books: Books, tmp_path: Path
) -> None:
    books.load(usage=[call("triage", record_id="e", started_at="2026-11-01T02:00:00", team="red", cost="6")])
    close(books)
    before = as_closed(books)
    books.warehouse.close()
    with opened(tmp_path, time_zone="America/New_York") as moved:  # that call is of 31 October there
        moved.rebuild()
        assert as_closed(moved) == before
        assert sums(moved)["all_in_cost"] == D(14 + 3 + 6)
        assert [(each.change, each.figures["all_in_cost"]) for each in told(moved)] == [("rebuild", D(6))]
        assert moved.breaches() == []
    with opened(tmp_path, currency="EUR") as other, pytest.raises(ClosingRefusedError, match="closed in USD"):
        other.rebuild()


def test_the_archive_alone_gives_closed_months_back(books: Books, tmp_path: Path) -> None:
    close(books)
    books.load(usage=[october(record_id="late", team="blue", cost="7")])
    before = (months_of(books), said(books))
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    books.warehouse.close()
    beside(books.warehouse.path, "archive").rename(fresh / "pnl.duckdb.archive")
    with opened(fresh) as other:
        other.rebuild()
        assert (months_of(other), said(other)) == before


def test_months_close_in_order_and_only_when_they_are_over(books: Books) -> None:
    with pytest.raises(ClosingRefusedError, match="2026-11 is not over yet: its last day is 2026-11-30"):
        close(books, date(2026, 11, 1))
    with pytest.raises(ClosingRefusedError, match="2026-08 has no figures"):
        close(books, date(2026, 8, 1))
    books.load(usage=[call("triage", record_id="s", started_at="2026-09-05T12:00:00", team="red", cost="1")])
    with pytest.raises(ClosingRefusedError, match="2026-09 is open and comes before 2026-10"):
        close(books)
    close(books, through=True)
    with pytest.raises(ClosingRefusedError, match="2026-10 is closed already"):
        close(books)
    with pytest.raises(ClosingRefusedError, match="2026-10 is closed after it"):
        closing.reopen(books.warehouse, date(2026, 9, 1))
    with pytest.raises(ClosingRefusedError, match="2026-11 is not closed"):
        closing.reopen(books.warehouse, date(2026, 11, 1))

    files = [row["file"] for row in pipeline.imports(books.warehouse.cursor())]
    assert [file for file in files if file.startswith("close")] == ["close 2026-10", "close 2026-09"]


def test_a_refused_closing_leaves_nothing(books: Books) -> None:
    before = pipeline.imports(books.warehouse.cursor())
    with pytest.raises(ClosingRefusedError):
        close(books, date(2026, 11, 1))

    assert pipeline.imports(books.warehouse.cursor()) == before
    with pytest.raises(UnknownImportError):
        books.undo("i000002")


def test_each_month_says_what_it_is(books: Books) -> None:
    import_id = close(books)
    with closed_at_end(books.warehouse.cursor()) as con:
        found = months(con, TODAY)

    assert [(each.first, each.state, each.import_id) for each in found] == [
        (OCTOBER, "closed", import_id),
        (date(2026, 11, 1), "in progress", None),
    ]


def test_lines_that_come_before_every_closed_month_are_a_change_too(books: Books) -> None:
    close(books)
    books.load(usage=[call("triage", record_id="s", started_at="2026-08-05T12:00:00", team="red", cost="1")])

    assert months_of(books) == {"2026-10": D(14), "2026-11": D(3 + 1)}
    assert told(books)[0].about == date(2026, 8, 1)
    assert books.breaches() == []


def test_a_viewer_sees_the_changes_of_the_own_team_alone(books: Books) -> None:
    close(books)
    books.load(
        usage=[
            october(record_id="late", team="blue", cost="7"),
            october(record_id="later", team="red", cost="1"),
        ]
    )

    assert [each.team for each in told(books, Viewer(where={"team": ("blue",)}))] == ["blue"]


def test_a_dry_run_says_what_it_would_change_and_changes_nothing(books: Books) -> None:
    close(books)
    shown = books.give("usage", [october(record_id="late", team="blue", cost="7")], dry_run=True)

    assert shown.status == "loaded"
    assert told(books) == ()
    assert months_of(books) == {"2026-10": D(14), "2026-11": D(3)}


def test_check_finds_a_closed_month_that_does_not_add_up(books: Books) -> None:
    close(books)
    with books.warehouse.writing() as con:
        con.execute("update closed_usage_cube set cost_usage = cost_usage + 1")

    assert any("closed_usage_cube 2026-10" in breach for breach in books.breaches())
