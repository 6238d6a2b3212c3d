"""Langfuse traces: the download of one trace with its observations; the table of traces, which holds no tokens.

A record is an observation of the downloaded trace, read as the export of observations is: user, session, name, tags and
metadata are the trace's. There is no cost on a trace itself, so of the table of traces every row is skipped.
"""

from ingest.source import Source
from ingest.sources import langfuse_observations

_OBSERVATIONS = langfuse_observations.SOURCE

SOURCE = Source(
    label="Langfuse traces",
    url="https://langfuse.com/docs/api-and-data-platform/features/export-from-ui",
    checked="2026-11-21",
    loads=("usage",),
    rank=20,
    requires=frozenset({"trace", "trace.id", "observations"}),
    otherwise=(
        frozenset({"id", "timestamp", "session_id", "user_id", "release", "bookmarked", "public"}),
        frozenset({"id", "timestamp", "sessionId", "userId", "release", "bookmarked", "public"}),
    ),
    forbids=frozenset({"usage_details", "usageDetails", "start_time", "startTime"}),
    knows=frozenset({
        "trace", "observations", "id", "timestamp", "name", "environment", "project_id", "projectId", "metadata",
        "user_id", "userId", "session_id", "sessionId", "release", "version", "public", "bookmarked", "tags", "input",
        "output", "created_at", "createdAt", "updated_at", "updatedAt", "comments",
    }),
    records="""
        with
            whole as (
                select
                    line as page,
                    coalesce(record -> 'trace', '{}'::json) as trace,
                    unnest(case
                        when json_array_length(record -> 'observations') > 0 then json_list(record -> 'observations')
                        else [json_object('id', record ->> '$.trace.id', 'type', 'TRACE')]
                    end) as observation
                from staged
            ),
            unpacked as (
                select
                    row_number() over () as line,
                    json_merge_patch(
                        observation,
                        json_object(
                            'traceId', trace ->> 'id', 'userId', trace ->> 'userId', 'sessionId', trace ->> 'sessionId',
                            'traceName', trace ->> 'name', 'release', trace ->> 'release', 'tags', trace -> 'tags',
                            'metadata', json_merge_patch(
                                coalesce(opened(trace -> 'metadata'), '{}'::json),
                                coalesce(opened(observation -> 'metadata'), '{}'::json)
                            )
                        )
                    ) as record
                from whole
            ),
    """ + _OBSERVATIONS.records.strip().removeprefix("with").replace("from staged", "from unpacked"),
    selects=_OBSERVATIONS.selects,
)  # fmt: skip
