"""Jobs: one after the other, seen by whoever has the id, each file whole or not at all."""

import threading
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from app.warehouse.connect import Warehouse
from ingest import jobs as jobs_module
from ingest import pipeline, uploads
from ingest.jobs import Job, Jobs, Task, jobs_of
from tests.conftest import Company

CALL = {
    "record_id": "c1", "started_at": "2026-10-01T09:00:00Z", "provider": "openai", "model": "gpt-5", "run_id": "r1",
    "team": "Support", "uncached_input_tokens": "500", "output_tokens": "100", "cost": "1.20",
}  # fmt: skip


@pytest.fixture
def jobs(warehouse: Warehouse) -> Jobs:
    return jobs_of(warehouse)


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Every file waits, before it is read, until the gate is opened; `begun` is set when the first one does."""
    gate, begun, order, ingest = threading.Event(), threading.Event(), [], pipeline.ingest

    def slowly(warehouse: Warehouse, paths: list[Path], options: Any, progress: Callable[[str], None]) -> Any:
        order.append(options.name)
        begun.set()
        assert gate.wait(60)
        return ingest(warehouse, paths, options, progress)

    monkeypatch.setattr(jobs_module.pipeline, "ingest", slowly)
    yield SimpleNamespace(gate=gate, begun=begun, order=order)
    gate.set()


def file(company: Company, id: str, cost: str = "1.20", **more: str) -> Path:
    return company.file("usage", [CALL | {"record_id": id, "cost": cost} | more])


def task(path: Path, **options: Any) -> Task:
    return Task(path.name, path, pipeline.IngestOptions(**options))


def uploaded(warehouse: Warehouse, path: Path) -> Task:
    with path.open("rb") as data:
        kept = uploads.keep(warehouse, path.name, data)
    return Task(kept.name, kept.path, upload=kept.id)


def ended(jobs: Jobs, id: str | None) -> Job:
    assert id is not None
    job = jobs.wait(id, 60)
    assert job is not None
    assert not job.is_running
    return job


def test_a_preview_says_what_would_come_and_loads_nothing(company, jobs):
    job = ended(jobs, jobs.preview([task(file(company, "a"))]))

    assert (job.kind, job.state, job.share) == ("preview", "done", 1.0)
    assert job.results[0].preview["rows"]["new"] == 1
    assert company.metric("all_in_cost") is None


def test_a_load_has_a_line_per_file_and_keeps_their_order(company, jobs, held):
    first, second = file(company, "a"), file(company, "b")
    id = jobs.load([task(first), task(second)])
    held.gate.set()
    job = ended(jobs, id)

    assert held.order == [first.name, second.name]
    assert [line.state for line in job.lines] == ["done", "done"]
    assert [line.results[0].import_id for line in job.lines] == ["i000001", "i000002"]


def test_one_bad_file_leaves_the_others(company, jobs, tmp_path):
    letter = tmp_path / "letter.csv"
    letter.write_text("dear,reader\n1,2\n")
    job = ended(jobs, jobs.load([task(letter), task(file(company, "a"))]))

    assert job.state == "done"
    assert [line.state for line in job.lines] == ["failed", "done"]
    assert "letter.csv is in no format we know" in (job.results[0].error or "")
    assert company.metric("all_in_cost") == Decimal("1.20")


def test_a_job_whose_every_file_fails_has_failed(jobs, tmp_path):
    job = ended(jobs, jobs.load([task(tmp_path / "nowhere.csv")]))

    assert job.state == "failed"
    assert "There is no file" in (job.results[0].error or "")


def test_what_should_not_happen_is_one_line_with_a_reference(company, jobs, monkeypatch):
    def breaks(*_: object) -> None:
        raise RuntimeError("/secret/place: broken")

    monkeypatch.setattr(jobs_module.pipeline, "ingest", breaks)
    (line,) = ended(jobs, jobs.load([task(file(company, "a"))])).lines

    assert line.state == "failed"
    assert "reference" in (line.error or "")
    assert "secret" not in (line.error or "")


def test_a_job_is_cancelled_before_it_began(company, jobs, held):
    first = jobs.load([task(file(company, "a"))])
    assert held.begun.wait(60)
    second = jobs.load([task(file(company, "b", "5"))])
    jobs.cancel(second)
    held.gate.set()

    assert ended(jobs, first).state == "done"
    assert ended(jobs, second).state == "cancelled"
    assert company.metric("all_in_cost") == Decimal("1.20")


def test_a_file_that_is_being_loaded_is_taken_back(company, jobs, held):
    """The cancellation is noticed at the next step, inside the transaction or before it."""
    id = jobs.load([task(file(company, "a")), task(file(company, "b"))])
    assert held.begun.wait(60)
    jobs.cancel(id)
    held.gate.set()

    assert ended(jobs, id).state == "cancelled"
    assert company.metric("all_in_cost") is None
    assert not list(company.warehouse.archive.iterdir())


def test_a_cancellation_within_the_transaction_leaves_nothing(company, jobs, monkeypatch):
    settle, begun = pipeline.settle, []

    def then_cancelled(con: Any, changes: Any, archive: Path, progress: Callable[[str], None]) -> Any:
        done = settle(con, changes, archive, progress)
        begun.append(True)
        jobs.cancel(id)
        progress("cubes")
        return done

    monkeypatch.setattr(pipeline, "settle", then_cancelled)
    id = jobs.load([task(file(company, "a"))])

    assert ended(jobs, id).state == "cancelled"
    assert begun
    assert pipeline.imports(company.warehouse.cursor()) == []


def test_two_jobs_at_once_stand_in_line(company, jobs, held):
    first = jobs.load([task(file(company, "a"))])
    assert held.begun.wait(60)
    second = jobs.load([task(file(company, "b"))])

    assert (jobs.find(first).state, jobs.find(second).state) == ("running", "waiting")
    assert [job.id for job in jobs.pending()] == [first, second]
    assert jobs.find(second).step == "waiting for its turn"
    held.gate.set()
    assert ended(jobs, second).state == "done"
    assert jobs.find(first).state == "done"
    assert jobs.pending() == []


def test_whoever_has_the_id_sees_how_far_it_is(company, warehouse, jobs, held):
    path = file(company, "a")
    id = jobs.load([task(path)])
    assert held.begun.wait(60)
    seen: list[Job | None] = []
    reader = threading.Thread(target=lambda: seen.append(jobs_of(warehouse).find(id)))
    reader.start()
    reader.join()

    assert seen[0] is not None
    assert (seen[0].state, seen[0].step) == ("running", f"{path.name}: reading the file")
    assert jobs.find("0123456789abcdef") is None


def test_a_job_is_forgotten_a_day_after_it_ended(company, jobs, monkeypatch):
    old = ended(jobs, jobs.preview([task(file(company, "a"))])).id
    now = jobs_module._now()
    monkeypatch.setattr(jobs_module, "_now", lambda: now + jobs_module.KEPT + jobs_module.KEPT)
    ended(jobs, jobs.preview([task(file(company, "b"))]))

    assert jobs.find(old) is None


def test_what_was_previewed_is_loaded_once_however_often_it_is_asked(company, jobs):
    shown = ended(jobs, jobs.preview([uploaded(company.warehouse, file(company, "a"))])).id
    first, again = jobs.load_previewed(shown), jobs.load_previewed(shown)

    assert first == again
    assert ended(jobs, first).results[0].status == "loaded"
    assert len(pipeline.imports(company.warehouse.cursor())) == 1


def test_an_upload_goes_once_it_is_loaded_and_stays_while_it_is_only_shown(company, jobs):
    given = uploaded(company.warehouse, file(company, "a"))
    shown = ended(jobs, jobs.preview([given])).id

    assert uploads.find(company.warehouse, given.upload) is not None
    ended(jobs, jobs.load_previewed(shown))
    assert uploads.find(company.warehouse, given.upload) is None


def test_a_preview_that_nobody_wants_takes_its_upload_along(company, jobs):
    given = uploaded(company.warehouse, file(company, "a"))
    shown = ended(jobs, jobs.preview([given])).id
    jobs.discard(shown)

    assert jobs.find(shown) is None
    assert uploads.find(company.warehouse, given.upload) is None
    assert jobs.load_previewed(shown) is None


def test_an_undo_takes_the_import_back(company, jobs):
    (import_id,) = company.load(usage=[CALL])
    job = ended(jobs, jobs.undo(import_id))

    assert (job.state, job.undoes) == ("done", import_id)
    assert company.metric("all_in_cost") is None


def test_an_import_that_is_undone_already_is_said(company, jobs):
    (import_id,) = company.load(usage=[CALL])
    company.undo(import_id)
    job = ended(jobs, jobs.undo(import_id))

    assert job.state == "failed"
    assert "is undone already" in (job.lines[0].error or "")


def test_an_upload_is_private_and_never_lies_under_its_own_name(company, tmp_path):
    strange = tmp_path / "x.csv"
    strange.write_text("a,b\n")
    with strange.open("rb") as data:
        kept = uploads.keep(company.warehouse, "../../etc/\u202epasswd\n.csv", data)

    assert kept.name == "passwd.csv"
    assert kept.path.parent.parent.parent == company.warehouse.staging
    assert kept.path.stat().st_mode & 0o777 == 0o600
    assert kept.path.read_text() == "a,b\n"
    assert uploads.find(company.warehouse, "../" + kept.id) is None


def test_an_upload_that_nobody_came_back_for_is_deleted(company, tmp_path):
    given = uploaded(company.warehouse, file(company, "a"))
    uploads.sweep(company.warehouse, seconds=-1)

    assert uploads.find(company.warehouse, given.upload) is None
