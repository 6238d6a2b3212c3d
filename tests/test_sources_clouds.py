"""Bills of clouds, and usage reports of seats and developer tools: what each gets wrong when it is read naively."""

import csv
import io
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from ingest.options import ReadOptions
from tests.reading import Reading, read_one

ROOT = Path(__file__).parent.parent
FORMATS = ROOT / "sample_data" / "formats"


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Reading]:
    def reading(data: bytes, name: str = "export", **options: str) -> Reading:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        folder.mkdir()
        return read_one(folder, name, data, ReadOptions(**options))

    return reading


def written(*rows: dict[str, str]) -> bytes:
    """CSV with every column that a row names."""
    out = io.StringIO()
    names = list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.DictWriter(out, names, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


FOCUS = {
    "BilledCost": "1",
    "BillingAccountId": "0007",
    "BillingCurrency": "USD",
    "BillingPeriodStart": "2026-10-01T00:00:00Z",
    "BillingPeriodEnd": "2026-11-01T00:00:00Z",
    "ChargeCategory": "Usage",
    "ChargePeriodStart": "2026-10-05T00:00:00Z",
    "ChargePeriodEnd": "2026-10-06T00:00:00Z",
    "EffectiveCost": "1",
    "ListCost": "1",
    "ServiceCategory": "AI and Machine Learning",
    "ServiceName": "Models",
}


@pytest.mark.parametrize(
    ("version", "more"),
    [
        ("1.0", {"ProviderName": "Microsoft", "PublisherName": "Microsoft"}),
        ("1.2", {"ProviderName": "Microsoft", "InvoiceId": "i", "PricingCurrency": "USD"}),
        ("1.3", {"ProviderName": "old name", "ServiceProviderName": "Microsoft", "HostProviderName": "Microsoft"}),
        ("1.4", {"ServiceProviderName": "Microsoft", "InvoiceIssuerName": "Reseller", "InvoiceDetailId": "d"}),
    ],
)
def test_every_version_of_focus_says_who_bills(
    version: str, more: dict[str, str], read: Callable[..., Reading]
) -> None:
    found = read(written(FOCUS | more))

    assert found.answer.source == "focus"
    assert found.column("billed", "provider") == ["azure"]
    assert found.column("billed", "account") == ["0007"]


def test_focus_as_parquet_gives_the_rows_of_the_csv(tmp_path: Path, read: Callable[..., Reading]) -> None:
    given = FOCUS | {"ServiceProviderName": "AWS", "ConsumedQuantity": "1500", "ConsumedUnit": "Tokens"}
    types = {"BilledCost": "double", "EffectiveCost": "double", "ListCost": "double", "ConsumedQuantity": "double"}
    types |= {name: "timestamp" for name in given if name.endswith(("Start", "End"))}
    columns = ", ".join(f"cast('{text}' as {types.get(name, 'varchar')}) as {name}" for name, text in given.items())
    file = tmp_path / "focus.parquet"
    with duckdb.connect() as con:
        con.execute(
            f"copy (select {columns}, map {{'team': 'search'}} as Tags, cast(null as varchar) as InvoiceId) to '{file}'"
        )

    found = read(file.read_bytes())
    plain = read(written(given | {"Tags": '{"team":"search"}'}))

    assert found.rejects == {}
    assert found.rows("billed", "* exclude (line)") == plain.rows("billed", "* exclude (line)")


def test_focus_with_null_as_a_word_and_times_without_a_zone_is_read(read: Callable[..., Reading]) -> None:
    more = {
        "ProviderName": "NULL", "ServiceProviderName": "Example", "ListCost": "NULL", "SkuPriceDetails": "NULL",
        "ChargePeriodStart": "2026-10-05 00:00:00", "ChargePeriodEnd": "2026-10-06 00:00:00",
    }  # fmt: skip

    (row,) = read(written(FOCUS | more)).rows("billed")

    assert (row["provider"], row["list_cost"], str(row["charged_to"])) == ("Example", None, "2026-10-05")


def test_a_token_meter_of_azure_in_focus_is_counted_in_blocks(read: Callable[..., Reading]) -> None:
    meter = FOCUS | {
        "ProviderName": "Microsoft", "x_SkuMeterName": "gpt 4.1 Inp glbl Tokens", "x_PricingBlockSize": "1000",
        "ConsumedQuantity": "500000", "ConsumedUnit": "Units", "PricingUnit": "1000 Units",
    }  # fmt: skip
    blocks = meter | {"PricingQuantity": "500"}
    tokens = meter | {"PricingQuantity": "500000"}
    neither = meter | {"PricingQuantity": "0.5", "EffectiveCost": "9"}

    found = read(written(blocks, tokens, neither))

    assert found.column("billed", "quantity") == [500000, 500000, 500000]
    assert found.column("billed", "unit") == ["tokens", "tokens", "Units"]


def test_totals_of_litellm_written_as_focus_are_no_bill(read: Callable[..., Reading]) -> None:
    found = read(written(FOCUS | {"BillingAccountType": "API Key", "ProviderName": "anthropic"}))

    assert found.answer.tables == {}
    assert list(found.skips.values()) == ["a total of LiteLLM's own, not a bill"]


def test_a_charge_of_an_unknown_category_or_day_is_rejected_and_shown(read: Callable[..., Reading]) -> None:
    found = read(written(
        FOCUS | {"ProviderName": "x", "ChargeCategory": "Gift"},
        FOCUS | {"ProviderName": "x", "ChargePeriodStart": "?"},
        FOCUS, FOCUS | {"ProviderName": "x", "BilledCost": ""}
    ))  # fmt: skip

    assert [why.split(":")[0] for why in found.rejects.values()] == [
        "charge_category", "charged_from", "provider is blank", "billed_cost is blank",
    ]  # fmt: skip


def test_money_of_focus_is_exact(read: Callable[..., Reading]) -> None:
    found = read(written(FOCUS | {"ProviderName": "x", "BilledCost": "0.100000000001", "EffectiveCost": "1E-12"}))

    assert [Decimal("0.100000000001")] == found.column("billed", "billed_cost")
    assert [Decimal("0.000000000001")] == found.column("billed", "effective_cost")
