"""Assignment rules: what they fill, found once per distinct thing that they can tell apart."""

from __future__ import annotations

import duckdb

from app.warehouse.build import DIMENSIONS
from app.warehouse.settle.scripts import number

# What a rule can match -> the column of `to_assign` that it reads.
MATCHES = {
    "match_provider": "provider",
    "match_account": "account",
    "match_project": "project",
    "match_api_key": "api_key",
    "match_user_id": "user_id",
    "match_model": "model",
    "match_workflow": "workflow",
    "match_tag": "tags",
}


# Of those, what a standing usage row holds of them. Tags are not looked at: their rows are taken generously.
HELD = {
    "match_provider": "provider_id",
    "match_account": "account_id",
    "match_project": "project",
    "match_api_key": "api_key",
    "match_user_id": "user_id",
    "match_model": "model_id",
    "match_workflow": "workflow_final",
}


def concern(con: duckdb.DuckDBPyConnection) -> None:
    """Add to keys_near the usage rows that a changed rule may fit, found once per thing that these rules tell apart."""
    held = {
        MATCHES[match]: column
        for match, column in HELD.items()
        if number(con, f"select count({match}) from changed_assignments")
    }
    columns = "".join(f", {column} as {name}" for name, column in held.items())
    others = "".join(
        f", null::varchar as {name}" for match, name in MATCHES.items() if match in HELD and name not in held
    )
    same = "".join(f" and usage.{column} is not distinct from fitting.{name}" for name, column in held.items())
    con.execute(
        f"""
        insert into keys_near
        with
            kinds as (select distinct true as any_row{columns}{others} from usage where kind <> 'remainder'),
            fitting as (
                select
                    kinds.*, min(coalesce(rules.valid_from, '-infinity')) as first_day,
                    max(coalesce(rules.valid_to, 'infinity')) as last_day
                from kinds
                join changed_assignments as rules on {_FITS}
                group by all
            )
        select usage.row_key
        from usage
        join fitting on usage.day between fitting.first_day and fitting.last_day{same}
        where usage.kind <> 'remainder'
        except
        select row_key from keys_near
        """
    )


def assign(con: duckdb.DuckDBPyConnection, rows: str) -> None:
    """Make `assigned`: per key of `rows` what the rules fill, and which rules did.

    `rows` is a SELECT of key, day and the columns of MATCHES. Each dimension comes from the first rule that fits and
    names it.
    """
    con.execute(f"create or replace temp table assigned as {EMPTY}")
    if not number(con, "select count(*) from assignments where counts"):
        return
    told_apart = [
        column
        for match, column in MATCHES.items()
        if number(con, f"select count({match}) from assignments where counts")
    ]
    if number(
        con, "select count(*) from assignments where counts and (valid_from is not null or valid_to is not null)"
    ):
        told_apart.append("day")
    parts = ", ".join(f"'{column}=' || {column}::varchar" for column in told_apart) or "''"
    con.execute(
        f"create or replace temp table to_assign as "
        f"select *, md5(concat_ws(chr(31), {parts})) as likeness from ({rows})"
    )
    con.execute("create or replace temp table kinds as select distinct on (likeness) * exclude (key) from to_assign")
    con.execute(f"create or replace temp table filled as {FILLED}")
    con.execute(
        "insert into assigned by name select to_assign.key, filled.* exclude (likeness) "
        "from to_assign join filled using (likeness)"
    )


EMPTY = (
    "select null::uuid as key, "
    + ", ".join(f"null::varchar as {name}" for name in DIMENSIONS)
    + ", null::varchar[] as rule_ids limit 0"
)

_CANONICAL_PROVIDER = """coalesce(
    (select min(provider_id) from names where names.provider = rules.match_provider), lower(trim(rules.match_provider))
)"""

_FITS = f"""
(
    rules.match_provider is null
    or case
        when contains(rules.match_provider, '*') then fits(kinds.provider, lower(rules.match_provider))
        else kinds.provider = {_CANONICAL_PROVIDER} end
)
and (
    rules.match_model is null
    or fits(kinds.model, lower(trim(rules.match_model)))
    or kinds.model in (
        select names.model_id from names
        where names.provider_id = kinds.provider and lower(names.model) = lower(trim(rules.match_model))
    )
)
and (rules.match_account is null or fits(kinds.account, rules.match_account))
and (rules.match_project is null or fits(kinds.project, rules.match_project))
and (rules.match_api_key is null or fits(kinds.api_key, rules.match_api_key))
and (rules.match_user_id is null or fits(kinds.user_id, rules.match_user_id))
and (rules.match_workflow is null or fits(kinds.workflow, rules.match_workflow))
"""

FILLED = f"""
    with

        rules as (

            select *, row_number() over (order by priority nulls last, rule_id) as place
            from assignments
            where counts

        ),

        fitting as (

            select kinds.likeness, rules.*
            from kinds
            join rules
                on (rules.valid_from is null or rules.valid_from <= kinds.day)
                and (rules.valid_to is null or rules.valid_to >= kinds.day)
                and {_FITS}
                and (
                    rules.match_tag is null
                    or fits(
                        kinds.tags[trim(split_part(rules.match_tag, '=', 1))],
                        trim(substr(rules.match_tag, position('=' in rules.match_tag) + 1))
                    )
                )

        )

    select
        likeness,
        {", ".join(f"arg_min({name}, place) as {name}" for name in DIMENSIONS)},
        list_distinct([
            {", ".join(f"arg_min(rule_id, place) filter ({name} is not null)" for name in DIMENSIONS)}
        ]) as rule_ids
    from fitting
    group by likeness
"""
