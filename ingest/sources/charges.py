"""The `charges` template: any AI cost that is not a model call, spread evenly over its days."""

from ingest.source import Rules, Words, canonical

SOURCE = canonical(
    Rules(
        table="charges",
        key=("charge_id",),
        words={
            "component": Words((
                "inference", "retrieval", "tool", "evaluation", "observability", "human_review", "infrastructure",
                "other",
            )),
            "split_by": Words(("cost", "tokens", "requests", "runs", "even"), strict=True),
        },
        day=("charged_from", "charged_to"),
    ),
    label="Charges (template)",
)  # fmt: skip
