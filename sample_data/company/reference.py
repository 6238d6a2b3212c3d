"""What people of the company set: teams, workflows, models, contracts, baselines, budgets, prices and rules."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from sample_data.company.demand import grown
from sample_data.company.money import DISCOUNTED
from sample_data.company.work import Row
from sample_data.company.workflows import WORKS
from sample_data.company.world import ACCOUNTS, FIRST, FREE, IDE_ACCOUNT, LAST, MODELS, PAID, TEAMS

OWNERS = {team: owner for team, _, _, owner in TEAMS}
CONTROLS: tuple[tuple[str, str, str, str, str, str, str], ...] = (
    # control, dimension, value, metric, period, limit, warn at
    ("model", "", "", "all_in_cost", "month", "42000", "0.85"),
    ("model", "team", "Platform engineering", "model_cost", "month", "9000", "0.80"),
    ("model", "team", "Product engineering", "model_cost", "month", "6500", "0.80"),
    ("context", "workflow", "Ticket resolution", "cost_per_request", "week", "0.20", "0.90"),
    ("output", "workflow", "SEO articles", "cost_output", "month", "150", "0.90"),
    ("reasoning", "", "", "reasoning_token_ratio", "month", "0.05", "0.80"),
    ("tool", "workflow", "Trip planner", "cost_tool", "month", "900", "0.85"),
    ("retry", "team", "Platform engineering", "retry_token_ratio", "week", "0.12", "0.75"),
    ("approval", "workflow", "Campaign copy", "cost_human_review", "month", "5000", "0.90"),
    ("eval", "", "", "eval_overhead_ratio", "month", "0.06", "0.80"),
    ("cache", "workflow", "Pull request agent", "cache_hit_rate", "month", "0.50", "0.90"),
    ("observability", "", "", "run_coverage", "month", "0.60", "0.90"),
)


def teams() -> Iterator[Row]:
    """The eight teams."""
    for team, parent, centre, owner in TEAMS:
        yield {"team": team, "parent_team": parent, "cost_centre": centre, "owner": owner}


def workflows() -> Iterator[Row]:
    """The nine workflows. None states what it requires: the preset of its use case holds."""
    for work in WORKS:
        yield {
            "workflow": work.name, "valid_from": FIRST, "use_case": work.use_case, "product": work.product,
            "owner": OWNERS[work.team], "requires": None, "window_days": work.window_days,
            "review_rate_per_hour": work.review_rate, "currency": "USD",
        }  # fmt: skip


def models() -> Iterator[Row]:
    """The models in use, with their tiers, and what is known of their end."""
    ends = {
        "claude-sonnet-4-5": (date(2026, 8, 1), date(2027, 1, 31), "claude-sonnet-4-6"),
        "gpt-5.1": (date(2026, 6, 1), date(2026, 12, 31), "gpt-5.2"),
        "claude-opus-4-5": (date(2026, 9, 1), date(2027, 3, 31), "claude-opus-4-7"),
    }
    for name, model in MODELS.items():
        row = {"provider": model.provider, "model": name, "tier": model.tier}
        row |= {"self_hosted": model.provider == "larkfield-gpu"}
        yield row | dict(zip(("deprecated_on", "retires_on", "successor"), ends.get(name, (None,) * 3), strict=True))


def contracts() -> Iterator[Row]:
    """What customers pay for, and the free plan."""
    for customer, plan, fee, runs in PAID:
        yield {
            "customer": customer, "plan": plan, "valid_from": FIRST, "fee": fee, "currency": "USD",
            "included_quantity": runs, "unit": "runs", "overage_price": Decimal("1.20"), "paid": True,
        }  # fmt: skip
    for customer in FREE:
        row = {"customer": customer, "plan": "Free", "valid_from": FIRST, "fee": 0, "currency": "USD"}
        yield row | {"included_quantity": 60, "unit": "runs", "overage_price": 0, "paid": False}


def baselines() -> Iterator[Row]:
    """What the work cost before, and what it should come to."""
    for work in WORKS:
        cost, minutes = work.before
        yield {
            "workflow": work.name, "valid_from": FIRST, "total_requests": round(grown(work.per_day, LAST) * 365 * 1.6),
            "cost_per_item_before": cost, "minutes_per_item_before": minutes,
            "conversion_before": Decimal("0.021") if work.use_case in ("commerce", "travel") else None,
            "target_cost_per_trusted_outcome": round(cost * 0.4, 2), "target_margin": round(cost * 0.35, 2),
            "currency": "USD",
        }  # fmt: skip


def budgets() -> Iterator[Row]:
    """Nine kinds of limits, each with an owner."""
    for number, (control, dimension, value, metric, period, limit, warn) in enumerate(CONTROLS, start=1):
        yield {
            "budget_id": f"B{number:02d}", "valid_from": date(2026, 1, 1), "control": control,
            "dimension": dimension or None, "value": value or None, "metric": metric, "period": period,
            "limit": limit, "currency": "USD", "warn_at": warn, "owner": OWNERS.get(value, "Nadia Fischer"),
            "notify": "finops@larkfield.example",
        }  # fmt: skip


def prices() -> Iterator[Row]:
    """The one negotiated discount that the calls themselves are priced with."""
    model, since, discount = DISCOUNTED
    yield {
        "provider": "openai", "model": model, "valid_from": since, "valid_to": date(2026, 12, 31), "currency": "USD",
        "discount": discount,
    }  # fmt: skip


def accounts() -> Iterator[Row]:
    """The provider accounts that somebody knows; the laboratory's account is in nobody's list."""
    for provider, account in ACCOUNTS.items():
        yield {"provider": provider, "account": account, "name": f"Production, {provider}"}
    yield {"provider": "anthropic", "account": IDE_ACCOUNT, "name": "Editors"}


def assignments() -> Iterator[Row]:
    """Where the keys and projects belong whose rows name no team."""
    rules = (
        ("R01", {"match_api_key": "ide-platform"}, {"team": "Platform engineering", "feature": "Editor assistant"}),
        ("R02", {"match_api_key": "ide-product"}, {"team": "Product engineering", "feature": "Editor assistant"}),
        ("R03", {"match_project": "ide"}, {"product": "Developer tools", "environment": "production"}),
        ("R04", {"match_project": "catalogue"},
         {"team": "Commerce", "product": "Larkfield Shop", "feature": "Catalogue enrichment"}),
        ("R05", {"match_project": "log-summaries"}, {"team": "IT", "product": "Workplace", "feature": "Log summaries"}),
    )  # fmt: skip
    for number, (rule, match, gives) in enumerate(rules, start=1):
        yield {"rule_id": rule, "priority": number * 10} | match | gives
