"""The page Prices & rules, in its frame: what lacks a price or a team is fixed there, and shown before it is saved."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.access.links import Links
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

    def leads(self, label: str) -> str:
        """The page that a link leads to."""
        links = {link.label.replace("\\", ""): str(link.proto.page) for link in self.app.get("page_link")}
        return links[label]

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


@pytest.fixture
def loaded(company: Company) -> Company:
    company.load(usage=CALLS)
    return company


def test_what_lacks_a_price_and_a_team_is_said_first(loaded: Company) -> None:
    page = Page(loaded.warehouse)

    assert "1 model without a price (1.0M tokens, cost unknown); $7.00 without a team." in page.text
    assert page.text.index("Models without a price") < page.text.index("Spend without a team")


def test_an_unpriced_model_is_priced_in_three_clicks(loaded: Company) -> None:
    assert Page(loaded.warehouse).leads("1 unpriced model") == "rules"  # the first click

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
    assert Page(loaded.warehouse).leads("$7.00 unassigned") == "rules"

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


def test_the_reader_of_a_link_sees_and_changes_nothing(loaded: Company) -> None:
    links = Links.of(loaded.warehouse.settings)
    params = {"fix": ["unpriced|acme|m1"], "from": ["2026-10-01"], "to": ["2026-10-31"]}
    now = datetime.now(UTC)
    _, token = links.create("rules", params, {}, None, None, by="", days=7, now=now)
    page = Page(loaded.warehouse, share=token)

    assert "Models without a price" in page.text
    assert not page.app.text_input
    assert not [button.key for button in page.app.button]
