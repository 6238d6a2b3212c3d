"""Traps of gateways, traces and transcripts: what a format counts twice, leaves out or writes in several ways."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ingest.options import ReadOptions
from tests.reading import Reading, read_one

SAMPLES = Path(__file__).parent.parent / "sample_data" / "formats"


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Reading]:
    def reading(records: Any, **options: str) -> Reading:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        folder.mkdir()
        data = records if isinstance(records, bytes) else "\n".join(map(json.dumps, records)).encode()
        return read_one(folder, "export", data, ReadOptions(**options))

    return reading


def accounted(found: Reading) -> bool:
    """Every record is accepted, repeated, rejected or skipped."""
    answer = found.answer
    kept = answer.tables.get("usage", 0) + answer.rows_repeated
    return answer.rows_read == kept + answer.rows_rejected + answer.rows_skipped


# --- OpenTelemetry ---


def traces(*spans: dict[str, Any], **about: str) -> dict[str, Any]:
    return {"resourceSpans": [{"resource": {"attributes": attributes(about)}, "scopeSpans": [{"spans": list(spans)}]}]}


def attributes(values: dict[str, Any]) -> list[dict[str, Any]]:
    kinds = {str: "stringValue", int: "intValue", float: "doubleValue", bool: "boolValue"}
    return [{"key": key, "value": {kinds[type(value)]: value}} for key, value in values.items()]


def chat(number: int = 1, **values: Any) -> dict[str, Any]:
    said = {"gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-5"}
    named = {f"gen_ai.{name.replace('__', '.')}": value for name, value in values.items()}
    return {
        "traceId": "5b8efff798038103d269b633813fc60c", "spanId": f"{number:016x}", "name": "chat",
        "startTimeUnixNano": "1793700000000000000", "endTimeUnixNano": "1793700001500000000",
        "attributes": attributes(said | named),
    }  # fmt: skip


def test_a_span_with_more_cache_than_input_is_rejected_and_does_not_count_below_zero(
    read: Callable[..., Reading],
) -> None:
    wrong = chat(1, usage__input_tokens=10, usage__cache_read__input_tokens=90, usage__output_tokens=5)
    right = chat(2, usage__input_tokens=100, usage__cache_read__input_tokens=90, usage__output_tokens=5)

    found = read([traces(wrong, right)])

    assert found.column("usage", "uncached_input_tokens") == [10]
    assert found.rejects == {1: "uncached_input_tokens is less than 0"}
    assert accounted(found)


def test_a_span_that_names_an_attribute_twice_keeps_the_first(read: Callable[..., Reading]) -> None:
    span = chat(1, usage__input_tokens=100, usage__output_tokens=5)
    span["attributes"] += attributes({"gen_ai.usage.input_tokens": 900})

    found = read([traces(span)])

    assert found.column("usage", "uncached_input_tokens") == [100]


def test_what_was_said_stands_neither_in_the_skips_nor_in_the_rejects(read: Callable[..., Reading]) -> None:
    secret = {"gen_ai.input.messages": "my secret"}
    tool, broken = chat(1, operation__name="execute_tool"), chat(2, usage__input_tokens=-1)
    tool["attributes"] = attributes({"gen_ai.operation.name": "execute_tool"} | secret)
    broken["attributes"] += attributes(secret)

    found = read([traces(tool, broken)])

    assert list(found.skips) == [1]
    assert "spanId" in found.text(2)
    assert "secret" not in found.text(2)


def test_lines_without_spans_are_no_calls(read: Callable[..., Reading]) -> None:
    found = read([{"resourceSpans": []}, traces(chat(1, usage__input_tokens=3)), {"resourceSpans": [{}]}])

    assert found.column("usage", "uncached_input_tokens") == [3]
    assert accounted(found)


def test_tokens_that_a_span_leaves_out_are_not_known(read: Callable[..., Reading]) -> None:
    found = read([traces(chat(1, usage__input_tokens=3))])

    (row,) = found.rows("usage")
    assert [row[name] for name in ("cache_read_tokens", "output_tokens", "reasoning_tokens", "status", "cost")] == (
        [None] * 5
    )


def test_a_trace_file_may_be_one_document_of_several_lines(read: Callable[..., Reading]) -> None:
    document = json.dumps(traces(chat(1, usage__input_tokens=3), **{"run.id": "r-1"}), indent=2).encode()

    assert read(document).column("usage", "run_id") == ["r-1"]
