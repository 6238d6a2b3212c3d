"""What an unknown file's columns are taken for, and what sums and prices say of that."""

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ingest.guessing import Guess, guess, plain
from ingest.mapping import Cell, Mapping
from ingest.samples import Sample, given_sample
from ingest.trial import attempt
from tests.reading import read_one

DAY = "2026-10-0{}T09:00:00Z"


def sample(header: str, *rows: str, sep: str = ",") -> Sample:
    columns = tuple(header.split(sep))
    texts = tuple((at, *(text or None for text in row.split(sep))) for at, row in enumerate(rows, 2))
    return Sample("csv", columns, columns, texts, sep == ";")


def mapping(found: Guess, given: Sample, **change: Any) -> Mapping:
    return Mapping(
        name="x", table=found.table, header=given.header, columns=found.columns | change, decimal=found.decimal,
        dates=found.dates,
    )  # fmt: skip


def columns(found: Guess) -> dict[str, str | None]:
    return {name: cell.column for name, cell in found.columns.items()}


CALLS = sample(
    "Created At,LLM Model,promptTokens,cachedTokens,completionTokens,totalTokens,Cost (USD),Department",
    "2026-10-01T09:00:00Z,gpt-5,1000,400,100,1100,0.0018,Support",
    "2026-10-02T09:00:00Z,gpt-5,2000,0,50,2050,0.003,Support",
)


def test_names_and_values_say_what_a_column_is() -> None:
    found = guess(CALLS)

    assert found.table == "usage"
    assert columns(found) == {
        "started_at": "Created At", "model": "LLM Model", "provider": None, "uncached_input_tokens": "promptTokens",
        "cache_read_tokens": "cachedTokens", "output_tokens": "completionTokens", "cost": "Cost (USD)",
        "team": "Department",
    }  # fmt: skip
    assert found.columns["provider"].constant == "openai"
    assert found.lacks == []


@pytest.mark.parametrize(
    ("total", "less"), [((1100, 2050), ("cachedTokens",)), ((1500, 2050), ()), ((9, 9), ())], ids=["in", "beside", "no"]
)
def test_the_total_tells_whether_cached_tokens_lie_in_the_input(total: Sequence[int], less: tuple[str, ...]) -> None:
    given = sample(
        "at,model,input_tokens,cachedTokens,output_tokens,total_tokens",
        f"2026-10-01T09:00:00Z,gpt-5,1000,400,100,{total[0]}",
        f"2026-10-02T09:00:00Z,gpt-5,2000,0,50,{total[1]}",
    )
    found = guess(given)

    assert found.columns["uncached_input_tokens"].less == less
    assert found.sums.verdict == ("differs" if total[0] == 9 else "agrees")


def test_without_a_total_a_part_that_is_larger_than_the_whole_stands_beside_it() -> None:
    beside = sample("at,model,input,cached,output", "2026-10-01,gpt-5,100,400,7")
    within = sample("at,model,input,cached,output", "2026-10-01,gpt-5,400,100,7")
    other = sample("at,model,input,cached,output", "2026-10-01,claude-sonnet-4-5,400,100,7")

    assert guess(beside).columns["uncached_input_tokens"].less == ()
    assert guess(within).columns["uncached_input_tokens"].less == ("cached",)
    assert guess(other).columns["uncached_input_tokens"].less == ()
    assert guess(within).sums.verdict == "unknown"


@pytest.mark.parametrize(("cost", "less"), [("0.8", ("cached",)), ("1.3", ()), ("130", ()), ("7", ("cached",))])
def test_without_a_total_prices_tell_where_cached_tokens_lie(cost: str, less: tuple[str, ...]) -> None:
    given = sample("at,model,input,cached,output,cost", f"2026-10-01,gpt-5,1000000,400000,0,{cost}")

    # gpt-5 costs 1.25 a million, cached 0.125: within 0.6 x 1.25 + 0.4 x 0.125 = 0.80, beside 1.25 + 0.05 = 1.30
    assert guess(given).columns["uncached_input_tokens"].less == less


def test_reasoning_within_the_output_is_taken_out_of_it() -> None:
    given = sample("at,model,input,output,reasoning,total", "2026-10-01,gpt-5,400,100,60,500")

    assert guess(given).columns["output_tokens"].less == ("reasoning",)


def priced(cost: str, tokens: Sequence[str] = ("1000000", "100000")) -> Sample:
    return sample("at,model,input,output,cost", f"2026-10-01,gpt-5,{tokens[0]},{tokens[1]},{cost}")


@pytest.mark.parametrize(
    ("given", "verdict", "says", "proposes"),
    [
        (priced("2.25"), "agrees", "Units and sign agree", {}),
        (priced("225"), "differs", "cents", {"cost": Cell(column="cost", unit=Decimal("0.01"))}),
        (priced("2250000"), "differs", "millionths", {"cost": Cell(column="cost", unit=Decimal("0.000001"))}),
        (priced("-2.25"), "differs", "other way", {"cost": Cell(column="cost", negate=True)}),
        (sample("at,model,input,cost", "2026-10-01,gpt-5,2,2.50"), "differs", "millions", {
            "uncached_input_tokens": Cell(column="input", unit=Decimal(1_000_000)),
        }),
        (priced("9"), "differs", "do not agree", {}),
    ],
)  # fmt: skip
def test_the_files_own_cost_tells_units_and_sign(
    given: Sample, verdict: str, says: str, proposes: dict[str, Cell]
) -> None:
    found = attempt(given, mapping(guess(given), given)).price

    assert found is not None
    assert found.verdict == verdict
    assert says in found.says
    assert found.proposes == proposes


def test_what_is_proposed_makes_the_price_agree() -> None:
    given = priced("225")
    first = attempt(given, mapping(guess(given), given)).price
    assert first is not None

    again = attempt(given, mapping(guess(given), given, **first.proposes)).price

    assert again is not None
    assert again.verdict == "agrees"


def test_a_name_with_a_unit_says_the_unit() -> None:
    given = sample("at,model,input (k),cost_cents", "2026-10-01,gpt-5,1.5,12")

    found = guess(given)

    assert found.columns["uncached_input_tokens"].unit == 1000
    assert found.columns["cost"].unit == Decimal("0.01")


def test_marks_and_orders_are_seen_where_only_one_fits() -> None:
    comma = sample("Datum;Modell;Input;Kosten", "31.10.2026;gpt-5;1.500;0,25", sep=";")
    point = sample("at,model,input,cost", "10/31/2026,gpt-5,1500,0.25")

    assert (guess(comma).decimal, guess(comma).dates) == ("comma", "dmy")
    assert (guess(point).decimal, guess(point).dates) == (None, "mdy")


@pytest.mark.parametrize(("text", "unit"), [("1790845200", "1"), ("1790845200123", "0.001")])
def test_a_count_since_1970_is_seen(text: str, unit: str) -> None:
    cell = guess(sample("ts,model", f"{text},gpt-5")).columns["started_at"]

    assert (cell.since_1970, cell.unit) == (True, Decimal(unit))


@pytest.mark.parametrize(
    ("given", "table"),
    [
        (sample("Invoice No,Date,Vendor,Description,Amount", "1,2026-10-01,OpenAI,Tokens,12.50"), "billed"),
        (sample("run,finished_at,resolved,revenue", "r1,2026-10-01,yes,5"), "outcomes"),
        (sample("day,currency,rate", "2026-10-01,EUR,1.1"), "fx"),
    ],
)
def test_the_table_is_the_one_that_the_columns_are_about(given: Sample, table: str) -> None:
    assert guess(given).table == table


def test_a_trial_shows_rows_totals_and_what_is_rejected() -> None:
    good = ["2026-10-01,gpt-5,1000,0.5"] * 5
    given = sample("at,model,input,cost", *good, "soon,gpt-5,1,1")

    found = attempt(given, mapping(guess(given), given))

    assert found.totals == {"uncached_input_tokens": 5000, "cost": Decimal("2.5")}
    assert [row["line"] for row in found.rows] == [2, 3, 4, 5, 6]
    assert found.rejects[0][0] == 7
    assert "started_at: soon" in found.rejects[0][1]


def test_a_file_that_nobody_knows_leaves_its_beginning(tmp_path: Path) -> None:
    found = read_one(tmp_path, "odd.csv", b"Created,LLM Model,Tokens in\n2026-10-01,gpt-5,5\n")

    assert found.answer.sample is not None
    given = given_sample(found.answer.sample)
    assert given.columns == ("Created", "LLM Model", "Tokens in")
    assert given.rows == ((2, "2026-10-01", "gpt-5", "5"),)


def test_of_json_keys_within_keys_are_columns_of_the_beginning(tmp_path: Path) -> None:
    line = b'{"made": "2026-10-01", "llm": {"model": "gpt-5", "tokens": {"in": 5}}}\n'

    found = read_one(tmp_path, "odd.jsonl", line)

    assert found.answer.sample is not None
    given = given_sample(found.answer.sample)
    assert set(given.columns) == {"made", "llm.model", "llm.tokens.in"}
    assert columns(guess(given))["model"] == "llm.model"


def test_words_of_a_name_are_parted() -> None:
    assert plain("usageInputTokens (k)") == "usage_input_tokens_k"
