"""The `billed` template: one row per line of a provider's invoice. Negative amounts are credits."""

from ingest.source import Rules, Words, canonical

SOURCE = canonical(
    Rules(
        table="billed",
        key=("billed_id",),
        amounts=("quantity", "billed_cost", "effective_cost", "list_cost"),
        keyed_without_amounts="true",
        words={"charge_category": Words(("usage", "purchase", "tax", "credit", "adjustment"), strict=True)},
        day=("charged_from", "charged_to"),
    ),
    label="Billed (template)",
)
