-- What the sources of one rank own of the days that no better one does; what they lose is set aside. A bucket of
-- several
-- days is set aside where better ranks own all of them: else shorter ones explain it.
-- in: claims, owned_days; the variable source_rank. out: owned_days, worked.
create or replace temp table rank_days as
    select claims.*, (utc_day + nth::int)::date as claimed
    from claims, lateral (select unnest(range(0, last_day - utc_day + 1)) as nth) as days
    where rank = getvariable('source_rank');

create or replace temp table lost_claims as
    select kind, provider_id, account_id, utc_day, last_day, rank
    from (
        select rank_days.*, owned.kind is not null as is_lost
        from rank_days
        left join owned_days as owned
            on owned.kind = rank_days.kind and owned.provider_id = rank_days.provider_id and owned.utc_day = rank_days.claimed
            and (owned.account_id is null or rank_days.account_id is null or owned.account_id = rank_days.account_id)
    )
    group by kind, provider_id, account_id, utc_day, last_day, rank
    having bool_and(is_lost);

update worked
    set counts = false, aside = 'a better source has this provider, account and day'
    from lost_claims as lost
    where worked.counts and lost.kind = worked.kind and lost.provider_id = worked.provider_id
        and lost.account_id is not distinct from worked.account_id and lost.utc_day = worked.utc_day
        and lost.last_day = worked.last_day and lost.rank = worked.rank;

insert into owned_days
    select distinct rank_days.kind, rank_days.provider_id, rank_days.account_id, rank_days.claimed
    from rank_days
    anti join lost_claims as lost
        on lost.kind = rank_days.kind and lost.provider_id = rank_days.provider_id
        and lost.account_id is not distinct from rank_days.account_id and lost.utc_day = rank_days.utc_day
        and lost.last_day = rank_days.last_day;
