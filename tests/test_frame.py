"""The frame around every page: the address decides, and says what it could not show."""

import re
from datetime import date
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.ui import frame

ROOT = Path(__file__).resolve().parent.parent


def call(number: int, day: str, team: str, cost: str, **more: str) -> dict[str, str]:
    return {
        "record_id": f"c{number}",
        "started_at": f"{day}T09:00:00Z",
        "provider": "openai",
        "model": "gpt-5",
        "run_id": f"r{number}",
        "team": team,
        "uncached_input_tokens": "1000",
        "cost": cost,
        **more,
    }


@pytest.fixture
def loaded(company):
    """Two teams in September and October, and a bill for October."""
    company.load(
        usage=[
            call(1, "2026-09-10", "Support", "10.00", region="EU"),
            call(2, "2026-10-10", "Support", "12.00", region="EU"),
            call(3, "2026-10-31", "R&D <b>x</b>", "3.00", region="US"),
        ],
        billed=[
            {"billed_id": "b1", "charged_from": "2026-10-01", "charged_to": "2026-10-31", "provider": "openai",
             "billed_cost": "14.99", "charge_category": "usage"}
        ],
    )  # fmt: skip
    return company


def page(address: str = "", **params: str | list[str]) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app/main.py"), default_timeout=30)
    for key, value in params.items():
        app.query_params[key] = value
    app.run()
    if address:
        app.switch_page(f"../pages/{address}.py").run()
    assert not app.exception, app.exception
    return app


def shown(text: str) -> str:
    """Markdown as a reader sees it, where every sign in a name is escaped."""
    return re.sub(r"\\(.)", r"\1", text)


def captions(app: AppTest) -> str:
    return shown("\n".join(element.value for element in app.caption))


def strip(app: AppTest) -> str:
    links = [link.proto.label for link in app.get("page_link")]
    return shown("\n".join([*links, *(element.value for element in app.markdown)]))


def test_the_default_is_the_last_complete_month_against_the_one_before(loaded):
    app = page()

    assert "Last month: 1–31 Oct 2026 (31 days) against 1–30 Sep 2026 (30 days)" in captions(app)
    assert app.selectbox(key="filter_period").value == "month"


def test_a_filter_is_taken_from_the_address_and_said(loaded):
    app = page(team="Support", p="all")

    assert app.multiselect(key="filter_team").value == ["Support"]
    assert "All days: 10 Sep – 31 Oct 2026 (52 days) · Team: Support" in captions(app)


def test_choosing_a_filter_writes_the_address(loaded):
    app = page()
    app.multiselect(key="filter_team").set_value(["Support"]).run()
    app.selectbox(key="filter_compare").set_value("none").run()

    assert app.query_params == {"team": ["Support"], "cmp": ["none"]} or app.query_params == {
        "team": "Support",
        "cmp": "none",
    }
    app.button(key="clear_filters").click().run()
    assert "team" not in app.query_params


def test_days_of_ones_own_are_written_into_the_address(loaded):
    app = page()
    app.selectbox(key="filter_period").set_value("custom").run()
    app.date_input(key="filter_days").set_value((date(2026, 9, 1), date(2026, 9, 10))).run()

    assert "1–10 Sep 2026 (10 days) against 22–31 Aug 2026 (10 days)" in captions(app)


def test_a_link_with_an_unknown_value_says_so(loaded):
    app = page(team=["Suport"], colour="red")

    assert "This link names a team that does not exist: “Suport”" in captions(app)
    assert "This link names a filter that does not exist: “colour”" in captions(app)


def test_a_name_with_markup_is_text(loaded):
    app = page(team="R&D <b>x</b>", region="US")

    assert any(r"R\&D \<b\>x" in caption.value for caption in app.caption)
    assert app.button(key="chip_region_0").label == r"Region\: US ×"


def test_the_strip_says_how_far_the_data_reaches_and_what_was_invoiced(loaded):
    said = strip(page())

    assert "Complete to 31 Oct 2026" in said
    assert "metered $15.00" in said
    assert "invoiced $14.99" in said
    assert "difference −$0.01" in said


def test_the_strip_names_what_is_unpriced_and_unassigned(loaded):
    loaded.load(
        usage=[
            call(4, "2026-10-12", "", "", model="nobody-knows-1"),
            call(5, "2026-10-12", "", "0.50"),
        ]
    )
    said = strip(page())

    assert "1 unpriced model" in said
    assert "$0.48 unassigned" in said  # its share of 14.99 invoiced for 15.50


def test_an_empty_database_has_no_filters(warehouse):
    app = page()

    assert not app.selectbox
    assert not app.multiselect


def test_every_page_has_a_group_and_every_group_a_page():
    known = frame.pages(ROOT / "pages")

    assert {*known} <= {*frame.GROUPS.values(), ""}
    assert all(known.values())
