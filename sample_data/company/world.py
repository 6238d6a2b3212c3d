"""The company itself: its days, teams, customers, models, and the nine workflows with what they use and bring."""

from dataclasses import dataclass
from datetime import date

FIRST, LAST = date(2025, 11, 1), date(2026, 11, 20)
SEED = "larkfield 2026"

# The days on which something changes; each is a story that the figures tell.
STORM = (date(2026, 5, 11), date(2026, 5, 17))
HASTY = (date(2026, 6, 8), date(2026, 6, 28))
LUNA = date(2026, 7, 6)
PRICE_CUT = date(2026, 7, 30)
ROUTED = date(2026, 9, 1)
PROVISIONED = date(2026, 3, 1)


@dataclass(frozen=True)
class Model:
    """A model: who bills it, its tier, and its list price per 1M tokens: input, cache read, cache write, output.

    The prices only size the invoices, and the cost of rows whose source states one.
    """

    provider: str
    tier: str
    input: float
    cache_read: float
    cache_write: float
    output: float
    per_second: int
    """Output tokens per second."""


MODELS = {
    "claude-opus-4-5": Model("anthropic", "frontier", 5, 0.5, 6.25, 25, 62),
    "claude-opus-4-7": Model("anthropic", "frontier", 5, 0.5, 6.25, 25, 70),
    "claude-sonnet-4-5": Model("anthropic", "mid", 3, 0.3, 3.75, 15, 78),
    "claude-sonnet-4-6": Model("anthropic", "mid", 3, 0.3, 3.75, 15, 84),
    "claude-haiku-4-5": Model("anthropic", "small", 1, 0.1, 1.25, 5, 140),
    "gpt-5.1": Model("openai", "frontier", 1.25, 0.125, 1.25, 10, 80),
    "gpt-5.2": Model("openai", "frontier", 1.75, 0.175, 1.75, 14, 88),
    "gpt-5-mini": Model("openai", "small", 0.25, 0.025, 0.25, 2, 150),
    "gpt-5.6-luna": Model("openai", "small", 1, 0.1, 1.25, 6, 170),
    "gemini-2.5-flash": Model("google", "small", 0.3, 0.03, 0.3, 2.5, 190),
    "gemini-2.5-flash-lite": Model("google", "small", 0.1, 0.01, 0.1, 0.4, 260),
    "gpt-4.1": Model("openai", "mid", 2, 0.5, 2, 8, 90),
    "gemini-2.5-pro": Model("google", "frontier", 1.25, 0.125, 1.25, 10, 95),
    "mistral-medium-3-1": Model("mistral", "mid", 0.4, 0.04, 0.4, 2, 90),
    "mistral-small-2603": Model("mistral", "small", 0.15, 0.015, 0.15, 0.6, 160),
    "larkfield-intent-2": Model("mistral", "specialist", 0, 0, 0, 0, 200),
    "llama-3.3-70b-instruct": Model("larkfield-gpu", "mid", 0.55, 0.55, 0.55, 0.55, 45),
}
LUNA_CUT = 0.2  # what the price cut left of the luna prices
EURO = 0.86  # EUR per USD at which the European providers bill

ACCOUNTS = {
    "anthropic": "larkfield-prod",
    "openai": "org-larkfield",
    "google": "larkfield-eu",
    "mistral": "larkfield-sas",
    "larkfield-gpu": "gpu-frankfurt",
}
IDE_ACCOUNT = "larkfield-ide"
LAB_ACCOUNT = "org-larkfield-lab"

# Team, parent, cost centre, who leads it.
TEAMS = (
    ("Support", "Customer operations", "CC-110", "Ines Moreau"),
    ("Customer success", "Customer operations", "CC-120", "Tom Adeyemi"),
    ("Platform engineering", "Technology", "CC-210", "Priya Raman"),
    ("Product engineering", "Technology", "CC-220", "Jonas Weber"),
    ("IT", "Technology", "CC-230", "Lena Sandberg"),
    ("Travel", "Business", "CC-310", "Marco Bellini"),
    ("Commerce", "Business", "CC-320", "Aiko Tanaka"),
    ("Marketing", "Business", "CC-330", "Sofia Duarte"),
)

# Customer, plan, monthly fee in USD, included runs, price of each further run; a fee of 0 is the free plan.
PAID = (
    ("Alder Retail", "Enterprise", 5200, 400), ("Birch Bank", "Enterprise", 6400, 450),
    ("Cedar Airlines", "Enterprise", 7800, 600), ("Dorset Foods", "Business", 1900, 150),
    ("Elm Logistics", "Business", 2400, 200), ("Fjord Energy", "Enterprise", 4800, 350),
    ("Garner & Sons", "Business", 1400, 100), ("Hazel Hotels", "Business", 2600, 250),
    ("Iris Pharma", "Enterprise", 5600, 300), ("Juniper Media", "Business", 1700, 150),
    ("Kestrel Insurance", "Enterprise", 6100, 400), ("Linden University", "Business", 1200, 120),
    ("Maple Motors", "Business", 2200, 180), ("Nordlys Telecom", "Enterprise", 5900, 420),
    ("Orchard Stores", "Business", 1800, 160), ("Pine Consulting", "Business", 2100, 170),
)  # fmt: skip
FREE = ("Quill Studio", "Rowan Bikes", "Sage Kitchen", "Thistle Design", "Umber Yoga", "Vale Books", "Willow Pets")
REGIONS = {"EU": 0.55, "US": 0.35, "APAC": 0.10}


@dataclass(frozen=True)
class Call:
    """One kind of model call in a workflow, in tokens of one request."""

    role: str
    models: tuple[tuple[date, str], ...]
    """From which day which model is selected."""
    context: int
    output: int
    requests: tuple[int, int] = (1, 1)
    """How many requests of an agent's loop stand in the row."""
    times: tuple[int, int] = (1, 1)
    chance: float = 1.0
    reasoning: float = 0.0
    """Reasoning tokens for each token of output."""
    retrieved: float = 0.0
    """The retrieved part of the context."""
    tool_results: float = 0.0
    caching: bool = True
    tier: str = ""


@dataclass(frozen=True)
class Step:
    """One kind of thing that a run does besides model calls."""

    kind: str
    name: str
    cost: float
    seconds: float
    chance: float = 1.0
    fails: float = 0.01


@dataclass(frozen=True)
class Work:
    """A workflow: who runs it, how often, with which calls, how well, and what a trusted result brings (USD)."""

    code: str
    name: str
    team: str
    product: str
    features: tuple[str, ...]
    use_case: str
    per_day: tuple[float, float]
    """Runs on a working day at the start and at the end of the period."""
    weekend: float
    calls: tuple[Call, ...]
    steps: tuple[Step, ...]
    trusted: tuple[float, float]
    """The share of trusted results at the start and at the end, before any story."""
    turns: tuple[int, ...]
    intents: tuple[str, ...]
    review_rate: int
    window_days: int
    caching: tuple[float, float]
    """How much of a prompt that was sent before comes from the cache, at the start and at the end."""
    saves: tuple[float, float] = (0, 0)
    earns: tuple[float, float] = (0, 0)
    minutes_saved: float = 0
    wasted: float = 0.04
    """The share of answers whose first attempt is thrown away."""
    serves_customers: bool = False
    free: float = 0.0
    """The share of runs by customers of the free plan."""
    before: tuple[float, float] = (0, 0)
    """What one item cost before, and how many minutes it took."""


def always(model: str) -> tuple[tuple[date, str], ...]:
    """One model from the first day."""
    return ((FIRST, model),)


OPUS = ((FIRST, "gpt-5.1"), (date(2025, 12, 1), "claude-opus-4-5"), (date(2026, 5, 4), "claude-opus-4-7"))
SONNET = ((FIRST, "claude-sonnet-4-5"), (date(2026, 4, 1), "claude-sonnet-4-6"))
GPT = ((FIRST, "gpt-5.1"), (date(2026, 1, 12), "gpt-5.2"))
