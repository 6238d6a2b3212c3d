"""The page Imports, run in its frame: a file is previewed, loaded, listed and taken back; nothing is written before."""

import io
import zipfile
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.access.links import Links
from app.warehouse.connect import Warehouse
from ingest import pipeline
from ingest.jobs import Job, Task, jobs_of
from tests.conftest import Company

ROOT = Path(__file__).resolve().parent.parent
HEAD = "record_id,started_at,provider,model,run_id,team,uncached_input_tokens,output_tokens,cost"
MARKUP = "<img src=x onerror=alert(1)> [a](http://evil.example) $x$ **b**"


def usage(*rows: str) -> bytes:
    return "\n".join([HEAD, *rows, ""]).encode()


def call(id: str, cost: str = "1.20", day: str = "2026-10-01", team: str = "Support", model: str = "gpt-5") -> str:
    return f"{id},{day}T09:00:00Z,openai,{model},r-{id},{team},500,100,{cost}"


class Page:
    """The page as a person uses it: drops files, presses buttons, waits for jobs."""

    def __init__(self, warehouse: Warehouse, **params: str) -> None:
        self.warehouse = warehouse
        self.app = AppTest.from_file(str(ROOT / "app/main.py"), default_timeout=60)
        self.app.run()
        self.app.query_params.update(params)
        self.app.switch_page("../pages/60_imports.py").run()
        self._sound()

    def drop(self, **files: bytes) -> "Page":
        """Drops files, by name without suffix, and waits until they are previewed."""
        box = self.app.file_uploader[0]
        for name, data in files.items():
            box = box.upload(f"{name}.csv", data, "text/csv")
        return self._after(box.run())

    def press(self, key: str) -> "Page":
        return self._after(self.app.button(key=key).click().run())

    def press_labelled(self, label: str) -> "Page":
        return self._after(next(button for button in self.app.button if button.label == label).click().run())

    def load(self) -> "Page":
        return self.press("load")

    @property
    def job(self) -> Job:
        id = self.app.query_params["job"]
        job = jobs_of(self.warehouse).find(id[0] if isinstance(id, list) else id)
        assert job is not None
        return job

    @property
    def text(self) -> str:
        """All that can be read on it."""
        kinds = ("markdown", "caption", "error", "warning", "info", "success", "subheader", "expander")
        said = [
            str(getattr(element, "value", getattr(element, "label", "")))
            for kind in kinds
            for element in self.app.get(kind)
        ]
        return "\n".join([*said, *(button.label for button in self.app.button)]).replace("\\", "").replace("\u2060", "")

    def _after(self, app: AppTest) -> "Page":
        self.app = app
        if "job" in app.query_params:
            jobs_of(self.warehouse).wait(self.job.id, 60)
            self.app.run()
        self._sound()
        return self

    def _sound(self) -> None:
        assert not self.app.exception, self.app.exception


@pytest.fixture
def page(warehouse: Warehouse) -> Page:
    return Page(warehouse)


def test_a_file_is_previewed_by_itself_and_nothing_is_written(company: Company, page: Page) -> None:
    page.drop(october=usage(call("a"), call("b", "0.80")))

    assert "Recognised as Usage (template) (9 of 9 columns)" in page.text
    assert "**Rows read** 2 = 2 new + 0 replaced + 0 unchanged + 0 rejected + 0 skipped" in page.text
    assert "**Cost** $2.00 = $2.00 new + $0.00 replaced + $0.00 unchanged" in page.text
    assert "1 new team: Support" in page.text
    assert pipeline.imports(company.warehouse.cursor()) == []


def test_what_was_previewed_is_loaded_listed_and_taken_back(company: Company, page: Page) -> None:
    page.drop(october=usage(call("a"), call("b", "0.80"))).load()

    assert "Loaded 2 rows of october.csv (import i000001)" in page.text
    assert company.metric("all_in_cost") == 2
    links = {link.label: link.proto.query_string for link in page.app.get("page_link")}
    assert "from=2026-10-01&to=2026-10-01" in links["See it reconciled"]

    page = Page(company.warehouse, **{"import": "i000001"})
    assert "**Stands now** 2 rows, $2.00 cost" in page.text
    page.press("undo")
    assert "october.csv: 2 rows, $2.00 cost would no longer count." in page.text
    page.press("undo_now")
    assert "Import i000001 is undone" in page.text
    assert company.metric("all_in_cost") is None


def test_several_files_are_one_job_with_a_part_for_each(company: Company, page: Page) -> None:
    page.drop(october=usage(call("a")), letter=b"dear,reader\n1,2\n", november=usage(call("b", day="2026-11-01")))

    assert [line.state for line in page.job.lines] == ["done", "failed", "done"]
    assert "letter.csv is in no format we know" in page.text
    assert page.app.button(key="load").label == "Load 2 rows"
    page.load()
    assert company.metric("all_in_cost") == Decimal("2.40")


def test_a_wrong_file_says_what_it_lacks_that_nothing_was_loaded_and_what_to_do(page: Page) -> None:
    page.drop(almost=b"started_at,provider,tokens\n2026-10-01,openai,5\n")
    (error,) = page.app.error

    assert "almost.csv is in no format we know" in error.value
    assert "model" in error.value
    assert "Nothing of it was loaded." in error.value
    assert "Say below how it reads" in error.value
    assert "--source" not in error.value
    assert "load" not in {button.key for button in page.app.button}


def test_rejected_rows_are_listed_with_line_reason_and_text_and_can_be_downloaded(company: Company, page: Page) -> None:
    page.drop(october=usage(call("a"), call("=b", "12;40"), call("c", "0.80")))

    assert "**Rows read** 3 = 2 new + 0 replaced + 0 unchanged + 1 rejected + 0 skipped" in page.text
    assert "rejected rows: unknown" in page.text
    assert page.app.expander[0].label == "Rejected: 1 row"
    rejected = page.app.dataframe[0].value
    assert list(rejected["Line"]) == ["3"]
    assert "12;40" in rejected["Text"][0]

    page.load()
    page = Page(company.warehouse, **{"import": "i000001"})
    assert "1 of 3 rows were not loaded" in page.text
    assert "Download rejects" in {button.label for button in page.app.get("download_button")}


def test_the_same_file_again_changes_nothing_and_says_so(company: Company, page: Page) -> None:
    page.drop(october=usage(call("a"))).load().drop(again=usage(call("a")))

    assert "**Rows read** 1 = 0 new + 0 replaced + 1 unchanged + 0 rejected + 0 skipped" in page.text
    assert "**Cost** $1.20 = $0.00 new + $0.00 replaced + $1.20 unchanged" in page.text
    assert "october.csv was loaded on" in page.text
    assert "All its 1 valid row" in page.text
    assert "Loading it changes nothing." in page.text
    assert {button.label for button in page.app.button if button.key in ("load", "cancel")} == {"Done"}
    page.press("cancel")
    assert len(pipeline.imports(company.warehouse.cursor())) == 1


def test_a_replaced_row_shows_what_it_was(company: Company, page: Page) -> None:
    page.drop(october=usage(call("a", "1.20"), call("b"))).load().drop(corrected=usage(call("a", "1.50"), call("c")))

    assert "**Rows read** 2 = 1 new + 1 replaced + 0 unchanged + 0 rejected + 0 skipped" in page.text
    assert "$2.70 = $1.20 new + $1.50 replaced + $0.00 unchanged" in page.text
    assert "(the replaced ones were $1.20: +$0.30)" in page.text
    assert "All-in cost of 2026-10: $2.40 → $3.90 (+$1.50)" in page.text
    assert "Meets import i000001 (october.csv)" in page.text
    assert not page.app.error


def test_a_file_that_is_all_there_is_shows_in_red_what_it_removes(company: Company, page: Page) -> None:
    page.drop(october=usage(call("a"), call("b", "0.80"), call("c", "0.50", "2026-10-02"))).load()
    page.drop(whole=usage(call("a"), call("d", "0.10", "2026-10-02")))
    page.app.checkbox[0].check()
    page.press_labelled("Preview again")
    (error,) = page.app.error

    assert error.value.replace("\\", "").startswith("Removes 2 rows worth $1.30 of 1–2 Oct 2026 (2 days)")
    page.load()
    assert company.metric("all_in_cost") == Decimal("1.30")


def test_an_older_export_is_warned_about(company: Company, warehouse: Warehouse) -> None:
    newer, older = company.file("usage", [ROW | {"cost": "5"}]), company.file("usage", [ROW | {"cost": "1"}])
    pipeline.ingest(warehouse, [newer], pipeline.IngestOptions(as_of=datetime.fromisoformat("2026-11-05")))
    options = pipeline.IngestOptions(as_of=datetime.fromisoformat("2026-11-03"))
    id = jobs_of(warehouse).preview([Task(older.name, older, options)])
    jobs_of(warehouse).wait(id, 60)
    page = Page(warehouse, job=id)
    (warning,) = page.app.warning

    assert "This export is older than 001_usage.csv" in warning.value.replace("\\", "")
    assert "0 new + 0 replaced + 1 unchanged" in page.text
    assert "1 row older than what stands: they change nothing" in page.text


def test_names_with_markup_stand_as_text(company: Company, page: Page) -> None:
    page.drop(**{"[a](x) <b>": usage(call("a", team=MARKUP))})

    assert f"1 new team: {MARKUP}" in page.text
    assert "**[a](x) <b>.csv**" in page.text
    page.load()
    assert "Loaded 1 row of [a](x) <b>.csv" in page.text
    said = [element.value for kind in ("markdown", "success", "info") for element in page.app.get(kind)]
    assert not [text for text in said if "](" in text]
    assert not [element for element in page.app.get("markdown") if element.allow_html]


def test_a_zip_is_a_part_for_each_of_its_files(company: Company, page: Page) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("october.csv", usage(call("a")))
        archive.writestr("november.csv", usage(call("b", day="2026-11-01")))
        archive.writestr("notes.csv", b"dear,reader\n1,2\n")
    page.drop(both=packed.getvalue())

    assert [result.status for result in page.job.results] == ["loaded", "loaded", "failed"]
    assert "both.csv/october.csv" in page.text
    assert page.app.button(key="load").label == "Load 2 rows"
    page.load()
    assert len(pipeline.imports(company.warehouse.cursor())) == 2


def test_what_nobody_knows_is_said(company: Company, page: Page) -> None:
    data = usage(call("a", cost="", model="nobody-knows-1")).replace(b"cost\n", b"cost,colour\n")
    page.drop(october=data.replace(b"100,\n", b"100,,red\n"))

    assert "1 model without a price (600 tokens, cost unknown): nobody-knows-1" in page.text
    assert "1 column that the format does not know: colour" in page.text
    assert "**Cost** no data" in page.text


def test_a_reload_finds_the_job_again(company: Company, page: Page) -> None:
    page.drop(october=usage(call("a")))

    assert "Recognised as Usage (template)" in Page(company.warehouse, job=page.job.id).text


def test_a_job_of_a_server_that_was_started_again_is_not_known(page: Page, warehouse: Warehouse) -> None:
    text = Page(warehouse, job="0123456789abcdef").text

    assert "This job is not known any more." in text
    assert "Drop the file again to go on." in text


def test_figures_are_fresh_after_a_load_and_after_an_undo(company: Company, page: Page) -> None:
    page.drop(october=usage(call("a"))).load()
    assert "All-in cost $1.20" in executive()
    Page(company.warehouse).drop(more=usage(call("b", "0.80"))).load()
    assert "All-in cost $2.00" in executive()
    Page(company.warehouse, **{"import": "i000002"}).press("undo").press("undo_now")
    assert "All-in cost $1.20" in executive()


def test_the_money_of_an_import_stays_beside_its_rows(company: Company) -> None:
    company.load(usage=[ROW | {"cost": "1.20"}, ROW | {"record_id": "b", "cost": "0.80"}])
    company.load(usage=[ROW | {"cost": "1.50"}, ROW | {"record_id": "b", "cost": "0.80"}, UNPRICED])
    second, first = pipeline.imports(company.warehouse.cursor())

    assert (first["money_of"], first["money_new"]) == ("cost", Decimal("2.00"))
    assert (second["rows_new"], second["rows_replaced"], second["rows_unchanged"]) == (1, 1, 1)
    assert (second["money_replaced"], second["money_was"]) == (Decimal("1.50"), Decimal("1.20"))
    assert (second["money_unchanged"], second["money_new"]) == (Decimal("0.80"), None)  # c has no price
    assert "**Cost** $2.30 = no data new + $1.50 replaced + $0.80 unchanged" in _import(company, "i000002").text


def test_the_page_of_an_import_tells_what_of_it_still_stands(company: Company) -> None:
    company.load(usage=[ROW | {"cost": "1.20"}, ROW | {"record_id": "b", "cost": "0.80"}])
    company.load(usage=[ROW | {"cost": "1.50"}])

    assert "**Stands now** 1 row, $0.80 cost" in _import(company, "i000001").text


def test_an_import_that_never_was_is_said(page: Page, warehouse: Warehouse) -> None:
    (error,) = Page(warehouse, **{"import": "<b>i9"}).app.error

    assert error.value.replace("\\", "") == (
        "There is no import <b>i9 here. Nothing was changed. Choose one from the list."
    )


def test_days_without_a_record_are_missing_and_named(company: Company) -> None:
    company.load(usage=[ROW | {"cost": "1"}, ROW | {"record_id": "b", "started_at": "2026-10-05T09:00:00Z"}])
    sources = next(table.value for table in Page(company.warehouse).app.dataframe if "label" in table.value.columns)

    assert list(sources["missing"]) == [1]  # the 3rd and 4th are a weekend, on which this source never has any
    assert list(sources["which"]) == ["2 Oct 2026 (1 day)"]


def test_the_reader_of_a_share_link_sees_and_brings_nothing(company: Company, warehouse: Warehouse) -> None:
    company.load(usage=[ROW | {"cost": "1"}])
    now = datetime.now(UTC)
    _, token = Links.of(warehouse.settings).create("imports", {}, {}, None, None, by="", days=7, now=now)
    page = Page(warehouse, share=token)

    assert not page.app.file_uploader
    assert not page.app.dataframe
    assert not page.app.button
    assert "Files are brought in by people of the company." in page.text


def _import(company: Company, import_id: str) -> Page:
    return Page(company.warehouse, **{"import": import_id})


def executive() -> str:
    app = AppTest.from_file(str(ROOT / "app/main.py"), default_timeout=60)
    app.query_params.update({"from": "2026-10-01", "to": "2026-10-31"})
    app.run()
    assert not app.exception
    return "\n".join(element.value for kind in ("markdown", "caption") for element in app.get(kind)).replace("\\", "")


UNPRICED = {
    "record_id": "c", "started_at": "2026-10-01T09:00:00Z", "provider": "acme", "model": "nobody-knows-1",
    "uncached_input_tokens": "5",
}  # fmt: skip
ROW = {"record_id": "a", "started_at": "2026-10-01T09:00:00Z", "provider": "openai", "model": "gpt-5"}
