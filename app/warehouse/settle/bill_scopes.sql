-- Compare bills with metered days: per provider, account, project and period of overlapping rows.
-- in: bill_cells, rates, metered_days, was_scopes. out: bill_scopes, bill_days, true_ups.
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
    select
        row_key, bill, provider, account, project, model, category, first_day, last_day, clock, number, line, sum(amount) as amount
    from bill_amounts
    group by all;

-- Where either side leaves the account blank, a provider's overlapping bills are compared together.
create or replace temp table provider_periods as
    with edges as (

        select *, first_day > max(last_day) over (partition by provider order by first_day, last_day, row_key rows between unbounded preceding and 1 preceding) as opens
        from bill_parts

    )

    select *, sum(case when opens then 1 else 0 end) over (partition by provider order by first_day, last_day, row_key rows unbounded preceding) as period
    from edges;

create or replace temp table account_parts as
    with spans as (

        select provider, period, min(first_day) as first_day, max(last_day) as last_day, count(*) > count(account) as is_blank
        from provider_periods
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

    ),

    keyed as (

        select parts.* exclude (period, opens), case when not blanks.by_provider then parts.account end as account_key, blanks.by_provider
        from provider_periods as parts
        join blanks using (provider, period)

    ),

    edges as (

        select
            *,
            first_day > max(last_day) over (
                partition by provider, account_key, by_provider order by first_day, last_day, row_key rows between unbounded preceding and 1 preceding
            ) as opens
        from keyed

    )

    select
        * exclude (opens),
        sum(case when opens then 1 else 0 end) over (partition by provider, account_key, by_provider order by first_day, last_day, row_key rows unbounded preceding) as period
    from edges;

-- By project, where all rows of both sides name one.
create or replace temp table scoped_parts as
    with spans as (

        select provider, account_key, by_provider, period, min(first_day) as first_day, max(last_day) as last_day, count(*) = count(project) as names_projects
        from account_parts
        group by provider, account_key, by_provider, period

    ),

    named as (

        select
            spans.* exclude (first_day, last_day),
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

    ),

    keyed as (

        select parts.* exclude (period), named.by_project, case when named.by_project then parts.project end as project_key, parts.period as outer_period
        from account_parts as parts
        join named
            on named.provider = parts.provider and named.account_key is not distinct from parts.account_key
            and named.by_provider = parts.by_provider and named.period = parts.period

    ),

    edges as (

        select
            *,
            first_day > max(last_day) over (
                partition by provider, account_key, by_provider, outer_period, project_key order by first_day, last_day, row_key
                rows between unbounded preceding and 1 preceding
            ) as opens
        from keyed

    ),

    periods as (

        select
            * exclude (opens),
            sum(case when opens then 1 else 0 end) over (
                partition by provider, account_key, by_provider, outer_period, project_key order by first_day, last_day, row_key rows unbounded preceding
            ) as period
        from edges

    )

    select
        *,
        md5(concat_ws('|', provider, coalesce(account_key, '*'), coalesce(project_key, '*'), outer_period, period,
            min(first_day) over scope, max(last_day) over scope)) as scope_id
    from periods
    window scope as (partition by provider, account_key, by_provider, outer_period, project_key, period);

create or replace temp table compared as
    select
        scope_id, string_agg(distinct bill, ', ' order by bill) as bill, provider, account_key as account, by_provider, project_key as project, by_project,
        min(first_day) as first_day, max(last_day) as last_day,
        sum(amount) filter (category in ('usage', 'adjustment')) as billed,
        count(*) filter (category in ('usage', 'adjustment')) as billed_rows
    from scoped_parts
    group by scope_id, provider, account_key, by_provider, project_key, by_project
    having count(*) filter (category in ('usage', 'adjustment')) > 0;

delete from bill_days
;
insert into bill_days
    select metered.utc_day, metered.provider, metered.account, metered.project, compared.scope_id
    from compared
    join metered_days as metered
        on metered.provider = compared.provider and metered.utc_day between compared.first_day and compared.last_day
        and (compared.by_provider or metered.account = compared.account)
        and (not compared.by_project or metered.project = compared.project);

delete from bill_scopes
;
insert into bill_scopes by name
    with metered as (

        select
            bill_days.scope_id, coalesce(sum(metered_days.amount), 0) as metered, coalesce(sum(metered_days.weight), 0) as weight,
            coalesce(sum(metered_days.unpriced_tokens), 0) as unpriced_tokens
        from bill_days
        join metered_days
            on metered_days.utc_day = bill_days.utc_day and metered_days.provider = bill_days.provider
            and metered_days.account is not distinct from bill_days.account and metered_days.project is not distinct from bill_days.project
        group by bill_days.scope_id

    )

    select
        compared.* exclude (by_provider, by_project, billed_rows), coalesce(metered.metered, 0) as metered, coalesce(metered.weight, 0) as weight,
        compared.billed - coalesce(metered.metered, 0) as difference, 0 as leftover, null::uuid as top_row_key,
        case
            when compared.billed < coalesce(metered.metered, 0) then case when coalesce(metered.weight, 0) > 0 then 'below list' else 'adjustment' end
            when compared.billed > coalesce(metered.metered, 0) then
                case
                    when coalesce(metered.unpriced_tokens, 0) > 0 then 'unpriced'
                    -- Up to half a cent per billed row is how invoices round.
                    when compared.billed - coalesce(metered.metered, 0) <= 0.005 * compared.billed_rows then 'rounding'
                    else 'billed not traced'
                end
        end as reason
    from compared
    left join metered using (scope_id);

-- Below list: every row needs only the two sums of its scope; what rounding down leaves goes to the row that costs most
-- (of equal ones the first). A scope whose sums and days nothing touched keeps what it had.
update bill_scopes
    set leftover = was.leftover, top_row_key = was.top_row_key
    from was_scopes as was
    where was.scope_id = bill_scopes.scope_id and was.reason = 'below list'
        and was.difference = bill_scopes.difference and was.weight = bill_scopes.weight;

create or replace temp table open_scopes as
    select scope_id, difference, weight
    from bill_scopes as scopes
    where reason = 'below list'
        and (
            top_row_key is null
            or exists (
                select 1 from bill_days
                where bill_days.scope_id = scopes.scope_id and bill_days.utc_day in (from touched_utc_days)
            )
        );

create or replace temp table scope_rows as
    select scopes.scope_id, scopes.difference, scopes.weight, usage.row_key, usage.amount, usage.utc_day
    from open_scopes as scopes
    join bill_days using (scope_id)
    join usage
        on usage.utc_day = bill_days.utc_day and usage.provider_id = bill_days.provider
        and usage.account_id is not distinct from bill_days.account and usage.project is not distinct from bill_days.project
    where usage.counts and usage.kind <> 'bucket' and usage.amount > 0;

create or replace temp table leftovers as
    select
        scope_id,
        any_value(difference) - sum(money(share(units(difference), units(amount), units(weight)))) as leftover,
        max(amount) as top_amount
    from scope_rows
    group by scope_id;

create or replace temp table tops as
    select leftovers.scope_id, usage.row_key
    from leftovers
    join scope_rows on scope_rows.scope_id = leftovers.scope_id and scope_rows.amount = leftovers.top_amount
    join usage on usage.row_key = scope_rows.row_key and usage.utc_day = scope_rows.utc_day
    qualify row_number() over (
        partition by leftovers.scope_id order by usage.started_at, usage.record_id, usage.clock, usage.number, usage.line
    ) = 1;

update bill_scopes
    set leftover = leftovers.leftover, top_row_key = tops.row_key
    from leftovers
    join tops using (scope_id)
    where leftovers.scope_id = bill_scopes.scope_id;

insert into touched_bill_days
    with now as (select * from bill_days join bill_scopes using (scope_id)),

    changed as (

        (select utc_day, provider, account, project, difference, weight, leftover, top_row_key from now
        except select utc_day, provider, account, project, difference, weight, leftover, top_row_key from was_scopes)
        union
        (select utc_day, provider, account, project, difference, weight, leftover, top_row_key from was_scopes
        except select utc_day, provider, account, project, difference, weight, leftover, top_row_key from now)

    )

    select distinct utc_day + step::int
    from changed, (select unnest(case when getvariable('zone') = 'UTC' then [0] else [-1, 0, 1] end) as step);

-- Lines of their own: what was billed beyond the metered, by the bill's rows; credits, taxes; purchases.
create or replace temp table true_ups as
    with

        sided as (

            select parts.*, scopes.difference, scopes.reason
            from scoped_parts as parts
            join bill_scopes as scopes using (scope_id)
            where parts.category in ('usage', 'adjustment') and sign(parts.amount) = sign(scopes.difference)
                and scopes.reason in ('billed not traced', 'unpriced', 'rounding', 'adjustment')

        ),

-- Adjustments carry a difference only where no usage row can.
        carrying as (

            select *, max(case when category = 'usage' then 1 else 0 end) over (partition by scope_id) as has_usage
            from sided

        ),

        weighed as (

            select
                *, sum(abs(amount)) over (partition by scope_id) as total,
                row_number() over (partition by scope_id order by abs(amount) desc, first_day, clock, number, line) as place
            from carrying
            where category = 'usage' or has_usage = 0

        ),

        shared as (select *, money(share(units(difference), units(abs(amount)), units(total))) as part from weighed),

        given as (

            select * replace (part + case when place = 1 then difference - sum(part) over (partition by scope_id) else 0 end as part)
            from shared

        )

    select
        md5(row_key::varchar || reason || day::varchar)::uuid as key, 'true_up' as kind, reason, row_key::varchar as origin,
        day, amount, getvariable('currency') as currency, amount as own_amount, provider, account, project, model
    from (
        select
            given.* exclude (place, amount),
            (first_day + step::int)::date as day, money(even_part(units(part), step, last_day - first_day + 1)) as amount
        from given, lateral (select unnest(range(0, last_day - first_day + 1)) as step) as days
    )
    union all
    select
        md5(row_key::varchar || category || day::varchar)::uuid, case when category = 'purchase' then 'prepaid' else 'true_up' end,
        case when category = 'purchase' then 'prepaid' else category end, row_key::varchar, day, amount, currency, own_amount,
        provider, account, project, model
    from bill_amounts
    where category in ('credit', 'tax', 'purchase')
    union all
    select
        md5(row_key::varchar || 'unconverted' || day::varchar)::uuid, case when category = 'purchase' then 'prepaid' else 'true_up' end,
        'unconverted', row_key::varchar, day, null, currency, own_amount, provider, account, project, model
    from unconverted_bills;
