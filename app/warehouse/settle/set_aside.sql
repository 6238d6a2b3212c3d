-- Set aside in worked what a better source has: kept, shown, counting nothing.
create or replace temp table beaten_calls as
    select row_key, first_value(source) over best as source
    from worked
    where counts and record_id is not null and kind = 'call'
    window best as (partition by record_id order by rank, clock desc, number desc, source)
    qualify row_number() over best > 1;

update worked
    set counts = false, aside = 'the same call stands from ' || beaten_calls.source
    from beaten_calls
    where beaten_calls.row_key = worked.row_key;

create or replace temp table claims as
    select distinct kind, provider_id, account_id, utc_day, last_day, rank from worked where counts;

-- Filled by rank, best first: what is set aside owns nothing.
create or replace temp table owned_days (kind varchar, provider_id varchar, account_id varchar, utc_day date);
