"""GitHub pull requests: `pull_request` webhook events, one record per event.

Only a closed pull request decides something: merged is completed and accepted, closed without a merge is neither.
`merge_commit_sha` is set even where nothing was merged, so `merged` counts. The run is named by a line `Run-Id:` in the
description, else a label `run:<id>`, else the branch `agent/<id>`. A merged revert answers `reverted` for the run of
the pull request that it takes back: found by its number or commit in the same file, else by the branch
`revert-<number>-<branch>` that GitHub gives it. A merged revert of a revert answers that it is not reverted any more.
"""

from ingest.source import Source

SOURCE = Source(
    label="GitHub pull requests",
    url="https://docs.github.com/en/webhooks/webhook-events-and-payloads#pull_request",
    checked="2026-11-20",
    loads=("outcomes",),
    reads=("json",),
    rank=10,
    requires=frozenset({"action", "number", "pull_request", "pull_request.head.ref", "repository.full_name"}),
    knows=frozenset({"action", "number", "pull_request", "repository", "sender", "organization", "installation"}),
    records="""
        with
            events as (
                select
                    line,
                    record,
                    record ->> 'action' as action,
                    record -> 'pull_request' as pull,
                    record ->> '$.repository.full_name' as repository,
                    concat(repository, '#', record ->> 'number') as object_id,
                    coalesce(record ->> '$.pull_request.body', '') as body,
                    record ->> '$.pull_request.head.ref' as branch,
                    list_transform(
                        json_list(record -> '$.pull_request.labels'), lambda label: label ->> 'name'
                    ) as labels,
                    coalesce(
                        record ->> '$.pull_request.merged_at',
                        record ->> '$.pull_request.closed_at',
                        record ->> '$.pull_request.updated_at'
                    ) as decided_at,
                    (record ->> '$.pull_request.merged') = 'true' as is_merged
                from staged
            ),
            named as (
                select
                    *,
                    coalesce(
                        nullif(regexp_extract(body, '(?im)^\\s*run-id:\\s*(\\S+)', 1), ''),
                        nullif(tagged(labels, 'run'), ''),
                        nullif(regexp_extract(branch, '^agent/(.+)$', 1), '')
                    ) as own_run,
                    nullif(regexp_extract(body, '(?i)\\breverts [\\w.-]+/[\\w.-]+#[0-9]+'), '') as reverts_there,
                    nullif(regexp_extract(body, '(?i)\\breverts #([0-9]+)', 1), '') as reverts_here,
                    nullif(regexp_extract(branch, '^revert-([0-9]+)-', 1), '') as reverts_number,
                    nullif(regexp_extract(branch, '^revert-[0-9]+-agent/(.+)$', 1), '') as reverts_branch_run,
                    nullif(regexp_extract(body, '(?i)this reverts commit ([0-9a-f]{7,40})', 1), '') as reverts_commit
                from events
            ),
            reverting as (
                select *, coalesce(
                    substr(reverts_there, 9), repository || '#' || coalesce(reverts_here, reverts_number)
                ) as reverted_object
                from named
            ),
            runs as (select object_id, arg_min(own_run, line) as run_id from named group by object_id),
            commits as (
                select
                    pull ->> 'merge_commit_sha' as sha,
                    any_value(object_id) as object_id,
                    any_value(own_run) as run_id
                from named
                where is_merged and own_run is not null
                group by all
            ),
            found as (
                select
                    this.*,
                    coalesce(runs.run_id, commits.run_id, this.reverts_branch_run) as reverted_run,
                    coalesce(this.reverted_object, commits.object_id) as taken_back
                from reverting as this
                left join runs on runs.object_id = this.reverted_object
                left join commits on starts_with(commits.sha, this.reverts_commit)
            ),
            reverts as (
                select object_id, any_value(taken_back) as taken_back, any_value(reverted_run) as run_id
                from found
                where taken_back is not null
                group by object_id
            ),
            known as (
                select
                    found.* exclude (taken_back, reverted_run),
                    coalesce(reverts.taken_back, found.taken_back) as taken_back,
                    coalesce(reverts.run_id, found.reverted_run) as reverted_run,
                    reverts.object_id is not null as is_reinstated
                from found
                left join reverts on reverts.object_id = found.taken_back
            )
        select
            *,
            taken_back is not null or reverts_commit is not null as is_revert,
            case
                when action is distinct from 'closed' then concat('this decides nothing (', action, ')')
                when is_revert and not is_merged and own_run is null then 'a revert that was not merged'
                when is_revert and own_run is null and reverted_run is null
                then 'a revert of a pull request whose run is not known'
                when not is_revert and own_run is null
                then 'this names no run: no line Run-Id:, no label run:<id>, no branch agent/<id>'
            end as skip
        from known
    """,
    selects={
        "outcomes": """
            select
                line,
                concat(object_id, ':', action, ':', decided_at) as event_id,
                object_id,
                own_run as run_id,
                tagged(labels, 'workflow') as workflow,
                decided_at as occurred_at,
                case when is_merged then 'merged' else 'closed' end as outcome_type,
                is_merged as completed,
                is_merged as accepted,
                null as "condition:reverted",
                case when is_merged then date_diff(
                    'second', try_cast(pull ->> 'created_at' as timestamp), try_cast(decided_at as timestamp)
                )::decimal(18, 6) / 60 end as resolution_minutes,
                pull ->> '$.merged_by.login' as verified_by,
                pull ->> 'html_url' as evidence_uri,
                repository as "tag:repository",
                pull ->> '$.user.login' as "tag:author"
            from records
            where own_run is not null
            union all by name
            select
                line,
                concat(object_id, ':', action, ':', decided_at, ':reverts') as event_id,
                taken_back as object_id,
                reverted_run as run_id,
                decided_at as occurred_at,
                case when is_reinstated then 'reinstated' else 'reverted' end as outcome_type,
                not is_reinstated as "condition:reverted",
                pull ->> 'html_url' as evidence_uri,
                repository as "tag:repository",
                pull ->> '$.user.login' as "tag:author"
            from records
            where is_revert and is_merged and reverted_run is not null
        """,
    },
)
