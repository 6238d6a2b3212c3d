"""The `outcomes` template: one row per event of what a run came to; several events of a run are folded.

A further column that holds only true, false and unknown is a trust condition of its own.
"""

from ingest.source import Rules, Words, canonical

SOURCE = canonical(
    Rules(
        table="outcomes",
        key=("event_id",),
        words={"arm": Words(("assisted", "control"))},
        day=("occurred_at", "occurred_at"),
    ),
    label="Outcomes (template)",
)
