"""The executive page, run in its frame: figures worked by hand, order, comparison, what is missing, names as text."""

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from app.reports.table import Table
from app.ui import statement, tables
from tests.conftest import Company

MAIN = Path(__file__).resolve().parent.parent / "app/main.py"
D = Decimal
ORDER = [
    ("Cost per 1M tokens", "Infrastructure productivity"),
    ("Cost per request", "Infrastructure productivity"),
    ("Cost per workflow", "Product operating cost"),
    ("Cost per trusted outcome", "Business unit economics"),
    ("Tokens per successful outcome", "Product operating cost"),
    ("Retry token ratio", "Product operating cost"),
    ("Reasoning token ratio", "Product operating cost"),
    ("Cache hit rate", "Product operating cost"),
    ("Eval overhead ratio", "Product operating cost"),
    ("Gross margin per trusted outcome", "Business unit economics"),
]


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKENPNL_TODAY", "2026-11-21")


def look(*, fails: bool = False, **address: str) -> AppTest:
    app = AppTest.from_file(str(MAIN), default_timeout=60)
    for key, value in address.items():
        app.query_params[key] = value
    app.run()
    assert not app.exception
    assert bool(app.error) == fails
    return app


def month(number: int, days: int, count: int, trusted: int, cost: str, revenue: str, **fields: str) -> dict[str, Any]:
    """So many runs of one call, spread over the days of a month of 2026; of them so many are trusted."""
    usage, outcomes = [], []
    for place in range(count):
        day, run = f"2026-{number:02}-{place % days + 1:02}", f"{number}-{place}"
        call = {"record_id": run, "run_id": run, "started_at": f"{day}T10:00:00Z", "workflow": "triage", "cost": cost}
        usage.append(call | {"provider": "acme", "model": "m1", "output_tokens": "100", "team": "Support"} | fields)
        is_good = "true" if place < trusted else "false"
        event = {"event_id": run, "run_id": run, "occurred_at": f"{day}T11:00:00Z", "completed": is_good}
        outcomes.append(event | {"revenue": revenue, "accepted": is_good})
    return {"usage": usage, "outcomes": outcomes}


RULE = {"workflow": "triage", "requires": "completed"}


def two_months(company: Company, october: str = "1.00", **fields: str) -> None:
    """September: 40 runs for 0.50, all trusted, 3.00 each. October: 40 runs, 32 of them trusted."""
    before, now = month(9, 30, 40, 40, "0.50", "3"), month(10, 31, 40, 32, october, "3", **fields)
    company.load(
        workflows=[RULE],
        usage=before["usage"] + now["usage"],
        outcomes=before["outcomes"] + now["outcomes"],
    )


def tiles(app: AppTest) -> dict[str, str]:
    return {metric.label.partition(" · ")[2]: metric.value.replace("\\", "") for metric in app.metric}


def texts(app: AppTest, *kinds: str) -> list[str]:
    return [str(element.value).replace("\\", "") for kind in kinds for element in app.get(kind)]


def answer(app: AppTest) -> str:
    return texts(app, "subheader")[0]


def markup(app: AppTest) -> str:
    return " ".join(element.proto.body for element in app.get("html"))


def links(app: AppTest) -> dict[str, str]:
    return {link.proto.label.replace("\\", ""): link.proto.query_string for link in app.get("page_link")}


def offered(app: AppTest, name: str) -> Table:
    found: list[Table] = app.session_state[tables.OFFERED]
    return next(table for table in found if table.name == name)


def steps(app: AppTest) -> list[tuple[str, str]]:
    """Labels and amounts of the waterfall, as they are read on hover."""
    figure = json.loads(app.get("plotly_chart")[0].proto.spec)
    said = [text for trace in figure["data"] for _, text in trace.get("customdata", ())]
    return [tuple(text.split("<br>")) for text in said]


# --- whole ------------------------------------------------------------------------------------------------------------


def test_the_answer_stands_first_with_its_change_and_its_cause(company):
    two_months(company)
    app = look()

    # 32 x 3 - 40 = 56 for 32; before 40 x 3 - 20 = 100 for 40. 0.8 of 20 would have been 16: 24 more.
    assert answer(app) == (
        "October earned $1.75 per trusted outcome, $0.75 less than September: "
        "for as many outcomes, output cost $24.00 more."
    )
    assert "by=cost_component" in links(app)["Why?"]


def test_the_ten_tiles_stand_in_their_order_under_their_headings(company):
    two_months(company)
    app = look()
    headings = [text for text in texts(app, "caption") if text in {heading for _, heading in ORDER}]

    assert [metric.label for metric in app.metric] == [
        f"{place} · {label}" for place, (label, _) in enumerate(ORDER, 1)
    ]
    assert headings == [heading for _, heading in ORDER]


def test_the_tiles_show_the_ratios_of_the_sums_of_the_period(company):
    two_months(company)
    app = look()

    assert tiles(app) == {
        "Cost per 1M tokens": "$10.0K",  # 40 for 4,000 tokens
        "Cost per request": "$1.00",
        "Cost per workflow": "$1.00",
        "Cost per trusted outcome": "$1.25",  # 40 / 32
        "Tokens per successful outcome": "125",  # 4,000 / 32
        "Retry token ratio": "no data",
        "Reasoning token ratio": "no data",
        "Cache hit rate": "no data",
        "Eval overhead ratio": "0%",
        "Gross margin per trusted outcome": "$1.75",
    }
    assert app.metric[3].delta.replace("\\", "") == "+150.0% worse"  # 1.25 after 0.50
    assert app.metric[9].delta.replace("\\", "") == "−30.0% worse"


def test_the_waterfall_leads_from_value_to_margin_to_the_cent(company):
    two_months(company)
    app = look()

    assert sorted(steps(app)) == [("Gross margin", "$56.00"), ("Output", "−$40.00"), ("Revenue", "+$96.00")]
    table = offered(app, "waterfall")
    assert sum(row["amount"] for row in table.rows) == table.total["amount"] == D(56)
    assert len(table.rows) == 16  # revenue, savings and fourteen components


def test_the_all_in_cost_is_model_cost_and_the_rest(company):
    two_months(company)
    company.load(charges=[{"charged_from": "2026-10-05", "component": "tool", "amount": "2.50"}])

    assert "USD. All-in cost $42.50 = model cost $40.00 + what is no model call $2.50" in texts(look(), "caption")


def test_the_table_of_ten_has_value_comparison_change_n_owner_and_formula(company):
    two_months(company)
    row = offered(look(), "ten_metrics").rows[3]

    assert (row["metric"], row["value"], row["before"], row["n"]) == (
        "4 · Cost per trusted outcome",
        D("1.25"),
        D("0.5"),
        32,
    )
    assert (row["owner"], row["formula"]) == ("Business + AI platform", "all-in cost / trusted outcomes")
    assert row["words"] == {"value": "$1.25", "before": "$0.50", "change": "+150.0% worse"}


def test_what_deserves_attention_leads_to_where_it_is_seen(company):
    two_months(company, october="4.00")

    # 32 x 3 = 96 for 160
    assert links(look())["triage lost $64.00: it cost $160.00 and brought $96.00."] == "workflow=triage"


def test_freshness_names_each_source_and_its_last_day(company):
    two_months(company)
    rows = offered(look(), "freshness").rows

    assert [(row["feed"], row["last"].isoformat(), row["state"]) for row in rows] == [
        ("outcomes", "2026-10-31", "on time"),
        ("usage", "2026-10-31", "on time"),
    ]


# --- is it all there? -------------------------------------------------------------------------------------------------


def bill(cost: str, provider: str = "acme", month: str = "10", last: str = "31", **fields: str) -> dict[str, str]:
    days = {"charged_from": f"2026-{month}-01", "charged_to": f"2026-{month}-{last}"}
    return days | {"provider": provider, "billed_cost": cost} | fields


def test_a_difference_of_a_cent_is_shown_with_its_reason(company):
    two_months(company)
    company.load(billed=[bill("39.99")])
    shown = markup(look())

    assert "<td" in shown
    assert ">$40.00</td>" in shown
    assert ">$39.99</td>" in shown
    assert ">−$0.01</td>" in shown
    assert "below list −$0.01" in shown


def test_a_provider_without_an_invoice_says_so(company):
    two_months(company)
    shown = markup(look())

    assert ">no invoice</td>" in shown
    assert ">n/a</td>" in shown
    assert "not yet invoiced" in shown


def test_the_total_adds_up_the_providers_and_a_file_has_them_all(company):
    two_months(company)
    company.load(billed=[bill("39"), *(bill("1", f"p{number}") for number in range(8))])
    app = look()
    table = offered(app, "invoices")

    assert "Other (4)" in markup(app)  # five of nine by name
    assert len(table.rows) == 9
    assert table.total["invoiced"] == sum(row["invoiced"] for row in table.rows) == 47
    assert table.total["difference"] == 7


# --- days -------------------------------------------------------------------------------------------------------------


def test_on_a_21st_the_month_to_date_is_compared_with_as_many_days(company):
    october, november = month(10, 20, 40, 40, "1", "3"), month(11, 20, 40, 40, "1.10", "3")
    late = month(10, 31, 62, 62, "9", "3", workflow="late")  # some of its days lie behind the 20th
    today = november["usage"][0] | {
        "record_id": "today",
        "run_id": "today",
        "started_at": "2026-11-21T01:00:00Z",
        "cost": "500",
    }
    company.load(
        workflows=[RULE],
        usage=[*october["usage"], *november["usage"], today]
        + [
            call | {"record_id": f"l{call['record_id']}"} for call in late["usage"] if call["started_at"] > "2026-10-21"
        ],
        outcomes=[*october["outcomes"], *november["outcomes"]],
    )
    app = look(p="mtd")

    # 3 - 1.10 after 3 - 1; neither the 21st of November nor what followed the 20th of October counts
    assert answer(app).startswith("1–20 Nov 2026 earned $1.90 per trusted outcome, $0.10 less than 1–20 Oct 2026")
    assert any("1–20 Nov 2026 (20 days) against 1–20 Oct 2026 (20 days)" in text for text in texts(app, "caption"))


def test_months_of_unequal_length_are_compared_per_day_too(company):
    two_months(company)

    # 40 / 31 = 1.2903 a day after 20 / 30 = 0.6667
    assert "All-in cost per day +93.5% (31 days against 30)" in texts(look(), "caption")


def test_without_comparison_there_is_no_change_and_no_why(company):
    two_months(company)
    app = look(cmp="none")

    assert answer(app) == "October earned $1.75 per trusted outcome."
    assert not any(metric.delta for metric in app.metric)
    assert "Why?" not in links(app)


# --- what is not known ------------------------------------------------------------------------------------------------


def test_with_a_call_unpriced_totals_say_at_least_and_its_tokens_are_named(company):
    two_months(company)
    unknown = {"record_id": "x", "started_at": "2026-10-02T10:00:00Z", "provider": "acme", "model": "nobody-knows"}
    company.load(usage=[unknown | {"output_tokens": "1000", "team": "Support"}])
    app = look()

    assert answer(app).startswith("October earned at most $1.75")
    assert tiles(app)["Cost per trusted outcome"] == "at least $1.25"
    # 4,000 tokens cost 40: 1,000 would cost 10
    assert "1,000 tokens have no price: about $10.00 at the mean price of the others." in links(app)
    assert ">at least $40.00</td>" in markup(app)


def test_few_trusted_outcomes_are_not_compared(company):
    now = month(10, 31, 40, 7, "1.00", "3")
    company.load(workflows=[RULE], **now)
    app = look()

    assert answer(app) == "October cost $40.00. Only 7 trusted outcomes: at least 30 are needed to judge."
    assert offered(app, "ten_metrics").rows[3]["words"]["value"] == "few (n = 7)"


def test_an_empty_database_shows_no_figure_and_a_way_in(warehouse):
    app = look()

    assert not app.metric
    assert not app.get("plotly_chart")
    assert texts(app, "subheader")[0] == "No data yet"


def test_usage_alone_has_a_cost_and_says_what_is_missing(company):
    company.load(usage=month(10, 31, 40, 0, "1.00", "")["usage"])
    app = look()

    assert answer(app) == (
        "October cost $40.00. There is nothing to compare with: no cost in September. "
        "What it earned is unknown: no outcomes."
    )
    assert tiles(app)["Cost per trusted outcome"] == "no data"
    assert any(text.startswith("No outcomes yet.") for text in texts(app, "markdown"))
    assert sorted(steps(app)) == [("All-in cost", "$40.00"), ("Output", "+$40.00")]  # and no margin
    assert "Why?" not in links(app)


def test_usage_and_invoice_show_the_difference_without_outcomes(company):
    company.load(usage=month(10, 31, 40, 0, "1.00", "")["usage"], billed=[bill("42")])
    app = look()

    assert answer(app).startswith("October cost $42.00.")
    assert "billed not traced +$2.00" in markup(app)


def test_outcomes_alone_have_a_worth_and_no_cost(company):
    company.load(
        workflows=[RULE], outcomes=[row | {"workflow": "triage"} for row in month(10, 31, 40, 32, "", "3")["outcomes"]]
    )
    app = look()

    assert answer(app).startswith("October brought 32 trusted outcomes worth $96.00. What they cost is unknown")
    assert not app.get("plotly_chart")
    assert "Neither calls nor invoices are loaded for these days." in texts(app, "markdown")
    assert tiles(app)["Cost per trusted outcome"] == "no data"


def test_a_condition_that_nobody_reports_is_named_with_the_way_to_set_it(company):
    now = month(10, 31, 40, 32, "1.00", "3")
    company.load(usage=now["usage"], outcomes=now["outcomes"])  # the default asks for evidence, policy and safety, too
    app = look()

    assert answer(app).startswith("October cost $40.00. Nothing is trusted: 32 runs are unverified")
    assert any("can be trusted yet: nobody reports a condition" in text for text in texts(app, "markdown"))
    assert any("policy" in text for text in texts(app, "markdown"))


def test_filtered_to_nothing_shows_no_row_of_zeros(company):
    two_months(company)
    company.load(charges=[{"charged_from": "2026-01-05", "component": "tool", "amount": "2.50", "team": "Sales"}])
    app = look(team="Sales")

    assert not app.metric
    assert not app.get("plotly_chart")
    assert any("Sales" in text for text in texts(app, "markdown", "subheader", "info", "caption"))


def test_nowhere_does_a_hole_of_python_show(company):
    two_months(company)
    app = look()
    shown = " ".join(
        [*texts(app, "title", "subheader", "markdown", "caption", "metric"), *tiles(app).values(), markup(app)]
    )

    assert not re.search(r"\b(None|nan|NaN|inf|null|Decimal)\b", re.sub(r"data:[^\"]*", "", shown))


# --- names, and what fails --------------------------------------------------------------------------------------------


def test_names_with_markup_are_text_everywhere(company):
    name = "[x](http://evil) <img src=x> $a$ :red[b]"
    two_months(company, october="4.00", workflow=name, provider="<b>bold</b>")
    company.load(workflows=[RULE | {"workflow": name}])
    app = look()

    said = next(link.proto.label for link in app.get("page_link") if "lost" in link.proto.label)
    assert said.startswith("\\[x\\]\\(http")
    assert "\\<img src=x\\> \\$a\\$ \\:red\\[b\\]" in said
    assert "&lt;b&gt;bold&lt;/b&gt;" in markup(app)
    assert "<b>bold" not in markup(app)


def test_a_block_that_fails_leaves_the_rest_of_the_page(company, monkeypatch):
    two_months(company)

    def broken(*_: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(statement, "plain_table", broken)
    app = look(fails=True)
    (message,) = [error.value for error in app.error]

    assert message.startswith(
        "**Is it all there?** could not be shown. The rest of this page and all data are unchanged."
    )
    assert "secret" not in message
    assert len(app.metric) == 10
    assert answer(app).startswith("October earned")
