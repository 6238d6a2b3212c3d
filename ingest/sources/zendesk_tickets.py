"""Zendesk tickets: one object a line, a list of them, or a page of the API, with their `metric_set`.

A ticket itself knows neither when it was solved nor whether it was reopened; its metrics do. Solved and closed are one
thing, at the time it was solved. A ticket is an event per round: solved, reopened, solved again; a later export renews
the round it is in. The incremental export repeats tickets with an older `updated_at`: the newest one counts. The run is
`external_id`, else the tag `run:<id>`, else a custom field whose value begins with `run-`.
"""

from ingest.source import Source

SOURCE = Source(
    label="Zendesk tickets",
    url="https://developer.zendesk.com/api-reference/ticketing/tickets/tickets/",
    checked="2026-11-21",
    loads=("outcomes", "checks"),
    reads=("json",),
    rank=10,
    requires=frozenset({"id", "status", "tags", "created_at", "updated_at"}),
    otherwise=(frozenset({"tickets", "tickets[].id", "tickets[].status", "tickets[].updated_at"}),),
    knows=frozenset({
        "id", "url", "external_id", "type", "status", "custom_status_id", "priority", "subject", "raw_subject",
        "description", "group_id", "assignee_id", "requester_id", "submitter_id", "organization_id", "brand_id", "tags",
        "custom_fields", "fields", "satisfaction_rating", "via", "followup_ids", "created_at", "updated_at",
        "generated_timestamp", "metric_set", "tickets", "metric_sets", "next_page", "previous_page", "count",
        "end_of_stream", "end_time", "after_url", "after_cursor", "before_url", "before_cursor", "meta", "links",
        "users", "groups", "organizations", "ticket_form_id", "due_at", "is_public", "recipient", "problem_id",
    }),
    records="""
        with
            given as (
                select
                    line,
                    unnest(case
                        when json_type(record -> 'tickets') = 'ARRAY' then json_list(record -> 'tickets')
                        else [record]
                    end) as ticket
                from staged
            ),
            metrics as (
                select each ->> 'ticket_id' as id, any_value(each) as metric_set
                from (select unnest(json_list(record -> 'metric_sets')) as each from staged)
                group by all
            ),
            told as (
                select
                    case
                        when count(*) over () = (select count(*) from staged) then line
                        else row_number() over (order by line)
                    end as line,
                    ticket as own,
                    coalesce(nullif(ticket -> 'metric_set', 'null'), metrics.metric_set) as own_metrics,
                    ticket ->> 'id' as id,
                    case when ticket ->> 'status' in ('solved', 'closed') then 'solved' else 'open' end as state,
                    coalesce(try_cast(own_metrics ->> 'reopens' as bigint), 0) as round,
                    try_cast(ticket ->> 'updated_at' as timestamptz) as updated
                from given
                left join metrics on metrics.id = ticket ->> 'id'
            ),
            -- of the states of one round, the newest stands for all of them
            newest as (
                select
                    line,
                    own,
                    id,
                    state,
                    round,
                    arg_max(own, (updated, line)) over same as ticket,
                    arg_max(own_metrics, (updated, line)) over same as metric
                from told
                window same as (partition by id, state, round)
            ),
            read as (
                select
                    *,
                    ticket ->> 'status' as status,
                    list_transform(json_list(ticket -> 'tags'), lambda tag: tag ->> '$') as tags,
                    try_cast(metric ->> 'reopens' as bigint) as reopens,
                    try_cast(metric ->> 'group_stations' as bigint) as stations,
                    coalesce(ticket ->> '$.satisfaction_rating.score', '') as rating
                from newest
            )
        select
            *,
            cast(own as varchar) as text,
            coalesce(
                nullif(ticket ->> 'external_id', ''),
                nullif(tagged(tags, 'run'), ''),
                list_filter(
                    list_transform(json_list(ticket -> 'custom_fields'), lambda field: field ->> 'value'),
                    lambda value: starts_with(lower(value), 'run-')
                )[1]
            ) as run_id,
            case
                when stations > 1 or len(list_filter(tags, lambda tag: regexp_matches(tag, '^(ai[_-])?escalated'))) > 0
                then true
                when stations is not null then false
            end as is_escalated,
            case
                when status = 'deleted' then 'a deleted ticket'
                when run_id is null then 'this names no run: no external_id, no tag run:<id>, no custom field run-'
                when state = 'open' and is_escalated is not true and coalesce(reopens, 0) = 0
                then concat('this decides nothing yet (', status, ')')
            end as skip
        from read
    """,
    selects={
        "outcomes": """
            select
                line,
                concat(id, ':', state, ':', round) as event_id,
                'zendesk:' || id as object_id,
                run_id,
                tagged(tags, 'workflow') as workflow,
                coalesce(
                    case when state = 'solved' then metric ->> 'solved_at' end, ticket ->> 'updated_at'
                ) as occurred_at,
                case
                    when state = 'solved' then 'resolved' when reopens > 0 then 'reopened' else 'escalated'
                end as outcome_type,
                case when state = 'solved' then true when reopens > 0 then false end as completed,
                case when state = 'solved' then not starts_with(rating, 'bad') end as accepted,
                is_escalated as escalated,
                reopens > 0 as reopened,
                case
                    when state = 'solved' then metric ->> '$.full_resolution_time_in_minutes.calendar'
                end as resolution_minutes,
                ticket ->> 'organization_id' as customer,
                ticket ->> 'url' as evidence_uri,
                ticket ->> '$.via.channel' as "tag:channel"
            from records
        """,
        "checks": """
            select
                line,
                id || ':satisfaction' as check_id,
                run_id,
                ticket ->> 'updated_at' as decided_at,
                'human' as kind,
                'customer satisfaction' as name,
                case when starts_with(rating, 'good') then 'pass' else 'fail' end as result,
                'customer' as decided_by
            from records
            where starts_with(rating, 'good') or starts_with(rating, 'bad')
        """,
    },
    states="""
        select null::date, null::date, max(epoch_time(record ->> 'end_time')) from staged
    """,
)  # fmt: skip
