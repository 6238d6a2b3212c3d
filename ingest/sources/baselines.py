"""The `baselines` template: what the work cost before, and what it should come to."""

from ingest.source import Rules, canonical

SOURCE = canonical(
    Rules(
        table="baselines",
        key=("workflow", "valid_from"),
        reference=True,
    ),
    label="Baselines (template)",
)
