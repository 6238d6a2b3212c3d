"""The `prices` template: negotiated prices and discounts; each wins over the list price on its days."""

from ingest.source import Rules, Words, canonical

SOURCE = canonical(
    Rules(
        table="prices",
        key=("provider", "model", "service_tier", "valid_from"),
        reference=True,
        words={"service_tier": Words(("standard", "batch", "flex", "priority", "provisioned"))},
    ),
    label="Prices (template)",
)
