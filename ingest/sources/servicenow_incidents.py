"""ServiceNow incidents: the CSV of a list (`incident_list.do?CSV`), or the Table API's JSON.

States are numbers or, in exports with display values, words; such exports also have times in the person's zone, so
say --timezone. An incident is an event per round, because reopening it clears `resolved_at`. The run is
`correlation_id`.
"""

from ingest.source import Source


def _said(key: str) -> str:
    """A field's value: text, or an object with its value or its words."""
    words = f"incident ->> '$.{key}.value', incident ->> '$.{key}.display_value'"
    return f"case when json_type(incident -> '{key}') = 'OBJECT' then coalesce({words}) else incident ->> '{key}' end"


SOURCE = Source(
    label="ServiceNow incidents",
    url="https://www.servicenow.com/docs/bundle/zurich-api-reference/page/integrate/inbound-rest/concept/c_TableAPI.html",
    checked="2026-11-21",
    loads=("outcomes",),
    rank=10,
    requires=frozenset({"number", "state", "opened_at", "correlation_id"}),
    otherwise=(frozenset({"result", "result[].number", "result[].state", "result[].opened_at"}),),
    knows=frozenset({
        "number", "sys_id", "state", "incident_state", "priority", "impact", "urgency", "severity", "opened_at",
        "resolved_at", "closed_at", "resolved_by", "closed_by", "close_code", "close_notes", "reopen_count",
        "reopened_time", "reassignment_count", "escalation", "made_sla", "active", "correlation_id",
        "business_duration", "calendar_duration", "sys_created_on", "sys_updated_on", "short_description",
        "description", "caller_id", "assigned_to", "assignment_group", "problem_id", "category", "contact_type",
        "result",
    }),
    records=f"""
        with
            given as (
                select line, unnest(case
                    when json_type(record -> 'result') = 'ARRAY' then json_list(record -> 'result') else [record]
                end) as incident
                from staged
            ),
            told as (
                select
                    case
                        when count(*) over () = (select count(*) from staged) then line
                        else row_number() over (order by line)
                    end as line,
                    incident,
                    coalesce(nullif({_said("sys_id")}, ''), {_said("number")}) as id,
                    {_said("number")} as number,
                    lower({_said("state")}) as status,
                    case
                        when status in ('6', '7', 'resolved', 'closed') then 'resolved'
                        when status in ('8', 'canceled', 'cancelled') then 'cancelled'
                        else 'open'
                    end as state,
                    try_cast({_said("reopen_count")} as bigint) as reopens,
                    try_cast({_said("reassignment_count")} as bigint) > 0
                    or try_cast({_said("escalation")} as bigint) > 0
                    or lower({_said("escalation")}) in ('moderate', 'high', 'overdue') as is_escalated,
                    {_said("correlation_id")} as run_id,
                    local_text(nullif({_said("opened_at")}, '')) as opened,
                    local_text(nullif({_said("resolved_at")}, '')) as resolved,
                    local_text(nullif({_said("closed_at")}, '')) as closed,
                    local_text(coalesce(nullif({_said("sys_updated_on")}, ''), {_said("opened_at")})) as updated,
                    {_said("close_code")} as code
                from given
            ),
            -- of the states of one round, the newest stands for all of them
            newest as (
                select
                    line,
                    incident,
                    id,
                    unnest(arg_max(
                        struct_pack(
                            number, status, state, reopens, is_escalated, run_id, opened, resolved, closed, updated,
                            code
                        ),
                        (updated, line)
                    ) over (partition by id, state, reopens))
                from told
            )
        select
            *,
            cast(incident as varchar) as text,
            case
                when nullif(run_id, '') is null then 'this names no run: no correlation_id'
                when state = 'open' and is_escalated is not true and coalesce(reopens, 0) = 0
                then concat('this decides nothing yet (state ', status, ')')
            end as skip
        from newest
    """,
    selects={
        "outcomes": """
            select
                line,
                concat(id, ':', state, ':', coalesce(reopens, 0)) as event_id,
                number as object_id,
                run_id,
                case state
                    when 'resolved' then coalesce(resolved, closed, updated)
                    when 'cancelled' then coalesce(closed, updated)
                    else updated
                end as occurred_at,
                case
                    when state <> 'open' then state when reopens > 0 then 'reopened' else 'escalated'
                end as outcome_type,
                case
                    when state = 'resolved' then true when state = 'cancelled' or reopens > 0 then false
                end as completed,
                case
                    when state = 'resolved' then not starts_with(lower(coalesce(code, '')), 'not solved')
                end as accepted,
                is_escalated as escalated,
                reopens > 0 as reopened,
                case when state = 'resolved' then date_diff(
                    'second', try_cast(opened as timestamp), try_cast(coalesce(resolved, closed) as timestamp)
                )::decimal(18, 6) / 60 end as resolution_minutes,
                code as "tag:close_code"
            from records
        """,
    },
)  # fmt: skip
