-- What the files say of charges and bills.
select
    row_key::varchar as key,
    charge_id as record,
    coalesce(description, vendor, component) as name,
    null as provider,
    import_id,
    (select imports.file from imports where imports.import_id = charges.import_id) as file,
    line
from charges
where counts and row_key in (select unnest($keys::uuid[]))
union all
select
    row_key::varchar,
    coalesce(billed_id, invoice_id),
    coalesce(line_item, 'invoice ' || invoice_id),
    provider_id,
    import_id,
    (select imports.file from imports where imports.import_id = billed.import_id),
    line
from billed
where counts and row_key in (select unnest($keys::uuid[]))
