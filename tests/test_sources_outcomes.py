"""The traps of formats that say what a run came to, what judged it, and what self-hosting cost."""

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ingest import pipeline
from ingest.options import ReadOptions
from tests.conftest import Company
from tests.reading import Reading, read_one

SAMPLES = Path(__file__).parent.parent / "sample_data" / "formats"


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Reading]:
    def reading(given: Any, **options: Any) -> Reading:
        data = given if isinstance(given, bytes) else json.dumps(given).encode()
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        folder.mkdir()
        return read_one(folder, "export", data, ReadOptions(**options))

    return reading


def lines(name: str) -> list[Any]:
    return [json.loads(line) for line in (SAMPLES / name).read_text(encoding="utf-8").splitlines()]


def charge(currency: str, amount: int, **more: object) -> dict[str, object]:
    return {
        "id": "ch_1", "object": "charge", "created": 1793607600, "currency": currency, "amount": amount,
        "amount_captured": amount, "amount_refunded": 0, "captured": True, "status": "succeeded",
        "payment_intent": "pi_1", "metadata": {"run_id": "r1"}, **more,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("currency", "amount", "revenue"),
    [
        ("usd", 1, "0.01"), ("jpy", 500, "500"), ("kwd", 5120, "5.12"), ("isk", 500, "5"), ("ugx", 500, "5"),
        ("usd", 99999999, "999999.99"),
    ],
)  # fmt: skip
def test_stripe_writes_amounts_in_the_minor_unit_of_their_currency(
    currency: str, amount: int, revenue: str, read: Callable[..., Reading]
) -> None:
    found = read([charge(currency, amount)])

    assert [Decimal(revenue)] == found.column("outcomes", "revenue")


def test_a_list_of_stripe_gives_what_its_objects_give(read: Callable[..., Reading]) -> None:
    page = {"object": "list", "has_more": False, "url": "/v1/charges", "data": [charge("usd", 100), charge("usd", 100)]}

    found = read(page)

    assert found.answer.source == "stripe"
    assert (found.answer.rows_read, found.answer.rows_repeated) == (2, 1)
    assert [Decimal(1)] == found.column("outcomes", "revenue")


def test_refunds_of_one_charge_add_up_under_the_object_of_its_refunds(read: Callable[..., Reading]) -> None:
    refunds = [
        {"id": f"re_{at}", "object": "refund", "created": 1793700000 + at, "currency": "usd", "amount": 1000,
         "charge": "ch_1", "payment_intent": "pi_1", "status": status, "metadata": {}}
        for at, status in enumerate(("succeeded", "failed", "succeeded"))
    ]  # fmt: skip

    found = read([charge("usd", 4990), *refunds])

    assert [str(value) for value in found.column("outcomes", "object_id")] == ["pi_1", *["pi_1:refunds"] * 3]
    assert [Decimal("49.9"), -10, -10, -20] == found.column("outcomes", "revenue")
    assert set(found.column("outcomes", "run_id")) == {"r1"}


def test_a_refund_that_a_charge_already_counts_is_not_counted_less(read: Callable[..., Reading]) -> None:
    """The file holds only the second of two refunds, but the charge says what both come to."""
    later = charge("usd", 4990, created=1793700000, amount_refunded=2500)
    refund = {"id": "re_2", "object": "refund", "created": 1793700000, "currency": "usd", "amount": 1500,
              "payment_intent": "pi_1", "status": "succeeded"}  # fmt: skip

    found = read([later, refund])

    assert [Decimal("49.9"), -25, -25] == found.column("outcomes", "revenue")


def test_a_report_of_stripe_without_utc_times_is_read_in_the_zone_that_is_said(read: Callable[..., Reading]) -> None:
    head = "balance_transaction_id,created,currency,gross,reporting_category,payment_metadata[run_id]\n"

    found = read((head + "t1,2026-11-02 00:30:00,eur,49.90,charge,r1\n").encode(), timezone="Europe/Berlin")

    assert [str(value) for value in found.column("outcomes", "occurred_at")] == ["2026-11-01 23:30:00"]


def test_a_report_of_stripe_may_have_a_decimal_comma(read: Callable[..., Reading]) -> None:
    head = "balance_transaction_id;created_utc;currency;gross;reporting_category;payment_metadata[run_id]\n"

    found = read((head + "t1;2026-11-02 08:00:00;eur;-49,90;refund;r1\n").encode())

    assert found.answer.source == "stripe_report"
    assert [Decimal("-49.9")] == found.column("outcomes", "revenue")


def test_a_ticket_that_is_reopened_and_solved_again_is_an_event_per_round(read: Callable[..., Reading]) -> None:
    solved, reopened, *_ = lines("zendesk_tickets.jsonl")
    again = reopened | {"status": "open", "external_id": "run-8001", "id": 81}

    found = read([solved, again])

    assert found.column("outcomes", "event_id") == ["81:solved:0", "81:open:1"]
    assert found.column("outcomes", "completed") == [True, False]


def test_a_page_of_tickets_takes_metrics_from_beside_them_and_says_its_time(read: Callable[..., Reading]) -> None:
    ticket = lines("zendesk_tickets.jsonl")[0]
    metrics = ticket.pop("metric_set") | {"ticket_id": 81, "group_stations": 3}

    found = read({"tickets": [ticket], "metric_sets": [metrics], "end_time": 1793700000, "count": 1})

    assert found.answer.source == "zendesk_tickets"
    assert found.column("outcomes", "escalated") == [True]
    assert str(found.column("outcomes", "occurred_at")[0]) == "2026-11-02 08:16:00"
    assert str(found.answer.as_of) == "2026-11-03 10:00:00"


def test_a_ticket_without_metrics_says_nothing_about_reopening(read: Callable[..., Reading]) -> None:
    ticket = lines("zendesk_tickets.jsonl")[0] | {"metric_set": None}

    found = read([ticket])

    assert found.column("outcomes", "reopened") == [None]
    assert found.column("outcomes", "escalated") == [None]
    assert str(found.column("outcomes", "occurred_at")[0]) == "2026-11-02 08:30:00"


def test_times_of_a_jira_export_are_those_of_the_zone_that_is_said(read: Callable[..., Reading]) -> None:
    sample = (SAMPLES / "jira_export.csv").read_bytes()

    found = read(sample, timezone="Europe/Berlin")

    assert [str(value) for value in found.column("outcomes", "occurred_at")] == [
        "2026-11-15 15:00:00", "2026-11-11 23:05:00",
    ]  # fmt: skip


def test_a_date_of_a_jira_export_that_can_be_read_in_two_ways_is_asked_about(read: Callable[..., Reading]) -> None:
    head = "Issue key,Issue id,Status,Status Category,Created,Resolved,Custom field (Run ID),Comment,Comment\n"
    line = "PAY-1,1,Done,Done,10/06/2026 8:00,11/06/2026 9:30,run-1,a,b\n"

    asked = read((head + line).encode())
    said = read((head + line).encode(), dates="dmy")

    assert "say --dates dmy or --dates mdy" in asked.rejects[2]
    assert [str(value) for value in said.column("outcomes", "occurred_at")] == ["2026-06-11 09:30:00"]


def test_only_a_format_that_repeats_columns_may_name_one_twice(read: Callable[..., Reading]) -> None:
    head = "Issue key,Issue key,Issue id,Status\n"

    assert "names column Issue key twice" in read((head + "PAY-1,PAY-1,1,Done\n").encode()).error
    assert "names column b twice" in read(b"a,b,B,b\n1,2,3,4\n").error.replace("B twice", "b twice")


def test_a_page_of_jira_gives_what_its_issues_give(read: Callable[..., Reading]) -> None:
    found = read({"issues": lines("jira_issues.jsonl"), "startAt": 0, "total": 6})

    assert found.answer.source == "jira_issues"
    assert (found.answer.rows_read, found.answer.rows_skipped) == (6, 2)


def test_source_and_id_together_name_a_cloudevent_of_a_batch(
    read: Callable[..., Reading],
) -> None:
    event = {"specversion": "1.0", "id": "1", "source": "/a", "type": "x.completed", "subject": "r1",
             "time": "2026-11-02T08:00:00-05:00"}  # fmt: skip

    found = read([event, event | {"source": "/b"}, event | {"type": "x.rejected.v3", "id": "2"}])

    assert found.column("outcomes", "event_id") == ["/a#1", "/b#1", "/a#2"]
    assert found.column("outcomes", "completed") == [True, True, None]
    assert found.column("outcomes", "accepted") == [None, None, False]
    assert str(found.column("outcomes", "occurred_at")[0]) == "2026-11-02 13:00:00"


def test_a_cloudevent_whose_answer_is_no_answer_is_rejected(read: Callable[..., Reading]) -> None:
    event = {"specversion": "1.0", "id": "1", "source": "/a", "type": "x.completed", "subject": "r1",
             "time": "2026-11-02T08:00:00Z"}  # fmt: skip

    found = read([event, event | {"id": "2", "data": {"accepted": "perhaps"}}, event | {"id": "3", "time": None}])

    assert found.rejects == {
        2: "accepted: perhaps is not true, false or unknown",
        3: "occurred_at is blank",
    }


def test_results_without_a_time_have_that_of_the_export_else_the_day_of_the_clock(read: Callable[..., Reading]) -> None:
    sample = b"run_id,user_input,response,faithfulness\nr1,a,b,0.5\n"

    said = read(sample, as_of="2026-11-02T08:00:00")
    today = read(sample, now="2026-11-03T17:00:00")

    assert str(said.column("checks", "decided_at")[0]) == "2026-11-02 08:00:00"
    assert str(today.column("checks", "decided_at")[0]) == "2026-11-03 00:00:00"
    assert said.column("checks", "check_id") == today.column("checks", "check_id")


def test_ragas_as_json_records_gives_what_its_csv_gives(read: Callable[..., Reading]) -> None:
    sample = {"run_id": "r1", "decided_at": "2026-11-02", "user_input": "a", "response": "b", "faithfulness": None}

    found = read([sample, sample | {"faithfulness": 0.5, "faithfulness_threshold": 0.6, "user_input": "c"}])

    assert found.answer.source == "ragas"
    assert found.column("checks", "result") == ["unknown", "fail"]


def test_a_metric_of_ones_own_says_which_way_it_is_good(read: Callable[..., Reading]) -> None:
    head = "run_id,decided_at,user_input,response,rudeness,rudeness_threshold,rudeness_higher_is_better\n"

    found = read((head + "r1,2026-11-02,a,b,2,3,false\nr2,2026-11-02,a,b,4,3,false\n").encode())

    assert found.column("checks", "result") == ["pass", "fail"]


def test_the_older_layout_of_promptfoo_and_its_json_lines_are_read_too(read: Callable[..., Reading]) -> None:
    whole = json.loads((SAMPLES / "promptfoo.json").read_text(encoding="utf-8"))
    results = whole["results"]["results"]
    older = {"results": {"version": 2, "outputs": results}, "timestamp": "2026-11-03T09:00:00Z"}

    as_outputs = read(older)
    as_lines = read("\n".join(map(json.dumps, results)).encode(), as_of="2026-11-03T09:00:00")

    for found in (as_outputs, as_lines):
        assert found.answer.source == "promptfoo"
        assert found.column("checks", "result") == ["pass", "unknown", "fail", "pass", "unknown", "pass"]
        assert set(map(str, found.column("checks", "decided_at"))) == {"2026-11-03 09:00:00"}


def test_a_failure_answers_a_condition_although_another_score_passed(read: Callable[..., Reading]) -> None:
    whole = json.loads((SAMPLES / "deepeval.json").read_text(encoding="utf-8"))
    whole["testCases"][0]["metricsData"].reverse()

    found = read(whole)

    answers = zip(found.column("checks", "name"), found.column("checks", "condition"), strict=True)
    assert [name for name, condition in answers if condition] == ["Faithfulness"]


def test_an_answer_of_opencost_gives_capacity_with_its_hours(read: Callable[..., Reading]) -> None:
    window = {"start": "2026-11-03T00:00:00Z", "end": "2026-11-03T06:00:00Z"}
    labels = {"model": "m", "team": "ml"}
    served = {
        "name": "llm/vllm", "window": window, "gpuCount": 4, "gpuHours": 24.0, "gpuCost": 60.1, "totalCost": 61.25,
        "properties": {"cluster": "eu-1", "namespace": "llm", "labels": labels},
    }  # fmt: skip
    shop = {"name": "web/shop", "window": window, "totalCost": 9.5, "properties": {"cluster": "eu-1"}}

    found = read({"code": 200, "data": [{"llm/vllm": served, "web/shop": shop, "__idle__": shop}, {}]})

    assert found.answer.source == "opencost"
    assert (found.answer.rows_read, found.answer.rows_skipped) == (3, 2)
    (row,) = found.rows("capacity")
    assert (row["amount"], row["gpus"], row["gpu_hours"], row["cluster"]) == (Decimal("61.25"), 4, 24, "eu-1")
    assert (str(row["started_at"]), str(row["ended_at"])) == ("2026-11-03 00:00:00", "2026-11-03 06:00:00")


def answer(*series: tuple[str, list[list[object]]]) -> dict[str, object]:
    """A range query's answer of the server's counters, by name and values."""
    result = [{"metric": {"__name__": name, "model_name": "m", "instance": "a"}, "values": v} for name, v in series]
    return {"status": "success", "data": {"resultType": "matrix", "result": result}}


def test_cached_prompt_tokens_are_taken_out_of_the_prompt(read: Callable[..., Reading]) -> None:
    """Neither names what was computed; the cached counter is a part of the prompt's."""
    at, later = 1793577600, 1793581200

    found = read(answer(
        ("vllm:prompt_tokens_total", [[at, "1000"], [later, "4000"]]),
        ("vllm:prompt_tokens_cached_total", [[at, "200"], [later, "1200"]]),
        ("vllm:generation_tokens_total", [[at, "10"], [later, "60"]]),
    ))  # fmt: skip

    (row,) = found.rows("usage")
    assert (row["uncached_input_tokens"], row["cache_read_tokens"], row["output_tokens"]) == (2000, 1000, 50)


def test_a_step_over_midnight_counts_for_the_day_that_it_began(read: Callable[..., Reading]) -> None:
    evening = 1793577600 + 23 * 3600

    found = read(answer(("vllm:generation_tokens_total", [[evening, "10"], [evening + 7200, "30"]])))

    assert [str(value) for value in found.column("usage", "started_at")] == ["2026-11-02 23:00:00"]
    assert [str(value) for value in found.column("usage", "ended_at")] == ["2026-11-03 01:00:00"]
    assert found.column("usage", "output_tokens") == [20]


READING = """# TYPE process_start_time_seconds gauge
process_start_time_seconds 1.7935776e+09
# TYPE vllm:generation_tokens_total counter
vllm:generation_tokens_total{engine="0",model_name="a \\"b\\", c"} 8.1e+03
"""


def test_a_reading_of_metrics_is_a_sum_from_the_start_to_the_time_that_is_said(read: Callable[..., Reading]) -> None:
    found = read(READING.encode(), as_of="2026-11-02T06:00:00")

    (row,) = found.rows("usage")
    assert (str(row["started_at"]), str(row["ended_at"])) == ("2026-11-02 00:00:00", "2026-11-02 06:00:00")
    assert (row["output_tokens"], row["grain"]) == (8100, "bucket")


def test_a_reading_of_metrics_without_its_times_is_none(read: Callable[..., Reading]) -> None:
    untimed = read(READING.encode())
    endless = read("\n".join(READING.splitlines()[2:]).encode(), as_of="2026-11-02T06:00:00")

    assert untimed.skips[4] == "this does not say when it was read: say --as-of"
    assert endless.skips[2] == "this does not say since when it counts: no process_start_time_seconds"


def test_a_later_reading_of_a_server_renews_the_earlier_one(company: Company, tmp_path: Path) -> None:
    for at, reading in (
        (6, READING),
        (18, READING.replace("8.1e+03", "9000")),
        (20, READING.replace("8.1e+03", "50").replace("1.7935776e+09", "1793642400")),
    ):
        path = tmp_path / f"{at}.txt"
        path.write_text(reading, encoding="utf-8")
        moment = f"2026-11-02T{at:02}:00:00"
        (result,) = pipeline.ingest(company.warehouse, [path], pipeline.IngestOptions(as_of=moment))
        assert (result.status, result.rows_accepted) == ("loaded", 1), result

    # the third began at 18:00 from nothing
    assert company.metric("tokens") == 9000 + 50


def test_a_revert_of_a_revert_says_that_nothing_is_reverted_any_more(read: Callable[..., Reading]) -> None:
    merged, _, revert, *_ = lines("github_pull_requests.jsonl")
    again = json.loads(json.dumps(revert).replace("#412", "#420").replace("revert-412", "revert-420-revert-412"))
    again |= {"number": 430}
    again["pull_request"] |= {"merged_at": "2026-11-13T08:00:00Z"}

    found = read([merged, revert, again])

    assert found.column("outcomes", "run_id") == ["run-4801"] * 3
    assert found.column("outcomes", "conditions") == [None, {"reverted": True}, {"reverted": False}]


def test_a_revert_by_commit_counts_once_although_the_merge_was_delivered_twice(read: Callable[..., Reading]) -> None:
    merged, _, revert, *_ = lines("github_pull_requests.jsonl")
    merged["pull_request"]["merge_commit_sha"] = "c4295b0d"
    revert["pull_request"] |= {"body": "This reverts commit c4295b0.", "head": {"ref": "undo"}}

    found = read([merged, merged, revert])

    assert (found.answer.rows_read, found.answer.rows_repeated) == (3, 1)
    assert found.column("outcomes", "conditions") == [None, {"reverted": True}]


def test_servicenow_is_read_with_words_in_a_zone_and_from_the_table_api(read: Callable[..., Reading]) -> None:
    head = "number,state,opened_at,resolved_at,correlation_id\n"
    words = read((head + "INC1,Resolved,2026-11-02 08:00:00,2026-11-02 09:00:00,r1\n").encode(), timezone="Asia/Tokyo")
    api = {"result": [{
        "number": "INC1", "sys_id": "a", "state": {"display_value": "Resolved", "value": "6"},
        "opened_at": "2026-11-02 08:00:00",
        "resolved_at": "2026-11-02 09:00:00", "correlation_id": "r1", "reopen_count": "0", "escalation": "0",
        "reassignment_count": "0",
    }]}  # fmt: skip

    for found, moment in ((words, "2026-11-02 00:00:00"), (read(api), "2026-11-02 09:00:00")):
        assert found.answer.source == "servicenow_incidents"
        assert [str(value) for value in found.column("outcomes", "occurred_at")] == [moment]
        assert found.column("outcomes", "completed") == [True]
        assert found.column("outcomes", "resolution_minutes") == [60]


def load(company: Company, folder: Path, given: object) -> None:
    path = folder / f"{len(list(folder.iterdir()))}.json"
    path.write_text(json.dumps(given), encoding="utf-8")
    (result,) = pipeline.ingest(company.warehouse, [path], pipeline.IngestOptions())
    assert (result.status, result.rows_rejected) == ("loaded", 0), result


def test_a_payment_counts_once_less_all_that_was_paid_back(company: Company, tmp_path: Path) -> None:
    company.load(
        workflows=[{"workflow": "shop", "requires": "completed"}],
        usage=[{"started_at": "2026-11-02", "provider": "openai", "model": "m", "run_id": "r1", "workflow": "shop",
                "cost": "4", "output_tokens": "10"}],
    )  # fmt: skip

    def event(name: str, at: int, thing: dict[str, object]) -> dict[str, object]:
        return {"id": name, "type": "charge.updated", "created": 1793607600 + at, "data": {"object": thing}}

    folder = tmp_path / "stripe"
    folder.mkdir()
    load(company, folder, [event("e1", 0, charge("usd", 5000)), event("e2", 5, charge("usd", 5000))])
    load(company, folder, [event("e3", 90, charge("usd", 5000, amount_refunded=1000))])
    load(company, folder, [event("e4", 99, charge("usd", 5000, amount_refunded=2500))])

    assert company.metric("trusted") == 1
    # 50.00 once, less 25.00 so far, less what the run cost
    assert company.metric("gross_margin_per_trusted_outcome") == 50 - 25 - 4


@pytest.mark.parametrize(
    ("metric", "trusted", "unverified"),
    [
        ({"success": True, "score": 0.9}, 1, 0),
        ({"success": False, "score": 0.1}, 0, 0),
        ({"success": False, "score": None, "error": "rate limit"}, 0, 1),
    ],
)
def test_an_evaluator_that_failed_leaves_a_run_unverified(
    metric: dict[str, object], trusted: int, unverified: int, company: Company, tmp_path: Path
) -> None:
    company.load(
        workflows=[{"workflow": "w", "requires": "grounded"}],
        usage=[{"started_at": "2026-11-02", "provider": "openai", "model": "m", "run_id": "r1", "workflow": "w"}],
    )
    folder = tmp_path / "deepeval"
    folder.mkdir()

    judged = {"name": "Faithfulness", "threshold": 0.5, "evaluationCost": 0.5, **metric}
    load(company, folder, {"testCases": [{"metadata": {"run_id": "r1"}, "metricsData": [judged]}]})

    assert (company.metric("trusted"), company.metric("unverified")) == (trusted, unverified)
    assert company.metric("cost_evaluation") == Decimal("0.5")


def test_what_serving_costs_lies_on_the_tokens_that_the_servers_count(company: Company, tmp_path: Path) -> None:
    folder = tmp_path / "vllm"
    folder.mkdir()
    window = {"start": "2026-11-02T00:00:00Z", "end": "2026-11-03T00:00:00Z"}
    pod = {"name": "vllm", "window": window, "totalCost": 240, "properties": {"labels": {"model": "m"}}}

    load(company, folder, {"code": 200, "data": [{"vllm": pod}]})
    load(company, folder, answer(("vllm:generation_tokens_total", [[1793577600, "0"], [1793664000, "1000"]])))

    assert company.metric("all_in_cost") == 240
    assert company.metric("cost_per_1m_tokens") == 240_000
    assert company.metric("unpriced_tokens") == 0
