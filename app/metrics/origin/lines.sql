-- What the files say of charges, bills, commitments and capacity; of a commitment its rate.
select
    row_key::varchar as key,
    charge_id as record,
    coalesce(description, vendor, component) as name,
    null as provider,
    import_id,
    (select imports.file from imports where imports.import_id = charges.import_id) as file,
    line,
    null as units,
    null as unit,
    null as unit_rate,
    null as rate_currency
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
    line,
    null,
    null,
    null,
    null
from billed
where counts and row_key in (select unnest($keys::uuid[]))
union all
select
    row_key::varchar,
    commitment_id,
    'commitment',
    provider_id,
    import_id,
    (select imports.file from imports where imports.import_id = commitments.import_id),
    line,
    units,
    unit,
    unit_rate,
    upper(currency)
from commitments
where counts and row_key in (select unnest($keys::uuid[]))
union all
select
    row_key::varchar,
    capacity_id,
    coalesce(cluster, 'capacity'),
    provider_id,
    import_id,
    (select imports.file from imports where imports.import_id = capacity.import_id),
    line,
    null,
    null,
    null,
    null
from capacity
where counts and row_key in (select unnest($keys::uuid[]))
