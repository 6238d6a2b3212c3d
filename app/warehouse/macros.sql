-- Exact arithmetic on money, and the names that questions share. A unit is 10^-12 of a currency.

create or replace macro units(amount) as (amount * 1000000000000::hugeint)::hugeint;

create or replace macro money(units) as (0.000000000001::decimal(13, 12) * units)::decimal(38, 12);

-- amount * weight // total without overflow: long division by digits of 10^9 (amount, weight >= 0, weight <= total).
create or replace macro muldiv(amount, weight, total) as (
    ((amount // 1000000000000000000) * weight // total) * 1000000000000000000::hugeint
    + (
        (((amount // 1000000000000000000) * weight % total) * 1000000000 + ((amount // 1000000000) % 1000000000) * weight)
        // total
    ) * 1000000000::hugeint
    + (
        (
            (((amount // 1000000000000000000) * weight % total) * 1000000000 + ((amount // 1000000000) % 1000000000) * weight)
            % total
        ) * 1000000000
        + (amount % 1000000000) * weight
    ) // total
);

-- amount * weight % total, likewise.
create or replace macro mulmod(amount, weight, total) as (
    (
        (
            (((amount // 1000000000000000000) * weight % total) * 1000000000 + ((amount // 1000000000) % 1000000000) * weight)
            % total
        ) * 1000000000
        + (amount % 1000000000) * weight
    ) % total
);

-- What a part with this weight gets, rounded down towards zero; the caller gives away what is left. NULL where total is 0.
create or replace macro share(amount, weight, total) as (
    case
        when total <= 0 then null
        -- Short of 10^37 the product fits as it is.
        when abs(amount::hugeint) < 1000000000000000000 and weight < 10000000000000000000
        then sign(amount)::hugeint * (abs(amount::hugeint) * weight::hugeint // total::hugeint)
        else sign(amount)::hugeint * muldiv(abs(amount::hugeint), weight::hugeint, total::hugeint)
    end
);

-- The part number `place` (from 0) of `count` even parts; the first ones take what is left.
create or replace macro even_part(amount, place, count) as (
    sign(amount)::hugeint
    * (abs(amount::hugeint) // count + case when place < abs(amount::hugeint) % count then 1 else 0 end)
);

create or replace macro convert(amount, rate) as ((amount * rate)::decimal(38, 12));

-- A word of a closed list; any other word counts as other.
create or replace macro closed(word, words) as (case when word is null or list_contains(words, lower(word)) then lower(word) else 'other' end);

create or replace macro local_day(moment, zone) as (timezone(zone, moment at time zone 'UTC'))::date;

-- What a run came to: trusted, unverified (an answer is missing) or refuted (something speaks against it); NULL of none.
create or replace macro run_state(is_trusted, is_unverified) as (
    case when is_trusted then 'trusted' when is_unverified then 'unverified' when is_trusted is not null then 'refuted' end
);

-- A pattern with * as its only wildcard.
create or replace macro fits(text, pattern) as (
    text like replace(replace(replace(replace(pattern, '\', '\\'), '%', '\%'), '_', '\_'), '*', '%') escape '\'
);

-- The last UTC day that a bucket holds something of.
create or replace macro last_day_of(started_at, ended_at) as (
    greatest(started_at::date, coalesce((ended_at - interval 1 microsecond)::date, started_at::date))
);

-- How many UTC days a bucket reaches over.
create or replace macro span_days(started_at, ended_at) as (last_day_of(started_at, ended_at) - started_at::date + 1);

-- How many tokens a unit of this name is; NULL where it does not count tokens.
create or replace macro token_unit(unit) as (
    case
        when regexp_matches(lower(trim(unit)), '^tokens?$') then 1
        when regexp_matches(lower(trim(unit)), '^(1 ?k|1,?000|1 thousand|thousand|k) ?tokens?$') then 1000
        when regexp_matches(lower(trim(unit)), '^(1 ?m|1,?000,?000|1 million|million|m) ?tokens?$') then 1000000
    end
);
