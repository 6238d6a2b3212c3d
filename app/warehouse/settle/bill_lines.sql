-- Write the lines of bills, which have no run and may be placed by a rule; say which days of commitments a bill covers.
-- in: true_ups, assigned, bill_days. out: lines.
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
