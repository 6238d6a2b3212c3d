"""How rows are read, renewed, replaced and taken back (accounting 1 and 2.2 to 2.5)."""

from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from ingest import pipeline
from tests.promises import call, event, opened

D = Decimal


@pytest.fixture
def books(tmp_path):
    with opened(tmp_path) as books:
        yield books


def spent(books, *by):
    return books.parts("all_in_cost", *by) if by else books.one("all_in_cost")


# --- 1 input tables ---------------------------------------------------------------------------------------------------


def test_bad_rows_are_rejected_with_their_line_their_text_and_a_reason(books):
    bad = {
        "negative": {"output_tokens": -1}, "attempt": {"attempt": 0},
        "tool": {"tool_result_tokens": 2, "uncached_input_tokens": 1},
        "grain": {"grain": "month"}, "provider": {"provider": ""}, "time": {"started_at": "soon"},
    }  # fmt: skip

    result = books.give("usage", [call("good", cost="1"), *(call(name, cost="1", **row) for name, row in bad.items())])
    with closing(books.warehouse.cursor()) as con:
        rejects = pipeline.rejects(con, result.import_id)

    assert (result.rows_read, result.rows_accepted, result.rows_rejected) == (7, 1, 6)
    assert list(range(3, 9)) == [reject["line"] for reject in rejects]
    assert all(name in reject["text"] for name, reject in zip(bad, rejects, strict=True))
    assert all(reject["reason"] for reject in rejects)
    assert D(1) == spent(books)


def test_the_other_tables_reject_what_their_closed_lists_and_days_forbid(books):
    charge = {"charged_from": "2026-09-02", "component": "tool", "amount": "1"}
    billed = {"charged_from": "2026-09-02", "provider": "acme", "billed_cost": "1"}

    charges = books.give("charges", [charge, {**charge, "split_by": "weather"}, {**charge, "charged_to": "2026-09-01"}])
    bills = books.give(
        "billed", [billed, {**billed, "charge_category": "gift"}, {**billed, "charged_to": "2026-09-01"}]
    )

    assert (charges.rows_read, charges.rows_accepted, charges.rows_rejected) == (3, 1, 2)
    assert (bills.rows_read, bills.rows_accepted, bills.rows_rejected) == (3, 1, 2)


def test_what_lies_on_more_days_than_ten_years_have_is_rejected(books):
    charge = {"charged_from": "2026-09-02", "component": "tool", "amount": "1"}
    committed = {"commitment_id": "c", "provider": "acme", "units": "0", "unit_rate": "1"}
    dates = {"valid_from": "2026-09-01", "valid_to": "2026-09-02"}

    charges = books.give("charges", [{**charge, "charged_to": "2036-09-02"}, {**charge, "charged_to": "9999-12-31"}])
    commitments = books.give(
        "commitments",
        [
            {**committed, **dates, "unit": "tokens"},
            {**committed, "valid_from": "2026-09-01", "unit": "tokens"},  # it pays for a validity without an end
            {**committed, **dates, "valid_to": "9999-12-31", "unit": "PTU-day"},
        ],
    )

    assert (charges.rows_accepted, charges.rows_rejected) == (1, 1)
    assert (commitments.rows_accepted, commitments.rows_rejected) == (1, 2)


def test_an_unknown_word_is_kept_and_counts_as_other(books):
    result = books.give("usage", [call("w", cost="1", role="Juggler", environment="moon")], dry_run=True)
    books.load(usage=[call("w", cost="1", role="Juggler", environment="moon")])

    assert {"other": D(1)} == spent(books, "role")
    assert {"other": D(1)} == spent(books, "environment")
    assert "Juggler" in str(result.preview)


def test_provider_and_model_are_compared_by_their_canonical_id_whatever_case_and_spaces(books):
    books.load(
        usage=[
            call("w", provider="Bedrock", cost="1"), call("w", provider=" aws", cost="1"),
            call("w", provider="ACME", cost="1"),
        ]
    )  # fmt: skip

    assert {"aws": D(2), "acme": D(1)} == spent(books, "provider")
    assert D(2) == books.one("all_in_cost", provider="BEDROCK")


def test_unknown_columns_are_tags(books):
    books.load(usage=[call("w", cost="1", shade="dark"), call("w", cost="2", shade="")])

    assert {"dark": D(1), "Unassigned": D(2)} == spent(books, "tag:shade")


def test_words_and_truth_are_read_in_any_case(books):
    books.load(
        workflows=[{"workflow": "w", "requires": "completed|accepted|Brand_Safe"}],
        usage=[call("w", run_id=run, cost="1") for run in ("r1", "r2")],
        outcomes=[
            event("r1", completed="YES", accepted="1", brand_safe="True"),
            event("r2", completed="yes", accepted="1", brand_safe="no"),
        ],
    )

    assert D(1) == books.one("trusted")
    assert D(2) == books.one("successful")


def test_times_without_an_offset_are_utc_and_those_with_one_are_moved_there(books):
    books.load(usage=[call("w", cost="1", started_at="2026-09-07T23:30:00"),
                      call("w", cost="2", started_at="2026-09-07T23:30:00-02:00")])  # fmt: skip

    assert {"2026-09-07": D(1), "2026-09-08": D(2)} == spent(books, "day")


# --- 2.2 and 2.3 renewal ----------------------------------------------------------------------------------------------


def test_the_newest_version_of_a_key_counts_and_a_row_that_is_no_longer_held_stays(books):
    first = books.give("usage", [call("w", record_id="a", cost="1"), call("w", record_id="b", cost="2")])
    second = books.give("usage", [call("w", record_id="a", cost="5"), call("w", record_id="c", cost="8")])

    assert D(5 + 2 + 8) == spent(books)
    assert (first.rows_accepted, first.rows_unchanged) == (2, 0)
    assert (second.rows_accepted, second.rows_unchanged) == (2, 0)


def test_an_older_export_changes_nothing_though_it_comes_later(books):
    books.give(
        "usage", [call("w", record_id="a", cost="5")], as_of=datetime(2026, 9, 20, tzinfo=UTC).replace(tzinfo=None)
    )
    older = books.give(
        "usage", [call("w", record_id="a", cost="1")], as_of=datetime(2026, 9, 10, tzinfo=UTC).replace(tzinfo=None)
    )

    assert D(5) == spent(books)
    assert (older.rows_accepted, older.rows_unchanged) == (0, 1)


def test_rows_without_an_id_count_by_content_so_that_the_month_so_far_adds_what_is_new(books):
    twin = call("w", cost="1")
    books.load(usage=[twin, twin])
    assert D(2) == spent(books)

    more = books.give("usage", [twin, twin, call("w", cost="4"), twin])

    assert D(7) == spent(books)
    assert (more.rows_accepted, more.rows_unchanged) == (2, 2)


def test_a_bucket_or_billed_row_without_an_id_is_renewed_by_all_but_its_counts_and_money(books):
    bucket = call("w", grain="bucket", started_at="2026-09-07")
    bill = {"charged_from": "2026-09-07", "provider": "other", "line_item": "seats"}
    books.load(usage=[{**bucket, "cost": "1"}], billed=[{**bill, "billed_cost": "3"}, {**bill, "billed_cost": "4"}])
    assert D(8) == spent(books)

    books.load(usage=[{**bucket, "cost": "2"}], billed=[{**bill, "billed_cost": "3"}, {**bill, "billed_cost": "9"}])

    assert D(14) == spent(books)


def test_of_several_rows_of_one_key_in_a_file_the_latest_end_counts_and_the_others_are_unchanged(books):
    result = books.give("usage", [
        call("w", record_id="a", cost="1", ended_at="2026-09-07T12:00:01"),
        call("w", record_id="a", cost="3", ended_at="2026-09-07T12:00:09"),
        call("w", record_id="a", cost="2", ended_at="2026-09-07T12:00:05"),
    ])  # fmt: skip

    assert D(3) == spent(books)
    assert (result.rows_read, result.rows_accepted, result.rows_unchanged) == (3, 1, 2)


def test_replace_says_that_the_file_is_all_there_is_on_its_days(books):
    books.load(usage=[call("w", record_id="a", cost="1"), call("w", record_id="b", cost="2"),
                      call("w", record_id="c", cost="4", started_at="2026-09-09")])  # fmt: skip

    result = books.give("usage", [call("w", record_id="a", cost="1")], replace=True)
    assert D(1 + 4) == spent(books)
    books.undo(result.import_id)

    assert D(7) == spent(books)


def test_replace_of_a_reference_table_leaves_nothing_that_the_file_does_not_name(books):
    rules = [{"rule_id": name, "match_workflow": name, "team": name} for name in ("x", "y")]
    books.load(usage=[call("x", cost="1"), call("y", cost="2")], assignments=rules)
    assert {"x": D(1), "y": D(2)} == spent(books, "team")

    result = books.give("assignments", rules[:1], replace=True)
    assert {"x": D(1), "Unassigned": D(2)} == spent(books, "team")
    books.undo(result.import_id)

    assert {"x": D(1), "y": D(2)} == spent(books, "team")


def test_of_two_reference_rows_in_force_the_newer_import_wins_and_within_one_the_later_start(books):
    price = {"provider": "acme", "model": "m1"}
    books.load(usage=[call("w", uncached_input_tokens=1_000_000)])

    books.load(prices=[{**price, "valid_from": "2026-09-02", "input_per_1m": "2"},
                       {**price, "valid_from": "2026-09-01", "input_per_1m": "1"}])  # fmt: skip
    assert D(2) == spent(books)
    books.load(prices=[{**price, "valid_from": "2026-08-01", "input_per_1m": "7"}])

    assert D(7) == spent(books)


def test_a_rule_ends_by_its_last_day(books):
    rule = {"rule_id": "x", "match_workflow": "w", "team": "red"}
    books.load(usage=[call("w", cost="1"), call("w", cost="2", started_at="2026-09-08")], assignments=[rule])
    assert {"red": D(3)} == spent(books, "team")

    books.load(assignments=[{**rule, "valid_to": "2026-09-07"}])

    assert {"red": D(1), "Unassigned": D(2)} == spent(books, "team")


# --- 2.4 and 2.5 ------------------------------------------------------------------------------------------------------


def test_importing_again_changes_nothing_and_makes_no_new_import(books):
    rows = [call("w", record_id="a", cost="1"), call("w", cost="2")]
    first = books.give("usage", rows)
    again = books.give("usage", rows)

    assert ("unchanged", first.import_id, 2) == (again.status, again.import_id, again.rows_unchanged)
    assert D(3) == spent(books)


def test_undo_gives_back_what_was_replaced_and_keeps_what_another_import_also_carried(books):
    books.give("usage", [call("w", record_id="a", cost="1")])
    second = books.give("usage", [call("w", record_id="a", cost="5"), call("w", record_id="b", cost="2")])
    books.give("usage", [call("w", record_id="b", cost="2"), call("w", record_id="c", cost="8")])
    assert D(15) == spent(books)

    books.undo(second.import_id)

    assert D(1 + 2 + 8) == spent(books)
    assert not books.breaches()


def test_an_undone_file_may_be_imported_again(books):
    rows = [call("w", record_id="a", cost="1")]
    first = books.give("usage", rows)
    books.undo(first.import_id)
    assert spent(books) is None

    again = books.give("usage", rows)

    assert ("loaded", D(1)) == (again.status, spent(books))
    assert first.import_id != again.import_id


def test_records_read_are_accepted_unchanged_rejected_or_skipped(books):
    books.give("usage", [call("w", record_id="a", cost="1")])
    result = books.give("usage", [
        call("w", record_id="a", cost="1"), call("w", record_id="b", cost="1"), call("w", record_id="c", cost="1"),
        call("w", record_id="d", cost="1", attempt=0),
    ])  # fmt: skip

    assert (
        result.rows_read, result.rows_accepted, result.rows_unchanged, result.rows_rejected, result.rows_skipped,
    ) == (4, 2, 1, 1, 0)  # fmt: skip


def test_a_dry_run_says_what_would_change_and_changes_nothing(books):
    books.give("usage", [call("w", record_id="a", cost="1")])
    shown = books.give("usage", [call("w", record_id="a", cost="5"), call("w", record_id="b", cost="2")], dry_run=True)

    assert D(1) == spent(books)
    assert {"new": 1, "replaced": 1}.items() <= shown.preview["rows"].items()
    assert [("2026-09", D(1), D(7))] == [tuple(row.values())[:3] for row in shown.preview["months"]]
