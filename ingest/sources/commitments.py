"""The `commitments` template: pre-paid units and provisioned throughput."""

from ingest.source import Rules, canonical

SOURCE = canonical(
    Rules(
        table="commitments",
        key=("commitment_id",),
        reference=True,
    ),
    label="Commitments (template)",
)
