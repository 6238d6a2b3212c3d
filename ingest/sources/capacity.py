"""The `capacity` template: what self-hosted serving cost and used."""

from ingest.source import Rules, canonical

SOURCE = canonical(
    Rules(
        table="capacity",
        key=("capacity_id",),
        reference=True,
    ),
    label="Capacity (template)",
)
