"""The nine workflows of the company, as figures that a person could have measured."""

from sample_data.company.world import FIRST, GPT, LUNA, OPUS, ROUTED, SONNET, Call, Step, Work, always

WORKS = (
    Work(
        "tk", "Ticket resolution", "Support", "Helpdesk", ("Email", "Portal"), "customer_support", (18, 30), 0.35,
        (
            Call("plan", always("gpt-5-mini"), 6_000, 160, chance=0.6, reasoning=0.8),
            Call("answer", SONNET, 58_000, 1_100, retrieved=0.55),
            Call("verify", always("claude-haiku-4-5"), 11_000, 130, chance=0.4, caching=False),
        ),
        (
            Step("retrieval", "help centre search", 0.004, 1.2, chance=0.5),
            Step("tool", "order lookup", 0.006, 1.6, chance=0.3, fails=0.03),
            Step("hand_off", "second line", 0, 240, chance=0.0),
        ),
        (0.66, 0.80), (1, 1, 2, 2), ("refund", "invoice question", "change of booking", "login", "complaint"),
        42, 14, (0.30, 0.62), saves=(9, 15), minutes_saved=14, serves_customers=True, free=0.20, before=(13.5, 19),
    ),
    Work(
        "ch", "Live chat", "Customer success", "Helpdesk", ("Chat",), "customer_support", (9, 17), 0.55,
        (
            Call("answer", (*SONNET, (ROUTED, "mistral-small-2603")), 42_000, 520, retrieved=0.40),
            Call("guardrail", always("gpt-5-mini"), 4_000, 60, chance=0.3, reasoning=0.5, caching=False),
        ),
        (
            Step("memory", "customer memory", 0.001, 0.4, chance=0.3),
            Step("retrieval", "help centre search", 0.004, 1.1, chance=0.5),
        ),
        (0.70, 0.79), (1, 2, 2, 3), ("how to", "status", "pricing", "cancel"),
        42, 7, (0.35, 0.60), saves=(7, 12), minutes_saved=9, serves_customers=True, free=0.25, before=(9.8, 13),
    ),
    Work(
        "pr", "Pull request agent", "Platform engineering", "Developer tools", ("Review", "Fix"), "coding", (14, 29),
        0.12,
        (
            Call("plan", OPUS, 62_000, 2_600, reasoning=0.5, retrieved=0.35),
            Call("tool", OPUS, 88_000, 1_900, requests=(15, 42), reasoning=0.3, tool_results=0.45),
            Call("answer", OPUS, 120_000, 5_200, reasoning=0.4, tool_results=0.20),
            Call("evaluate", GPT, 42_000, 900, reasoning=1.2, caching=False),
        ),
        (
            Step("tool", "test run", 0.11, 340, fails=0.05),
            Step("tool", "repository search", 0.002, 3, chance=0.3),
            Step("automation", "open pull request", 0, 4, chance=0.5),
        ),
        (0.56, 0.70), (1, 1, 1, 1, 2), ("bug fix", "dependency update", "small feature", "test coverage"),
        86, 14, (0.40, 0.78), saves=(44, 90), minutes_saved=55, wasted=0.07, before=(96, 70),
    ),
    Work(
        "mi", "Code migration", "Product engineering", "Booking platform", ("Migration",), "coding", (2.5, 7), 0.05,
        (
            Call("plan", OPUS, 90_000, 3_800, reasoning=0.7, retrieved=0.30),
            Call("tool", OPUS, 105_000, 2_400, requests=(18, 42), times=(2, 3), reasoning=0.3, tool_results=0.40),
            Call("summarize", GPT, 60_000, 1_500, reasoning=0.6),
            Call("answer", OPUS, 140_000, 8_000, reasoning=0.4, tool_results=0.25),
            Call("verify", GPT, 70_000, 1_200, reasoning=1.4, caching=False),
        ),
        (Step("tool", "build and test", 0.42, 900, fails=0.08), Step("retrieval", "code index", 0.01, 2)),
        (0.48, 0.64), (1,), ("api change", "framework upgrade", "schema change"),
        86, 14, (0.45, 0.80), saves=(150, 270), minutes_saved=170, wasted=0.08, before=(320, 235),
    ),
    Work(
        "tr", "Trip planner", "Travel", "Larkfield Trips", ("Planner", "Rebooking"), "travel", (9, 19), 0.85,
        (
            Call("plan", always("gemini-2.5-pro"), 22_000, 900, reasoning=1.6),
            Call("tool", always("gemini-2.5-flash"), 46_000, 700, requests=(6, 15), tool_results=0.7,
                 reasoning=0.4, tier="provisioned"),
            Call("answer", always("gemini-2.5-pro"), 118_000, 3_000, retrieved=0.20, reasoning=1.1),
        ),
        (
            Step("tool", "fare search", 0.035, 4.5, fails=0.04),
            Step("tool", "hotel inventory", 0.020, 3.2, chance=0.4, fails=0.04),
            Step("approval", "travel policy approval", 0, 1800, chance=0.15),
        ),
        (0.55, 0.66), (1, 1, 2, 2), ("city break", "business trip", "rebooking", "group travel"),
        48, 7, (0.20, 0.45), earns=(18, 42), minutes_saved=25, wasted=0.05, serves_customers=True, free=0.46,
        before=(21, 30),
    ),
    Work(
        "ca", "Campaign copy", "Marketing", "Campaigns", ("Email", "Ads"), "marketing", (4, 8), 0.05,
        (
            Call("plan", GPT, 16_000, 900, reasoning=1.0),
            Call("answer", SONNET, 48_000, 4_800, retrieved=0.30, times=(1, 2)),
            Call("guardrail", always("gpt-5-mini"), 9_000, 120, reasoning=0.5, caching=False),
        ),
        (Step("retrieval", "brand library", 0.006, 1.5), Step("approval", "brand approval", 0, 2700)),
        (0.48, 0.56), (1, 2), ("newsletter", "launch", "win back", "seasonal"),
        68, 21, (0.25, 0.50), earns=(70, 150), minutes_saved=60, wasted=0.06, before=(130, 150),
    ),
    Work(
        "se", "SEO articles", "Marketing", "Content", ("Articles",), "marketing", (3, 5.5), 0.05,
        (
            Call("plan", GPT, 40_000, 1_500, reasoning=1.5, retrieved=0.6),
            Call("tool", GPT, 70_000, 1_200, requests=(2, 6), tool_results=0.6, reasoning=0.8),
            Call("answer", OPUS, 85_000, 9_500, retrieved=0.35, reasoning=0.3),
            Call("repair", OPUS, 92_000, 7_000, retrieved=0.30, chance=0.7),
            Call("evaluate", GPT, 30_000, 500, reasoning=1.2, caching=False),
        ),
        (Step("tool", "keyword service", 0.09, 6), Step("approval", "editor", 0, 1500, chance=0.6)),
        (0.20, 0.15), (1,), ("guide", "comparison", "destination"),
        68, 21, (0.15, 0.30), earns=(9, 26), minutes_saved=80, wasted=0.12, before=(60, 110),
    ),
    Work(
        "sd", "Service desk", "IT", "Workplace", ("Access", "Devices"), "service_desk", (11, 20), 0.08,
        (
            Call("plan", always("llama-3.3-70b-instruct"), 9_000, 260),
            Call("answer", always("llama-3.3-70b-instruct"), 21_000, 640, retrieved=0.50, tool_results=0.2),
            Call("summarize", always("mistral-medium-3-1"), 12_000, 350, chance=0.3),
        ),
        (
            Step("automation", "directory change", 0.002, 6, chance=0.7, fails=0.03),
            Step("approval", "manager approval", 0, 3600, chance=0.25),
        ),
        (0.68, 0.78), (1, 1, 1, 2), ("access request", "new device", "password", "software"),
        52, 7, (0.0, 0.0), saves=(16, 26), minutes_saved=22, before=(24, 34),
    ),
    Work(
        "sh", "Shopping assistant", "Commerce", "Larkfield Shop", ("Assistant", "Gift finder"), "commerce", (8, 11),
        1.15,
        (
            Call("retrieve", always("mistral-medium-3-1"), 6_000, 120, chance=0.35),
            Call("answer", ((FIRST, "gpt-5-mini"), (LUNA, "gpt-5.6-luna")), 75_000, 480, retrieved=0.6, reasoning=0.6),
        ),
        (
            Step("retrieval", "product search", 0.003, 0.8, chance=0.5),
            Step("tool", "stock check", 0.004, 0.9, chance=0.4, fails=0.02),
        ),
        (0.30, 0.36), (1, 1, 2, 2, 3), ("gift", "reorder", "compare", "returns"),
        40, 30, (0.25, 0.55), earns=(11, 34), minutes_saved=6, serves_customers=True, free=0.35, before=(4, 8),
    ),
)  # fmt: skip
assert all(call.models[0][0] == FIRST for work in WORKS for call in work.calls)
