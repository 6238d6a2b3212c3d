"""What the figures mean: the answer in a sentence, its cause in money, and what deserves attention. Worked by hand."""

from contextlib import closing
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from app.analysis import attention, cause, sentence
from app.analysis.words import Days, Money, Name, Sentence
from app.metrics.budgets import Budget, budgets
from app.metrics.catalogue import catalogue
from app.metrics.invoiced import Invoiced, Statement
from app.metrics.levels import Line
from app.ui import words

D = Decimal
OCTOBER = Days(date(2026, 10, 1), date(2026, 10, 31))
SEPTEMBER = Days(date(2026, 9, 1), date(2026, 9, 30))
COMPONENTS = catalogue().components
NO_BILLS = Statement((), Invoiced(None, D(0), D(0), None))

# 100 trusted outcomes bring 500 and cost 300: 2.00 each.
BEFORE = {
    "all_in_cost": D(300), "cost_output": D(200), "cost_retry": D(100), "trusted": 100, "outcomes": 120,
    "trusted_revenue": D(400), "trusted_cost_saved": D(100), "margin": D(200), "runs": 150,
}  # fmt: skip
# 200 bring 1,000 and cost 800: 1.00 each. For as many outcomes, retries cost 250 - 2 x 100 = 50 more, output 150 more.
NOW = {
    "all_in_cost": D(800), "cost_output": D(550), "cost_retry": D(250), "trusted": 200, "outcomes": 240,
    "trusted_revenue": D(800), "trusted_cost_saved": D(200), "margin": D(200), "runs": 300,
}  # fmt: skip


def said(sentence_: Sentence) -> str:
    text = words.text(sentence_, "USD")
    assert len(text.split()) <= 30, text
    return text


def told(row: dict[str, Any], days: Days = OCTOBER) -> sentence.Told:
    return sentence.Told(days, row)


def answer(now: dict[str, Any], before: dict[str, Any] | None = None, why: cause.Cause | None = None) -> str:
    return said(sentence.answer(told(now), told(before, SEPTEMBER) if before is not None else None, why))


# --- the sentence -----------------------------------------------------------------------------------------------------


def test_the_answer_is_the_margin_of_an_outcome_its_change_and_the_largest_cause():
    why = cause.of_margin(NOW, BEFORE, COMPONENTS)

    assert answer(NOW, BEFORE, why) == (
        "October earned $1.00 per trusted outcome, $1.00 less than September: "
        "for as many outcomes, output cost $150.00 more."
    )


def test_what_invoices_say_differently_is_no_cost_by_itself():
    moved = cause.of_cost({"all_in_cost": D(5)}, {"all_in_cost": D(8), "cost_true_up": D(3)}, ["cost_true_up"])
    now, before = {"all_in_cost": D(5), "outcomes": 0}, {"all_in_cost": D(8)}

    assert "$3.00 less than September: invoice differences came to $3.00 less." in answer(now, before, moved)


def test_a_loss_is_called_a_loss_and_getting_worse_is_called_worse():
    now = NOW | {"trusted_revenue": D(0), "margin": D(-600)}

    # -600 / 200 = -3.00, before +2.00; value fell from 2 x 500 to 200
    assert answer(now, BEFORE, cause.of_margin(now, BEFORE, COMPONENTS)) == (
        "October lost $3.00 per trusted outcome, $5.00 worse than September: "
        "for as many outcomes, revenue and savings came to $800.00 less."
    )


def test_a_change_under_half_a_percent_is_no_change():
    assert answer(NOW | {"margin": D(200)}, NOW) == "October earned $1.00 per trusted outcome, as much as September."


def test_without_comparison_the_answer_stands_alone():
    assert answer(NOW) == "October earned $1.00 per trusted outcome."


def test_too_few_outcomes_before_are_not_compared_with():
    before = BEFORE | {"trusted": 29}

    assert answer(NOW, before) == (
        "October earned $1.00 per trusted outcome. September has too few trusted outcomes to compare with."
    )


def test_nothing_before_is_said():
    assert answer(NOW, {"all_in_cost": None}) == (
        "October earned $1.00 per trusted outcome. There is nothing to compare with: no cost in September."
    )


def test_with_a_part_unpriced_a_gain_is_at_most_and_a_loss_at_least():
    assert answer(NOW | {"unpriced_rows": 1}).startswith("October earned at most $1.00")
    assert answer(NOW | {"unconverted": {"CHF": D(1)}, "trusted_revenue": D(0)}).startswith(
        "October lost at least $3.00"
    )


def test_too_few_outcomes_are_not_judged():
    assert answer(NOW | {"trusted": 29}) == (
        "October cost $800.00. Only 29 trusted outcomes: at least 30 are needed to judge."
    )


def test_where_nothing_is_trusted_the_reason_is_said():
    assert answer(NOW | {"trusted": 0, "unverified": 240}) == (
        "October cost $800.00. Nothing is trusted: 240 runs are unverified, since a condition is not reported."
    )
    assert answer(NOW | {"trusted": 0}) == "October cost $800.00. None of its 240 outcomes was trusted."


def test_outcomes_without_money_have_a_cost():
    now = NOW | {"trusted_revenue": D(0), "trusted_cost_saved": D(0), "margin": D(-800)}

    assert answer(now) == "October cost $4.00 per trusted outcome. No outcome says what it earned or saved."


def test_without_outcomes_the_cost_is_compared_and_what_is_missing_is_said():
    now, before = ({**row, "outcomes": 0, "trusted": 0} for row in (NOW, BEFORE))

    assert answer(now, before, cause.of_cost(now, before, COMPONENTS)) == (
        "October cost $800.00, $500.00 more than September: output cost $350.00 more. "
        "What it earned is unknown: no outcomes."
    )


def test_outcomes_without_usage_have_a_worth_and_no_cost():
    now = {"all_in_cost": None, "trusted": 40, "outcomes": 50, "trusted_revenue": D(90)}

    assert answer(now) == (
        "October brought 40 trusted outcomes worth $90.00. "
        "What they cost is unknown: no usage is loaded for these days."
    )


def test_outcomes_of_which_none_is_trusted_are_counted():
    assert answer({"all_in_cost": None, "trusted": 0, "outcomes": 50}) == (
        "October has 50 outcomes, none of them trusted. What they cost is unknown: no usage is loaded for these days."
    )


def test_calls_without_any_price_are_counted_in_tokens():
    assert answer({"all_in_cost": None, "tokens": 48_200, "unpriced_rows": 3}) == (
        "October used 48.2K tokens. What they cost is unknown: no model has a price."
    )


def test_of_nothing_nothing_is_known():
    assert answer({"all_in_cost": None, "outcomes": 0}) == "Nothing is known of October."


def test_the_longest_answer_stays_within_thirty_words():
    autumn, summer = Days(date(2026, 8, 30), date(2026, 10, 31)), Days(date(2026, 6, 28), date(2026, 8, 29))
    now, before = NOW | {"cost_true_up": D(500), "unpriced_rows": 1}, BEFORE
    why = cause.of_margin(now, before, ["cost_true_up"])

    assert "invoice differences came to $500.00 more" in said(
        sentence.answer(told(now, autumn), told(before, summer), why)
    )


def test_the_year_is_said_where_two_are_compared():
    last_year = Days(date(2025, 10, 1), date(2025, 10, 31))

    assert "October 2026 earned" in said(sentence.answer(told(NOW), told(BEFORE, last_year)))
    assert "than October 2025" in said(sentence.answer(told(NOW), told(BEFORE, last_year)))


@pytest.mark.parametrize(
    ("since", "until", "shown"),
    [
        ("2026-10-01", "2026-10-31", "October 2026"),
        ("2026-10-01", "2026-12-31", "Q4 2026"),
        ("2026-01-01", "2026-12-31", "2026"),
        ("2026-11-01", "2026-11-20", "1–20 Nov 2026"),
        ("2026-02-01", "2026-04-30", "1 Feb–30 Apr 2026"),
    ],
)
def test_days_are_said_in_few_words(since, until, shown):
    assert words.days(date.fromisoformat(since), date.fromisoformat(until)) == shown


def test_names_are_escaped_for_the_page_and_kept_for_files():
    markup: Sentence = (Name("[x](http://y)"), " cost ", Money(D("5")), ".")

    assert words.markdown(markup, "USD").startswith("\\[x\\]\\(")
    assert words.markdown(markup, "USD").endswith("cost \\$5.00.")
    assert words.text(markup, "USD") == "[x](http://y) cost $5.00."


# --- the cause --------------------------------------------------------------------------------------------------------


def test_more_outcomes_at_the_same_cost_each_have_no_cause():
    twice = {name: value * 2 for name, value in BEFORE.items()}

    assert cause.of_margin(twice, BEFORE, COMPONENTS) is None


def test_a_component_of_half_the_change_goes_before_a_team():
    blue = ("blue", {"all_in_cost": D(480)}, {"all_in_cost": D(0)})

    assert cause.of_cost(NOW, BEFORE, COMPONENTS, [blue]) == cause.Cause("cost_component", "cost_output", D(350))


def test_a_team_is_the_cause_where_no_component_makes_half_of_the_change():
    now = {"all_in_cost": D(30), "cost_input": D(10), "cost_output": D(10), "cost_retry": D(10)}
    before = {"all_in_cost": D(3), "cost_input": D(1), "cost_output": D(1), "cost_retry": D(1)}
    teams = [("blue", {"all_in_cost": D(24)}, {"all_in_cost": D(1)}), ("red", {"all_in_cost": D(6)}, {})]

    # 27 more: each component 9, blue 23
    assert cause.of_cost(now, before, COMPONENTS, teams) == cause.Cause("team", "blue", D(23))


def test_the_parts_of_a_change_of_margin_add_up_to_it():
    why = [cause.of_margin(NOW, BEFORE, [name]) for name in ("cost_output", "cost_retry")]

    # 1.00 less for each of 200: value 0, output -150, retries -50
    assert [each.amount for each in why if each] == [D(-150), D(-50)]
    assert sum(each.amount for each in why if each) == D(200) / 200 * 200 - D(200) / 100 * 200


# --- what deserves attention ------------------------------------------------------------------------------------------


def line(team: str, workflow: str, now: dict[str, Any], before: dict[str, Any] | None = None) -> Line:
    return Line((team, workflow), False, now, before or {}, (), (31, 30))


def seen(lines: list[Line], bills: Statement = NO_BILLS, **more: Any) -> list[tuple[str, Decimal, str]]:
    return [(item.kind, item.money, said(item.said)) for item in attention.attention(lines, bills, **more)]


RETRYING = {
    "all_in_cost": D(1000), "runs": 40, "retry_tokens": 84, "retry_reported_tokens": 1000, "cost_retry": D(84),
}  # fmt: skip


def test_a_retry_share_that_grew_costs_what_it_grew_by():
    before = RETRYING | {"retry_tokens": 42}

    # Half of 84 is new.
    assert seen([line("Support", "triage", RETRYING, before)]) == [
        ("retries", D(42), "Retry share of Support rose from 4.2% to 8.4%: $42.00 more.")
    ]


@pytest.mark.parametrize("change", [{"runs": 29}, {"retry_tokens": 75}, {"retry_reported_tokens": 0}])
def test_few_runs_small_growth_and_what_was_not_reported_are_not_ranked(change):
    assert seen([line("Support", "triage", RETRYING, RETRYING | {"retry_tokens": 42} | change)]) == []


def test_a_workflow_that_costs_more_than_it_brings_is_named_with_both():
    loser = {"all_in_cost": D(300), "margin": D(-120), "outcomes": 30, "runs": 30, "model_cost": D(300)}

    assert seen([line("a", "triage", loser | {"margin": D(-60), "outcomes": 10}), line("b", "triage", loser)]) == [
        ("loss", D(180), "triage lost $180.00: it cost $600.00 and brought $420.00.")
    ]
    assert seen([line("b", "triage", loser | {"outcomes": 29})]) == []


def test_review_that_costs_more_than_the_models_is_named():
    row = {"all_in_cost": D(60), "runs": 30, "model_cost": D(10), "cost_human_review": D(50)}

    assert seen([line("a", "claims", row)]) == [
        ("review", D(40), "Human review of claims cost $50.00, its model calls $10.00.")
    ]
    assert seen([line("a", "claims", row | {"runs": 29})]) == []


def test_many_unverified_runs_are_named_with_their_cost():
    row = {"all_in_cost": D(60), "runs": 50, "outcomes": 45, "unverified": 10, "unverified_run_cost": D(12)}

    assert seen([line("a", "w", row)]) == [("unverified", D(12), "10 of 50 runs of a are unverified: $12.00.")]
    assert seen([line("a", "w", row | {"unverified": 9})]) == []
    assert seen([line("a", "w", row | {"outcomes": 0})]) == []


def test_unpriced_tokens_are_worth_what_the_others_cost():
    row = {"all_in_cost": D(10), "model_cost": D(10), "tokens": 1000, "unpriced_tokens": 500}

    assert seen([line("a", "w", row)]) == [
        ("unpriced", D(10), "500 tokens have no price: about $10.00 at the mean price of the others.")
    ]


def bill(provider: str, **reasons: str) -> Statement:
    why = {name.replace("_", " "): D(amount) for name, amount in reasons.items()}
    row = Invoiced(provider, D(0), D(0), sum(why.values(), D(0)), why)
    return Statement((row,), Invoiced(None, row.metered, row.not_yet_invoiced, row.invoiced, why))


def test_what_only_a_bill_knows_of_is_told_once():
    lines = [line("Unassigned", "Unassigned", {"all_in_cost": D(110)}), line("a", "w", {"all_in_cost": D(90)})]

    assert seen(lines, bill("acme", billed_not_traced="80", below_list="-5")) == [
        ("not traced", D(80), "acme billed $80.00 that no log explains."),
        ("unassigned", D(30), "$30.00 of the cost of calls and charges has no team."),
    ]


def test_the_three_with_most_money_each_of_its_kind_are_shown_and_nothing_that_is_next_to_nothing():
    lines = [
        line("a", "w1", {"all_in_cost": D(9000), "margin": D(-3), "outcomes": 30}),  # under 0.1 % of all cost
        *(line("a", f"w{n}", {"margin": D(-n), "outcomes": 30, "all_in_cost": D(1)}) for n in (10, 20)),
        line("a", "claims", {"runs": 30, "cost_human_review": D(30)}),
        line("b", "w", {"runs": 50, "outcomes": 45, "unverified": 10, "unverified_run_cost": D(25)}),
        line("Unassigned", "w", {"all_in_cost": D(15)}),
    ]

    assert [(kind, money) for kind, money, _ in seen(lines)] == [("review", 30), ("unverified", 25), ("loss", 20)]


def test_every_thing_says_where_it_is_seen():
    (item,) = attention.attention([line("a", "w", {"all_in_cost": D(1), "margin": D(-2), "outcomes": 30})], NO_BILLS)

    assert (item.page, item.params) == ("teams", {"workflow": ["w"]})


def test_a_condition_may_be_missing_only_where_no_outcome_of_a_workflow_is_trusted():
    some, none = {"outcomes": 5, "trusted": 1}, {"outcomes": 5, "trusted": 0}

    assert not attention.may_lack_conditions([line("a", "w", some), line("b", "w", none)])
    assert attention.may_lack_conditions([line("a", "w", some), line("a", "v", none)])
    assert not attention.may_lack_conditions([line("a", "w", {"outcomes": 0, "trusted": 0})])


# --- budgets ----------------------------------------------------------------------------------------------------------


def budget(limit: str, value: str = "", dimension: str = "", period: str = "month") -> Budget:
    return Budget("b", dimension, value, "all_in_cost", period, D(limit), None)


def test_a_budget_is_at_risk_at_the_pace_so_far_and_broken_when_overspent():
    lines = [line("a", "w", {"all_in_cost": D(200)}), line("b", "w", {"all_in_cost": D(100)})]
    so_far = (date(2026, 11, 1), date(2026, 11, 20))

    # 300 of 20 days are 450 of 30; b's 100 are 150.
    assert seen(lines, budgets=[budget("400")], days=so_far) == [
        ("budget", D(50), "The company has a budget of $400.00 and reaches $450.00 at this pace.")
    ]
    assert seen(lines, budgets=[budget("80", "b", "team")], days=so_far) == [
        ("budget", D(70), "b has spent $100.00 of a budget of $80.00.")
    ]
    assert seen(lines, budgets=[budget("150", "b", "team")], days=so_far) == []


def test_a_budget_of_other_days_is_not_judged_by_these():
    lines = [line("a", "w", {"all_in_cost": D(200)})]

    assert seen(lines, budgets=[budget("1")], days=(date(2026, 11, 2), date(2026, 11, 20))) == []
    assert seen(lines, budgets=[budget("1", period="quarter")], days=(date(2026, 11, 1), date(2026, 11, 20))) == []


def test_the_newest_budget_in_force_holds(company):
    row = {"budget_id": "b1", "metric": "all_in_cost", "limit": "10", "period": "month"}
    company.load(
        budgets=[row, row | {"budget_id": "b2", "dimension": "team", "value": "red", "valid_to": "2026-09-30"}]
    )
    company.load(
        budgets=[
            row | {"limit": "20"},
            row | {"budget_id": "b3", "metric": "retry_token_ratio"},
            row | {"budget_id": "b4", "currency": "CHF"},
        ]
    )
    with closing(company.warehouse.cursor()) as con:
        found = budgets(con, date(2026, 10, 31))

    assert [(one.budget_id, one.limit, one.dimension) for one in found] == [("b1", 20, "")]


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        ("day", "2026-11-20", "2026-11-20"),
        ("week", "2026-11-16", "2026-11-22"),
        ("month", "2026-11-01", "2026-11-30"),
        ("quarter", "2026-10-01", "2026-12-31"),
    ],
)
def test_a_budget_knows_its_days(period, first, last):
    window = budget("1", period=period).window(date(2026, 11, 20))

    assert window == (date.fromisoformat(first), date.fromisoformat(last))
