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
    select distinct kind, provider_id, account_id, utc_day, rank from worked where counts;

create or replace temp table lost_claims as
    select distinct worse.*
    from claims as worse
    join claims as better
        on better.kind = worse.kind and better.provider_id = worse.provider_id and better.utc_day = worse.utc_day
        and better.rank < worse.rank
        and (better.account_id is null or worse.account_id is null or better.account_id = worse.account_id);

update worked
    set counts = false, aside = 'a better source has this provider, account and day'
    from lost_claims as lost
    where worked.counts and lost.kind = worked.kind and lost.provider_id = worked.provider_id
        and lost.account_id is not distinct from worked.account_id and lost.utc_day = worked.utc_day
        and lost.rank = worked.rank;
