-- Rows of other sources that touched rows compete with.
create or replace temp table contested as
    select rows.record_id, coalesce(names.provider_id, lower(trim(rows.provider))) as provider_id, rows.utc_day
    from incoming_usage as rows
    left join names on names.provider = rows.provider and names.model = rows.model
    union
    select record_id, provider_id, utc_day from usage where row_key in (select row_key from keys_usage);

insert into keys_usage
    select row_key
    from usage
    where kind <> 'remainder' and row_key not in (select row_key from keys_usage)
        and (
            (provider_id, utc_day) in (select provider_id, utc_day from contested)
            or record_id in (select record_id from contested where record_id is not null)
        );
