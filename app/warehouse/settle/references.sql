-- Usage rows that a changed account map, price or rate of exchange concerns: by account map all over again; by price
-- or rate
-- only in what they cost.
-- in: changed_accounts, changed_prices, changed_fx (rows that came, went or changed). out: keys_usage, keys_recost.
insert into keys_usage
    select row_key
    from usage
    where kind <> 'remainder' and row_key not in (select row_key from keys_usage) and usage.account is null
        and usage.provider_id in (
            select names.provider_id from changed_accounts join names on names.provider = changed_accounts.provider
        );

insert into keys_recost
    select row_key
    from usage
    where kind <> 'remainder'
        and (
            (provider_id, model_id) in (
                select names.provider_id, names.model_id
                from changed_prices
                join names on names.provider = changed_prices.provider and names.model = changed_prices.model
            )
            or (provider_id, model_id) in (
                select names.provider_id, names.model_id
                from changed_capacity
                join names
                    on (names.provider = changed_capacity.provider and names.model = changed_capacity.model)
                    or (changed_capacity.provider is null and lower(trim(names.model)) = lower(trim(changed_capacity.model)))
            )
            or exists (select 1 from changed_fx where upper(changed_fx.currency) = usage.own_currency and changed_fx.day <= usage.day)
        );
