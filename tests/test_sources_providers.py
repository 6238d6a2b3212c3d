"""The traps of the providers' own exports: units, classes that hold each other, days without anything, bad rows."""

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ingest.options import ReadOptions
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
