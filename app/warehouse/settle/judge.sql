-- Judge the folded runs: trust, success, value, review cost.
-- in: judged_runs, run_dims, run_events, run_answers, workflow_days, rates. out: runs, reviews, touched_run_cells and touched_run_days,
-- turned_runs.
create or replace temp table converted_events as
    select
        events.*,
        convert(revenue, rates.rate) as revenue_converted,
        convert(cost_saved, rates.rate) as cost_saved_converted,
        -- Minutes are millionths; rounded half away from zero, as all money is.
        case when human_minutes is not null and review_rate_per_hour is not null then
            money((human_minutes * 1000000::hugeint)::hugeint * units(review_rate_per_hour::decimal(38, 12)) // 60000000
            + case when (human_minutes * 1000000::hugeint)::hugeint * units(review_rate_per_hour::decimal(38, 12)) % 60000000 >= 30000000 then 1 else 0 end)
        end as review_cost,
        coalesce(review_currency, getvariable('currency')) as review_cost_currency,
        review_rates.rate as review_fx
    from run_events as events
    left join rates on rates.currency = coalesce(events.currency, getvariable('currency')) and rates.day = events.day
    left join rates as review_rates
        on review_rates.currency = coalesce(events.review_currency, getvariable('currency')) and review_rates.day = events.day;

-- Amounts of events add up; of an object, the newest known ones count.
create or replace temp table amounts as
    with newest as (

        select
            run_id,
            coalesce('object ' || object_id, 'event ' || place) as thing,
            arg_max({'own': revenue, 'amount': revenue_converted, 'currency': currency}, place) filter (revenue is not null) as revenue,
            arg_max({'own': cost_saved, 'amount': cost_saved_converted, 'currency': currency}, place) filter (cost_saved is not null) as cost_saved,
            arg_max({'minutes': human_minutes, 'cost': review_cost, 'currency': review_cost_currency, 'fx': review_fx, 'day': day}, place) filter (human_minutes is not null) as review
        from converted_events
        group by run_id, thing

    )

    select * from newest;

create or replace temp table outcome_days as
    select
        run_id,
        coalesce(
            arg_min(day, place) filter (map_contains(answers, 'completed') or map_contains(answers, 'accepted')),
            arg_min(day, place)
        ) as outcome_day
    from run_events
    group by run_id;

create or replace temp table judged as
    with

        required as (

            select
                run_dims.*, outcome_days.outcome_day,
                workflow_days.window_days,
                list_filter(
                    list_transform(
                        string_split(
                            coalesce(
                                nullif(trim(workflow_days.requires), ''),
                                case lower(trim(workflow_days.use_case))
                                    when 'customer_support' then 'completed|!escalated|!reopened|!policy_violated'
                                    when 'coding' then 'accepted|!reverted|!tests_failed|!security_regression'
                                    when 'travel' then 'accepted|inventory_validated|!policy_violated'
                                    when 'marketing' then 'accepted|brand_safe|value_confirmed'
                                    when 'service_desk' then 'completed|!escalated|!reopened'
                                    when 'commerce' then 'completed|!refunded'
                                end,
                                'completed|accepted|grounded|policy_passed|safe'
                            ),
                            '|'
                        ),
                        lambda condition: lower(replace(condition, ' ', ''))
                    ),
                    lambda condition: condition <> ''
                ) as conditions
            from run_dims
            left join outcome_days using (run_id)
            left join workflow_days
                on workflow_days.workflow = run_dims.workflow and workflow_days.day = coalesce(outcome_days.outcome_day, run_dims.day)

        ),

        answered as (

            select run_id, map_from_entries(list({'key': condition, 'value': answer})) as answers from run_answers group by run_id

        ),

        weighed as (

            select
                required.*, coalesce(answered.answers, map([]::varchar[], []::boolean[])) as answers,
                list_filter(required.conditions, lambda c: answered.answers[ltrim(c, '!')] is null and not starts_with(c, '!')) as missing,
                list_filter(required.conditions, lambda c: coalesce(answered.answers[ltrim(c, '!')] = starts_with(c, '!'), false)) as failed
            from required
            left join answered using (run_id)

        ),

        money_of_runs as (

            select run_id, sum(revenue.amount) as revenue, sum(cost_saved.amount) as cost_saved from amounts group by run_id

        )

    select
        weighed.run_id, started_at, day, team, workflow, product, feature, customer, segment, region, environment, first_day, last_day, has_usage,
        user_requests,
        outcome_day is not null as has_events, outcome_day,
        len(missing) = 0 and len(failed) = 0 and coalesce(answers['reopened'], false) is false as is_trusted,
        coalesce(answers['completed'], false) and coalesce(answers['accepted'], false) as is_successful,
        len(missing) > 0 and len(failed) = 0 and coalesce(answers['reopened'], false) is false as is_unverified,
        coalesce(answers['reopened'], false) as is_reopened,
        missing, failed,
        case when outcome_day is not null then outcome_day + coalesce(window_days, 0)::int end as provisional_until,
        money_of_runs.revenue, money_of_runs.cost_saved
    from weighed
    left join money_of_runs using (run_id);

-- What changes of figures: days, teams and workflows of runs that came out differently, the old and the new side both;
-- and of their costs, whose dimensions may differ.
create or replace temp table same_runs as
    select runs.run_id from runs join judged using (run_id) where hash(runs) = hash(judged);

create or replace temp table moved_runs as
    select run_id from judged_runs where run_id not in (select run_id from same_runs);

create or replace temp table sided_runs as
    select run_id, day, coalesce(outcome_day, day) as outcome_day, team, workflow
    from runs
    where run_id in (select run_id from judged_runs)
    union
    select run_id, day, coalesce(outcome_day, day), team, workflow from judged;

create or replace temp table touched_run_cells as
    select day, team, workflow from sided_runs where run_id in (from moved_runs)
    union
    select outcome_day, team, workflow from sided_runs where run_id in (from moved_runs)
    union
    select events.day, sided_runs.team, sided_runs.workflow
    from (
        select run_id, day from reviews where run_id in (select run_id from judged_runs)
        union
        select run_id, day from steps where run_id in (from moved_runs)
        union
        select run_id, day from checks where run_id in (from moved_runs)
        union
        select run_id, day from old_steps
        union
        select run_id, day from old_checks
        union
        select run_id, day from steps where row_key in (select row_key from keys_steps)
        union
        select run_id, day from checks where row_key in (select row_key from keys_checks)
    ) as events
    join sided_runs using (run_id);

-- Runs whose cost is now that of another state; a run that came or went has no row that stood before and after.
create or replace temp table turned_runs as
    select
        judged.run_id, run_state(runs.is_trusted, runs.is_unverified) as was, run_state(judged.is_trusted, judged.is_unverified) as state,
        judged.first_day, judged.last_day
    from runs
    join judged using (run_id)
    where was <> state;

delete from runs where run_id in (from moved_runs);
insert into runs by name select * from judged where run_id in (from moved_runs);

delete from reviews where run_id in (select run_id from judged_runs);
insert into reviews by name
    select
        run_id, review.day as day, sum(review.minutes)::decimal(38, 6) as minutes,
        case when count(*) filter (review.fx is null) = 0
            then sum(convert(review.cost, review.fx)) end as amount,
        review.currency as currency, sum(review.cost) as own_amount
    from amounts
    where review.cost is not null
    group by run_id, review.day, review.currency;

insert into touched_run_cells
    select distinct reviews.day, judged.team, judged.workflow from reviews join judged using (run_id);

create or replace temp table touched_run_days as
    select distinct day from touched_run_cells where day is not null;
