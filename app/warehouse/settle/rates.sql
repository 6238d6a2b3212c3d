-- The rate of every (currency, day) of `wanted_rates`: the last known on or before the day. No row: no rate.
create or replace temp table rates as
    select wanted.currency, wanted.day, max_by(fx.rate, (fx.day, fx.clock, fx.number, fx.line)) as rate
    from (select distinct currency, day from wanted_rates where currency <> getvariable('currency')) as wanted
    join fx on fx.counts and upper(fx.currency) = wanted.currency and fx.day <= wanted.day
    group by wanted.currency, wanted.day
    union all
    select distinct currency, day, 1 as rate from wanted_rates where currency = getvariable('currency');
