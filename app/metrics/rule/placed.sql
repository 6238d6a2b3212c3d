-- What each rule placed within some days: the cost of the calls and lines of which it filled a dimension.
-- grain: one rule that placed anything
with

    ruled as (

        select rule_ids, amount
        from usage
        where counts and kind <> 'bucket' and rule_ids is not null and day between $since and $until
        union all
        select rule_ids, amount
        from lines
        where rule_ids is not null and day between $since and $until

    )

select rule_id, sum(amount) as placed, count(*) as rows
from (select unnest(rule_ids) as rule_id, amount from ruled)
group by rule_id
