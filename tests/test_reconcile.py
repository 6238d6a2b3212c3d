"""What Reconcile shows: the reasons are the difference, as `reconcile --json` has them, down to the single rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from app.metrics.question import UNASSIGNED, Viewer
from app.metrics.reconcile import Reconciled, reconciled, unexplained
from app.metrics.reconcile_chain import Chain, chain, set_aside
from tests.promises import Books, call, event, opened

D = Decimal
OCTOBER = {"charged_from": "2026-10-01", "charged_to": "2026-10-31"}
ALL = Viewer.everything()


def made(day: int, provider: str, account: str | None, **fields: object) -> dict[str, object]:
    """A call of a day in October."""
    return call("triage", started_at=f"2026-10-{day:02d}T12:00:00", provider=provider, account=account, **fields)


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Books]:
    """Below list at cheap, too much billed at short, buckets at bucketed, a commitment at held, no bill at open."""
    with opened(tmp_path_factory.mktemp("reconcile")) as books:
        books.load(
            usage=[
                made(5, "cheap", "a1", team="red", run_id="r1", cost="60", output_tokens=600),
                made(6, "cheap", "a1", team="blue", cost="40", output_tokens=400),
                made(7, "short", "a2", team="red", cost="10", output_tokens=10),
                made(8, "bucketed", "a3", team="calls", run_id="r2", cost="1", uncached_input_tokens=100),
                made(8, "bucketed", "a3", team="calls", model="m2", cost="1", uncached_input_tokens=70),
                {**made(8, "bucketed", "a3"), "grain": "bucket", "cost": "4", "uncached_input_tokens": 400},
                {**made(8, "bucketed", "a3"), "grain": "bucket", "cost": "1", "model": "m2",
                 "uncached_input_tokens": 50},
                made(9, "open", None, team="red", cost="7", output_tokens=70),
                made(9, "held", "a5", team="red", model="m5", service_tier="provisioned", output_tokens=10),
                call("triage", started_at="2026-11-02T12:00:00", provider="cheap", account="a1", cost="5"),
            ],
            outcomes=[event("r1", occurred_at="2026-10-05T13:00:00", completed="true", accepted="true",
                            grounded="true", policy_passed="true", safe="true")],
            commitments=[{"commitment_id": "c", "valid_from": "2026-10-09", "valid_to": "2026-10-10",
                          "provider": "held", "account": "a5", "model": "m5", "unit": "PTU-day", "units": "1",
                          "unit_rate": "3"}],
            billed=[
                {**OCTOBER, "invoice_id": "1", "provider": "cheap", "account": "a1", "billed_cost": "80",
                 "line_item": "all calls"},
                {**OCTOBER, "invoice_id": "2", "provider": "short", "account": "a2", "billed_cost": "41"},
                {**OCTOBER, "invoice_id": "2", "provider": "short", "account": "a2", "billed_cost": "2",
                 "charge_category": "tax"},
                {**OCTOBER, "invoice_id": "5", "provider": "held", "account": "a5", "billed_cost": "6"},
            ],
        )  # fmt: skip
        yield books


def found(books: Books, viewer: Viewer = ALL, **where: tuple[str, ...]) -> Reconciled:
    """All months."""
    with closing(books.warehouse.cursor()) as con:
        return reconciled(con, viewer, None, None, where)


def linked(books: Books, provider: str, account: str, viewer: Viewer = ALL, model: str | None = None) -> Chain:
    """One account in October."""
    with closing(books.warehouse.cursor()) as con:
        return chain(con, viewer, provider, account, date(2026, 10, 1), date(2026, 10, 31), model)


def test_the_sum_of_the_reasons_is_the_difference_always(books: Books) -> None:
    rows = found(books)

    assert len(rows.rows) == 6
    for row in (*rows.rows, rows.total):
        if row.money.invoiced is not None:
            assert sum(row.money.reasons.values()) == row.money.difference


def test_the_rows_are_those_of_the_command(books: Books) -> None:
    by_command = {(row["provider"], row["account"] or UNASSIGNED, row["month"]): row for row in books.reconciled()}
    for row in found(books).rows:
        assert row.month is not None
        told = by_command.pop((row.provider, row.account, f"{row.month:%Y-%m}"))
        assert (row.money.metered, row.money.invoiced) == (told["metered"], told["invoiced"])
        reasons = {name: amount for name, amount in told["reasons"].items() if name != "not yet invoiced"}
        assert dict(row.money.reasons) == reasons
        assert row.traced.token_coverage == (
            None if told["token_coverage"] is None else pytest.approx(D(str(told["token_coverage"])))
        )
    assert not by_command


def test_each_account_has_its_own_figures_by_hand(books: Books) -> None:
    rows = {(row.provider, row.month): row for row in found(books).rows}
    october = date(2026, 10, 1)

    assert rows["cheap", october].money.reasons == {"below list": D(-20)}
    assert rows["short", october].money.reasons == {"billed not traced": D(31), "tax": D(2)}
    assert rows["bucketed", october].money.metered == D(1 + 1 + 3)
    assert rows["held", october].money.metered == D(6)  # two days at 3, one of them unused
    assert rows["held", october].money.difference == D(0)
    assert rows["open", october].money.invoiced is None
    assert rows["cheap", date(2026, 11, 1)].money.not_yet_invoiced == D(5)


def test_coverage_is_the_share_that_has_a_run_and_an_outcome(books: Books) -> None:
    cheap = next(row for row in found(books).rows if row.provider == "cheap" and row.month == date(2026, 10, 1))

    assert (cheap.traced.token_coverage, cheap.traced.run_coverage) == (D("0.6"), D("0.6"))
    assert cheap.traced.outcome_coverage == D("0.6")
    assert found(books).total.traced.cost_with_run == D(61)


def test_a_viewer_of_one_team_gets_that_teams_part_alone(books: Books) -> None:
    red = found(books, Viewer(where={"team": ("red",)}))

    assert {row.provider for row in red.rows} == {"cheap", "short", "open", "held"}
    cheap = next(row for row in red.rows if row.provider == "cheap" and row.month == date(2026, 10, 1))
    assert (cheap.money.metered, cheap.money.reasons) == (D(60), {"below list": D(-12)})


def test_what_is_unexplained_stands_by_its_age(books: Books) -> None:
    with closing(books.warehouse.cursor()) as con:
        row, total = unexplained(con, ALL, date(2026, 11, 20))
        old = unexplained(con, ALL, date(2027, 3, 1))[-1]

    # 31 over 31 days: those from 21 October on are at most 30 days old.
    assert row.provider == "short"
    assert dict(row.amounts) == {"0-30 days": D(11), "31-60 days": D(20), "61-90 days": D(0), "over 90 days": D(0)}
    assert (total.amount, dict(total.reasons)) == (D(31), {"billed not traced": D(31)})
    assert old.amounts["over 90 days"] == D(31)


def test_from_an_invoice_line_to_its_calls(books: Books) -> None:
    links = linked(books, "cheap", "a1")
    (bill,) = links.bills

    assert (bill["name"], bill["billed"], bill["currency"], bill["file"]) == ("all calls", D(80), "USD", bill["file"])
    assert bill["file"].endswith("billed.csv")
    assert bill["line"] == 2
    assert [(row["run_id"], row["amount"]) for row in links.calls] == [("r1", D(60)), (None, D(40))]
    assert links.whole("calls").amount == D(100)


def test_what_of_an_invoice_line_nobody_traced_stands_beside_it(books: Books) -> None:
    lines = {row["category"]: row for row in linked(books, "short", "a2").bills}

    assert (lines["usage"]["billed"], lines["usage"]["not_traced"]) == (D(41), D(31))
    assert lines["tax"]["not_traced"] is None


def test_calls_and_buckets_stand_side_by_side_with_what_is_left_and_what_exceeds(books: Books) -> None:
    links = linked(books, "bucketed", "a3")
    models = {model.model: model for model in links.models}

    assert (models["m1"].calls.tokens, models["m1"].buckets.tokens, models["m1"].remainders.tokens) == (100, 400, 300)
    assert models["m1"].remainders.amount == D(3)
    assert (models["m2"].remainders.tokens, models["m2"].excess) == (0, 20)
    assert [row["tokens"] for row in links.excesses] == [20]
    bucket = next(row for row in links.buckets if row["model"] == "m1")
    assert (bucket["stated"], bucket["tokens_left"], bucket["amount_left"]) == (D(4), 300, D(3))


def test_one_model_leaves_out_the_others(books: Books) -> None:
    links = linked(books, "bucketed", "a3", model="m2")

    assert [model.model for model in links.models] == ["m2"]
    assert {row["model"] for row in (*links.calls, *links.buckets)} == {"m2"}


def test_single_rows_are_not_for_a_viewer_of_one_team(books: Books) -> None:
    links = linked(books, "cheap", "a1", Viewer(where={"team": ("red",)}))
    with closing(books.warehouse.cursor()) as con:
        aside = set_aside(con, Viewer(where={"team": ("red",)}), date(2026, 1, 1), date(2026, 12, 31), None, None)

    assert (links.calls, links.bills, links.models, aside) == ([], [], (), [])


def test_what_a_better_source_has_is_set_aside_with_its_money(tmp_path: Path) -> None:
    with opened(tmp_path) as books:
        books.bring(Path(__file__).resolve().parent.parent / "sample_data/formats/litellm_spendlogs.jsonl")
        books.load(usage=[call("triage", started_at="2026-11-02T12:00:00", provider="anthropic", cost="9")])
        with closing(books.warehouse.cursor()) as con:
            (row,) = set_aside(con, ALL, date(2026, 11, 1), date(2026, 11, 30), ["anthropic"], None)
            elsewhere = set_aside(con, ALL, date(2026, 11, 1), date(2026, 11, 30), ["openai"], None)

    # The gateway's two calls of that provider and day: the canonical file comes first.
    assert (row["members"], row["source"], row["amount"]) == (2, "litellm_spendlogs", D("0.01065"))
    assert row["reason"] == "a better source has this provider, account and day"
    assert elsewhere == []
