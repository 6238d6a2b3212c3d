"""The `workflows` template: what a workflow is, what makes its outcome trusted, and what its review costs."""

from ingest.source import Rules, canonical

SOURCE = canonical(
    Rules(
        table="workflows",
        key=("workflow", "valid_from"),
        reference=True,
    ),
    label="Workflows (template)",
)
