-- The provider account of a source's or a key's calls, one per (provider, source, key) that stands without an account.
-- A row of the key and the gateway wins over one of the key, that over one of the gateway; then the newer import.
create or replace temp table account_map as
    select seen.provider_id, seen.gateway, seen.api_key, accounts.account
    from (
        select distinct names.provider_id, rows.source as gateway, coalesce(rows.api_key, '') as api_key
        from work_usage as rows
        join names on names.provider = rows.provider and names.model = rows.model
        where rows.account is null
    ) as seen
    join accounts
        on accounts.counts and accounts.provider_id = seen.provider_id
        and (accounts.api_key is not null or accounts.gateway is not null)
        and (accounts.api_key is null or accounts.api_key = seen.api_key)
        and (accounts.gateway is null or lower(accounts.gateway) = seen.gateway)
    qualify row_number() over (
        partition by seen.provider_id, seen.gateway, seen.api_key
        order by (accounts.api_key is not null) desc, (accounts.gateway is not null) desc, accounts.clock desc, accounts.number desc, accounts.line desc
    ) = 1;
