"""Consumption that no run explains: what providers report by day and key, for editors, night jobs and experiments."""

import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from sample_data.company.demand import grown
from sample_data.company.work import Row, told_cost
from sample_data.company.workflows import OPUS
from sample_data.company.world import ACCOUNTS, IDE_ACCOUNT, MODELS, SEED

# API key of an editor's team: how many engineers used it at the start and at the end.
EDITORS = {"ide-platform": (16, 33), "ide-product": (12, 26)}
LAB_DAYS = (date(2026, 8, 3), date(2026, 10, 30))


def buckets(day: date) -> Iterator[Row]:
    """The day's buckets. No team stands in them: assignment rules place the keys and projects that they know."""
    chance = random.Random(f"{SEED} untraced {day}")
    works = 0.12 if day.weekday() >= 5 or (day.month, day.day) >= (12, 24) else 1.0
    for key, engineers in EDITORS.items():
        days_of_work = grown(engineers, day) * works * chance.uniform(0.65, 0.95)
        yield editor(day, key, days_of_work, chance)
    yield enrichment(day, chance)
    yield logs(day, chance)
    if LAB_DAYS[0] <= day <= LAB_DAYS[1] and works == 1 and chance.random() < 0.6:
        yield experiment(day, chance)


def bucket(day: date, record: str, model: str, account: str, requests: float, counts: Row) -> Row:
    """One row of a provider's daily report."""
    start = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - UTC, as all times here
    row = {
        "record_id": f"b-{record}-{day:%y%m%d}", "grain": "bucket", "started_at": start,
        "ended_at": start + timedelta(days=1), "provider": MODELS[model].provider,
        "model": model, "account": account, "requests": max(1, round(requests)), "environment": "production",
    } | {name: round(count) if isinstance(count, float) else count for name, count in counts.items()}  # fmt: skip
    return row | told_cost(row, model, day)


def editor(day: date, key: str, days_of_work: float, chance: random.Random) -> Row:
    """Engineers with an assistant in their editor: long conversations, nearly all of them read from the cache."""
    model = (
        next(name for first, name in reversed(OPUS[1:]) if first <= day) if day >= OPUS[1][0] else "claude-sonnet-4-5"
    )
    busy = days_of_work * chance.uniform(0.85, 1.2)
    return bucket(day, key, model, IDE_ACCOUNT, busy * 40, {
        "api_key": key, "project": "ide", "uncached_input_tokens": busy * 260_000,
        "cache_read_tokens": busy * 6_000_000, "cache_write_tokens": busy * 190_000, "output_tokens": busy * 52_000,
    })  # fmt: skip


def enrichment(day: date, chance: random.Random) -> Row:
    """The night job that describes the shop's catalogue, at the provider's batch price."""
    items = grown((420, 900), day) * chance.uniform(0.8, 1.2)
    return bucket(day, "catalogue", "gemini-2.5-flash-lite", ACCOUNTS["google"], items, {
        "api_key": "key-batch-google", "project": "catalogue", "service_tier": "batch", "cache_read_tokens": 0,
        "uncached_input_tokens": items * 88_000, "output_tokens": items * 12_000, "reasoning_tokens": items * 1_600,
    })  # fmt: skip


def logs(day: date, chance: random.Random) -> Row:
    """Summaries of machine logs on the company's own cluster."""
    requests = grown((240, 430), day) * chance.uniform(0.85, 1.15)
    return bucket(day, "logs", "llama-3.3-70b-instruct", "gpu-frankfurt-logs", requests, {
        "api_key": "key-logs", "project": "log-summaries", "uncached_input_tokens": requests * 92_000,
        "output_tokens": requests * 5_400,
    })  # fmt: skip


def experiment(day: date, chance: random.Random) -> Row:
    """Somebody's experiment on a key that no rule knows."""
    size = chance.uniform(0.4, 2.2)
    return bucket(day, "lab", "gpt-4.1", ACCOUNTS["openai"], size * 60, {
        "api_key": "key-7f3a", "project": "hack-days", "uncached_input_tokens": size * 3_900_000,
        "cache_read_tokens": size * 400_000, "output_tokens": size * 260_000, "reasoning_tokens": 0,
    })  # fmt: skip
