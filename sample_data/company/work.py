"""Work: the calls and steps of one run, in order of time, as gateway and tracer would log them."""

import random
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sample_data.company.demand import Start, grown
from sample_data.company.world import (
    ACCOUNTS,
    EURO,
    HASTY,
    LUNA_CUT,
    MODELS,
    PRICE_CUT,
    PROVISIONED,
    ROUTED,
    SONNET,
    STORM,
    Call,
    Step,
    Work,
)  # fmt: skip

Row = dict[str, Any]
SPECIALIST_FROM = date(2026, 9, 14)
NOT_SAYING_CACHE = {"larkfield-gpu"}
NOT_SPLITTING_REASONING = {"anthropic", "larkfield-gpu"}
AGAIN = {"answer", "guardrail"}  # what a further turn of the user starts once more
BEFORE_THE_ANSWER = {"retrieval", "memory", "tool"}


@dataclass
class Books:
    """The facts, one list of canonical rows per table."""

    usage: list[Row] = field(default_factory=list)
    steps: list[Row] = field(default_factory=list)
    checks: list[Row] = field(default_factory=list)
    outcomes: list[Row] = field(default_factory=list)


@dataclass
class Run:
    """One run while it is going on."""

    work: Work
    start: Start
    trusted: bool
    books: Books
    now: datetime
    calls: int = 0
    steps: int = 0
    seen: set[str] = field(default_factory=set)
    """Models that have this run's prompt in their cache."""
    judged: str | None = None
    """The record of the call that judged the answer."""

    @property
    def chance(self) -> random.Random:
        """The run's own source of chance."""
        return self.start.chance


def do(run: Run) -> None:
    """All turns of a run: calls and steps go into the books, `now` moves to its end."""
    work, chance = run.work, run.chance
    if work.code in ("ch", "sh") and chance.random() < 0.04:
        from_gateway_cache(run)
        return
    for turn in range(1, chance.choice(work.turns) + 1):
        for call in work.calls:
            if chance.random() > call.chance or (turn > 1 and call.role not in AGAIN):
                continue
            if turn == 1 and call.role == "answer":
                do_steps(run, before=True)
            for repetition in range(chance.randint(*call.times)):
                do_call(run, call, turn, repetition)
        run.now += timedelta(seconds=chance.randint(20, 240) if turn else 0)
    do_steps(run, before=False)


def do_call(run: Run, call: Call, turn: int, repetition: int) -> None:
    """One call with the attempts that it took: the thrown-away ones stand before the one that holds."""
    model, route = chosen(run, call)
    failures = failed_attempts(run, call)
    for attempt, status in enumerate((*failures, "ok"), start=1):
        asked = model
        if attempt > 2 and route == "selected" and status == "ok" and run.work.use_case == "coding":
            model, route = "gpt-5.2", "fallback"
        row = {"role": call.role, "turn": turn, "attempt": attempt, "status": status, "route": route}
        row |= {"model_requested": asked if asked != model else None, "step": step_name(call, repetition)}
        record(run, call, row, model, turn, repetition)
        run.seen.add(model)


def chosen(run: Run, call: Call) -> tuple[str, str]:
    """The model that the router takes on the run's day, and the name of the route."""
    model = next(name for first, name in reversed(call.models) if first <= run.start.day)
    if run.work.code == "ch" and call.role == "answer" and run.start.day >= ROUTED and run.chance.random() < 0.22:
        return SONNET[-1][1], "escalated"
    if run.work.code == "tk" and call.role == "plan" and run.start.day >= SPECIALIST_FROM:
        return ("larkfield-intent-2", "specialist") if run.chance.random() < 0.06 else (model, "selected")
    return model, "selected"


def failed_attempts(run: Run, call: Call) -> list[str]:
    """The statuses of the attempts that failed before one held."""
    chance = run.chance
    stormy = run.work.team == "Platform engineering" and STORM[0] <= run.start.day <= STORM[1]
    if stormy and call.role in ("tool", "answer") and chance.random() < 0.8:
        return ["timeout"] * chance.randint(2, 4)
    if call.role == "answer" and chance.random() < run.work.wasted * (1 if run.trusted else 2.5):
        return ["rejected"]
    if chance.random() < 0.012:
        return [chance.choice(("error", "timeout"))]
    return []


def step_name(call: Call, repetition: int) -> str:
    """Which step of the run a call belongs to."""
    return f"{call.role} {repetition + 1}" if call.times[1] > 1 else call.role


def record(run: Run, call: Call, row: Row, model: str, turn: int, repetition: int) -> None:
    """Writes one usage row, and lets its time pass."""
    run.calls += 1
    start, work = run.start, run.work
    known = MODELS[model]
    row |= {
        "record_id": f"{start.run_id}-{run.calls:02d}", "started_at": run.now,
        "provider": known.provider, "model": model, "account": ACCOUNTS[known.provider],
        "project": f"{work.team.lower().replace(' ', '-')}-{'prod' if start.environment == 'production' else 'dev'}",
        "api_key": f"key-{work.code}-{known.provider}",
        "service_tier": call.tier if call.tier and start.day >= PROVISIONED else None,
    } | head(run)  # fmt: skip
    row |= tokens(run, call, row, model, turn, repetition)
    row |= told_cost(row, model, start.day)
    produced = (row["output_tokens"] or 0) + (row["reasoning_tokens"] or 0)
    wait = (260 * row["requests"] + row["uncached_input_tokens"] * 0.018) * run.chance.uniform(0.7, 1.6)
    total = wait + produced / known.per_second * 1000
    if row["status"] == "timeout":
        total = 60_000 * run.chance.uniform(1.0, 1.2)
    row["ttft_ms"], row["latency_ms"] = round(wait / row["requests"], -1), round(total, -2)
    run.books.usage.append(row)
    if call.role in ("verify", "evaluate", "guardrail"):
        run.judged = row["record_id"]
    run.now += timedelta(seconds=max(1, round(total / 1000)))


def head(run: Run) -> Row:
    """What every call of a run says about the run."""
    start, work = run.start, run.work
    nobody = work.code == "sh" and start.region == "APAC" and start.day >= date(2026, 6, 1)
    return {
        "run_id": start.run_id, "session_id": start.session_id, "user_id": start.user_id, "workflow": work.name,
        "team": None if nobody else work.team, "product": work.product, "feature": start.feature,
        "customer": start.customer, "segment": start.segment, "region": start.region,
        "environment": start.environment, "task_type": work.use_case, "intent": start.intent,
        "prompt_version": prompt_version(work, start.day),
        "context_pack": f"{work.code}-pack-{start.day.year % 100}q{(start.day.month + 2) // 3}",
    }  # fmt: skip


def prompt_version(work: Work, day: date) -> str:
    """The version of the workflow's prompt: a new one every quarter, and those that the stories are about."""
    if work.code == "tk" and HASTY[0] <= day <= HASTY[1]:
        return "tk-close-faster"
    if work.code == "ch" and day >= ROUTED:
        return "ch-small-first"
    return f"{work.code}-v{(day.year - 2025) * 4 + (day.month + 2) // 3 - 3}"


def tokens(run: Run, call: Call, row: Row, model: str, turn: int, repetition: int) -> Row:
    """What one call read and wrote."""
    chance, provider = run.chance, MODELS[model].provider
    requests = chance.randint(*call.requests)
    size = min(1.9, max(0.45, chance.gauss(1, 0.2))) * (1 + 0.12 * (turn - 1)) * (1 + 0.10 * repetition)
    usual = call.context
    if run.work.use_case == "commerce" and run.start.day >= PRICE_CUT:
        usual = round(usual * 2.4)  # what became cheap is used more freely: the whole catalogue goes into the prompt
    limit = round(usual * 1.35 / 1000) * 1000
    context = min(limit, round(usual * size))
    read = context * requests
    cached = round(read * cached_share(run, call, model, requests))
    fresh = read - cached
    written = round(fresh * 0.15) if provider == "anthropic" and call.caching else None
    if row["status"] in ("error", "timeout"):
        wrote = 0 if row["status"] == "error" else round(call.output * requests * chance.uniform(0.1, 0.6))
    else:
        wrote = round(call.output * requests * chance.uniform(0.6, 1.5))
    thought = round(wrote * call.reasoning * chance.uniform(0.6, 1.4))
    splits = provider not in NOT_SPLITTING_REASONING
    saying = provider not in NOT_SAYING_CACHE
    uncached = fresh - (written or 0)
    return {
        "requests": requests, "uncached_input_tokens": uncached,
        "tool_result_tokens": round(uncached * call.tool_results * 0.9),
        "cache_read_tokens": cached if saying else None, "cache_write_tokens": written,
        "output_tokens": wrote if splits else wrote + thought, "reasoning_tokens": thought if splits else None,
        "system_tokens": round(call.context * 0.06) * requests, "retrieved_tokens": round(read * call.retrieved),
        "memory_tokens": round(read * 0.05) if turn > 1 else 0,
        "context_limit_tokens": limit, "context_truncated": context == limit,
    }  # fmt: skip


def cached_share(run: Run, call: Call, model: str, requests: int) -> float:
    """The part of a prompt that the provider had in its cache: little of the first, more of each further one."""
    if not call.caching or MODELS[model].provider in NOT_SAYING_CACHE:
        return 0.0
    share = grown(run.work.caching, run.start.day) * run.chance.uniform(0.75, 1.1)
    if model not in run.seen:
        share *= 0.45
    return min(0.93, share + (1 - share) * 0.35 if requests > 1 else share)


def told_cost(row: Row, model: str, day: date) -> Row:
    """The cost that a source states itself: one provider in EUR, the batch price, the own cluster's transfer price."""
    known = MODELS[model]
    batched = row.get("service_tier") == "batch"
    if model == "larkfield-intent-2" or not (batched or known.provider in ("mistral", "larkfield-gpu")):
        return {"cost": None, "currency": None}
    cost, currency = list_cost(row, model, day) * (0.5 if batched else 1), "USD"
    if known.provider == "mistral":
        cost, currency = cost * EURO, "EUR"
    return {"cost": Decimal(f"{cost:.6f}"), "currency": currency}


def list_cost(row: Row, model: str, day: date) -> float:
    """What the row costs in USD at list price."""
    known = MODELS[model]
    cost = (row["uncached_input_tokens"] * known.input + (row.get("cache_read_tokens") or 0) * known.cache_read) / 1e6
    cost += (row.get("cache_write_tokens") or 0) * known.cache_write / 1e6
    cost += (row["output_tokens"] + (row.get("reasoning_tokens") or 0)) * known.output / 1e6
    return cost * (LUNA_CUT if model == "gpt-5.6-luna" and day >= PRICE_CUT else 1)


def from_gateway_cache(run: Run) -> None:
    """A question that the gateway had answered before: no tokens, no provider's cost."""
    call = run.work.calls[-1] if run.work.code == "sh" else run.work.calls[0]
    model, _ = chosen(run, call)
    row = {"role": "answer", "turn": 1, "attempt": 1, "status": "cached", "route": "selected", "step": "answer"}
    known = MODELS[model]
    row |= {
        "record_id": f"{run.start.run_id}-01", "started_at": run.now, "provider": known.provider, "model": model,
        "account": ACCOUNTS[known.provider], "requests": 1, "uncached_input_tokens": 0, "tool_result_tokens": 0,
        "cache_read_tokens": 0, "output_tokens": 0, "latency_ms": 40.0,
        "reasoning_tokens": None if known.provider in NOT_SPLITTING_REASONING else 0,
    } | head(run)  # fmt: skip
    run.books.usage.append(row)
    run.now += timedelta(seconds=1)


def do_steps(run: Run, *, before: bool) -> None:
    """The steps before the answer, or those after it."""
    for step in run.work.steps:
        if (step.kind in BEFORE_THE_ANSWER) == before and run.chance.random() < step.chance:
            do_step(run, step)


def do_step(run: Run, step: Step) -> None:
    """One step, and once more where it failed."""
    stormy = run.work.team == "Platform engineering" and STORM[0] <= run.start.day <= STORM[1]
    failed = run.chance.random() < (0.6 if stormy and step.kind == "tool" else step.fails)
    for attempt in (1, 2) if failed else (1,):
        status = "timeout" if failed and attempt == 1 else "ok"
        if step.kind == "approval" and not run.trusted and run.chance.random() < 0.25:
            status = "denied"
        add_step(run, step, status, attempt)


def add_step(run: Run, step: Step, status: str, attempt: int = 1) -> None:
    """Writes one step, and lets its time pass."""
    run.steps += 1
    ended = run.now + timedelta(seconds=max(1, round(step.seconds * run.chance.uniform(0.6, 1.7))))
    run.books.steps.append({
        "step_id": f"{run.start.run_id}-s{run.steps}", "run_id": run.start.run_id, "workflow": run.work.name,
        "started_at": run.now, "ended_at": ended, "kind": step.kind, "name": step.name, "status": status,
        "attempt": attempt, "approval_mode": "human" if step.kind in ("approval", "hand_off") else "none",
        "deterministic": step.kind == "automation",
        "idempotency_key": run.start.run_id if step.kind == "automation" else None,
        "cost": Decimal(str(step.cost)) if step.cost else None,
        "currency": "USD" if step.cost else None,
    })  # fmt: skip
    run.now = ended
