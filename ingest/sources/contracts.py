"""The `contracts` template: what customers pay, and what that includes."""

from ingest.source import Rules, Words, canonical

SOURCE = canonical(
    Rules(
        table="contracts",
        key=("customer", "plan", "valid_from"),
        reference=True,
        words={"unit": Words(("tokens", "runs", "outcomes"))},
    ),
    label="Contracts (template)",
)
