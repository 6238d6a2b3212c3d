-- By what bills are compared with metered days: provider, account and project, as far as both sides name them.
-- in: bill_cells, rates, metered_days. out: bill_amounts (converted cells with account_key, project_key),
-- unconverted_bills.
-- A bill without a rate of exchange explains nothing; it is shown in its own currency.
create or replace temp table bill_amounts as
    select cells.*, convert(own_amount, rates.rate) as amount
    from bill_cells as cells
    left join rates on rates.currency = cells.currency and rates.day = cells.day;
create or replace temp table unconverted_bills as
    select * from bill_amounts where bill in (select bill from bill_amounts where amount is null);
delete from bill_amounts
where bill in (select bill from unconverted_bills)
;

create or replace temp table bill_parts as
    select row_key, provider, account, project, min(day) as first_day, max(day) as last_day
    from bill_amounts
    group by row_key, provider, account, project;

-- Where either side leaves the account blank, a provider's overlapping bills are compared together.
create or replace temp table account_parts as
    with edges as (

        select *, first_day > max(last_day) over (partition by provider order by first_day, last_day, row_key rows between unbounded preceding and 1 preceding) as opens
        from bill_parts

    ),

    periods as (

        select * exclude (opens), sum(case when opens then 1 else 0 end) over (partition by provider order by first_day, last_day, row_key rows unbounded preceding) as period
        from edges

    ),

    spans as (

        select provider, period, min(first_day) as first_day, max(last_day) as last_day, count(*) > count(account) as is_blank
        from periods
        group by provider, period

    ),

    blanks as (

        select
            spans.provider, spans.period,
            spans.is_blank or exists (
                select 1 from metered_days as metered
                where metered.provider = spans.provider and metered.account is null
                    and metered.utc_day between spans.first_day and spans.last_day
            ) as by_provider
        from spans

    )

    select periods.* exclude (period), case when not blanks.by_provider then periods.account end as account_key, blanks.by_provider
    from periods
    join blanks using (provider, period);

-- By project, where all rows of both sides name one.
create or replace temp table bill_keys as
    with edges as (

        select
            *,
            first_day > max(last_day) over (
                partition by provider, account_key, by_provider order by first_day, last_day, row_key rows between unbounded preceding and 1 preceding
            ) as opens
        from account_parts

    ),

    periods as (

        select
            * exclude (opens),
            sum(case when opens then 1 else 0 end) over (partition by provider, account_key, by_provider order by first_day, last_day, row_key rows unbounded preceding) as period
        from edges

    ),

    spans as (

        select provider, account_key, by_provider, period, min(first_day) as first_day, max(last_day) as last_day, count(*) = count(project) as names_projects
        from periods
        group by provider, account_key, by_provider, period

    ),

    named as (

        select
            spans.* exclude (first_day, last_day), spans.first_day as opens_on,
            spans.names_projects and exists (
                select 1 from metered_days as metered
                where metered.provider = spans.provider and (spans.by_provider or metered.account = spans.account_key)
                    and metered.utc_day between spans.first_day and spans.last_day
            ) and not exists (
                select 1 from metered_days as metered
                where metered.provider = spans.provider and (spans.by_provider or metered.account = spans.account_key)
                    and metered.utc_day between spans.first_day and spans.last_day and metered.project is null
            ) as by_project
        from spans

    )

    select
        periods.row_key, periods.account_key, periods.by_provider, named.by_project,
        case when named.by_project then periods.project end as project_key,
        -- What is compared with the same metered rows: provider, and account and project where they are told apart.
        concat_ws(
            chr(31), periods.provider, case when periods.by_provider then 'all accounts' else periods.account_key end,
            named.opens_on::varchar, case when named.by_project then 'project ' || periods.project else 'all projects' end
        ) as side
    from periods
    join named
        on named.provider = periods.provider and named.account_key is not distinct from periods.account_key
        and named.by_provider = periods.by_provider and named.period = periods.period;

-- The longest row of a bill says how fine it is: of several bills for the same days the finer one stands.
create or replace temp table keyed_cells as
    with keyed as (

        select amounts.*, keys.* exclude (row_key), case when category in ('usage', 'adjustment') then 'compared' else category end as heap
        from bill_amounts as amounts
        join bill_keys as keys using (row_key)

    )

    select *, max(last_day - first_day + 1) over (partition by provider, bill) as level, false as is_rest
    from keyed;
