-- The models that capacity serves: their calls cost nothing by themselves. A blank provider means whoever serves the
-- model.
create or replace temp table served_models as
    select distinct capacity.row_key as capacity_key, names.provider_id, names.model_id
    from capacity
    join names
        on names.model_id <> '' and (capacity.provider is null or names.provider_id = capacity.provider_id)
        and (names.model_id = capacity.model_id or lower(trim(names.model)) = lower(trim(capacity.model)))
    where capacity.counts;
