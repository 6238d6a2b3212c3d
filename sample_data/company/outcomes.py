"""Outcomes: what a run is going to come to, the checks that judged it, and the events that tell it, days later too."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from sample_data.company.demand import Start, grown
from sample_data.company.work import Row, Run, add_step
from sample_data.company.world import HASTY, LAST, ROUTED, STORM, Step, Work

END = datetime(LAST.year, LAST.month, LAST.day, 23, 59, 59)  # noqa: DTZ001 - UTC, as all times here
SECOND_LINE = Step("hand_off", "second line", 0, 300)

# How a result that is not trusted fails, by use case, and how often of all failures.
FAILURES = {
    "customer_support": {"escalated": 0.50, "unresolved": 0.34, "violated": 0.06, "silent": 0.10},
    "coding": {"declined": 0.48, "tests_failed": 0.26, "reverted": 0.10, "security_regression": 0.06, "silent": 0.10},
    "travel": {"declined": 0.66, "unavailable": 0.18, "violated": 0.06, "silent": 0.10},
    "marketing": {"declined": 0.30, "off_brand": 0.18, "no_lift": 0.46, "silent": 0.06},
    "service_desk": {"escalated": 0.62, "unresolved": 0.26, "silent": 0.12},
    "commerce": {"declined": 0.80, "silent": 0.20},
}
# How often a good result comes back: a ticket is reopened, a purchase is returned.
COMES_BACK = {"customer_support": 0.035, "service_desk": 0.03, "commerce": 0.07}
TYPES = {
    "customer_support": "resolved", "coding": "merged", "travel": "booked", "marketing": "approved",
    "service_desk": "resolved", "commerce": "converted",
}  # fmt: skip
REVIEW_MINUTES = {"pr": (1, 4), "mi": (5, 14), "ca": (12, 30), "se": (6, 16)}
FREE_QUALITY = {"customer_support": 0.85, "travel": 0.05, "commerce": 0.08}


@dataclass(frozen=True)
class Fate:
    """What a run comes to: how it ends, and whether a good end comes back later."""

    end: str
    comes_back: bool

    @property
    def trusted(self) -> bool:
        """Whether it is and stays trusted."""
        return self.end == "good" and not self.comes_back


def fate(work: Work, start: Start) -> Fate:
    """Drawn before the run begins, since a run that fails also goes differently."""
    chance = start.chance
    if start.environment != "production":
        return Fate("silent", comes_back=False)
    if chance.random() >= quality(work, start):
        failures = FAILURES[work.use_case]
        return Fate(chance.choices(list(failures), list(failures.values()))[0], comes_back=False)
    back = COMES_BACK.get(work.use_case, 0.0)
    if work.code == "tk" and HASTY[0] <= start.day <= HASTY[1]:
        back = 0.34
    return Fate("good", chance.random() < back)


def quality(work: Work, start: Start) -> float:
    """The share of good results on the run's day, with the stories."""
    share = grown(work.trusted, start.day)
    if start.segment == "free":
        share *= FREE_QUALITY[work.use_case]
    if work.code == "ch" and start.day >= ROUTED:
        share *= 0.50
    if work.team == "Platform engineering" and STORM[0] <= start.day <= STORM[1]:
        share *= 0.75
    if work.code == "tk" and HASTY[0] <= start.day <= HASTY[1]:
        share = min(0.9, share + 0.10)  # tickets are closed sooner, and look solved
    return share


def tell(run: Run, fate: Fate) -> None:
    """Checks and events of a run that has ended."""
    checks(run, fate)
    if fate.end == "silent":
        return
    chance = run.chance
    if fate.end == "escalated":
        add_step(run, SECOND_LINE, "ok")
    wait = timedelta(minutes=chance.choice((3, 8, 20, 60, 180, 600)))
    first = event(run, fate, run.now + wait, 1)
    if not first:
        return
    if run.work.use_case == "marketing" and fate.end in ("good", "no_lift"):
        confirm(run, fate, first)
    if fate.comes_back:
        back(run, first)
    if fate.end == "reverted":
        later = first["occurred_at"] + timedelta(days=chance.randint(1, 9))
        write(run, later, 2, {"reverted": True, "cost_saved": Decimal(0), "object_id": first["object_id"]})


def event(run: Run, fate: Fate, at: datetime, number: int) -> Row:
    """The first event: what became of it, who spent how long on it, and what it brought. Empty if still to come."""
    work, end, chance = run.work, fate.end, run.chance
    good = end in ("good", "reverted", "no_lift")
    row: Row = {"completed": end not in ("unresolved", "escalated") and not (work.use_case == "commerce" and not good)}
    row |= {"accepted": good, "outcome_type": TYPES[work.use_case] if good else end}
    row |= {"object_id": f"{TYPES[work.use_case][:3]}-{run.start.run_id}", "customer": run.start.customer}
    if work.use_case in ("customer_support", "service_desk"):
        row |= {
            "escalated": end == "escalated",
            "resolution_minutes": Decimal(round((at - run.start.at).total_seconds() / 60)),
        }
    if work.use_case == "coding":
        row |= {"tests_failed": end == "tests_failed", "security_regression": end == "security_regression"}
    if work.use_case == "travel":
        row["inventory_validated"] = end != "unavailable"
    if end == "violated":
        row["policy_violated"] = True
    row["human_minutes"] = minutes(run, end)
    row["verified_by"] = "system of record" if chance.random() < 0.7 else "reviewer"
    if good or chance.random() < 0.5:
        row["evidence_uri"] = f"https://records.larkfield.example/{row['object_id']}"
    if good:
        row |= value(run) if work.use_case != "marketing" else {}
        row["minutes_saved"] = Decimal(round(work.minutes_saved * chance.uniform(0.6, 1.4)))
    return write(run, at, number, row)


def value(run: Run) -> Row:
    """What a good result brings. A free customer's ticket would have had no agent, so nothing is saved."""
    work, chance = run.work, run.chance
    row: Row = {"currency": "USD"}
    if work.saves[1] and run.start.segment != "free":
        row["cost_saved"] = Decimal(f"{chance.uniform(*work.saves):.2f}")
    if work.earns[1]:
        row["revenue"] = Decimal(f"{chance.uniform(*work.earns):.2f}")
    return row


def minutes(run: Run, end: str) -> Decimal | None:
    """Minutes that people spent reviewing or finishing it."""
    chance, work = run.chance, run.work
    if work.code in REVIEW_MINUTES:
        return Decimal(chance.randint(*REVIEW_MINUTES[work.code]))
    if end == "escalated":
        return Decimal(chance.randint(5, 16))
    return Decimal(chance.randint(1, 4)) if chance.random() < 0.08 else None


def confirm(run: Run, fate: Fate, first: Row) -> None:
    """Two weeks after a text went out: whether it moved anything, and what it brought."""
    row: Row = {"value_confirmed": fate.end == "good", "object_id": first["object_id"]}
    row |= {"outcome_type": "measured", "human_minutes": Decimal(2)}
    write(run, first["occurred_at"] + timedelta(days=14), 2, row | (value(run) if fate.end == "good" else {}))


def back(run: Run, first: Row) -> None:
    """A ticket is reopened, or a purchase returned: what it had brought is gone."""
    later = first["occurred_at"] + timedelta(days=run.chance.randint(1, 6), hours=run.chance.randint(1, 9))
    row: Row = {"object_id": first["object_id"], "outcome_type": "reopened", "reopened": True}
    if run.work.use_case == "commerce":
        row = {"object_id": first["object_id"], "outcome_type": "refunded", "refunded": True, "revenue": Decimal(0)}
    else:
        row |= {"cost_saved": Decimal(0), "human_minutes": Decimal(run.chance.randint(6, 18))}
    write(run, later, 2, row)


def write(run: Run, at: datetime, number: int, row: Row) -> Row:
    """Writes an event and gives it; what would happen after the last day is not known yet: empty."""
    at = at.replace(microsecond=0)
    if at > END:
        return {}
    told = {"event_id": f"{run.start.run_id}-e{number}", "run_id": run.start.run_id, "workflow": run.work.name}
    run.books.outcomes.append(told | {"occurred_at": at} | row)
    return run.books.outcomes[-1]


def checks(run: Run, fate: Fate) -> None:
    """The judgements of a run: groundedness where a model judged it, brand and inventory where they decide, policy."""
    work, chance = run.work, run.chance
    good = fate.end in ("good", "reverted", "no_lift")
    if run.judged is not None:
        grounded = chance.random() < (0.96 if good else 0.62)
        score = chance.uniform(0.72, 0.99) if grounded else chance.uniform(0.2, 0.69)
        label = ("useful" if good else "grounded") if grounded else ("risk" if chance.random() < 0.3 else "waste")
        check(run, 1, "evaluator", "groundedness", grounded, condition="grounded", label=label, score=score)
    if work.use_case == "marketing":
        approved = fate.end != "off_brand"
        check(run, 2, "approval", "brand review", approved, condition="brand_safe", by=f"{work.team} lead")
    elif work.use_case == "coding":
        check(run, 2, "test", "test suite", fate.end != "tests_failed")
    elif chance.random() < 0.25 or fate.end == "violated":
        check(run, 2, "policy", f"{work.product} policy", fate.end != "violated", condition="policy_passed")


def check(
    run: Run, number: int, kind: str, name: str, passed: bool, *, condition: str | None = None,
    label: str | None = None, score: float | None = None, by: str = "policy engine",
) -> None:  # fmt: skip
    """Writes one judgement."""
    words = ("approved", "denied") if kind == "approval" else ("pass", "fail")
    run.books.checks.append({
        "check_id": f"{run.start.run_id}-k{number}", "run_id": run.start.run_id,
        "record_id": run.judged if kind == "evaluator" else None, "decided_at": run.now.replace(microsecond=0),
        "kind": kind, "name": name, "version": f"v{version(run.start.day)}", "result": words[0 if passed else 1],
        "condition": condition, "label": label, "score": None if score is None else round(score, 2),
        "threshold": None if score is None else 0.7, "higher_is_better": None if score is None else True,
        "decided_by": by if kind != "evaluator" else "judge model",
    })  # fmt: skip


def version(day: date) -> int:
    """The version of the checks: one more each half year."""
    return (day.year - 2025) * 2 + (day.month > 6)
