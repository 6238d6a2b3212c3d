"""The `fx` template: exchange rates, each from its day until a later one."""

from ingest.source import Check, Rules, canonical

SOURCE = canonical(
    Rules(
        table="fx",
        key=("day", "currency"),
        reference=True,
        checks=(Check(("rate",), "rate > 0", "rate is not more than 0"),),
        day=("day", "day"),
    ),
    label="Exchange rates (template)",
)
