"""A provider's day buckets are restated: the newest export replaces its days, and no other (accounting 2.2 and 2.3)."""

import json
from datetime import UTC, date, datetime

import pytest

from tests.promises import call, opened

OLDER, NEWER = (datetime(2026, 9, day, tzinfo=UTC).replace(tzinfo=None) for day in (10, 20))


@pytest.fixture
def books(tmp_path):
    with opened(tmp_path) as books:
        yield books


def export(folder, name, days, **options):
    """A page of the OpenAI usage API: day of September 2026 -> {project: input tokens}."""
    buckets = []
    for day, projects in days.items():
        start = int(datetime(2026, 9, day, tzinfo=UTC).timestamp())
        results = [
            {"object": "organization.usage.completions.result", "input_tokens": tokens, "output_tokens": 0,
             "num_model_requests": 1, "project_id": project, "model": "gpt-4o", "batch": False}
            for project, tokens in projects.items()
        ]  # fmt: skip
        buckets.append({"object": "bucket", "start_time": start, "end_time": start + 86_400, "results": results})
    path = folder / name
    path.write_text(json.dumps({"object": "page", "has_more": False, "next_page": None, "data": buckets}))
    return path


def tokens(books):
    return {day: int(count) for day, count in books.parts("tokens", "day").items()}


def test_the_newest_export_replaces_everything_on_its_days_and_undo_brings_it_back(books, tmp_path):
    books.bring(export(tmp_path, "a.json", {6: {"p": 10}, 7: {"p": 20, "q": 30}}))
    newer = books.bring(export(tmp_path, "b.json", {7: {"p": 25, "q": 35}, 8: {"p": 40}}))

    assert tokens(books) == {"2026-09-06": 10, "2026-09-07": 60, "2026-09-08": 40}
    books.undo(newer.import_id)
    assert tokens(books) == {"2026-09-06": 10, "2026-09-07": 50}
    assert not books.breaches()


def test_an_older_export_that_comes_later_gives_only_the_days_that_it_alone_covers(books, tmp_path):
    books.bring(
        export(tmp_path, "a.json", {7: {"p": 20}}), as_of=datetime(2026, 9, 20, tzinfo=UTC).replace(tzinfo=None)
    )
    older = export(tmp_path, "b.json", {6: {"p": 5}, 7: {"p": 10}})
    result = books.bring(older, as_of=OLDER)

    assert tokens(books) == {"2026-09-06": 5, "2026-09-07": 20}
    assert (result.rows_accepted, result.rows_unchanged) == (1, 1)


def test_a_file_that_would_drop_a_project_it_does_not_hold_stops_with_that_list(books, tmp_path):
    books.bring(export(tmp_path, "a.json", {7: {"p": 20, "kept": 30}}))
    stopped = books.bring(export(tmp_path, "b.json", {7: {"p": 21}}))

    assert stopped.status == "failed"
    assert "kept" in stopped.error
    assert tokens(books) == {"2026-09-07": 50}


SAYS = {
    "replace": ({"replace": True}, 21),
    "account": ({"account": "another"}, 50 + 21),
    "scope": ({"scope": "filtered"}, 50 + 21),
}


@pytest.mark.parametrize("said", SAYS)
def test_until_somebody_says_what_the_file_is(books, tmp_path, said):
    options, expected = SAYS[said]
    books.bring(export(tmp_path, "a.json", {7: {"p": 20, "kept": 30}}))

    result = books.bring(export(tmp_path, "b.json", {7: {"p": 21}}), **options)

    assert result.status == "loaded"
    assert {"2026-09-07": expected} == tokens(books)


def test_the_day_that_an_export_states_is_covered_though_it_holds_nothing(books, tmp_path):
    books.bring(export(tmp_path, "a.json", {6: {"p": 5}, 7: {"p": 20}}))
    result = books.bring(export(tmp_path, "b.json", {6: {"p": 5}, 7: {}}))

    assert (date(2026, 9, 6), date(2026, 9, 7)) == (result.period_start, result.period_end)
    assert tokens(books) == {"2026-09-06": 5}


def test_what_calls_leave_of_a_bucket_is_never_a_bucket_of_its_own(books):
    bucket = call("", grain="bucket", record_id="b", started_at="2026-09-07", uncached_input_tokens=400, cost="4")
    books.load(usage=[call("w", record_id="c", uncached_input_tokens=100, cost="1"), bucket])

    again = books.give("usage", [bucket], replace=True)
    assert not books.breaches()
    books.undo(again.import_id)

    assert books.one("tokens") == 400
    assert books.one("all_in_cost") == 4
