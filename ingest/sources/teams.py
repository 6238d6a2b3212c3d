"""The `teams` template: the teams, what they belong to, and who answers for them."""

from ingest.source import Rules, canonical

SOURCE = canonical(
    Rules(
        table="teams",
        key=("team",),
        reference=True,
    ),
    label="Teams (template)",
)
