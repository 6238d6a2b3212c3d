"""Money: invoices of what was metered, the other AI costs, prepaid units, own servers, and rates of exchange."""

import calendar
import random
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal

from sample_data.company.demand import grown
from sample_data.company.work import Row, list_cost
from sample_data.company.world import ACCOUNTS, FIRST, IDE_ACCOUNT, LAB_ACCOUNT, LAST, PROVISIONED, SEED

IN_EUR = {"google", "mistral"}
PREFIX = {"anthropic": "ANT", "openai": "OAI", "google": "GCP", "mistral": "MIS"}
NOT_YET = date(2026, 11, 1)  # from here on no invoice has come
DISCOUNTED = ("gpt-5-mini", date(2026, 4, 1), Decimal("0.10"))
UNITS, UNIT_RATE = 2, Decimal("5.60")

# What a provider bills of its list price, by account, from a day on.
CONTRACTED = {
    ACCOUNTS["anthropic"]: ((FIRST, 1.0), (date(2026, 1, 1), 0.94)),
    IDE_ACCOUNT: ((FIRST, 1.0), (date(2026, 4, 1), 0.88)),
}

# Component, id, what for, who charges, currency, monthly amount at the start and at the end, and where it goes.
MONTHLY: tuple[tuple[str, str, str, str, str, tuple[float, float], Row], ...] = (
    ("retrieval", "vectors", "Vector database", "Qdrant Cloud", "EUR", (620, 1050), {"split_by": "runs"}),
    ("observability", "traces", "Tracing and logs", "Grafana Cloud", "USD", (880, 1620), {"split_by": "runs"}),
    ("evaluation", "evals", "Evaluation platform", "Braintrust", "USD", (420, 640), {"split_by": "runs"}),
    ("infrastructure", "runtime", "Agent runtime", "Hetzner", "EUR", (1450, 2600), {"split_by": "runs"}),
    ("infrastructure", "gateway", "AI gateway", "AWS", "USD", (480, 760), {"split_by": "cost"}),
    ("tool", "keywords", "Keyword data", "Ahrefs", "USD", (249, 249),
     {"workflow": "SEO articles", "team": "Marketing"}),
    ("tool", "fares", "Fare search", "Duffel", "USD", (300, 620), {"workflow": "Trip planner", "team": "Travel"}),
    ("human_review", "sampling", "Answer sampling", "Qualita GmbH", "EUR", (450, 780),
     {"workflow": "Ticket resolution", "team": "Support"}),
    ("inference", "images", "Image generation", "Adobe", "USD", (140, 260),
     {"workflow": "Campaign copy", "team": "Marketing", "product": "Campaigns"}),
    ("other", "seats-platform", "Coding assistant seats", "GitHub", "USD", (760, 1330),
     {"team": "Platform engineering"}),
    ("other", "seats-product", "Coding assistant seats", "GitHub", "USD", (570, 1020),
     {"team": "Product engineering"}),
    ("other", "seats-chat", "Chat assistant seats", "OpenAI", "USD", (2600, 5200), {}),
)  # fmt: skip


def months() -> Iterator[tuple[date, date]]:
    """The first and the last day of each month; the running one ends today."""
    day = FIRST
    while day <= LAST:
        last = day.replace(day=calendar.monthrange(day.year, day.month)[1])
        yield day, min(last, LAST)
        day = last + timedelta(days=1)


def rates() -> Iterator[Row]:
    """The rate of each Monday, and of the first day: a slow walk."""
    chance, rate = random.Random(f"{SEED} fx"), 1.158
    for number in range((LAST - FIRST).days + 1):
        day = FIRST + timedelta(days=number)
        if day == FIRST or day.weekday() == 0:
            rate = min(1.205, max(1.12, rate + chance.gauss(0.0003, 0.006)))
            yield {"day": day, "currency": "EUR", "rate": Decimal(f"{rate:.4f}")}


def metered(usage: Iterable[Row]) -> dict[tuple[str, str, date, str], float]:
    """What each provider, account, month and model comes to: what the rows state, else USD at list price."""
    sums: dict[tuple[str, str, date, str], float] = defaultdict(float)
    for row in usage:
        if row["provider"] not in PREFIX or (row.get("service_tier") == "provisioned"):
            continue
        day = row["started_at"].date()
        cost = float(row["cost"]) if row.get("cost") is not None else list_cost(row, row["model"], day)
        if row["model"] == DISCOUNTED[0] and day >= DISCOUNTED[1]:
            cost *= 1 - float(DISCOUNTED[2])
        sums[row["provider"], row["account"], day.replace(day=1), row["model"]] += cost
    return sums


def billed(usage: Iterable[Row]) -> Iterator[Row]:
    """One invoice per provider, account and month, a line per model, and what else stands on them."""
    to_usd = {row["day"]: float(row["rate"]) for row in rates()}
    for (provider, account, month, model), cost in sorted(metered(usage).items()):
        if month >= NOT_YET or cost == 0:
            continue
        rate = 1.0
        if provider == "google":  # its prices are in USD, its invoices in EUR
            days = [value for day, value in to_usd.items() if day.replace(day=1) == month]
            rate = sum(days) / len(days)
        amount = cost / rate * share(account, month)
        row = line(provider, account, month, model.replace(" ", "-"), f"{model} usage", amount)
        yield row | {"model": model, "list_cost": money(cost / rate)}
    yield from other_lines()


def share(account: str, month: date) -> float:
    """What is billed of the list price."""
    return next((part for first, part in reversed(CONTRACTED.get(account, ())) if first <= month), 1.0)


def other_lines() -> Iterator[Row]:
    """Provisioned units, a credit, a tax, and an invoice of an account that writes no logs."""
    for month, last in months():
        if PROVISIONED <= month < NOT_YET:
            amount = float(UNIT_RATE) * UNITS * last.day / 1.16
            yield line("google", ACCOUNTS["google"], month, "provisioned", "Provisioned throughput", amount)
    openai = ACCOUNTS["openai"]
    credit = line("openai", openai, date(2026, 2, 1), "credit", "Service credit for the outage of 12 February", -180)
    yield credit | {"charge_category": "credit"}
    tax = line("openai", openai, date(2026, 7, 1), "tax", "Sales tax", 96.4)
    yield tax | {"charge_category": "tax"}
    yield line("openai", LAB_ACCOUNT, date(2026, 9, 1), "lab", "Model usage and fine-tuning", 2960.35)


def line(provider: str, account: str, month: date, name: str, text: str, amount: float) -> Row:
    """One line of an invoice."""
    invoice = f"{PREFIX[provider]}-{account.split('-')[-1]}-{month:%Y-%m}"
    last = month.replace(day=calendar.monthrange(month.year, month.month)[1])
    return {
        "billed_id": f"{invoice}-{name}", "invoice_id": invoice, "charged_from": month, "charged_to": last,
        "provider": provider, "account": account, "model": None, "line_item": text, "billed_cost": money(amount),
        "list_cost": None, "currency": "EUR" if provider in IN_EUR else "USD", "charge_category": "usage",
    }  # fmt: skip


def money(amount: float) -> Decimal:
    """An amount in cents."""
    return Decimal(f"{amount:.2f}")


def charges() -> Iterator[Row]:
    """The monthly costs that are no model calls. Of the running month, what has come so far."""
    for first, last in months():
        part = last.day / calendar.monthrange(first.year, first.month)[1]
        for component, name, text, vendor, currency, between, where in MONTHLY:
            row = {"charge_id": f"{name}-{first:%Y-%m}", "charged_from": first, "charged_to": last}
            row |= {"component": component, "amount": money(grown(between, first) * part), "currency": currency}
            yield row | {"vendor": vendor, "description": text} | where
    training = {"charge_id": "training-2026", "charged_from": date(2026, 2, 3), "charged_to": date(2026, 2, 5)}
    training |= {"component": "other", "amount": money(3600), "currency": "EUR", "vendor": "Praxis Akademie"}
    yield training | {"description": "Prompt and review training", "team": "Marketing"}


def capacity() -> Iterator[Row]:
    """The own cluster, month by month."""
    for first, last in months():
        hours = last.day * 24
        begin = datetime(first.year, first.month, first.day)  # noqa: DTZ001 - UTC, as all times here
        yield {
            "capacity_id": f"gpu-{first:%Y-%m}", "started_at": begin, "ended_at": begin + timedelta(hours=hours),
            "provider": "larkfield-gpu", "model": "llama-3.3-70b-instruct", "cluster": "frankfurt", "gpus": 2,
            "gpu_hours": hours * 2, "watts": 1250, "amount": money(hours * 2 * 0.92), "currency": "EUR", "team": "IT",
        }  # fmt: skip


def commitments() -> Iterator[Row]:
    """The provisioned throughput of the trip planner, bought for one year; it serves customers of every region."""
    yield {
        "commitment_id": "gcp-throughput-1", "valid_from": PROVISIONED, "valid_to": date(2027, 2, 28),
        "provider": "google", "account": ACCOUNTS["google"], "model": "gemini-2.5-flash", "region": None,
        "unit": "PTU-day", "units": UNITS, "unit_rate": UNIT_RATE, "currency": "USD", "prepaid": False,
    }  # fmt: skip
