"""The `checks` template: one row per judgement of a run or call.

A check with a condition answers it as named: a check of `policy_violated` that passes says that there was a violation.
"""

from ingest.source import Rules, Words, canonical

SOURCE = canonical(
    Rules(
        table="checks",
        key=("check_id",),
        words={
            "kind": Words(("evaluator", "policy", "guardrail", "approval", "human", "test")),
            "result": Words(("pass", "fail", "blocked", "approved", "denied", "unknown")),
            "label": Words(("grounded", "useful", "waste", "risk")),
        },
        day=("decided_at", "decided_at"),
    ),
    label="Checks (template)",
)
