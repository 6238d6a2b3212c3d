"""Intercom conversations in which Fin took part: one object a line, a list, or a page of the API.

A confirmed resolution is completed and accepted; an assumed one (the customer left without asking for more) is
completed, and whether it was accepted is unknown. A conversation is an event per round, as a later reopening can change
its state. The run is the custom attribute `run_id`.
"""

from ingest.source import Source

SOURCE = Source(
    label="Intercom conversations (Fin)",
    url="https://developers.intercom.com/docs/references/rest-api/api.intercom.io/conversations/conversation",
    checked="2026-11-21",
    loads=("outcomes", "checks"),
    reads=("json",),
    rank=10,
    requires=frozenset({"id", "created_at", "updated_at", "ai_agent_participated"}),
    otherwise=(frozenset({"conversations", "conversations[].id", "conversations[].ai_agent_participated"}),),
    knows=frozenset({
        "type", "id", "title", "created_at", "updated_at", "waiting_since", "snoozed_until", "open", "state", "read",
        "priority", "admin_assignee_id", "team_assignee_id", "tags", "conversation_rating", "source", "contacts",
        "teammates", "first_contact_reply", "sla_applied", "statistics", "conversation_parts", "custom_attributes",
        "linked_objects", "ai_agent", "ai_agent_participated", "external_references", "conversations", "pages",
        "total_count", "topics", "ticket", "company",
    }),
    records="""
        with
            given as (
                select line, unnest(case
                    when json_type(record -> 'conversations') = 'ARRAY' then json_list(record -> 'conversations')
                    else [record]
                end) as own
                from staged
            ),
            told as (
                select
                    case
                        when count(*) over () = (select count(*) from staged) then line
                        else row_number() over (order by line)
                    end as line,
                    own,
                    own ->> 'id' as id,
                    own ->> '$.ai_agent.resolution_state' as state,
                    try_cast(own ->> '$.statistics.count_reopens' as bigint) as reopens
                from given
            ),
            -- of the states of one round, the newest stands for all of them
            newest as (
                select *, arg_max(own, (try_cast(own ->> 'updated_at' as bigint), line)) over (
                    partition by id, state, reopens
                ) as talk
                from told
            )
        select
            *,
            cast(own as varchar) as text,
            coalesce(
                nullif(talk ->> '$.custom_attributes.run_id', ''), nullif(talk ->> '$.custom_attributes."Run ID"', '')
            ) as run_id,
            case
                when talk ->> 'ai_agent_participated' is distinct from 'true' then 'Fin took no part'
                when run_id is null then 'this names no run: no custom attribute run_id'
                when state is null and coalesce(reopens, 0) = 0 then 'this decides nothing yet'
            end as skip
        from newest
    """,
    selects={
        "outcomes": """
            select
                line,
                concat_ws(':', id, coalesce(state, 'open'), coalesce(reopens, 0)) as event_id,
                'intercom:' || id as object_id,
                run_id,
                talk ->> '$.custom_attributes.workflow' as workflow,
                epoch_text(case when talk ->> 'state' = 'closed' then coalesce(
                    talk ->> '$.statistics.last_close_at', talk ->> '$.statistics.first_close_at', talk ->> 'updated_at'
                ) else talk ->> 'updated_at' end) as occurred_at,
                coalesce(state, 'reopened') as outcome_type,
                case
                    when state in ('confirmed_resolution', 'assumed_resolution') then true
                    when state = 'negative_feedback' then false
                end as completed,
                case state when 'confirmed_resolution' then true when 'negative_feedback' then false end as accepted,
                case when state is not null then state in ('escalated', 'procedure_handoff') end as escalated,
                reopens > 0 as reopened,
                case when ends_with(state, '_resolution') then
                    try_cast(talk ->> '$.statistics.time_to_first_close' as decimal(18, 6)) / 60
                end as resolution_minutes
            from records
        """,
        "checks": """
            select
                line,
                id || ':satisfaction' as check_id,
                run_id,
                epoch_text(talk ->> 'updated_at') as decided_at,
                'human' as kind,
                'customer satisfaction' as name,
                coalesce(talk ->> '$.conversation_rating.rating', talk ->> '$.ai_agent.rating') as score,
                'true' as higher_is_better,
                'customer' as decided_by
            from records
            where coalesce(talk ->> '$.conversation_rating.rating', talk ->> '$.ai_agent.rating') is not null
        """,
    },
)  # fmt: skip
