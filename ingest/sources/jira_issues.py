"""Jira issues as the REST API gives them: one object a line, a list, or a page of a search.

Only an issue whose status category is done decides something; what was resolved as Won't Do, Duplicate and the like is
completed, but not accepted. With `expand=changelog` every resolution and every one that was taken back is an event: a
round ends resolved, and begins again reopened, no longer completed. The run is the label `run:<id>`, else a custom
field whose value begins with `run-`.
"""

from ingest.source import Source

_REFUSED = (
    "^(won.?t|duplicate|cannot|can.?t|could not|declined|incomplete|abandoned|cancel|rejected|not a bug|invalid"
    "|obsolete|as designed|works as)"
)

SOURCE = Source(
    label="Jira issues (REST API)",
    url="https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issue-search/",
    checked="2026-11-21",
    loads=("outcomes",),
    reads=("json",),
    rank=10,
    requires=frozenset({"key", "fields", "fields.status", "fields.status.name"}),
    otherwise=(frozenset({"issues", "issues[].key", "issues[].fields.status", "issues[].fields.status.name"}),),
    knows=frozenset({
        "id", "key", "self", "expand", "fields", "changelog", "issues", "startAt", "maxResults", "total",
        "nextPageToken", "isLast", "names", "schema", "renderedFields", "operations", "properties",
    }),
    records="""
        with
            given as (
                select
                    line,
                    unnest(case
                        when json_type(record -> 'issues') = 'ARRAY' then json_list(record -> 'issues') else [record]
                    end) as issue
                from staged
            ),
            told as (
                select
                    case
                        when count(*) over () = (select count(*) from staged) then line
                        else row_number() over (order by line)
                    end as line,
                    issue,
                    issue -> 'fields' as fields,
                    issue ->> 'key' as key,
                    fields ->> '$.status.name' as status,
                    fields ->> '$.resolution.name' as resolution,
                    list_transform(json_list(fields -> 'labels'), lambda label: label ->> '$') as labels,
                    list_transform(
                        list_filter(json_keys(fields), lambda name: starts_with(name, 'customfield_')),
                        lambda name: json_extract_string(fields, '$.' || name)
                    ) as customs,
                    list_transform(
                        json_list(issue -> '$.changelog.histories'),
                        lambda history: struct_pack(
                            id := history ->> 'id',
                            moment := history ->> 'created',
                            change := list_filter(
                                json_list(history -> 'items'), lambda item: item ->> 'field' = 'resolution'
                            )[1]
                        )
                    ) as histories,
                    list_filter(
                        histories, lambda each: each.change ->> 'from' is not null and each.change ->> 'to' is null
                    ) as reopenings,
                    list_filter(
                        histories, lambda each: each.change ->> 'from' is null and each.change ->> 'to' is not null
                    ) as resolutions
                from given
            ),
            -- of several states of an issue in one file, the newest stands for all of them
            newest as (
                select *, arg_max(
                    struct_pack(
                        fields := fields,
                        status := status,
                        resolution := resolution,
                        reopenings := reopenings,
                        resolutions := resolutions
                    ),
                    (try_cast(fields ->> 'updated' as timestamptz), line)
                ) over (partition by key) as state
                from told
            )
        select
            *,
            cast(issue as varchar) as text,
            coalesce(
                nullif(tagged(labels, 'run'), ''),
                list_filter(customs, lambda value: starts_with(lower(value), 'run-'))[1]
            ) as run_id,
            coalesce(
                state.fields ->> '$.status.statusCategory.key' = 'done', state.fields ->> 'resolutiondate' is not null
            ) as is_done,
            case
                when run_id is null then 'this names no run: no label run:<id>, no custom field run-'
                when not is_done and len(state.reopenings) = 0
                then concat('this decides nothing yet (', state.status, ')')
            end as skip
        from newest
    """,
    selects={
        "outcomes": f"""
            select
                line,
                concat(key, ':', len(state.reopenings)) as event_id,
                key as object_id,
                run_id,
                tagged(labels, 'workflow') as workflow,
                coalesce(
                    state.fields ->> 'resolutiondate',
                    state.fields ->> 'statuscategorychangedate',
                    state.fields ->> 'updated'
                ) as occurred_at,
                'resolved' as outcome_type,
                'true' as completed,
                not regexp_matches(lower(coalesce(state.resolution, '')), '{_REFUSED}') as accepted,
                case when state.fields ->> 'resolutiondate' is not null then date_diff(
                    'second',
                    try_cast(state.fields ->> 'created' as timestamptz),
                    try_cast(state.fields ->> 'resolutiondate' as timestamptz)
                )::decimal(18, 6) / 60 end as resolution_minutes,
                issue ->> 'self' as evidence_uri,
                coalesce(fields ->> '$.project.key', regexp_extract(key, '^(.+)-[0-9]+$', 1)) as "tag:project",
                fields ->> '$.issuetype.name' as "tag:issue_type",
                state.resolution as "tag:resolution"
            from records
            where is_done
            union all by name
            select
                line,
                concat(key, ':reopened:', reopening.id) as event_id,
                key as object_id,
                run_id,
                reopening.moment as occurred_at,
                'reopened' as outcome_type,
                'false' as completed,
                'true' as reopened
            from (select *, unnest(state.reopenings) as reopening from records)
            union all by name
            -- the rounds that a reopening ended; the last one stands above
            select
                line,
                concat(key, ':', round) as event_id,
                key as object_id,
                run_id,
                resolved.moment as occurred_at,
                'resolved' as outcome_type,
                'true' as completed,
                not regexp_matches(lower(coalesce(resolved.change ->> 'toString', '')), '{_REFUSED}') as accepted
            from (
                select *, len(list_filter(
                    state.reopenings,
                    lambda each: try_cast(each.moment as timestamptz) < try_cast(resolved.moment as timestamptz)
                )) as round
                from (select *, unnest(state.resolutions) as resolved from records)
            )
            where round < len(state.reopenings)
        """,
    },
)  # fmt: skip
