"""Traps of gateways, traces and transcripts: what a format counts twice, leaves out or writes in several ways."""

import csv
import io
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest

from ingest import pipeline
from ingest.litellm import OWN
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


# --- Claude Code ---


def answer(message: str | None = "msg_1", request: str = "req_1", output: int = 10, **line: Any) -> dict[str, Any]:
    usage = {"input_tokens": 3, "output_tokens": output} | line.pop("usage", {})
    said = {"role": "assistant", "model": "claude-opus-4-5", "content": [{"text": "my secret"}], "usage": usage}
    named = {} if message is None else {"id": message}
    return {
        "type": "assistant", "timestamp": "2026-11-04T13:00:00.000Z", "sessionId": "s-1", "requestId": request,
        "message": named | said,
    } | line  # fmt: skip


def test_two_requests_of_the_main_chain_count_both_though_they_share_a_message(read: Callable[..., Reading]) -> None:
    found = read([answer(request="req_1"), answer(request="req_2"), answer(request="req_3", isSidechain=True)])

    assert found.column("usage", "record_id") == ["msg_1", "msg_1:req_2"]
    assert found.answer.rows_repeated == 1


def test_an_answer_that_only_side_questions_hold_counts_once(read: Callable[..., Reading]) -> None:
    found = read([answer(request="a", isSidechain=True), answer(request="b", output=12, isSidechain=True)])

    assert found.column("usage", "output_tokens") == [12]


def test_the_split_of_cache_writes_stands_for_their_sum(read: Callable[..., Reading]) -> None:
    split = {"ephemeral_5m_input_tokens": 100, "ephemeral_1h_input_tokens": 40}

    found = read([answer(usage={"cache_creation_input_tokens": 140, "cache_creation": split})])

    assert found.column("usage", "cache_write_tokens") == [140]
    assert found.column("usage", "cache_write_1h_tokens") == [40]


def test_a_transcript_keeps_nothing_that_was_said(read: Callable[..., Reading]) -> None:
    prompt = {"type": "user", "sessionId": "s-1", "timestamp": "x", "message": {"role": "user", "content": "my secret"}}

    found = read([prompt, answer(output=-1), answer("msg_2", model="<synthetic>")])

    assert list(found.skips) == [1]
    assert list(found.rejects) == [2]
    assert "secret" not in found.text(2)


def test_a_line_that_was_cut_off_is_rejected_and_the_others_count(read: Callable[..., Reading]) -> None:
    lines = json.dumps(answer()).encode() + b"\n" + json.dumps(answer("msg_2")).encode()[:-20] + b"\n"

    found = read(lines)

    assert found.column("usage", "record_id") == ["msg_1"]
    assert found.rejects == {2: "this line is not JSON"}


def test_who_bills_is_told_by_the_id_of_the_message(read: Callable[..., Reading]) -> None:
    found = read([answer(name) for name in ("msg_bdrk_1", "msg_vrtx_1", "msg_1", None)])

    assert found.column("usage", "provider") == ["aws", "google", "anthropic", "anthropic"]


def test_a_fork_in_a_file_of_its_own_does_not_count_its_past_again(company: Any, tmp_path: Path) -> None:
    parent, fork = tmp_path / "parent.jsonl", tmp_path / "fork.jsonl"
    parent.write_text(json.dumps(answer()))
    copied = answer(sessionId="s-2", forkedFrom={"sessionId": "s-1", "messageUuid": "u"})
    fork.write_text(json.dumps(copied) + "\n" + json.dumps(answer("msg_2", sessionId="s-2")))

    for path in (parent, fork):
        pipeline.ingest(company.warehouse, [path], pipeline.IngestOptions())

    rows = company.warehouse.cursor().execute("select record_id, run_id from usage order by record_id").fetchall()
    assert rows == [("msg_1", "s-1"), ("msg_2", "s-2")]


def test_a_call_that_a_trace_and_a_transcript_hold_counts_once(company: Any, tmp_path: Path) -> None:
    trace, transcript = tmp_path / "trace.jsonl", tmp_path / "transcript.jsonl"
    span = chat(1, provider__name="anthropic", response__id="msg_1", usage__input_tokens=3, usage__output_tokens=10)
    trace.write_text(json.dumps(traces(span)))
    transcript.write_text(json.dumps(answer(timestamp="2026-11-03T10:00:01Z")))

    for path in (transcript, trace):
        pipeline.ingest(company.warehouse, [path], pipeline.IngestOptions())

    rows = company.warehouse.cursor().execute("select model, aside from usage order by counts desc").fetchall()
    assert rows == [("gpt-5", None), ("claude-opus-4-5", "the same call stands from otlp_spans")]


# --- LiteLLM ---


def table(kind: str, rows: list[dict[str, Any]]) -> bytes:
    """The rows as the database's own export writes them: objects as text in CSV, as structures in Parquet."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    out = io.BytesIO()
    if kind == "parquet":
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist([{n: row.get(n) for n in names} for row in rows]), out)
        return out.getvalue()
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(names)
    for row in rows:
        cells = [row.get(name) for name in names]
        writer.writerow(json.dumps(cell) if isinstance(cell, dict | list) else cell for cell in cells)
    return text.getvalue().encode()


def plain(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Objects and lists as text, as sinks write them that know neither."""
    return [
        {name: json.dumps(value) if isinstance(value, dict | list) else value for name, value in row.items()}
        for row in records
    ]


def sample(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (SAMPLES / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_spend_logs_are_the_same_calls_as_a_table(kind: str, read: Callable[..., Reading]) -> None:
    lines = read(sample("litellm_spendlogs"))

    found = read(table(kind, plain(sample("litellm_spendlogs"))))

    assert found.answer.source == "litellm_spendlogs"
    assert found.rejects == {}
    for name in ("usage", "checks"):
        assert found.column(name, "row_key") == lines.column(name, "row_key")
    assert found.column("usage", "cost") == lines.column("usage", "cost")
    assert found.column("usage", "cache_read_tokens") == lines.column("usage", "cache_read_tokens")


def test_metadata_may_be_a_structure_of_parquet(read: Callable[..., Reading]) -> None:
    (call, *_) = sample("litellm_spendlogs")

    found = read(table("parquet", [call]))

    assert found.column("usage", "run_id") == ["run-4711"]
    assert found.column("usage", "cache_read_tokens") == [8000]


def test_a_price_of_zero_is_unknown_but_a_failed_call_without_tokens_costs_nothing(
    read: Callable[..., Reading],
) -> None:
    (call, *_) = sample("litellm_spendlogs")
    failed = {"request_id": "f", "prompt_tokens": 0, "completion_tokens": 0, "metadata": {}}

    found = read([call | {"spend": 0.0}, call | {"spend": 0} | failed])

    assert found.column("usage", "cost") == [None, 0]


@pytest.mark.parametrize(
    ("name", "known"),  # what the sample's gateway knows itself
    [
        ("litellm_spendlogs", {"team": "team-support", "customer": "cust-1009", "user_id": "svc-support"}),
        ("litellm_payload", {"customer": "cust-31"}),
    ],
)
def test_what_only_the_caller_knows_is_read_under_our_own_names(
    name: str, known: dict[str, str], read: Callable[..., Reading]
) -> None:
    (call, *_) = sample(name)
    names = {name: f"our {name}" for name in OWN}
    counts = {"turn": 2, "attempt": 3, "requests": 7, "tool_result_tokens": 900, "system_tokens": "600",
              "retrieved_tokens": 4000, "memory_tokens": 0, "context_limit_tokens": 16000}  # fmt: skip
    said = (
        names | counts | {"context_truncated": True, "environment": "staging", "role": "answer", "status": "rejected"}
    )

    (row,) = read([call | {"metadata": {"spend_logs_metadata": said}}]).rows("usage")

    expected = said | known | {"system_tokens": 600}
    assert {name: row[name] for name in said} == expected


def test_a_slip_of_the_caller_loses_no_call(read: Callable[..., Reading]) -> None:
    (call, *_) = sample("litellm_spendlogs")
    slips = {"turn": "first", "attempt": 0, "requests": -1, "tool_result_tokens": 99_999, "team": "", "step": None}
    slips |= {"context_truncated": "perhaps", "user_id": "ann@example.com"}

    found = read([call | {"metadata": {"spend_logs_metadata": slips}}])

    (row,) = found.rows("usage")
    assert (row["turn"], row["attempt"], row["requests"], row["step"]) == (None, None, 1, None)
    assert row["tool_result_tokens"] == row["uncached_input_tokens"] == 9200


def test_a_failure_is_what_the_gateway_saw_whatever_the_caller_says(read: Callable[..., Reading]) -> None:
    (call, *_) = sample("litellm_spendlogs")
    said = {"metadata": {"spend_logs_metadata": {"status": "rejected"}}}

    found = read([call | said, call | said | {"request_id": "b", "status": "failure"}])

    assert found.column("usage", "status") == ["rejected", "error"]


# --- Langfuse ---


def observation(**more: Any) -> dict[str, Any]:
    return {
        "id": "o", "trace_id": "t", "type": "GENERATION", "parent_observation_id": "", "environment": "default",
        "start_time": "2026-10-07 14:00:00.000000", "end_time": "2026-10-07 14:00:02.000000", "level": "DEFAULT",
        "provided_model_name": "gpt-5", "usage_details": {"input": 10, "output": 4, "total": 14}, "total_cost": 0.5,
    } | more  # fmt: skip


@pytest.mark.parametrize("kind", ["csv", "parquet"])
@pytest.mark.parametrize("name", ["langfuse_observations", "langfuse_scores"])
def test_a_langfuse_export_is_the_same_as_a_table(name: str, kind: str, read: Callable[..., Reading]) -> None:
    lines = read(sample(name))

    found = read(table(kind, plain(sample(name))))

    assert found.answer.source == name
    assert found.rejects == {}
    for filled in lines.answer.tables:
        assert found.column(filled, "row_key") == lines.column(filled, "row_key")
    assert found.answer.fingerprint == lines.answer.fingerprint


def test_usage_in_a_map_of_parquet_is_read(read: Callable[..., Reading]) -> None:
    columns = observation()
    schema = {name: pyarrow.array([value]) for name, value in columns.items() if name != "usage_details"}
    counts = [{"input": 10, "input_cached_tokens": 90, "output": 4}.items()]
    schema["usage_details"] = pyarrow.array(map(list, counts), pyarrow.map_(pyarrow.string(), pyarrow.uint64()))
    out = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table(schema), out)

    found = read(out.getvalue())

    assert found.column("usage", "cache_read_tokens") == [90]
    assert found.column("usage", "uncached_input_tokens") == [10]


def test_the_export_of_the_page_has_names_of_its_own(read: Callable[..., Reading]) -> None:
    row = {
        "id": "o", "traceId": "t", "type": "GENERATION", "startTime": "2026-10-07T14:00:00.000Z", "latencyMs": 1200,
        "endTime": "2026-10-07T14:00:02.000Z", "model": "gpt-5", "usageDetails": {"input": 10, "output": 4},
        "totalCost": 0.5, "timeToFirstTokenMs": 250,
    }  # fmt: skip

    (found,) = read([row]).rows("usage")

    assert (found["run_id"], found["model"], found["uncached_input_tokens"]) == ("t", "gpt-5", 10)
    assert (found["latency_ms"], found["ttft_ms"]) == (1200, 250)


def test_a_wrapper_counts_only_where_nothing_below_it_has_a_cost(read: Callable[..., Reading]) -> None:
    wrapper = observation(id="top", type="AGENT")
    between = observation(id="middle", type="CHAIN", parent_observation_id="top", total_cost=0)
    call = observation(id="call", parent_observation_id="middle")

    alone, above = read([wrapper, between]), read([wrapper, between, call])

    assert alone.column("usage", "record_id") == ["top"]
    assert above.column("usage", "record_id") == ["call"]


def test_classes_that_do_not_add_up_are_flagged(read: Callable[..., Reading]) -> None:
    usage = {"input": 179, "output": 35, "output_reasoning": 64}

    good = read([observation(usage_details=usage | {"total": 278})])
    bad = read([observation(usage_details=usage | {"total": 214})])

    assert good.column("usage", "reasoning_tokens") == [64]
    assert good.column("usage", "tags") == [None]
    assert bad.column("usage", "tags") == [{"usage": "the classes do not add up to the total"}]


def test_the_unit_of_an_older_integration_is_told_by_the_times(read: Callable[..., Reading]) -> None:
    new = observation(latency=2.0, time_to_first_token=0.5)
    old = observation(id="p", latency=2000, time_to_first_token=500)

    assert read([new, old]).column("usage", "ttft_ms") == [500, 500]


def test_a_boolean_score_that_is_better_when_false_fails_when_true(read: Callable[..., Reading]) -> None:
    (score, *_) = sample("langfuse_scores")
    told = score | {"name": "hallucination", "data_type": "BOOLEAN", "value": 1, "string_value": "True"}

    found = read([told])

    assert found.column("checks", "result") == ["fail"]
    assert found.column("checks", "condition") == ["grounded"]


# --- Codex ---


def count(at: str, total: tuple[int, int, int, int] | None, newest: tuple[int, int, int, int] | None) -> dict[str, Any]:
    names = ("input_tokens", "cached_input_tokens", "output_tokens", "reasoning_output_tokens")
    info = {"total_token_usage": total, "last_token_usage": newest}
    told = {key: dict(zip(names, value, strict=True)) for key, value in info.items() if value}
    return {
        "timestamp": f"2026-10-14T{at}Z", "type": "event_msg", "payload": {"type": "token_count", "info": told}
    }  # fmt: skip


def begin(at: str, session: str, **more: Any) -> dict[str, Any]:
    return {
        "timestamp": f"2026-10-14T{at}Z", "type": "session_meta",
        "payload": {"id": session, "model_provider": "openai"} | more,
    }  # fmt: skip


def test_totals_that_fall_after_a_new_beginning_count_what_was_counted_last(read: Callable[..., Reading]) -> None:
    found = read([
        begin("08:00:00", "s"),
        count("08:00:10", (100, 0, 10, 0), (100, 0, 10, 0)),
        count("08:00:20", (40, 0, 4, 0), (30, 0, 4, 0)),
    ])  # fmt: skip

    assert found.column("usage", "uncached_input_tokens") == [100, 30]


def test_sessions_in_one_file_have_totals_of_their_own(read: Callable[..., Reading]) -> None:
    found = read([
        begin("08:00:00", "a"),
        count("08:00:10", (100, 0, 10, 0), None),
        begin("09:00:00", "b"),
        count("09:00:10", (300, 0, 30, 0), None),
    ])  # fmt: skip

    assert found.column("usage", "uncached_input_tokens") == [100, 300]
    assert found.column("usage", "run_id") == ["a", "b"]


def test_what_a_sub_agent_begins_with_is_its_parents(read: Callable[..., Reading]) -> None:
    spawned = {"source": {"subagent": {"thread_spawn": {"parent_thread_id": "a", "depth": 1}}}}

    found = read([
        begin("08:00:00", "b", **spawned),
        count("08:00:00.100", (100, 0, 10, 0), (100, 0, 10, 0)),
        count("08:00:30", (150, 20, 25, 5), (50, 20, 15, 5)),
    ])  # fmt: skip

    assert found.column("usage", "uncached_input_tokens") == [30]
    assert found.column("usage", "parent_run_id") == ["a"]


# --- LiteLLM's payloads and days ---


def test_a_payload_and_its_spend_log_are_one_call(company: Any, tmp_path: Path) -> None:
    payload, log = tmp_path / "payload.jsonl", tmp_path / "log.jsonl"
    (call, *_) = sample("litellm_payload")
    payload.write_text(json.dumps(call))
    (row, *_) = sample("litellm_spendlogs")
    log.write_text(json.dumps(row | {"request_id": call["id"], "custom_llm_provider": "openai"}))

    for path in (payload, log):
        pipeline.ingest(company.warehouse, [path], pipeline.IngestOptions())

    assert company.warehouse.cursor().execute("select count(*) from usage where counts").fetchall() == [(1,)]


def test_a_guardrail_that_did_not_run_is_no_check(read: Callable[..., Reading]) -> None:
    (call, *_) = sample("litellm_payload")

    found = read([call | {"status_fields": {"guardrail_status": "not_run"}}])

    assert "checks" not in found.answer.tables


def test_pages_of_one_day_add_up_to_what_they_say(read: Callable[..., Reading]) -> None:
    page = json.loads((SAMPLES / "litellm_daily.json").read_text(encoding="utf-8"))

    found = read([page, page])

    assert sum(cost for cost in found.column("usage", "cost") if cost is not None) == Decimal("26.5")


def test_the_table_of_days_is_read_and_the_one_by_tag_is_not(read: Callable[..., Reading]) -> None:
    row = {
        "id": "1", "user_id": "u1", "date": "2026-10-12", "api_key": "4be1", "model": "gpt-5-mini",
        "custom_llm_provider": "openai", "prompt_tokens": 900, "completion_tokens": 80, "cache_read_input_tokens": 300,
        "cache_creation_input_tokens": 0, "spend": 0.0011, "api_requests": 4,
    }  # fmt: skip

    by_user, by_tag = read(table("csv", [row])), read(table("csv", [row | {"tag": "squad:blue"}]))

    assert by_user.column("usage", "uncached_input_tokens") == [600]
    assert by_user.column("usage", "cost") == [Decimal("0.0011")]
    assert list(by_tag.skips.values()) == ["a request with several tags stands in several such rows"]


# --- Phoenix, and traces of Langfuse ---


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_table_of_spans_is_the_same_as_the_answer_of_the_api(kind: str, read: Callable[..., Reading]) -> None:
    spans = [span for span in sample("openinference_spans") if "openinference.span.kind" in span["attributes"]]
    rows = [
        {"name": span["name"], "span_kind": span["span_kind"], "parent_id": None, "start_time": span["start_time"],
         "end_time": span["end_time"], "status_code": span["status_code"],
         "context.trace_id": span["context"]["trace_id"], "context.span_id": span["context"]["span_id"]}
        | {f"attributes.{name}": value for name, value in span["attributes"].items()}
        for span in spans
    ]  # fmt: skip

    lines, found = read(spans), read(table(kind, rows))

    assert found.answer.source == "openinference_spans"
    assert found.column("usage", "row_key") == lines.column("usage", "row_key")
    assert found.column("usage", "cache_read_tokens") == [2500, None]
    assert found.answer.fingerprint == lines.answer.fingerprint


def test_the_table_of_traces_holds_no_tokens_and_says_so(read: Callable[..., Reading]) -> None:
    trace: dict[str, Any] = {
        "id": "tr-1", "timestamp": "2026-10-07 14:00:00.000000", "name": "x", "environment": "default", "user_id": None,
        "session_id": None, "release": None, "version": None, "public": False, "bookmarked": False, "tags": [],
    }  # fmt: skip

    found = read([trace])

    assert found.answer.source == "langfuse_traces"
    assert found.skips == {1: "a trace holds no tokens; load its observations"}


def test_several_downloads_of_traces_stand_in_one_file(read: Callable[..., Reading]) -> None:
    download = json.loads((SAMPLES / "langfuse_traces.json").read_text(encoding="utf-8"))
    other = json.loads(
        json.dumps(download).replace("tr-41", "tr-42").replace('"d-', '"e-').replace("run-901", "run-902")
    )

    found = read([download, other])

    assert found.column("usage", "run_id") == ["run-901", "run-902"]
