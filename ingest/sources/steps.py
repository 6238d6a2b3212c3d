"""The `steps` template: one row per thing that a run did besides model calls."""

from ingest.source import Rules, Words, canonical

SOURCE = canonical(
    Rules(
        table="steps",
        key=("step_id",),
        words={
            "kind": Words(("tool", "retrieval", "memory", "approval", "hand_off", "automation")),
            "status": Words(("ok", "error", "timeout", "blocked", "denied")),
            "approval_mode": Words(("none", "automatic", "human")),
        },
        day=("started_at", "started_at"),
    ),
    label="Steps (template)",
)
