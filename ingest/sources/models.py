"""The `models` template: the models, how good they are, and when they end."""

from ingest.source import Rules, Words, canonical

SOURCE = canonical(
    Rules(
        table="models",
        key=("provider", "model"),
        reference=True,
        words={"tier": Words(("frontier", "mid", "small", "specialist"))},
    ),
    label="Models (template)",
)
