"""Bills of clouds, and usage reports of seats and developer tools: what each gets wrong when it is read naively."""

import csv
import io
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

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


def test_tax_counts_where_an_account_uses_nothing_but_ai(read: Callable[..., Reading]) -> None:
    given = FOCUS | {"ProviderName": "Models Inc"}
    tax = given | {"ChargeCategory": "Tax", "ServiceCategory": "Other", "BilledCost": "0.2", "EffectiveCost": "0.2"}

    alone = read(written(given, tax))
    mixed = read(written(given, tax, given | {"ServiceCategory": "Storage", "ServiceName": "Files"}))

    assert alone.column("billed", "charge_category") == ["usage", "tax"]
    assert mixed.skips == {3: "not about AI", 4: "not about AI"}


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


CUR = {
    "bill/BillingPeriodStartDate": "2026-10-01T00:00:00Z",
    "lineItem/UsageStartDate": "2026-10-05T23:00:00Z",
    "lineItem/UsageEndDate": "2026-10-06T00:00:00Z",
    "lineItem/UsageAccountId": "000033334444",
    "lineItem/LineItemType": "Usage",
    "lineItem/ProductCode": "AmazonBedrock",
    "lineItem/UsageType": "USE1-Claude4.6Sonnet-output-tokens-cross-region-global",
    "lineItem/UsageAmount": "10",
    "lineItem/UnblendedCost": "0.15",
    "lineItem/CurrencyCode": "USD",
    "pricing/unit": "1K tokens",
}


def test_a_legacy_report_is_read_like_the_new_one(read: Callable[..., Reading]) -> None:
    found = read(written(CUR | {"resourceTags/user:Team": "search"}))

    (row,) = found.rows("billed")
    assert found.answer.source == "aws_cur"
    assert found.answer.unknown_columns == ("resourceTags/user:Team",)
    assert (row["quantity"], row["model"]) == (10000, "anthropic.claude-sonnet-4-6-v1:0")
    assert (str(row["charged_from"]), str(row["charged_to"])) == ("2026-10-05", "2026-10-05")
    assert row["tags"]["token_class"] == "output"


@pytest.mark.parametrize(
    ("usage_type", "name"),
    [
        ("USW2-Claude4.5Sonnet-input-tokens", "uncached_input"),
        ("USE1-Nova2.0Lite-input-tokens-flex", "uncached_input"),
        ("USE1-openai.gpt-oss-120b-mantle-output-tokens-standard", "output"),
        ("USW2-Claude4.5Sonnet-cache-read-input-token-count", "cache_read"),
        ("USW2-Claude4.5Sonnet-cache-write-input-token-count", "cache_write"),
        ("USE1-MP:USE1_InputTokenCount-Units", "uncached_input"),
        ("USE1-MP:USE1_CacheWrite1hInputTokenCount-Units", "cache_write"),
        ("USE1_cache_write_tokens_1h_global_standard-Units", "cache_write"),
        ("USE1_cache_read_tokens_global_standard-Units", "cache_read"),
        ("USE1-MP:USE1_OutputTokenCount_Global_Batch-Units", "output"),
    ],
)
def test_a_usage_type_of_bedrock_names_one_token_class(
    usage_type: str, name: str, read: Callable[..., Reading]
) -> None:
    (row,) = read(written(CUR | {"lineItem/UsageType": usage_type})).rows("billed")

    assert row["tags"]["token_class"] == name


def test_a_discount_of_aws_counts_by_itself_where_nothing_is_net(read: Callable[..., Reading]) -> None:
    discount = CUR | {"lineItem/LineItemType": "EdpDiscount", "lineItem/UnblendedCost": "-0.015", "pricing/unit": ""}

    found = read(written(CUR, discount))

    assert [Decimal("0.15"), Decimal("-0.015")] == found.column("billed", "billed_cost")
    assert found.column("billed", "charge_category") == ["usage", "adjustment"]


def test_a_refund_of_an_earlier_month_replaces_nothing_of_that_month(read: Callable[..., Reading]) -> None:
    refund = CUR | {
        "lineItem/LineItemType": "Refund", "lineItem/UnblendedCost": "-1", "pricing/unit": "",
        "lineItem/UsageStartDate": "2026-09-02T00:00:00Z", "lineItem/UsageEndDate": "2026-09-03T00:00:00Z",
    }  # fmt: skip

    found = read(written(CUR, refund))

    assert found.column("billed", "charge_category") == ["usage", "adjustment"]
    assert str(found.answer.period_start) == "2026-10-05"


def gcp(**more: Any) -> dict[str, Any]:
    record = json.loads((FORMATS / "gcp_billing.jsonl").read_text(encoding="utf-8").splitlines()[0])
    return record | more


def lines(*records: dict[str, Any]) -> bytes:
    return "\n".join(json.dumps(record) for record in records).encode()


@pytest.mark.parametrize(
    ("sku", "model", "name"),
    [
        ("Generate content output token count gemini 2.5 flash short input text", "gemini-2.5-flash", "output"),
        ("Generate_content text cached input token count for gemini 3 pro short", "gemini-3-pro", "cache_read"),
        ("GenerateContent text output token count for Gemini 2.0 Flash", "gemini-2.0-flash", "output"),
        ("EmbedContent input token count for gemini-embedding-001", "gemini-embedding-001", "uncached_input"),
        ("Gemini 2.5 Flash Thinking Text Output - Predictions", "gemini-2.5-flash", "output"),
        ("Gemini 3 Flash Text Input Caching - Predictions", "gemini-3-flash", "cache_read"),
        ("Cached content storage token hours gemini 2.5 pro", "gemini-2.5-pro", None),
        ("Claude Sonnet 4.5 Output Tokens", "claude-sonnet-4-5", "output"),
        ("Grounding with Google Search", None, None),
    ],
)
def test_a_sku_of_google_names_model_and_class(
    sku: str, model: str | None, name: str | None, read: Callable[..., Reading]
) -> None:
    (row,) = read(lines(gcp(sku={"id": "s", "description": sku}))).rows("billed")

    assert row["model"] == model
    assert row["tags"].get("token_class") == name
    assert row["unit"] == ("tokens" if name else "count")


def test_a_bigquery_row_that_was_appended_later_is_another_one(read: Callable[..., Reading]) -> None:
    first = read(lines(gcp(), gcp()))
    later = read(lines(gcp(), gcp(), gcp(export_time="2026-10-09 04:00:00 UTC")))

    assert set(first.column("billed", "row_key")) < set(later.column("billed", "row_key"))
    assert later.answer.tables == {"billed": 3}


def test_the_billing_export_as_parquet_gives_the_rows_of_the_json_lines(
    tmp_path: Path, read: Callable[..., Reading]
) -> None:
    file = tmp_path / "export.parquet"
    with duckdb.connect() as con:
        con.execute(f"copy (from read_json('{FORMATS / 'gcp_billing.jsonl'}')) to '{file}'")
    shown = "* exclude (line, row_key, content_key, tags), map_extract(tags, 'labels') as labels"

    found = read(file.read_bytes())
    plain = read((FORMATS / "gcp_billing.jsonl").read_bytes())

    assert found.answer.source == "gcp_billing"
    assert found.rows("billed", shown) == plain.rows("billed", shown)
    assert found.answer.rows_skipped == plain.answer.rows_skipped


def test_a_credit_that_is_no_number_rejects_its_row(read: Callable[..., Reading]) -> None:
    found = read(lines(gcp(), gcp(credits=[{"amount": -0.1}, {"amount": "much"}]), gcp(cost="?")))

    assert list(found.rejects) == [2, 3]
    assert "billed_cost: 0.6 with credits -0.1, much" in found.rejects[2]


AZURE = {
    "Date": "11/6/2026",
    "SubscriptionId": "0000-sub",
    "MeterCategory": "Foundry Models",
    "MeterName": "gpt 4.1 Inp glbl Tokens",
    "UnitOfMeasure": "1K",
    "Quantity": "1000",
    "CostInBillingCurrency": "2",
    "BillingCurrencyCode": "USD",
    "ConsumedService": "Microsoft.CognitiveServices",
    "ChargeType": "Usage",
}


@pytest.mark.parametrize(
    ("meter", "model", "name"),
    [
        ("gpt-4o-0806-Inp-glbl Tokens", "gpt-4o", "uncached_input"),
        ("gpt-4o-mini-0718-Outp-regnl Tokens", "gpt-4o-mini", "output"),
        ("gpt 4o 1120 cached Inp glbl Tokens", "gpt-4o", "cache_read"),
        ("gpt 4o 1120 Batch Outp glbl Tokens", "gpt-4o", "output"),
        ("GPT 5 outpt Glbl 1M Tokens", "gpt-5", "output"),
        ("5.2 chat 0210 cd inp Gl 1M Tokens", "gpt-5.2-chat", "cache_read"),
        ("5.4 opt Dz 1M Tokens", "gpt-5.4", "output"),
        ("5.6 terra ShortCo Cd Inp PP Gl 1M Tokens", "gpt-5.6-terra", "cache_read"),
        ("o1 1217 Outp Data Zone Tokens", "o1", "output"),
        ("gpt-5-codex-ccchd-inp-glbl", "gpt-5-codex", "cache_read"),
        ("gpt-4o-rt-aud-1217 cchd Inp glbl Tokens", "gpt-4o-rt-aud", "cache_read"),
        ("text-embedding-3-large-regional Tokens", "text-embedding-3-large", None),
    ],
)
def test_a_meter_of_azure_names_model_and_class(
    meter: str, model: str, name: str | None, read: Callable[..., Reading]
) -> None:
    (row,) = read(written(AZURE | {"MeterName": meter})).rows("billed")

    assert row["model"] == model
    assert (row["tags"] or {}).get("token_class") == name
    assert (row["quantity"], row["unit"]) == (1_000_000, "tokens")


@pytest.mark.parametrize(
    "meter",
    [
        "Provisioned Managed Data Zone Unit", "Azure OpenAI Code-Interpreter-global Session",
        "Image-Dall-E-3 Std LowRes-regnl EP Images", "Sora 2 dzone Second", "gpt-4o-mini-0718-FT-Hstng-glbl Unit",
    ],
)  # fmt: skip
def test_a_meter_of_other_things_keeps_its_own_unit(meter: str, read: Callable[..., Reading]) -> None:
    (row,) = read(written(AZURE | {"MeterName": meter})).rows("billed")

    assert (row["quantity"], row["unit"], row["model"]) == (1000, "1K", None)


def test_dates_of_azure_are_american_unless_the_file_shows_otherwise(read: Callable[..., Reading]) -> None:
    american = read(written(AZURE, AZURE | {"Date": "11/13/2026"}))
    other = read(written(AZURE, AZURE | {"Date": "13/11/2026"}))
    said = read(written(AZURE), dates="dmy")
    iso = read(written(AZURE | {"Date": "2026-11-06"}))

    assert [str(day) for day in american.column("billed", "charged_from")] == ["2026-11-06", "2026-11-13"]
    assert [str(day) for day in other.column("billed", "charged_from")] == ["2026-06-11", "2026-11-13"]
    assert [str(day) for day in said.column("billed", "charged_from")] == ["2026-06-11"]
    assert [str(day) for day in iso.column("billed", "charged_from")] == ["2026-11-06"]


def test_an_export_of_a_customer_agreement_spells_its_header_otherwise(read: Callable[..., Reading]) -> None:
    given = {name[0].lower() + name[1:]: text for name, text in AZURE.items() if name != "BillingCurrencyCode"}

    (row,) = read(written(given | {"billingCurrency": "EUR", "invoiceId": "G1"})).rows("billed")

    assert (row["currency"], row["invoice_id"], row["quantity"]) == ("EUR", "G1", 1_000_000)


def test_the_price_band_is_not_asked_of_other_money(read: Callable[..., Reading]) -> None:
    given = AZURE | {"BillingCurrencyCode": "JPY", "CostInBillingCurrency": "300"}

    assert read(written(given)).column("billed", "quantity") == [1_000_000]


def test_a_line_of_azure_without_a_day_is_rejected(read: Callable[..., Reading]) -> None:
    assert "charged_from" in read(written(AZURE, AZURE | {"Date": "soon"})).rejects[3]


def table(symbol: str, **more: str) -> bytes:
    return written({
        "Date": "2026-10-05", "Service description": "Gemini API", "SKU description": "gemini 2.5 pro text output",
        f"Cost ({symbol})": "2.00", f"Savings programs ({symbol})": "-1.50", f"Unrounded subtotal ({symbol})": "0.5",
        f"Subtotal ({symbol})": "0.50", "Percent change in subtotal compared to previous period": "3%",
    } | more)  # fmt: skip


@pytest.mark.parametrize(("symbol", "code"), [("$", "USD"), ("€", "EUR"), ("£", "GBP"), ("CA$", "CAD"), ("CHF", "CHF")])
def test_the_currency_of_a_cost_table_stands_in_its_header(
    symbol: str, code: str, read: Callable[..., Reading]
) -> None:
    (row,) = read(table(symbol)).rows("billed")

    assert (row["billed_cost"], row["list_cost"], row["currency"]) == (Decimal("0.5"), 2, code)


def test_a_cost_table_without_days_or_in_unknown_money_is_refused(read: Callable[..., Reading]) -> None:
    dated = table("$").decode().replace("Date", "Month")

    assert "lacks Date" in read(dated.encode()).error
    assert "lacks Unrounded subtotal" in read(table("zł")).error


CURSOR = {
    "Date": "2026-10-05T08:00:00.100Z",
    "Model": "gpt-5",
    "Input (w/ Cache Write)": "1",
    "Input (w/o Cache Write)": "2",
    "Cache Read": "3",
    "Output Tokens": "4",
    "Total Tokens": "10",
}


@pytest.mark.parametrize(
    ("more", "cost", "billed"),
    [
        ({"Cost": "0.49", "Cost to you": "0"}, "0.49", ["0"]),
        ({"Cost": "0.49", "Cost to you": "$0.10"}, "0.49", ["0.10"]),
        ({"Kind": "Included", "Cost": "Included"}, None, ["0"]),
        ({"Kind": "Included", "Cost": "$0.32"}, "0.32", ["0"]),
        ({"Kind": "On-Demand", "Cost": "$0.32"}, "0.32", ["0.32"]),
        ({"Kind": "Usage-based", "Cost": "0.32"}, "0.32", ["0.32"]),
        ({"Kind": "On-Demand", "Cost": "-"}, None, []),
        ({"Kind": "Free", "Cost": "Free"}, None, ["0"]),
        ({"Kind": "Errored, No Charge", "Cost": "-"}, None, ["0"]),
        ({"Cost": "Promotional"}, None, ["0"]),
        ({"Cloud Agent ID": "a", "Automation ID": "b", "Kind": "On-Demand", "Cost": ""}, None, []),
        ({"User": "u", "Kind": "Included", "Requests": "2"}, None, ["0"]),
    ],
)
def test_what_a_call_of_cursor_is_worth_and_what_is_billed_for_it(
    more: dict[str, str], cost: str | None, billed: list[str], read: Callable[..., Reading]
) -> None:
    found = read(written(CURSOR | more))

    assert found.answer.source == "cursor_usage"
    assert found.column("usage", "cost") == [None if cost is None else Decimal(cost)]
    assert [row["billed_cost"] for row in found.rows("billed")] == [Decimal(amount) for amount in billed]
    (row,) = found.rows("usage")
    assert (row["cache_write_tokens"], row["uncached_input_tokens"]) == (1, 2)


def test_requests_of_cursor_that_are_parts_of_one_are_kept_as_a_tag(read: Callable[..., Reading]) -> None:
    found = read(written(CURSOR | {"Kind": "Included", "Requests": "1.6"}, CURSOR | {"Requests": "2"}))

    assert found.column("usage", "requests") == [None, 2]
    assert found.rows("usage")[0]["tags"]["requests"] == "1.6"


def test_a_list_of_cursor_without_days_is_refused_and_a_bad_amount_rejected(read: Callable[..., Reading]) -> None:
    summed = {name: text for name, text in CURSOR.items() if name != "Date"}

    assert "lacks Date" in read(written(summed)).error
    assert "cost: 1x2" in read(written(CURSOR, CURSOR | {"Cost": "1x2"})).rejects[3]


GITHUB = {
    "date": "2026-10-05",
    "username": "dev-1",
    "product": "copilot",
    "sku": "copilot_premium_request",
    "model": "Claude Sonnet 4.6",
    "quantity": "1.25",
    "unit_type": "requests",
    "applied_cost_per_quantity": "0.04",
    "gross_amount": "0.05",
    "discount_amount": "0.05",
    "net_amount": "0",
    "exceeds_quota": "False",
    "total_monthly_quota": "300",
    "organization": "shop",
    "cost_center_name": "",
}


def test_a_report_of_premium_requests_has_money_and_no_tokens(read: Callable[..., Reading]) -> None:
    found = read(written(GITHUB))

    (row,) = found.rows("usage")
    assert (row["cost"], row["output_tokens"], row["requests"]) == (Decimal("0.05"), None, None)
    assert found.column("billed", "billed_cost") == [0]
    assert found.column("billed", "unit") == ["requests"]


def test_a_report_that_a_spreadsheet_saved_is_read_month_first(read: Callable[..., Reading]) -> None:
    found = read(b"\xef\xbb\xbf" + written(GITHUB | {"date": "3/4/26"}).replace(b"\n", b"\r\n"))

    assert [str(day) for day in found.column("billed", "charged_from")] == ["2026-03-04"]
    assert [str(day) for day in found.column("usage", "started_at")] == ["2026-03-04 00:00:00"]


@pytest.mark.parametrize(
    "name", ["focus", "aws_cur", "azure_cost", "gcp_cost_table", "cursor_usage", "github_ai_usage"]
)
def test_a_line_that_is_cut_short_is_rejected_and_counted(name: str, read: Callable[..., Reading]) -> None:
    whole = (FORMATS / f"{name}.csv").read_text(encoding="utf-8").splitlines()
    cut = whole[1].rpartition(",")[0]

    found = read("\n".join([*whole, cut]).encode())
    plain = read("\n".join(whole).encode())

    assert found.answer.rows_read == plain.answer.rows_read + 1
    assert list(found.rejects) == [len(whole) + 1]
    assert "this line has more or fewer" in found.rejects[len(whole) + 1]
    assert found.answer.tables == plain.answer.tables
