-- Which provider account the calls of a gateway or a key belong to.
-- grain: one standing row of the table accounts
select
    provider,
    accounts.account,
    name,
    api_key,
    gateway,
    row_key::varchar as id,
    accounts.import_id,
    imports.file,
    imports.imported_at
from accounts
join imports on imports.import_id = accounts.import_id
where accounts.counts
order by provider, accounts.account, gateway, api_key
