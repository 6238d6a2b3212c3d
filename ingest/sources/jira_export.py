"""Jira's "Export CSV (all fields)" of a search: one line per issue.

The header names a column once per value: Labels, Labels, ... Times are local, without an offset, in the form of the
site and the person who exported: say --timezone, and --dates where a day and a month can be confused. Only an issue
whose status category is Done decides something; what was resolved as Won't Do, Duplicate and the like is completed, but
not accepted. The run is the custom field Run ID, else the label `run:<id>`.
"""

from ingest.source import Source

_REFUSED = (
    "^(won.?t|duplicate|cannot|can.?t|could not|declined|incomplete|abandoned|cancel|rejected|not a bug|invalid"
    "|obsolete|as designed|works as)"
)

SOURCE = Source(
    label="Jira issues (CSV export)",
    url="https://confluence.atlassian.com/jirakb/export-a-csv-of-all-jira-issues-to-excel-1044795434.html",
    checked="2026-11-21",
    loads=("outcomes",),
    reads=("csv",),
    rank=12,
    requires=frozenset({"Issue key", "Issue id", "Status"}),
    repeats=True,
    knows=frozenset({
        "Summary", "Issue key", "Issue id", "Issue Type", "Status", "Status Category", "Status Category Changed",
        "Priority", "Resolution", "Created", "Updated", "Resolved", "Due date", "Last Viewed", "Labels", "Project key",
        "Project name", "Project type", "Project lead", "Project lead id", "Project description", "Project url",
        "Assignee", "Assignee Id", "Reporter", "Reporter Id", "Creator", "Creator Id", "Description", "Environment",
        "Parent", "Parent id", "Parent key", "Parent summary", "Votes", "Watchers", "Watchers Id", "Comment",
        "Custom field (Run ID)", "Custom field (Workflow)",
    }),
    records=f"""
        with
            told as (
                select
                    *,
                    [*columns('labels( #[0-9]+)?')] as all_labels,
                    local_text(created) as began,
                    coalesce(local_text(resolved), local_text(status_category_changed), local_text(updated)) as decided,
                    lower(status_category) = 'done'
                    or resolved is not null and coalesce(lower(status_category), '') not in (
                        'to do', 'new', 'in progress', 'indeterminate'
                    ) as is_done
                from staged
            )
        select
            *,
            coalesce("custom_field_(run_id)", nullif(tagged(all_labels, 'run'), '')) as run_id,
            regexp_matches(lower(coalesce(resolution, '')), '{_REFUSED}') as is_refused,
            case
                when run_id is null then 'this names no run: no custom field Run ID, no label run:<id>'
                when is_done is not true then concat('this decides nothing yet (', status, ')')
            end as skip
        from told
    """,
    selects={
        "outcomes": """
            select
                line,
                issue_key as event_id,
                issue_key as object_id,
                run_id,
                coalesce("custom_field_(workflow)", tagged(all_labels, 'workflow')) as workflow,
                decided as occurred_at,
                'resolved' as outcome_type,
                'true' as completed,
                not is_refused as accepted,
                date_diff(
                    'second', try_cast(began as timestamp), try_cast(decided as timestamp)
                )::decimal(18, 6) / 60 as resolution_minutes,
                coalesce(project_key, regexp_extract(issue_key, '^(.+)-[0-9]+$', 1)) as "tag:project",
                issue_type as "tag:issue_type",
                resolution as "tag:resolution"
            from records
        """,
    },
)  # fmt: skip
