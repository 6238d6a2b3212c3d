-- What every commitment and all capacity cost on each UTC day, in their own currency.
-- in: commitments, capacity, usage. out: pool_days (before conversion).
-- An open end of a commitment's validity is the first or last day of usage.
create or replace temp table usage_span as
    select min(utc_day) as first_day, max(utc_day) as last_day from usage where counts;

create or replace temp table commitment_spans as
    select
        row_key as pool, provider_id, account, nullif(model_id, '') as model_id, region,
        coalesce(upper(currency), getvariable('currency')) as currency,
        regexp_extract(lower(trim(unit)), '(hour|day|month|year)s?$', 1) as period,
        -- An hour's unit pays for the 24 of each day: rounded once, when that is counted.
        units((coalesce(units, 0) * case when period = 'hour' then 24 else 1 end * coalesce(unit_rate, 0))::decimal(38, 12)) as whole,
        round(units * token_unit(unit))::hugeint as tokens,
        coalesce(valid_from, usage_span.first_day) as first_day, coalesce(valid_to, usage_span.last_day) as last_day
    from commitments, usage_span
    where counts and coalesce(valid_from, usage_span.first_day) <= coalesce(valid_to, usage_span.last_day)
        -- A unit that is not a time pays for the whole validity; without its last day it says nothing about any day.
        and (regexp_matches(lower(trim(unit)), '(hour|day|month|year)s?$') or valid_to is not null);

create or replace temp table pool_money as
    with days as (

        select spans.*, (first_day + nth::int)::date as utc_day, nth, last_day - first_day + 1 as days
        from commitment_spans as spans, lateral (select unnest(range(0, last_day - first_day + 1)) as nth) as each_day

    )

    select
        'commitment' as kind, pool, utc_day, provider_id, account, model_id, region, null::varchar as team, currency,
        money(case coalesce(period, '')
            when 'hour' then whole
            when 'day' then whole
            when 'month' then even_part(whole, date_part('day', utc_day)::int - 1, date_part('day', last_day(utc_day))::int)
            when 'year' then even_part(whole, date_part('doy', utc_day)::int - 1, date_part('doy', make_date(date_part('year', utc_day)::int, 12, 31))::int)
            else even_part(whole, nth, days)
        end) as own_amount,
        -- Of a token commitment, the tokens of the whole validity.
        case when coalesce(period, '') = '' then tokens end as tokens,
        days
    from days;

insert into pool_money
    with hours as (

        select
            row_key as pool, coalesce(provider_id, lower(trim(provider))) as provider_id, coalesce(model_id, lower(trim(model))) as model_id, team,
            coalesce(upper(currency), getvariable('currency')) as currency, units(amount) as whole,
            (started_at::date + nth::int)::date as utc_day,
            greatest(0, epoch_us(least(ended_at, started_at::date + (nth::int + 1) * interval 1 day)) - epoch_us(greatest(started_at, started_at::date + nth::int * interval 1 day)))::hugeint as part,
            greatest(1, epoch_us(ended_at) - epoch_us(started_at))::hugeint as total
        from capacity, lateral (select unnest(range(0, last_day_of(started_at, ended_at) - started_at::date + 1)) as nth) as each_day
        where counts and amount is not null

    ),

    cut as (

        select
            *, coalesce(share(whole, case when ended_at_once then 1 else part end, total), 0) as own,
            mulmod(abs(whole), case when ended_at_once then 1 else part end, total) as remainder
        from (select *, count(*) over (partition by pool) = 1 and part = 0 as ended_at_once from hours)

    )

    select
        'capacity', pool, utc_day, provider_id, null, model_id, null, team, currency,
        money(
            own + case
                when row_number() over (partition by pool order by remainder desc, utc_day) <= abs(whole) - sum(abs(own)) over (partition by pool)
                then sign(whole)::hugeint else 0
            end
        ),
        null, null
    from cut;
