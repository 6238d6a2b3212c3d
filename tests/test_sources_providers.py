"""The traps of the providers' own exports: units, classes that hold each other, days without anything, bad rows."""

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ingest import pipeline
from ingest.options import ReadOptions
from ingest.registry import sources
from tests.conftest import Company
from tests.reading import Reading, read_one

SAMPLES = Path(__file__).parent.parent / "sample_data" / "formats"
DAY = {"starting_at": "2026-10-05T00:00:00Z", "ending_at": "2026-10-06T00:00:00Z"}


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Reading]:
    def reading(data: Any, **options: str) -> Reading:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        folder.mkdir()
        given = data if isinstance(data, str) else json.dumps(data)
        return read_one(folder, "export", given.encode(), ReadOptions(**options))

    return reading


def sample(name: str) -> Any:
    return json.loads((SAMPLES / name).read_text(encoding="utf-8"))


def page(*results: dict[str, Any], bucket: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"data": [(bucket or DAY) | {"results": list(results)}], "has_more": False, "next_page": None}


# --- Anthropic, Admin API ---


def test_pages_may_stand_in_one_file_as_a_list_or_line_by_line(read: Callable[..., Reading]) -> None:
    first, second = page({"output_tokens": 1}), page({"output_tokens": 2}, {"output_tokens": 2})
    first["has_more"] = True

    listed = read([first, second])
    lines = read(f"{json.dumps(first)}\n{json.dumps(second)}\n")

    assert listed.answer.source == lines.answer.source == "anthropic_usage"
    assert listed.column("usage", "output_tokens") == lines.column("usage", "output_tokens") == [1, 2, 2]


def test_a_page_of_empty_days_is_asked_about_since_usage_and_cost_look_alike_then(read: Callable[..., Reading]) -> None:
    found = read(page())
    told = read(page(), source="anthropic_cost")

    assert "anthropic_cost or --source anthropic_usage" in found.error
    assert told.skips == {1: "an empty day"}
    assert str(told.answer.period_start) == str(told.answer.period_end) == "2026-10-05"


def test_a_count_that_is_no_count_rejects_its_row_only(read: Callable[..., Reading]) -> None:
    written = {"ephemeral_5m_input_tokens": "many", "ephemeral_1h_input_tokens": 3}

    found = read(
        page(
            {"uncached_input_tokens": -1, "output_tokens": 5},
            {"uncached_input_tokens": 1, "output_tokens": 5, "cache_creation": written},
            {"uncached_input_tokens": 7, "output_tokens": 5},
        )
    )

    assert list(found.rejects) == [1, 2]
    assert "cache_write_tokens" in found.rejects[2]
    assert found.column("usage", "uncached_input_tokens") == [7]
    assert (found.answer.rows_read, found.answer.rows_rejected, found.answer.rows_skipped) == (3, 2, 0)


def test_an_answer_that_does_not_split_cache_writes_or_name_them_leaves_them_unknown(
    read: Callable[..., Reading],
) -> None:
    found = read(page({"uncached_input_tokens": 7, "output_tokens": 5}))

    assert found.column("usage", "cache_write_tokens") == [None]
    assert found.column("usage", "cache_write_1h_tokens") == [None]


def test_fast_mode_and_the_tiers_that_pay_like_another_one(read: Callable[..., Reading]) -> None:
    tiers = [{"speed": "fast"}, {"service_tier": "standard", "speed": "fast"}, {"service_tier": "flex_discount"}]

    found = read(page(*({"uncached_input_tokens": 1, "output_tokens": 1} | tier for tier in tiers)))

    assert found.column("usage", "service_tier") == ["fast", "fast", "flex"]
    assert found.answer.unknown_words == ("service_tier: fast (2 rows)",)


def test_hours_stay_hours_and_the_user_may_be_a_service_account(read: Callable[..., Reading]) -> None:
    hour = {"starting_at": "2026-10-05T23:00:00Z", "ending_at": "2026-10-06T00:00:00Z"}

    found = read(page({"uncached_input_tokens": 1, "output_tokens": 1, "service_account_id": "svac_1"}, bucket=hour))

    assert [str(at) for at in found.column("usage", "started_at")] == ["2026-10-05 23:00:00"]
    assert found.column("usage", "user_id") == ["svac_1"]
    assert str(found.answer.period_end) == "2026-10-05"


@pytest.mark.parametrize(
    ("amount", "dollars"),
    [('"123.45"', "1.2345"), ('"946.6"', "9.466"), ("0.1", "0.001"), ('"-50"', "-0.5"), ('"0.0000000001"', "1E-12")],
)
def test_anthropic_amounts_are_cents_exactly_as_text_or_number(
    amount: str, dollars: str, read: Callable[..., Reading]
) -> None:
    found = read(json.dumps(page({"amount": "?", "currency": "USD"})).replace('"?"', amount))

    assert found.answer.source == "anthropic_cost"
    assert [Decimal(dollars)] == found.column("billed", "billed_cost")


def test_an_amount_that_is_no_number_rejects_its_row(read: Callable[..., Reading]) -> None:
    found = read(page({"amount": "n/a", "currency": "USD"}, {"amount": "5", "currency": "USD"}))

    assert list(found.rejects) == [1]
    assert [Decimal("0.05")] == found.column("billed", "billed_cost")


def test_equal_cost_lines_all_count_and_list_prices_are_kept(read: Callable[..., Reading]) -> None:
    line = {"amount": "80", "list_amount": "100", "currency": "USD", "description": "Web Search Usage"}

    found = read(page(line, line))

    assert [Decimal("0.8"), Decimal("0.8")] == found.column("billed", "billed_cost")
    assert [Decimal(1), Decimal(1)] == found.column("billed", "list_cost")


def test_the_class_of_tokens_stands_beside_each_cost_line(read: Callable[..., Reading]) -> None:
    found = read(sample("anthropic_cost.json"))

    classes = [tags.get("token_class") for tags in found.column("billed", "tags")]
    assert classes == [
        "uncached_input",
        "cache_read",
        "cache_write",
        "cache_write",
        "output",
        None,
        "uncached_input",
        None,
    ]


# --- OpenAI ---

HOURS = "start_time,end_time,start_time_iso,end_time_iso"
AT = "1791158400,1791244800,2026-10-05T00:00:00,2026-10-06T00:00:00"


def bucket(*results: Any) -> dict[str, Any]:
    day = {"object": "bucket", "start_time": 1791158400, "end_time": 1791244800, "results": list(results)}
    return {"object": "page", "data": [day], "has_more": False, "next_page": None}


def of(capability: str, **counts: Any) -> dict[str, Any]:
    return {"object": f"organization.usage.{capability}.result", **counts}


def test_older_usage_answers_without_the_uncached_part_are_worked_out(read: Callable[..., Reading]) -> None:
    old = of("completions", input_tokens=1000, input_cached_tokens=400, output_tokens=50, num_model_requests=1)
    none = of("completions", input_tokens=1000, output_tokens=50, num_model_requests=1, model=None)

    found = read(bucket(old, none))

    assert found.column("usage", "uncached_input_tokens") == [600, 1000]
    assert found.column("usage", "cache_read_tokens") == [400, None]
    assert found.column("usage", "cache_write_tokens") == [None, None]
    assert found.column("usage", "model") == ["unspecified", "unspecified"]


def test_more_cached_than_input_or_a_word_for_a_count_rejects_the_row(read: Callable[..., Reading]) -> None:
    more = of("completions", input_tokens=10, input_cached_tokens=40, output_tokens=5, num_model_requests=1)
    word = of("completions", input_tokens="many", output_tokens=5, num_model_requests=1)

    found = read(bucket(more, word))

    assert list(found.rejects) == [1, 2]
    assert found.answer.rows_read == found.answer.rows_rejected == 2


def test_every_capability_of_the_usage_api_counts_or_says_why_not(read: Callable[..., Reading]) -> None:
    found = read(
        bucket(
            of("moderations", input_tokens=30, num_model_requests=2, model="omni-moderation"),
            of("decisions", input_tokens=70, input_uncached_tokens=70, output_tokens=9, num_model_requests=1),
            of("images", images=4, num_model_requests=3, model="gpt-image-1", size="1024x1024", source="image.edit"),
            of("audio_speeches", characters=900, num_model_requests=5, model="tts-1"),
            of("audio_transcriptions", seconds=61, num_model_requests=6, model="whisper-1"),
            of("vector_stores", usage_bytes=1),
            of("code_interpreter_sessions", num_sessions=1),
            of("file_searches", num_requests=7),
            of("web_searches", num_model_requests=8, num_requests=9, model="gpt-5"),
        )
    )

    assert found.column("usage", "requests") == [2, 1, 3, 5, 6]
    assert found.column("usage", "uncached_input_tokens") == [30, 70, None, None, None]
    assert found.column("usage", "output_tokens") == [0, 9, None, None, None]
    assert found.skips == {
        6: "this counts vector_stores, neither tokens nor model calls",
        7: "this counts code_interpreter_sessions, neither tokens nor model calls",
        8: "this counts file_searches, neither tokens nor model calls",
        9: "this counts web_searches; their model calls are counted by completions",
    }


def test_a_page_without_any_result_is_asked_about_since_usage_and_costs_look_alike_then(
    read: Callable[..., Reading],
) -> None:
    assert "--source openai_costs or --source openai_usage" in read(bucket()).error
    assert read(bucket(), source="openai_costs").skips == {1: "an empty day"}


def test_costs_are_exact_as_text_or_number_and_what_is_not_known_stays_as_it_is(read: Callable[..., Reading]) -> None:
    text = '{"value":"0.003400000000000000000000000000000000","currency":"usd"}'
    results = [
        {"amount": "?", "line_item": "gpt-6-astra, priority thing"},
        {"amount": {"value": 1e-7, "currency": "usd"}, "line_item": "gpt-6-astra, input_tokens"},
        {"amount": {"value": "-5", "currency": "usd"}, "line_item": None},
        {"amount": {"value": "free", "currency": "usd"}, "line_item": "x"},
    ]

    found = read(json.dumps(bucket(*results)).replace('"?"', text))

    assert found.answer.source == "openai_costs"
    assert [Decimal("0.0034"), Decimal("1E-7"), Decimal(-5)] == found.column("billed", "billed_cost")
    assert found.column("billed", "model") == ["gpt-6-astra", "gpt-6-astra", None]
    assert [tags and tags["token_class"] for tags in found.column("billed", "tags")] == [
        "priority thing",
        "uncached_input",
        None,
    ]
    assert list(found.rejects) == [4]


def test_an_export_of_nothing_has_four_columns_and_is_asked_about(read: Callable[..., Reading]) -> None:
    empty = f"{HOURS}\n{AT}\n"

    assert "--source openai_cost or --source openai_usage_csv" in read(empty).error
    for source in ("openai_cost", "openai_usage_csv"):
        told = read(empty, source=source)
        assert told.skips == {2: "an empty day"}
        assert told.answer.tables == {}
        assert str(told.answer.period_start) == str(told.answer.period_end) == "2026-10-05"


def test_usage_exports_of_2025_do_not_count_cache_writes(read: Callable[..., Reading]) -> None:
    head = (
        f"{HOURS},project_id,num_model_requests,user_id,api_key_id,model,batch,service_tier,input_tokens,output_tokens,"
        "input_cached_tokens,input_uncached_tokens"
    )

    found = read(f"{head}\n{AT},p,2.0,u,k,gpt-5,False,flex,500.0,20.0,100.0,\n")

    assert found.answer.source == "openai_usage_csv"
    assert found.column("usage", "uncached_input_tokens") == [400]
    assert found.column("usage", "cache_write_tokens") == [None]
    assert found.column("usage", "service_tier") == ["flex"]


@pytest.mark.parametrize(
    ("columns", "values", "requests", "skips"),
    [
        ("num_model_requests,model,input_tokens", "3.0,text-embedding-3-small,90.0", [3], {}),
        ("num_model_requests,model,images", "3.0,gpt-image-1,4.0", [3], {}),
        ("num_model_requests,model,num_requests", "3.0,gpt-5,4.0", None, {2: "web_searches"}),
        ("project_id,usage_bytes", "p,4096.0", None, {2: "vector_stores"}),
        ("project_id,num_sessions", "p,4.0", None, {2: "code_interpreter_sessions"}),
        ("project_id,num_requests", "p,4.0", None, {2: "file_searches"}),
    ],
)
def test_each_endpoint_has_a_usage_export_of_its_own(
    columns: str, values: str, requests: Any, skips: dict[int, str], read: Callable[..., Reading]
) -> None:
    found = read(f"{HOURS},{columns}\n{AT},{values}\n")

    assert found.answer.source == "openai_usage_csv"
    assert {line: why.split(" ")[2].strip(",;") for line, why in found.skips.items()} == skips
    assert requests is None or found.column("usage", "requests") == requests


COST = "amount_value,amount_currency,line_item,project_id,organization_id,organization_name"
COST_2026 = (
    "amount_value,amount_currency,quantity,quantity_unit,line_item,user_id,api_key_id,project_id,organization_id,"
    "project_name,organization_name,user_email"
)


@pytest.mark.parametrize("columns", [COST, COST_2026, f"{COST_2026},api_source"])
def test_every_generation_of_the_cost_export_loads_without_anybodys_address(
    columns: str, read: Callable[..., Reading]
) -> None:
    given = {
        "amount_value": "0.0034", "amount_currency": "usd", "line_item": '"gpt-5-nano, output_tokens"',
        "quantity": "8.5", "quantity_unit": "1000_tokens", "organization_id": "org-1", "user_email": "dev@example.com",
    }  # fmt: skip

    found = read(f"{HOURS},{columns}\n{AT},{','.join(given.get(name, '') for name in columns.split(','))}\n")

    assert found.answer.source == "openai_cost"
    assert [Decimal("0.0034")] == found.column("billed", "billed_cost")
    assert found.column("billed", "quantity") == ([8500] if "quantity" in columns else [None])
    assert "example.com" not in str(found.rows("billed"))
    assert str(found.column("billed", "charged_from")[0])[:10] == "2026-10-05"


def test_the_finer_view_of_the_same_money_or_tokens_has_the_better_rank() -> None:
    rank = {name: source.rank for name, source in sources().items()}

    assert rank["openai_usage"] == rank["anthropic_usage"] < rank["openai_usage_csv"]
    assert rank["openai_costs"] == rank["anthropic_cost"] < rank["openai_cost"] < 20


# --- Anthropic, Console and analytics ---


def test_the_console_usage_of_2025_has_three_columns_less(read: Callable[..., Reading]) -> None:
    head = (
        "usage_date_utc,model_version,api_key,workspace,usage_type,usage_input_tokens_no_cache,"
        "usage_input_tokens_cache_write_5m,usage_input_tokens_cache_write_1h,usage_input_tokens_cache_read,"
        "usage_output_tokens,web_search_count"
    )

    found = read(f"{head}\n2025-07-01,claude-sonnet-4-20250514,k,w,standard,10,4,6,100,7,0\n")

    assert found.answer.source == "anthropic_console_usage"
    assert found.column("usage", "cache_write_tokens") == [10]
    assert found.column("usage", "cache_write_1h_tokens") == [6]
    assert found.column("usage", "region") == [None]


CONSOLE = "usage_date_utc,model,workspace,api_key,usage_type,context_window,token_type,cost_usd"


@pytest.mark.parametrize(
    ("more", "values", "listed"),
    [
        ("cost_type", "token", None),
        ("cost_type,inference_geo,speed", "token,global,standard", None),
        ("list_price_usd,cost_type,inference_geo,speed", "0.52,token,global,standard", Decimal("0.52")),
        (
            "list_price_usd,cost_type,inference_geo,speed,api_key_id,api_key_status",
            "0.52,token,global,,a,active",
            Decimal("0.52"),
        ),
    ],
)
def test_every_generation_of_the_console_cost_export_is_in_dollars(
    more: str, values: str, listed: Decimal | None, read: Callable[..., Reading]
) -> None:
    found = read(f"{CONSOLE},{more}\n2026-10-05,Claude Haiku 4.5,w,k,message,≤ 200k,output,0.41,{values}\n")

    assert found.answer.source == "anthropic_console_cost"
    assert [Decimal("0.41")] == found.column("billed", "billed_cost")
    assert found.column("billed", "list_cost") == [listed]


@pytest.mark.parametrize(
    ("shown", "model"),
    [
        ("Claude Haiku 4.5", "claude-haiku-4-5"),
        ("Claude Sonnet 4", "claude-sonnet-4"),
        ("Claude Haiku 3.5", "claude-3-5-haiku"),
        ("Claude 3.5 Sonnet", "claude-3-5-sonnet"),
        ("claude-opus-4-8", "claude-opus-4-8"),
        ("--", None),
    ],
)
def test_the_names_that_the_console_shows_become_ids(
    shown: str, model: str | None, read: Callable[..., Reading]
) -> None:
    found = read(f"{CONSOLE},cost_type\n2026-10-05,{shown},w,k,--,--,--,0.02,web_search\n")

    assert found.column("billed", "model") == [model]
    assert found.column("billed", "tags") == [{"cost_type": "web_search", "api_key": "k"}]


def test_a_day_or_an_amount_that_cannot_be_read_rejects_its_line(read: Callable[..., Reading]) -> None:
    bad = "2026-13-05,Claude Haiku 4.5,w,k,m,c,output,0.02,token\n2026-10-05,Claude Haiku 4.5,w,k,m,c,output,-,token\n"

    found = read(f"{CONSOLE},cost_type\n{bad}2026-10-05,Claude Haiku 4.5,w,k,m,c,output,0.02,token\n")

    assert list(found.rejects) == [2, 3]
    assert [Decimal("0.02")] == found.column("billed", "billed_cost")


def test_claude_code_estimates_are_cents_and_a_key_stands_by_its_name(read: Callable[..., Reading]) -> None:
    given = sample("claude_code_analytics.json")
    given["data"][0]["actor"] = {"type": "api_actor", "api_key_name": "ci-key"}

    found = read(given)

    assert [Decimal("0.66"), Decimal("0.01"), Decimal("0.0105")] == found.column("usage", "cost")
    assert found.column("usage", "api_key") == ["ci-key", "ci-key", None]
    assert found.column("usage", "user_id") == [None, None, "ops@example.com"]
    assert [tags["customer_type"] for tags in found.column("usage", "tags")] == ["api", "api", "subscription"]


def test_rows_by_role_group_overlap_and_are_not_added_up(read: Callable[..., Reading]) -> None:
    given = sample("anthropic_analytics_cost.json")
    given["data"][1]["group"] = {"rbac_group_id": "rbac_1"}
    given["data"][2]["group"] = {"rbac_group_id": None}

    found = read(given)

    assert found.answer.tables == {}
    assert len(found.skips) == 3
    assert "role groups overlap" in found.skips[1]


def test_a_row_without_time_buckets_lies_on_the_days_of_its_range(read: Callable[..., Reading]) -> None:
    row = {"starting_at": "2026-10-01T00:00:00Z", "ending_at": "2026-10-05T13:00:00Z", "group": {}}

    found = read({"data": [row | {"cost": {"amount": "250", "currency": "USD"}}]})

    assert [Decimal("2.5")] == found.column("billed", "billed_cost")
    assert str(found.column("billed", "charged_to")[0])[:10] == str(found.answer.period_end) == "2026-10-05"


def test_nobody_is_named_in_cost_analytics(read: Callable[..., Reading]) -> None:
    given = sample("anthropic_analytics_cost.json")
    actor = {"type": "user_actor", "user_id": "user_1", "email_address": "dev@example.com", "name": "Dev"}
    given["data"][0]["group"]["actor"] = actor

    found = read(given)

    assert found.column("billed", "tags")[0] == {"user_id": "user_1"}
    assert "example.com" not in str(found.rows("billed"))


def test_what_sees_a_part_stands_behind_what_sees_all() -> None:
    rank = {name: source.rank for name, source in sources().items()}

    assert rank["anthropic_usage"] < rank["anthropic_console_usage"] < rank["claude_code_analytics"]
    assert rank["anthropic_cost"] < rank["anthropic_analytics_cost"] < rank["anthropic_console_cost"]


def test_activity_of_the_old_dashboard_shows_no_person_and_no_part_of_a_key(read: Callable[..., Reading]) -> None:
    found = read((SAMPLES / "openai_activity.csv").read_text(encoding="utf-8"))

    assert not any(part in str(found.rows("usage")) for part in ("example.com", "sk-...", "support-key"))
    assert sources()["openai_usage_csv"].rank < sources()["openai_activity"].rank


def test_activity_without_requests_or_tokens_says_what_it_counts(read: Callable[..., Reading]) -> None:
    head = "timestamp,model,num_requests,n_context_tokens_total,n_generated_tokens_total,n_cached_context_tokens_total"

    found = read(f"{head},usage_type\n1746057600,,,,,,vector_store\n1746057600,gpt-4o,1,10,2,40,text\n")

    assert found.skips == {2: "this counts vector_store, neither tokens nor model calls"}
    assert list(found.rejects) == [3]


@pytest.mark.parametrize(
    ("item", "model", "token_class"),
    [
        ("ft-gpt-4o-2024-08-06, input", "ft-gpt-4o-2024-08-06", "uncached_input"),
        ("gpt-5.5-2026-04-23, cached input", "gpt-5.5-2026-04-23", "cache_read"),
        ("gpt-6-astra, input_tokens", "gpt-6-astra", "uncached_input"),
        ("gpt-5.6-sol, cache writes", "gpt-5.6-sol", "cache_write"),
        ("priority | gpt-5.6-sol, output, long context", "gpt-5.6-sol", "output"),
        ("evals | gpt-4o-mini-2024-07-18, input", "gpt-4o-mini-2024-07-18", "uncached_input"),
        ("gpt-audio-mini-2025-12-15 audio, input", "gpt-audio-mini-2025-12-15", "uncached_input"),
        ("gpt-image-2.5-sunburst text, cached input", "gpt-image-2.5-sunburst", "cache_read"),
        ("whisper-1, audio", "whisper-1", "audio"),
        ("assistants api | file search", None, None),
        ("web search tool calls", None, None),
    ],
)
def test_a_line_item_names_a_model_and_a_class_or_neither(
    item: str, model: str | None, token_class: str | None, read: Callable[..., Reading]
) -> None:
    found = read(bucket({"amount": {"value": "1", "currency": "usd"}, "line_item": item}))

    assert found.column("billed", "model") == [model]
    assert found.column("billed", "tags") == [token_class and {"token_class": token_class}]


def test_usage_analytics_by_role_group_are_not_added_up_and_name_nobody(read: Callable[..., Reading]) -> None:
    given = sample("anthropic_analytics_usage.json")
    given["data"][0]["group"]["actor"] = {"type": "user_actor", "user_id": "user_1", "email_address": "dev@example.com"}
    named = read(given)
    given["data"][1]["group"] = {"rbac_group_id": "rbac_1"}

    assert named.column("usage", "user_id") == ["user_1", None]
    assert "example.com" not in str(named.rows("usage"))
    assert len(read(given).skips) == 2
    assert sources()["anthropic_usage"].rank < sources()["anthropic_analytics_usage"].rank


@pytest.mark.parametrize(
    ("data", "source"),
    [
        (page({"output_tokens": 1}, bucket=DAY | {"ending_at": "soon"}), "anthropic_usage"),
        (page({"amount": "1", "currency": "USD"}, bucket=DAY | {"ending_at": "soon"}), "anthropic_cost"),
        ({"data": [DAY | {"ending_at": "soon", "cost": {"amount": "1"}}]}, "anthropic_analytics_cost"),
        (f"{HOURS},amount_value\n1791158400,soon,,,1\n", "openai_cost"),
        (f"{HOURS},num_model_requests,model\n1791158400,soon,,,1,m\n", "openai_usage_csv"),
    ],
)
def test_an_end_that_is_no_time_rejects_its_row(data: Any, source: str, read: Callable[..., Reading]) -> None:
    found = read(data)

    assert found.answer.source == source
    assert found.answer.rows_read == found.answer.rows_rejected == 1


def test_a_bucket_whose_results_are_no_list_is_no_empty_day(read: Callable[..., Reading]) -> None:
    given = page({"output_tokens": 1})
    given["data"].append(DAY | {"results": "none"})

    assert read(given).skips == {2: "a bucket without a list of results"}


# --- on the books ---


def bring(company: Company, *files: Path) -> None:
    for file in files:
        (result,) = pipeline.ingest(company.warehouse, [file], pipeline.IngestOptions())
        assert (result.status, result.rows_rejected) == ("loaded", 0), result


VIEWS = (
    "claude_code_analytics.json", "anthropic_console_cost.csv", "anthropic_console_usage.csv",
    "anthropic_analytics_cost.json", "anthropic_analytics_usage.json", "anthropic_cost.json", "anthropic_usage.json",
)  # fmt: skip


@pytest.mark.parametrize("order", [1, -1])
def test_several_views_of_one_day_never_add_up(company: Company, order: int) -> None:
    bring(company, *(SAMPLES / name for name in VIEWS[::order]))

    # the usage report's: 253,400 uncached + 36,000 read + 7,500 written + 2,960 out
    assert company.metric("tokens") == 299860
    # the cost report's 23.195 cents, and 0.0425 cents of the analytics on the day that the report has nothing of
    assert company.metric("all_in_cost") == Decimal("0.232375")


def test_a_newer_report_restates_its_days_and_taking_it_back_brings_the_older_one(
    company: Company, tmp_path: Path
) -> None:
    newer = sample("anthropic_usage.json")
    newer["data"][0]["results"][0]["output_tokens"] = 2000
    newer["data"][2]["results"] = []
    restated = tmp_path / "newer.json"
    restated.write_text(json.dumps(newer), encoding="utf-8")
    bring(company, SAMPLES / "anthropic_usage.json")

    (result,) = pipeline.ingest(company.warehouse, [restated], pipeline.IngestOptions())

    # 2,400 + 36,000 + 7,500 + 2,000 and 900 + 410; the third day is empty now
    assert company.metric("tokens") == 49210
    company.undo(str(result.import_id))
    assert company.metric("tokens") == 299860
