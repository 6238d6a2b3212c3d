"""Demand: how many runs of a workflow start on a day, when, by whom, and under which story."""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sample_data.company.world import FIRST, FREE, LAST, PAID, PRICE_CUT, REGIONS, SEED, Work

DAYS = (LAST - FIRST).days
CUSTOMERS = [name for name, *_ in PAID]
FEES = [fee for _, _, fee, _ in PAID]
ENVIRONMENTS = {"production": 0.965, "staging": 0.025, "test": 0.01}


@dataclass(frozen=True)
class Start:
    """One run that begins: who wants it, where, and from which source of chance it goes on."""

    run_id: str
    at: datetime
    user_id: str
    session_id: str
    customer: str | None
    segment: str | None
    region: str
    environment: str
    intent: str
    feature: str
    chance: random.Random

    @property
    def day(self) -> date:
        """The day on which it begins."""
        return self.at.date()


def days(first: date = FIRST, last: date = LAST) -> Iterator[date]:
    """All days from the first to the last."""
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)


def grown(between: tuple[float, float], day: date) -> float:
    """A figure that moves evenly from its first value to its last over the whole period."""
    return between[0] + (between[1] - between[0]) * (day - FIRST).days / DAYS


def expected(work: Work, day: date) -> float:
    """How many runs to expect: growth, weekend, holidays, the season, and the opening after the price cut."""
    runs = grown(work.per_day, day)
    if day.weekday() >= 5:
        runs *= work.weekend
    if (day.month, day.day) >= (12, 24) or (day.month, day.day) == (1, 1):
        runs *= 0.35 if not work.serves_customers else 0.7
    if work.use_case == "travel":
        runs *= 1 + 0.25 * math.sin((day.timetuple().tm_yday - 100) / 365 * 2 * math.pi)
    if work.use_case == "commerce":
        runs *= 1.6 if day.month == 12 and day.day < 22 else 1.0
        runs *= 1 + 2.0 * min(1.0, max(0, (day - PRICE_CUT).days) / 21)
    return runs


def starts(work: Work, day: date) -> Iterator[Start]:
    """The runs of one workflow that begin on one day, by time. Any day comes out the same, whatever else is made."""
    chance = random.Random(f"{SEED} {work.code} {day}")
    mean = expected(work, day)
    count = max(0, round(chance.gauss(mean, math.sqrt(mean) * 0.8)))
    spread = (12.5, 4.2) if work.serves_customers else (12.0, 2.4)
    hours = sorted(min(23.98, max(0.0, chance.gauss(*spread))) for _ in range(count))
    session, left = "", 0
    for number, hour in enumerate(hours, start=1):
        at = datetime(day.year, day.month, day.day) + timedelta(seconds=round(hour * 3600))  # noqa: DTZ001 - UTC
        run_id = f"{work.code}-{day:%y%m%d}-{number:03d}"
        customer, segment, user = who(work, chance)
        if left == 0:
            session, left = f"s-{run_id}", chance.choice((1, 1, 2))
        left -= 1
        yield Start(
            run_id, at, user, session, customer, segment,
            one_of(REGIONS, chance), one_of(ENVIRONMENTS, chance), chance.choice(work.intents),
            chance.choice(work.features), random.Random(f"{SEED} {run_id}"),
        )  # fmt: skip


def who(work: Work, chance: random.Random) -> tuple[str | None, str | None, str]:
    """The customer, the segment and the user of a run. Large customers come more often; staff have no customer."""
    person = int(chance.random() ** 1.8 * 40) + 1
    if not work.serves_customers:
        return None, None, f"{work.code}-user-{person:02d}"
    if chance.random() < work.free:
        customer = chance.choice(FREE)
        return customer, "free", f"{customer.split()[0].lower()}-{person:02d}"
    customer = chance.choices(CUSTOMERS, FEES)[0]
    return customer, "paid", f"{customer.split()[0].lower()}-{person:02d}"


def one_of(shares: dict[str, float], chance: random.Random) -> str:
    """One of the names, each with its share."""
    return chance.choices(list(shares), list(shares.values()))[0]
