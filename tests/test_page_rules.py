"""The page Prices & rules, in its frame: what lacks a price or a team is fixed there, and shown before it is saved."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.access.links import Links
from app.warehouse import prices
from app.warehouse.connect import Warehouse
from ingest import pipeline
from ingest.jobs import Job, jobs_of
from tests.conftest import Company

ROOT = Path(__file__).resolve().parent.parent
NOON = "2026-10-05T12:00:00"
CALLS = [
    {"started_at": NOON, "provider": "acme", "model": "m1", "team": "red", "output_tokens": 500_000},
    {"started_at": "2026-10-09T12:00:00", "provider": "acme", "model": "m1", "team": "red", "output_tokens": 500_000},
    {"started_at": NOON, "provider": "acme", "model": "m2", "account": "a", "api_key": "k1", "cost": "7"},
    {"started_at": NOON, "provider": "acme", "model": "m2", "team": "blue", "cost": "10"},
    {"started_at": "2026-10-31T12:00:00", "provider": "acme", "model": "m2", "team": "blue", "cost": "1"},
]


class Page:
    """The page as a person uses it."""

    def __init__(self, warehouse: Warehouse, **params: str) -> None:
        self.warehouse = warehouse
        self.app = AppTest.from_file(str(ROOT / "app/main.py"), default_timeout=60)
        self.app.query_params.update(params)
        self.app.run()
        self.app.switch_page("../pages/42_rules.py").run()
        self._sound()

    def type(self, field: str, text: str) -> Page:
        """Types into a field of the form and leaves it, by the name of its column."""
        box = next(box for box in self.app.text_input if (box.key or "").endswith(f"_{field}"))
        return self._after(box.set_value(text).run())

    def choose(self, field: str, value: str) -> Page:
        box = next(box for box in self.app.selectbox if (box.key or "").endswith(f"_{field}"))
        return self._after(box.set_value(value).run())

    def press(self, key: str) -> Page:
        return self._after(self.app.button(key=key).click().run())

    @property
    def job(self) -> Job | None:
        if "job" not in self.app.query_params:
            return None
        id = self.app.query_params["job"]
        return jobs_of(self.warehouse).find(id[0] if isinstance(id, list) else id)

    @property
    def text(self) -> str:
        kinds = ("markdown", "caption", "error", "warning", "info", "success", "subheader")
        said = [str(element.value) for kind in kinds for element in self.app.get(kind)]
        return "\n".join(said).replace("\\", "").replace("\u2060", "")

    def _after(self, app: AppTest) -> Page:
        self.app = app
        if self.job is not None:
            jobs_of(self.warehouse).wait(self.job.id, 60)
            self.app.run()
        self._sound()
        return self

    def _sound(self) -> None:
        assert not self.app.exception, self.app.exception
        assert not [box.value for box in self.app.error if "could not be shown" in box.value]


def strip_leads(label: str) -> str:
    """The page that a part of the status strip leads to, from the first page."""
    app = AppTest.from_file(str(ROOT / "app/main.py"), default_timeout=60).run()
    links = {link.label.replace("\\", ""): str(link.proto.page) for link in app.get("page_link")}
    return links[label]


@pytest.fixture
def loaded(company: Company) -> Company:
    company.load(usage=CALLS)
    return company


def test_what_lacks_a_price_and_a_team_is_said_first(loaded: Company) -> None:
    page = Page(loaded.warehouse)

    assert "1 model without a price (1.0M tokens, cost unknown); $7.00 without a team." in page.text
    assert page.text.index("Models without a price") < page.text.index("Spend without a team")


def test_an_unpriced_model_is_priced_in_three_clicks(loaded: Company) -> None:
    assert strip_leads("1 unpriced model") == "rules"  # the first click

    page = Page(loaded.warehouse, fix="unpriced|acme|m1")  # the second: the row
    assert page.app.button(key="fix_save").disabled
    page.type("output_per_1m", "4")
    assert "Moves all-in cost $18.00 → $22.00 (+$4.00)" in page.text
    assert "unpriced tokens 1,000,000 → 0" in page.text
    assert loaded.metric("all_in_cost") == 18

    page.press("fix_save")  # the third
    assert "Saved the price as “typed price" in page.text
    assert loaded.metric("all_in_cost") == 22
    (newest, *_) = pipeline.imports(loaded.warehouse.cursor())
    assert newest["source"] == "prices"
    assert newest["file"].startswith("typed price 20")

    loaded.undo(newest["import_id"])
    assert loaded.metric("all_in_cost") == 18
    assert loaded.metric("unpriced_tokens") == 1_000_000


def test_spend_without_a_team_is_placed_in_four_clicks(loaded: Company) -> None:
    assert strip_leads("$7.00 unassigned") == "rules"

    page = Page(loaded.warehouse, fix="unassigned|acme|a||k1").choose("team", "blue")
    assert page.job is None
    page.press("fix_preview")
    assert page.app.button(key="fix_preview").label == "Add rule"
    assert "Moves unassigned $7.00 → $0.00 (−$7.00)" in page.text
    assert loaded.metric("all_in_cost", team="blue") == 11

    page.press("fix_save")
    assert loaded.metric("all_in_cost", team="blue") == 18


def test_a_wrong_price_says_so_and_begins_nothing(loaded: Company) -> None:
    page = Page(loaded.warehouse, fix="unpriced|acme|m1").type("output_per_1m", "four")

    assert "Output: 'four' is no amount." in page.text
    assert page.job is None


def test_what_was_typed_after_the_preview_is_previewed_before_it_is_saved(loaded: Company) -> None:
    page = Page(loaded.warehouse, fix="unpriced|acme|m1").type("output_per_1m", "4")
    box = next(box for box in page.app.text_input if (box.key or "").endswith("_output_per_1m"))
    box.set_value("5")
    page.press("fix_save")  # one run with both: the value and the press

    assert loaded.metric("all_in_cost") == 18
    assert "(+$5.00)" in page.text


def test_a_preview_outlives_a_reload(loaded: Company) -> None:
    first = Page(loaded.warehouse, fix="unpriced|acme|m1").type("output_per_1m", "4")
    assert first.job is not None
    again = Page(loaded.warehouse, fix="unpriced|acme|m1", job=first.job.id)

    assert "(+$4.00)" in again.text
    again.press("fix_save")
    assert loaded.metric("all_in_cost") == 22


def test_a_rule_is_ended_by_its_last_day(loaded: Company) -> None:
    loaded.load(assignments=[{"rule_id": "r1", "match_api_key": "k1", "team": "blue"}])
    con = loaded.warehouse.cursor()
    (id,) = con.execute("select row_key::varchar from assignments").fetchone() or ("",)
    con.close()
    page = Page(loaded.warehouse, fix=f"assignments|{id}").type("valid_to", "2026-10-01").press("fix_preview")

    assert "Moves unassigned $0.00 → $7.00 (+$7.00)" in page.text
    page.press("fix_save")
    assert loaded.metric("all_in_cost", team="Unassigned") == Decimal(7)


def test_a_model_says_which_prices_it_needs(company: Company) -> None:
    company.load(usage=[{**CALLS[0], "cache_read_tokens": 5, "uncached_input_tokens": 3}])
    page = Page(company.warehouse, fix="unpriced|acme|m1").type("output_per_1m", "4")

    assert "Its rows hold input, cache read, output tokens: each needs a price" in page.text
    assert "It moves nothing" in page.text


def test_a_newer_price_list_is_previewed_and_adopted(loaded: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded.load(usage=[{**CALLS[0], "provider": "openai", "model": "gpt-5", "output_tokens": 1_000_000}])
    first = prices.BOOK
    assert "is installed" not in Page(loaded.warehouse).text
    monkeypatch.setattr(prices, "BOOK", "99.0")
    page = Page(loaded.warehouse)

    assert f"List prices are those of genai-prices {first}; 1 loaded model stands in it" in page.text
    assert "Version 99.0 of the price list is installed. It moves no figure until it is adopted." in page.text
    page.press("book_preview")
    assert "It moves nothing" in page.text  # the same prices under another name
    page.press("book_adopt")
    assert "Saved the price list as “price book 99.0”" in page.text
    assert "List prices are those of genai-prices 99.0" in page.text


def test_the_price_history_names_the_import_of_each_step(loaded: Company) -> None:
    loaded.load(
        usage=[{**CALLS[0], "provider": "openai", "model": "gpt-5"}],
        prices=[{"provider": "openai", "model": "gpt-5", "valid_from": "2026-10-20", "discount": "0.1"}],
    )
    page = Page(loaded.warehouse, fix="history|openai|gpt-5")
    table = next(table.value for table in page.app.dataframe if "because" in table.value.columns)

    assert list(table["output_per_1m"]) == ["$9.00", "$10.00"]
    assert list(table["from"]) == ["20 Oct 2026 ›", "5 Oct 2026 ›"]
    assert table["because"][0] == f"003_prices.csv: price list {prices.BOOK} less 10.0%"


def test_every_rule_in_force_stands_with_the_import_that_brought_it(loaded: Company) -> None:
    loaded.load(
        assignments=[{"rule_id": "r1", "priority": 1, "match_api_key": "k1", "team": "blue"}],
        workflows=[{"workflow": "w", "requires": "completed", "window_days": 7, "review_rate_per_hour": 60}],
        fx=[{"day": "2026-10-01", "currency": "EUR", "rate": "1.5"}],
        accounts=[{"provider": "acme", "account": "a", "gateway": "g"}],
    )
    tables = {name: table.value for table in Page(loaded.warehouse).app.dataframe for name in table.value.columns}

    rule = tables["matches"].iloc[0]
    assert (rule["matches"], rule["fills"], rule["placed"], rule["state"]) == ("api key k1", "team blue", 7, "in force")
    trust = tables["requires_said"].iloc[0]
    assert (trust["requires_said"], trust["window"], trust["review"]) == ("completed", "7 days", "$60.00 an hour")
    assert tables["rate_said"].iloc[0]["rate_said"] == "1.5"
    assert tables["gateway_said"].iloc[0]["file"] == "005_accounts.csv"


def test_the_import_of_a_price_says_what_undoing_it_would_move(loaded: Company) -> None:
    (id,) = loaded.load(prices=[{"provider": "acme", "model": "m1", "output_per_1m": "4"}])
    page = Page(loaded.warehouse, **{"import": id})
    page.app.switch_page("../pages/60_imports.py").run()
    page.press("preview_undo")

    assert f"What undoing import {id} would do.** Nothing was changed." in page.text
    assert "Moves all-in cost $22.00 → $18.00 (−$4.00)" in page.text
    assert loaded.metric("all_in_cost") == 22


def test_the_reader_of_a_link_sees_and_changes_nothing(loaded: Company) -> None:
    links = Links.of(loaded.warehouse.settings)
    params = {"fix": ["unpriced|acme|m1"], "from": ["2026-10-01"], "to": ["2026-10-31"]}
    now = datetime.now(UTC)
    _, token = links.create("rules", params, {}, None, None, by="", days=7, now=now)
    page = Page(loaded.warehouse, share=token)

    assert "Models without a price" in page.text
    assert not page.app.text_input
    assert not [button.key for button in page.app.button]


def test_the_reader_of_a_link_to_one_team_sees_no_rules_of_others(loaded: Company) -> None:
    loaded.load(assignments=[{"rule_id": "secret", "match_api_key": "k1", "team": "blue"}])
    params = {"team": ["red"], "from": ["2026-10-01"], "to": ["2026-10-31"]}
    links = Links.of(loaded.warehouse.settings)
    _, token = links.create("rules", params, {"team": ["red"]}, None, None, by="", days=7, now=datetime.now(UTC))
    page = Page(loaded.warehouse, share=token)

    assert "1 model without a price" in page.text
    assert "Assignment rules" not in page.text
    assert not [table for table in page.app.dataframe if "matches" in table.value.columns]
    assert "$7.00" not in page.text
