"""The `assignments` template: rules that fill the dimensions that a row leaves blank."""

from ingest.source import Rules, canonical

SOURCE = canonical(
    Rules(
        table="assignments",
        key=("rule_id",),
        reference=True,
    ),
    label="Assignment rules (template)",
)
