"""Cubes: the parts summed by day and dimensions; the facts are asked where no cube reaches."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from app.warehouse.settle.scripts import number

RUN_DIMENSIONS = ("team", "workflow", "product", "feature", "segment", "environment")
FINE_RUN_DIMENSIONS = (*RUN_DIMENSIONS, "customer", "region")
CALL_DIMENSIONS = ("provider", "model", "service_tier", "role")
KEYS = ("account", "project", "api_key", "user_id")

# Columns of the views that tell rows apart but are neither dimension nor sum.
DETAIL = (
    "run_id",
    "session_id",
    "tags",
    "row_key",
    "utc_day",
    "unconverted_currency",
    "unconverted",
    "provisional_until",
    "has_run",
    "run_state",
    "invoiced",
    "latency_bin",
)

# Of those, what no cube needs, by view.
UNUSED = {
    "usage_run_parts": (
        "run_id",
        "run_state",
        "session_id",
        "tags",
        "row_key",
        "utc_day",
        "unconverted_currency",
        "unconverted",
    ),
    "run_parts": ("run_id", "run_state", "row_key", "unconverted_currency", "unconverted"),
}


@dataclass(frozen=True)
class Cube:
    """A table of sums over a view, one row per day and combination of dimensions."""

    table: str
    view: str
    dimensions: tuple[str, ...]
    marks: tuple[str, ...]
    """Further columns that keep rows apart, so that questions can leave some out."""

    sums: tuple[str, ...] = ()
    """The only measures that it holds; empty: all of the view's."""


# The first that has all asked dimensions answers. A cube that nearly told every run apart would be as large as the
# facts: the fine ones leave out what is seldom asked beside a customer or a key, and such questions read the facts.
USAGE = (
    Cube("usage_cube", "usage_run_parts", (*RUN_DIMENSIONS, *CALL_DIMENSIONS), ("invoiced",)),
    Cube("usage_cube_by_customer", "usage_run_parts", (*FINE_RUN_DIMENSIONS, "provider"), ("invoiced",)),
    Cube("usage_cube_by_key", "usage_run_parts", ("team", "provider", "model", *KEYS), ("invoiced",)),
)
RUNS = (
    Cube("run_cube", "run_parts", RUN_DIMENSIONS, ("provisional_until",)),
    Cube("run_cube_by_customer", "run_parts", FINE_RUN_DIMENSIONS, ("provisional_until",)),
)
LATENCY = Cube(
    "latency_cube",
    "usage_parts",
    ("team", "provider", "model"),
    ("invoiced", "latency_bin"),
    ("timed_calls",),
)
TABLES = tuple(cube.table for cube in (*USAGE, LATENCY, *RUNS))


def measures(con: duckdb.DuckDBPyConnection, view: str) -> list[str]:
    """The columns of a view that add up."""
    others = {"day", *FINE_RUN_DIMENSIONS, *CALL_DIMENSIONS, *KEYS, *DETAIL}
    return [row[0] for row in con.execute(f"describe {view}").fetchall() if row[0] not in others]


def create(con: duckdb.DuckDBPyConnection) -> None:
    """Make the empty cubes, with the columns that their views have."""
    for cube in (*USAGE, LATENCY, *RUNS):
        con.execute(f"create table if not exists {cube.table} as {selection(con, cube, 'false')}")


def selection(con: duckdb.DuckDBPyConnection, cube: Cube, condition: str, source: str | None = None) -> str:
    """The SELECT that fills a cube from the rows of its view that meet a condition."""
    keys = ", ".join(("day", *cube.dimensions, *cube.marks))
    sums = ", ".join(total(name) for name in cube.sums or measures(con, cube.view))
    return f"select {keys}, {sums} from {source or cube.view} where {condition} group by {keys}"


def total(name: str) -> str:
    """The sum of a measure, as wide as the measure needs."""
    return f"sum({name})::{'decimal(38, 12)' if is_money(name) else 'bigint'} as {name}"


def is_money(name: str) -> bool:
    """Whether a measure is money."""
    return name.startswith(("cost_", "run_")) or name in MONEY


MONEY = ("true_up", "unit_price", "capacity_cost", "revenue", "trusted_revenue", "trusted_cost_saved")


def refresh(con: duckdb.DuckDBPyConnection) -> int:
    """Make what changed of every cube again. Returns how many days.

    A cell is a day and team of a provider or, of runs, of a workflow: all cubes tell these apart. Where rows came, went
    or moved, the cell is made from all its rows; where they only cost something else, it keeps its other sums.
    Leaves the days of the touched cells, cube_usage_days and cube_run_days.
    """
    con.execute(f"create or replace temp table usage_cells as {USAGE_CELLS}")
    con.execute(
        "create or replace temp table run_cells as "
        "select distinct *, 'rows' as moved from touched_run_cells where day is not null"
    )
    con.execute("create or replace temp table cube_usage_days as select distinct day from usage_cells")
    con.execute("create or replace temp table cube_run_days as select distinct day from run_cells")
    remake(con, (*USAGE, LATENCY), "usage_cells", "provider")
    remake(con, RUNS, "run_cells", "workflow")
    for moved in ("costs", "true-ups"):
        sum_again(con, moved)
    turn(con)
    con.execute("delete from meta where key = 'unconverted'")
    con.execute(f"insert into meta select 'unconverted', (({UNCONVERTED}))::varchar")
    return number(con, "select count(*) from (from cube_usage_days union from cube_run_days)")


def remake(con: duckdb.DuckDBPyConnection, cubes: tuple[Cube, ...], cells: str, third: str) -> None:
    """Make the cells of some cubes again whose rows came, went or moved."""
    if not number(con, f"select count(*) from {cells} where moved = 'rows'"):
        return
    # The parts of the touched cells are worked out once, for all cubes.
    view = cubes[0].view
    within = touched(con, view, cells, third, "rows")
    parts = f"select * exclude ({', '.join(UNUSED[view])}) from {view} where {within}"
    con.execute(f"create or replace temp table touched_parts as {parts}")
    for cube in cubes:
        con.execute(f"delete from {cube.table} where {touched(con, cube.table, cells, third, 'rows')}")
        con.execute(f"insert into {cube.table} by name {selection(con, cube, 'true', 'touched_parts')}")
    con.execute("drop table touched_parts")


def sum_again(con: duckdb.DuckDBPyConnection, moved: str) -> None:
    """Sum again what prices or bills change about the cells of which only costs, or only true-ups, moved."""
    if not number(con, f"select count(*) from usage_cells where moved = {literal(moved)}"):
        return
    names = [name for name in measures(con, "usage_run_parts") if moves(name, moved)]
    dimensions = ("day", *FINE_RUN_DIMENSIONS, *CALL_DIMENSIONS, *KEYS, "invoiced")
    within = touched(con, "usage_run_parts", "usage_cells", "provider", moved)
    con.execute(
        f"create or replace temp table touched_parts as select {', '.join((*dimensions, *names))} "
        f"from usage_run_parts where {within}"
    )
    for cube in USAGE:
        keys = ("day", *cube.dimensions, *cube.marks)
        same = " and ".join(f"{cube.table}.{key} is not distinct from sums.{key}" for key in keys)
        sums = ", ".join((*keys, *(total(name) for name in names)))
        # In the order of the cube: rows that are changed here and there take many times as long.
        con.execute(
            f"create or replace temp table sums as select {cube.table}.rowid as place, sums.* from {cube.table} "
            f"join (select {sums} from touched_parts group by all) as sums on {same} order by place"
        )
        changed = ", ".join(f"{name} = sums.{name}" for name in names)
        con.execute(f"update {cube.table} set {changed} from sums where {cube.table}.rowid = sums.place")
    con.execute("drop table touched_parts")


def moves(name: str, moved: str) -> bool:
    """Whether a measure can change where costs moved, or only true-ups."""
    is_true_up = name in ("true_up", "unit_price") or name.startswith("run_true_up_")
    return is_true_up or (moved == "costs" and (is_money(name) or name in PRICED))


def touched(con: duckdb.DuckDBPyConnection, rows: str, cells: str, third: str, moved: str) -> str:
    """A condition on `rows`: they lie in one of those cells. The days and, if few, the names prune what is read."""
    found = con.execute(
        f"select min(day), max(day), list(distinct team), count(*) > count(team), list(distinct {third}), "
        f"count(*) > count({third}) from {cells} where moved = {literal(moved)}"
    ).fetchone()
    assert found is not None
    first, last, *named = found
    bounds = [f"{rows}.day between date '{first}' and date '{last}'"]
    bounds += among(f"{rows}.team", *named[:2]) + among(f"{rows}.{third}", *named[2:])
    return (
        f"{' and '.join(bounds)} and exists (select 1 from {cells} as cells where cells.moved = {literal(moved)} "
        f"and cells.day = {rows}.day and cells.team is not distinct from {rows}.team "
        f"and cells.{third} is not distinct from {rows}.{third})"
    )


def among(column: str, names: list[str | None], has_none: bool) -> list[str]:
    """That a column is one of these names, or NULL where one is; nothing where they are many."""
    known = sorted(name for name in names if name is not None)
    if not known or len(known) > FEW:
        return []
    return [
        f"({column} in ({', '.join(literal(name) for name in known)}){f' or {column} is null' if has_none else ''})"
    ]


def literal(text: str) -> str:
    """A text as an SQL literal, for conditions that are to be pushed down to where rows are read."""
    return "'" + text.replace("'", "''") + "'"


FEW = 20
PRICED = ("unpriced_tokens", "unpriced_rows", "known_rows")
"""What the price of a row changes beside its money."""
USAGE_CELLS = """
    select day, team, provider, arg_min(moved, list_position(['rows', 'costs', 'true-ups'], moved)) as moved
    from (
        select
            day, team_final as team, provider_id as provider,
            case when row_key in (select row_key from moved_costs) then 'costs' else 'rows' end as moved
        from (from gone_usage union all from come_usage)
        where counts and kind <> 'bucket'
        union all
        select day, team, provider, 'rows' from placed_cells
        union all
        select cube.day, cube.team, cube.provider, case when bills.is_regrouped then 'rows' else 'true-ups' end
        from (select distinct day, team, provider from usage_cube) as cube
        join touched_bill_days as bills on bills.day = cube.day and bills.provider = cube.provider
    )
    group by day, team, provider
"""


def turn(con: duckdb.DuckDBPyConnection) -> None:
    """Move the cost of runs that came to something else from one sum to the other, on the days that stand otherwise.

    An outcome that comes late touches a few calls of many days; making those days again would read all their calls.
    """
    if not number(con, "select count(*) from turned_runs"):
        return
    con.execute(f"create or replace temp table turned_parts as {TURNED}")
    moved = ", ".join(f"sum({name}) as {name}" for name in BY_STATE)
    for cube in USAGE:
        keys = ("day", *cube.dimensions, *cube.marks)
        added = ", ".join(f"{name} = {cube.table}.{name} + moved.{name}" for name in BY_STATE)
        same = " and ".join(f"{cube.table}.{key} is not distinct from moved.{key}" for key in keys)
        con.execute(
            f"update {cube.table} set {added} "
            f"from (select {', '.join(keys)}, {moved} from turned_parts group by all) as moved where {same}"
        )
    con.execute("insert into cube_usage_days select distinct day from turned_parts")


STATES = ("trusted", "refuted", "unverified")
BY_STATE = tuple(f"run_{part}_{state}" for part in ("cost", "true_up") for state in STATES)
TURNED = f"""
    select
        parts.day,
        {", ".join(f"parts.{name}" for name in (*FINE_RUN_DIMENSIONS, *CALL_DIMENSIONS, *KEYS))},
        parts.invoiced,
        {
    ", ".join(
        f"coalesce(parts.{column}, 0) * ((turned.state = '{state}')::int - (turned.was = '{state}')::int)"
        f" as run_{part}_{state}"
        for part, column in (("cost", "cost_usage"), ("true_up", "true_up"))
        for state in STATES
    )
}
    from usage_parts as parts
    join turned_runs as turned on turned.run_id = parts.run_id
    where
        parts.utc_day between (select min(first_day) from turned_runs) and (select max(last_day) from turned_runs)
        and not exists (
            select 1 from usage_cells as cells
            where cells.day = parts.day and cells.provider = parts.provider
                and cells.team is not distinct from parts.team
        )
"""


# Whether any cost waits for a rate of exchange: it seldom does, and looking for it reads every fact.
UNCONVERTED = """
    select
        exists (select 1 from usage where counts and own_cost is not null and amount is null)
        or exists (select 1 from steps where counts and own_cost is not null and amount is null)
        or exists (select 1 from checks where counts and own_cost is not null and amount is null)
        or exists (select 1 from reviews where own_amount is not null and amount is null)
        or exists (select 1 from lines where own_amount is not null and amount is null)
"""
