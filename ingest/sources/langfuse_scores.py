"""Langfuse scores: the blob storage export, and the export of the table of scores.

A record is a score. A boolean one passes or fails; of a categorical one the word decides, if it is one of ours, and its
number is only a place in a list; a numeric one has no threshold, so nothing passes. A score answers a trust condition
if it bears its name and says yes or no. Which direction is better stands nowhere; the managed evaluators for
hallucination and toxicity give more for worse. A score of a session or of a data set alone belongs to no run of ours.
"""

from ingest.source import Source

_CONDITIONS = (
    "completed", "accepted", "grounded", "policy_passed", "safe", "value_confirmed", "escalated", "reopened",
    "reverted", "refunded", "tests_failed", "security_regression", "policy_violated", "inventory_validated",
    "brand_safe", "evidence_attached",
)  # fmt: skip

SOURCE = Source(
    label="Langfuse scores",
    url="https://langfuse.com/docs/api-and-data-platform/features/blob-storage-export-fields",
    checked="2026-11-21",
    loads=("checks",),
    rank=20,
    requires=frozenset({"id", "trace_id", "timestamp", "name", "data_type", "value", "source"}),
    otherwise=(frozenset({"id", "traceId", "timestamp", "name", "dataType", "value", "source"}),),
    knows=frozenset({
        "id", "timestamp", "project_id", "projectId", "environment", "trace_id", "traceId", "observation_id",
        "observationId", "session_id", "sessionId", "dataset_run_id", "datasetRunId", "name", "value", "source",
        "comment", "data_type", "dataType", "string_value", "stringValue", "created_at", "createdAt", "updated_at",
        "updatedAt", "metadata", "traceName", "userId", "traceTags", "authorUserName", "config_id", "configId",
        "queue_id", "queueId",
    }),
    records="""
        with
            named as (
                select
                    line,
                    nullif(record ->> 'id', '') as id,
                    nullif(coalesce(record ->> 'trace_id', record ->> 'traceId'), '') as trace_id,
                    nullif(coalesce(record ->> 'observation_id', record ->> 'observationId'), '') as observation_id,
                    record ->> 'timestamp' as decided_at,
                    record ->> 'name' as name,
                    upper(coalesce(record ->> 'data_type', record ->> 'dataType')) as data_type,
                    record ->> 'value' as value,
                    lower(nullif(trim(coalesce(record ->> 'string_value', record ->> 'stringValue')), '')) as word,
                    upper(record ->> 'source') as source,
                    coalesce(record ->> 'updated_at', record ->> 'updatedAt') as updated_at,
                    record ->> 'environment' as environment,
                    coalesce(word = 'true' or try_cast(value as double) = 1, false) as is_true
                from staged
            ),
            placed as (
                select *, row_number() over (
                    partition by coalesce(id, cast(line as varchar)) order by updated_at desc nulls last, line desc
                ) as place
                from named
            )
        select
            *,
            cast(json_object('id', id, 'name', name, 'data_type', data_type) as varchar) as text,
            case
                when trace_id is null then 'a score of no trace' when place > 1 then 'an older version of this score'
            end as skip
        from placed
    """,
    selects={
        "checks": """
            with
                judged as (
                    select
                        *,
                        case
                            -- of a hallucination, true is the worse answer
                            when data_type = 'BOOLEAN' and is_true = (score_higher_is_better(name) is not false)
                            then 'pass'
                            when data_type = 'BOOLEAN' then 'fail'
                            when data_type = 'CATEGORICAL' and word in ('pass', 'passed', 'true', 'yes') then 'pass'
                            when data_type = 'CATEGORICAL' and word in ('fail', 'failed', 'false', 'no') then 'fail'
                            when data_type = 'CATEGORICAL' and word in ('blocked', 'approved', 'denied') then word
                            else 'unknown'
                        end as result,
                        regexp_replace(lower(trim(name)), '[^a-z0-9]+', '_', 'g') as said
                    from records
                )
            select
                line,
                id as check_id,
                trace_id as run_id,
                observation_id as record_id,
                decided_at,
                case source when 'ANNOTATION' then 'human' else 'evaluator' end as kind,
                name,
                result,
                case when data_type in ('NUMERIC', 'BOOLEAN') then value end as score,
                case when data_type = 'NUMERIC' then score_higher_is_better(name) end as higher_is_better,
                case
                    when result = 'unknown' then null when said in ({CONDITIONS}) then said else score_condition(name)
                end as condition,
                lower(source) as decided_by,
                case when data_type = 'CATEGORICAL' then word end as "tag:label",
                environment as "tag:environment"
            from judged
        """.replace("{CONDITIONS}", ", ".join(f"'{name}'" for name in _CONDITIONS)),
    },
)  # fmt: skip
