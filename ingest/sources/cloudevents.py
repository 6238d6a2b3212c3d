"""CloudEvents 1.0 as JSON: one event a line, or a batch, that says what a run came to.

What `type` says last, before a version, is what happened; `data` may answer conditions by their own names, and holds
the money. `source` and `id` together name an event. The run is `data.run_id`, else `subject`, else the trace of
`traceparent`, else `correlationid`.
"""

from ingest.source import Source

_ANSWERS = (
    "completed", "accepted", "grounded", "policy_passed", "safe", "value_confirmed", "escalated", "reopened",
)  # fmt: skip
_CONDITIONS = (
    "reverted", "refunded", "tests_failed", "security_regression", "policy_violated", "inventory_validated",
    "brand_safe", "evidence_attached",
)  # fmt: skip
_BY_TYPE = {
    "completed": """
        when word in (
            'completed', 'succeeded', 'resolved', 'solved', 'deflected', 'converted', 'booked', 'merged', 'purchased'
        ) then 'true'
        when word in ('failed', 'abandoned', 'cancelled', 'canceled') then 'false'
    """,
    "accepted": """
        when word in ('accepted', 'approved', 'deflected', 'converted', 'booked', 'merged', 'purchased') then 'true'
        when word in ('rejected', 'declined', 'denied') then 'false'
    """,
    "policy_passed": "when data ->> 'policy_compliant' is not null then data ->> 'policy_compliant'",
    "escalated": "when word = 'escalated' then 'true'",
    "reopened": "when word = 'reopened' then 'true'",
    "reverted": "when word = 'reverted' then 'true'",
    "refunded": "when word = 'refunded' then 'true'",
}


def _answer(name: str) -> str:
    """What the data says under this name, else what the type says."""
    said = _BY_TYPE.get(name)
    return f"coalesce(data ->> '{name}', case {said} end)" if said else f"data ->> '{name}'"


def _amount(*names: str) -> str:
    """An amount under one of these names: a number, or an object with its currency."""
    each = ", ".join(
        f"case when json_type(data -> '{name}') = 'OBJECT' then data ->> '$.{name}.amount' else data ->> '{name}' end"
        for name in names
    )
    return f"coalesce({each})"


def _currency(*names: str) -> str:
    each = ", ".join(f"data ->> '$.{name}.currency'" for name in names)
    return f"coalesce({each}, data ->> 'currency')"


_SHOWN = ", ".join(f"answers.{name} as {name}" for name in _ANSWERS)
_FURTHER = ", ".join(f'answers.{name} as "condition:{name}"' for name in _CONDITIONS)

SOURCE = Source(
    label="CloudEvents",
    url="https://github.com/cloudevents/spec/blob/main/cloudevents/formats/json-format.md",
    checked="2026-11-21",
    loads=("outcomes",),
    reads=("json",),
    rank=10,
    requires=frozenset({"specversion", "id", "source", "type"}),
    knows=frozenset({
        "specversion", "id", "source", "type", "subject", "time", "datacontenttype", "dataschema", "data",
        "data_base64", "traceparent", "tracestate", "correlationid", "sequence", "recordedtime",
    }),
    records=f"""
        with
            told as (
                select
                    line,
                    record,
                    record ->> 'type' as type,
                    lower(regexp_extract(type, '([^./]+?)(?:[./]v?[0-9]+)*$', 1)) as word,
                    coalesce(
                        opened(record -> 'data'),
                        try(cast(decode(from_base64(record ->> 'data_base64')) as json)),
                        '{{}}'::json
                    ) as data
                from staged
            ),
            answered as (
                select
                    *,
                    struct_pack(
                        {", ".join(f"{name} := {_answer(name)}" for name in (*_ANSWERS, *_CONDITIONS))}
                    ) as answers,
                    coalesce(
                        {_amount("revenue")},
                        case when word = 'refunded' then '-' || ltrim({_amount("refund", "amount")}, '-')
                            else {_amount("amount")} end
                    ) as revenue,
                    upper({_currency("revenue", "refund", "amount")}) as currency,
                    {_amount("cost_saved", "saving")} as cost_saved,
                    upper({_currency("cost_saved", "saving")}) as saved_currency
                from told
            )
        select
            *,
            coalesce(
                nullif(data ->> 'run_id', ''),
                nullif(record ->> 'subject', ''),
                nullif(regexp_extract(record ->> 'traceparent', '^[0-9a-f]{{2}}-([0-9a-f]{{32}})-', 1), ''),
                nullif(record ->> 'correlationid', '')
            ) as run_id,
            concat(record ->> 'source', '#', record ->> 'id') as event_id,
            case
                when run_id is null then 'this names no run: no data.run_id, no subject, no traceparent'
                when coalesce(
                    {", ".join(f"answers.{name}" for name in (*_ANSWERS, *_CONDITIONS))}, revenue, cost_saved,
                    data ->> 'human_minutes', data ->> 'minutes_saved', data ->> 'resolution_minutes'
                ) is null then concat('this answers nothing about an outcome (', type, ')')
            end as skip
        from answered
    """,
    selects={
        "outcomes": f"""
            select
                line,
                event_id,
                data ->> 'object_id' as object_id,
                run_id,
                data ->> 'workflow' as workflow,
                coalesce(record ->> 'time', record ->> 'recordedtime') as occurred_at,
                coalesce(data ->> 'outcome_type', word) as outcome_type,
                {_SHOWN},
                {_FURTHER},
                revenue,
                case
                    when revenue is null or saved_currency is not distinct from currency then cost_saved
                end as cost_saved,
                case when revenue is null then saved_currency else currency end as currency,
                data ->> 'human_minutes' as human_minutes,
                data ->> 'minutes_saved' as minutes_saved,
                data ->> 'resolution_minutes' as resolution_minutes,
                data ->> 'arm' as arm,
                data ->> 'customer' as customer,
                data ->> 'verified_by' as verified_by,
                data ->> 'evidence_uri' as evidence_uri,
                record ->> 'source' as "tag:source"
            from records
            union all by name
            -- what was saved in another currency than the revenue's
            select
                line,
                event_id || ':saved' as event_id,
                (data ->> 'object_id') || ':saved' as object_id,
                run_id,
                coalesce(record ->> 'time', record ->> 'recordedtime') as occurred_at,
                'saved' as outcome_type,
                cost_saved,
                saved_currency as currency
            from records
            where revenue is not null and cost_saved is not null and saved_currency is distinct from currency
        """,
    },
)  # fmt: skip
