-- Write the lines of bills, which have no run and may be placed by a rule; say which days of commitments a bill
-- covers, and
-- what of the differences lies over rows.
-- in: true_ups, assigned, bill_days, touched_spread_days, touched_provider_days. out: lines, spread_days.
delete from lines
where kind in ('true_up', 'prepaid')
;
insert into lines by name
    select
        kind, reason, origin, assigned.rule_ids, day, day as utc_day, 'true_up' as component, amount, currency, own_amount,
        assigned.team, assigned.workflow, assigned.product, assigned.feature, assigned.customer, assigned.segment, assigned.region,
        assigned.environment, true_ups.provider, true_ups.account, true_ups.project, true_ups.model
    from true_ups
    left join assigned using (key);

update lines set invoiced = exists (
        select 1 from bill_days
        where bill_days.utc_day = lines.utc_day and bill_days.provider = lines.provider
            and bill_days.account is not distinct from lines.account and bill_days.project is not distinct from lines.project
    )
    where kind = 'commitment';

create or replace temp table days_spread_anew as
    select utc_day, provider from touched_spread_days
    union
    select utc_day, provider from touched_provider_days;
set variable spread_from = (select min(utc_day) from days_spread_anew)
;
set variable spread_to = (select max(utc_day) from days_spread_anew)
;
delete from spread_days
where (utc_day, provider) in (select utc_day, provider from days_spread_anew)
;
insert into spread_days by name
    with sums as (

        select utc_day, provider, account, project, model, sum(true_up) as amount
        from usage_parts
        where true_up is not null and (utc_day, provider) in (select utc_day, provider from days_spread_anew)
            and utc_day between getvariable('spread_from') and getvariable('spread_to')
        group by all

    )

    select sums.*, case when scopes.reason = 'below list' then 'below list' else 'unit price' end as reason
    from sums
    join bill_days
        on bill_days.utc_day = sums.utc_day and bill_days.provider = sums.provider
        and bill_days.account is not distinct from sums.account and bill_days.project is not distinct from sums.project
    join bill_scopes as scopes using (scope_id);
