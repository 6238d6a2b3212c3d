"""A provider's day buckets are restated: the newest export replaces its days, and no other (accounting 2.2 and 2.3)."""

import json
from datetime import UTC, date, datetime

import pytest

from tests.promises import opened


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


def test_a_file_that_would_drop_a_project_it_does_not_hold_stops_with_that_list(books, tmp_path):
    books.bring(export(tmp_path, "a.json", {7: {"p": 20, "kept": 30}}))
    stopped = books.bring(export(tmp_path, "b.json", {7: {"p": 21}}))

    assert stopped.status == "failed"
    assert "kept" in stopped.error
    assert tokens(books) == {"2026-09-07": 50}


def test_until_somebody_says_that_it_is_all_there_is(books, tmp_path):
    books.bring(export(tmp_path, "a.json", {7: {"p": 20, "kept": 30}}))
    books.bring(export(tmp_path, "b.json", {7: {"p": 21}}), replace=True)

    assert tokens(books) == {"2026-09-07": 21}


def test_the_day_that_an_export_states_is_covered_though_it_holds_nothing(books, tmp_path):
    books.bring(export(tmp_path, "a.json", {6: {"p": 5}, 7: {"p": 20}}))
    result = books.bring(export(tmp_path, "b.json", {6: {"p": 5}, 7: {}}))

    assert (date(2026, 9, 6), date(2026, 9, 7)) == (result.period_start, result.period_end)
    assert tokens(books) == {"2026-09-06": 5}
