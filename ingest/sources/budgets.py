"""The `budgets` template: budgets and policies with their thresholds."""

from ingest.source import Rules, Words, canonical

SOURCE = canonical(
    Rules(
        table="budgets",
        key=("budget_id", "valid_from"),
        reference=True,
        words={
            "control": Words((
                "model", "context", "output", "reasoning", "tool", "retry", "approval", "eval", "cache",
                "observability",
            )),
            "period": Words(("day", "week", "month", "quarter")),
        },
    ),
    label="Budgets (template)",
)  # fmt: skip
