"""The `commitments` template: pre-paid units and provisioned throughput."""

from ingest.source import Check, Rules, canonical

SOURCE = canonical(
    Rules(
        table="commitments",
        key=("commitment_id",),
        reference=True,
        checks=(
            Check(
                ("unit", "valid_to"),
                "regexp_matches(lower(trim(coalesce(unit, ''))), '(hour|day|month|year)s?$') or valid_to is not null",
                "unit is not a time, so it pays for the whole validity: valid_to is needed",
            ),
            Check(
                ("valid_from", "valid_to"),
                "valid_to - valid_from <= 3660",
                "valid_from to valid_to is more than ten years; leave valid_to blank while it is open",
            ),
        ),
    ),
    label="Commitments (template)",
)
