"""Makes the sample of this folder: four teams' AI work from 1 August to 31 October 2026, small enough to read.

python tests/small_company/make.py writes the CSV files beside it, always the same ones. Nothing in them is real.
What they show: support's trusted resolutions rise over the months although each interaction gets dearer; one provider
invoices below list, one a little more than was traced, one not yet for October; a charge in another currency.
"""

import csv
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
SEED = 20261031
FIRST, LAST = date(2026, 8, 1), date(2026, 10, 31)
Row = dict[str, Any]

# List prices per 1M tokens: uncached input, cache read, output. They only size the invoices.
PRICES = {
    "gpt-5": ("1.25", "0.125", "10"),
    "gpt-5-mini": ("0.25", "0.025", "2"),
    "claude-sonnet-4-5": ("3", "0.3", "15"),
    "claude-haiku-4-5": ("1", "0.1", "5"),
    "gemini-2.5-flash": ("0.3", "0.03", "2.5"),
}
PROVIDERS = {"gpt": "openai", "claude": "anthropic", "gemini": "google"}
ACCOUNTS = {"openai": "org-northwind", "anthropic": "northwind-prod", "google": "northwind-ai"}
CUSTOMERS = [
    ("Alder Retail", "enterprise"),
    ("Birch Bank", "enterprise"),
    ("Cedar Travel", "mid-market"),
    ("Dogwood Labs", "free"),
]


@dataclass(frozen=True)
class Call:
    """One model call of a workflow: its part, its model, and about how many tokens go in and out."""

    role: str
    model: str
    tokens_in: int
    tokens_out: int


@dataclass(frozen=True)
class Work:
    """A workflow: who runs it, how often, how well in each month, and what a trusted result brings."""

    name: str
    team: str
    product: str
    feature: str
    use_case: str
    runs: int
    trusted: tuple[float, float, float]
    calls: tuple[Call, ...]
    steps: tuple[tuple[str, str, str], ...]  # kind, name, cost
    requires: str
    review_rate: str
    saves: str
    earns: str = ""


WORKS = (
    Work(
        "Ticket triage", "Support", "Helpdesk", "Answers", "customer_support", 120, (0.55, 0.68, 0.80),
        (
            Call("plan", "gpt-5-mini", 2_400, 180),
            Call("answer", "claude-sonnet-4-5", 14_000, 650),
            Call("verify", "claude-haiku-4-5", 5_200, 120),
        ),
        (("retrieval", "knowledge base", "0.0021"), ("tool", "order lookup", "0.0040")),
        "completed|!escalated|!reopened|!policy_violated", "48", "6.40",
    ),
    Work(
        "Pull request review", "Engineering", "Platform", "Review", "coding", 80, (0.62, 0.66, 0.70),
        (
            Call("plan", "gpt-5", 9_000, 900),
            Call("tool", "claude-sonnet-4-5", 42_000, 2_200),
            Call("answer", "claude-sonnet-4-5", 38_000, 3_100),
            Call("evaluate", "gpt-5-mini", 8_000, 240),
        ),
        (("tool", "test run", "0.0310"),),
        "accepted|!reverted|!tests_failed|!security_regression", "95", "19.00",
    ),
    Work(
        "Campaign copy", "Marketing", "Growth", "Copy", "marketing", 50, (0.44, 0.50, 0.52),
        (
            Call("plan", "gpt-5", 3_500, 400),
            Call("answer", "gpt-5", 6_000, 1_900),
            Call("guardrail", "gpt-5-mini", 3_000, 80),
        ),
        (("approval", "brand approval", ""),),
        "accepted|brand_safe|value_confirmed", "60", "4.50", "14.00",
    ),
    Work(
        "Access requests", "IT", "Workplace", "Service desk", "service_desk", 50, (0.70, 0.74, 0.78),
        (Call("plan", "gemini-2.5-flash", 3_200, 260), Call("answer", "gemini-2.5-flash", 7_500, 420)),
        (("tool", "directory change", "0.0015"),),
        "completed|!escalated|!reopened", "42", "9.20",
    ),
)  # fmt: skip


class Sample:
    """Everything that the files hold, made run by run from one seeded source of chance."""

    def __init__(self) -> None:
        self.chance = random.Random(SEED)
        self.usage: list[Row] = []
        self.steps: list[Row] = []
        self.checks: list[Row] = []
        self.outcomes: list[Row] = []
        number = 0
        for work in WORKS:
            for _ in range(work.runs):
                number += 1
                self.run(work, f"run-{number:04d}")

    def run(self, work: Work, run_id: str) -> None:
        """One workflow run: its calls and steps in order, its checks, and what it came to."""
        now = self.start()
        trusted = self.chance.random() < work.trusted[now.month - FIRST.month]
        head = {
            "run_id": run_id,
            "session_id": f"s-{run_id[4:]}",
            "user_id": f"{work.team.lower()}-{self.chance.randint(1, 9)}",
        }
        head |= {"workflow": work.name, "team": work.team, "product": work.product, "feature": work.feature}
        head |= {"region": self.chance.choice(["EU", "EU", "US"]), "environment": "production"}
        if work.team == "Support":
            head["customer"], head["segment"] = self.chance.choice(CUSTOMERS)
        for turn in range(1, self.chance.choice([1, 1, 2]) + 1):
            for call in work.calls:
                now = self.call(head, call, turn, now, trusted)
        for kind, name, cost in work.steps:
            now = self.step(head, kind, name, cost, now)
        self.judge(work, run_id, now, trusted)
        self.outcome(work, run_id, now, trusted)

    def start(self) -> datetime:
        """A working hour of a day of the three months; later months are busier."""
        days = (LAST - FIRST).days
        day = FIRST + timedelta(days=round(days * self.chance.random() ** 0.8))
        return datetime(
            day.year, day.month, day.day, self.chance.randint(7, 18), self.chance.randint(0, 59), tzinfo=UTC
        )

    def call(self, head: Row, call: Call, turn: int, now: datetime, trusted: bool) -> datetime:
        """One call, and the thrown-away attempt before it that some answers need. Gives the time after it."""
        wasted = call.role == "answer" and self.chance.random() < (0.10 if trusted else 0.28)
        for attempt, status in ((1, "rejected"), (2, "ok")) if wasted else ((1, "ok"),):
            milliseconds = round(call.tokens_out * self.chance.uniform(7, 13)) + 400
            self.usage.append(
                {"record_id": f"c-{len(self.usage) + 1:05d}", "started_at": stamp(now), "role": call.role, "turn": turn}
                | {
                    "attempt": attempt,
                    "status": status,
                    "latency_ms": milliseconds,
                    "ttft_ms": round(milliseconds * 0.2),
                }
                | head
                | self.tokens(call, turn, now)
            )
            now += timedelta(milliseconds=milliseconds + 300)
        return now

    def tokens(self, call: Call, turn: int, now: datetime) -> Row:
        """What one call read and wrote. Caching gets better by the month; one provider does not split reasoning."""
        provider = PROVIDERS[call.model.split("-")[0]]
        tokens_in = round(call.tokens_in * self.chance.uniform(0.7, 1.4))
        cached = round(tokens_in * self.chance.uniform(0.1, 0.25) * (now.month - FIRST.month + turn))
        tokens_out = round(call.tokens_out * self.chance.uniform(0.7, 1.4))
        reasons = provider != "anthropic"
        reasoning = round(tokens_out * 0.4) if reasons and call.model != "gpt-5-mini" else 0
        return {
            "provider": provider, "model": call.model, "account": ACCOUNTS[provider],
            "uncached_input_tokens": tokens_in - cached, "cache_read_tokens": cached,
            "tool_result_tokens": (tokens_in - cached) // 3 if call.role == "tool" else 0,
            "output_tokens": tokens_out - reasoning, "reasoning_tokens": reasoning if reasons else None,
        }  # fmt: skip

    def step(self, head: Row, kind: str, name: str, cost: str, now: datetime) -> datetime:
        """One step that is no model call. Gives the time after it."""
        seconds = self.chance.randint(60, 900) if kind == "approval" else self.chance.randint(1, 20)
        ended = now + timedelta(seconds=seconds)
        row = {
            "step_id": f"t-{len(self.steps) + 1:04d}",
            "run_id": head["run_id"],
            "workflow": head["workflow"],
            "kind": kind,
        }
        row |= {"started_at": stamp(now), "ended_at": stamp(ended), "name": name, "status": "ok", "cost": cost}
        self.steps.append(row | {"approval_mode": "human" if kind == "approval" else "none"})
        return ended

    def judge(self, work: Work, run_id: str, now: datetime, trusted: bool) -> None:
        """The checks of a run: whether its answer stands on evidence, and whether it kept to policy."""
        grounded = trusted or self.chance.random() < 0.6
        for kind, name, condition, good in (
            ("evaluator", "groundedness", "grounded", grounded),
            ("policy", f"{work.product} policy", "policy_passed", trusted or self.chance.random() < 0.85),
        ):
            row = {
                "check_id": f"k-{len(self.checks) + 1:04d}",
                "run_id": run_id,
                "decided_at": stamp(now),
                "kind": kind,
                "name": name,
            }
            self.checks.append(row | {"result": "pass" if good else "fail", "condition": condition})

    def outcome(self, work: Work, run_id: str, now: datetime, trusted: bool) -> None:
        """What the run came to. Some runs never say; of those that fail, most fail one named condition."""
        if not trusted and self.chance.random() < 0.12:
            return
        needed = work.requires.split("|")
        row: Row = {"event_id": f"o-{len(self.outcomes) + 1:04d}", "run_id": run_id, "workflow": work.name}
        row |= {"occurred_at": stamp(now + timedelta(minutes=self.chance.randint(2, 600)))}
        row |= {"completed": "true", "accepted": "true", "outcome_type": "resolved"}
        row |= {name.removeprefix("!"): "false" if name.startswith("!") else "true" for name in needed}
        row["human_minutes"] = self.chance.choice(["", "", "2"])
        if trusted:
            row |= {"cost_saved": work.saves, "revenue": work.earns if self.chance.random() < 0.6 else ""}
        else:
            broken = self.chance.choice(needed)
            row |= {broken.removeprefix("!"): "true" if broken.startswith("!") else "false", "outcome_type": "failed"}
            row |= {"accepted": "false", "human_minutes": str(self.chance.randint(4, 12))}
        self.outcomes.append(row)


def stamp(moment: datetime) -> str:
    """A UTC time as the files write it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def invoices(usage: list[Row]) -> Iterator[Row]:
    """One invoice per provider and month: the traced calls at list price, times what the contract makes of them."""
    factors = {"anthropic": Decimal("0.94"), "openai": Decimal("1.02"), "google": Decimal(1)}
    metered: dict[tuple[str, str], Decimal] = {}
    for row in usage:
        into, cached, out = (Decimal(price) for price in PRICES[row["model"]])
        cost = row["uncached_input_tokens"] * into + row["cache_read_tokens"] * cached
        cost += (row["output_tokens"] + (row["reasoning_tokens"] or 0)) * out
        key = (row["provider"], row["started_at"][:7])
        metered[key] = metered.get(key, Decimal(0)) + cost / 1_000_000
    for (provider, month), cost in sorted(metered.items()):
        if (provider, month) == ("openai", "2026-10"):
            continue  # not yet invoiced
        last = {"2026-08": 31, "2026-09": 30, "2026-10": 31}[month]
        row = {"billed_id": f"{provider}-{month}", "invoice_id": f"INV-{provider[:2].upper()}-{month}"}
        row |= {"charged_from": f"{month}-01", "charged_to": f"{month}-{last}", "provider": provider}
        row |= {"account": ACCOUNTS[provider], "line_item": "Model usage", "charge_category": "usage"}
        yield row | {"billed_cost": round(cost * factors[provider], 2), "currency": "USD"}


def charges() -> Iterator[Row]:
    """Monthly costs that are no model calls: search, logging, evaluation tooling, hosting and seats."""
    kinds = (
        ("retrieval", "Vector search", "18.00", "USD", "", "requests"),
        ("observability", "Tracing and logs", "12.50", "USD", "", "tokens"),
        ("evaluation", "Evaluation tooling", "16.00", "USD", "", "runs"),
        ("infrastructure", "Agent runtime", "21.00", "EUR", "", "cost"),
        ("other", "Coding assistant seats", "38.00", "USD", "Engineering", ""),
    )
    for first, last in (("2026-08-01", "2026-08-31"), ("2026-09-01", "2026-09-30"), ("2026-10-01", "2026-10-31")):
        for component, description, amount, currency, team, split_by in kinds:
            row = {"charge_id": f"{component}-{first[:7]}", "charged_from": first, "charged_to": last}
            row |= {"component": component, "amount": amount, "currency": currency, "team": team}
            yield row | {"split_by": split_by, "description": description}


def workflows() -> Iterator[Row]:
    """What each workflow is for, and what makes its result trusted."""
    for work in WORKS:
        row = {"workflow": work.name, "use_case": work.use_case, "product": work.product, "owner": f"{work.team} lead"}
        yield row | {
            "requires": work.requires,
            "window_days": 7,
            "review_rate_per_hour": work.review_rate,
            "currency": "USD",
        }


def rates() -> Iterator[Row]:
    """One rate of exchange per month."""
    for day, rate in (("2026-08-01", "1.1650"), ("2026-09-01", "1.1720"), ("2026-10-01", "1.1685")):
        yield {"day": day, "currency": "EUR", "rate": rate}


def write(path: Path, rows: list[Row]) -> None:
    """A CSV file with every column that any row has, in the order of first sight."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def make(folder: Path) -> None:
    """Writes all files into `folder`. Their numbers are the order in which a person would load them."""
    sample = Sample()
    files = {
        "01_workflows": list(workflows()),
        "02_fx": list(rates()),
        "03_usage": sample.usage,
        "04_steps": sample.steps,
        "05_checks": sample.checks,
        "06_outcomes": sample.outcomes,
        "07_charges": list(charges()),
        "08_billed": list(invoices(sample.usage)),
    }
    for name, rows in files.items():
        write(folder / f"{name}.csv", rows)


if __name__ == "__main__":
    make(HERE)
