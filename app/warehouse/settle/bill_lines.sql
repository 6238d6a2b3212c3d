-- Write the lines of bills. They have no run; a rule may place them.
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
