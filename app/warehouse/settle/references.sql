-- Usage rows that a changed reference row concerns: by account map or rule all over again; by price or rate of
-- exchange only
-- in what they cost. Rules are looked at generously: a row that may fit a changed rule is settled again, whatever
-- comes of it.
-- in: changed_prices, changed_fx, changed_assignments, changed_accounts (rows that came, went or changed). out:
-- keys_recost.
insert into keys_usage
    select row_key
    from usage
    where kind <> 'remainder' and row_key not in (select row_key from keys_usage)
        and (
            (
                usage.account is null
                and usage.provider_id in (
                    select names.provider_id from changed_accounts join names on names.provider = changed_accounts.provider
                )
            )
            or exists (
                select 1 from changed_assignments as rules
                where (
                    rules.match_provider is null or contains(rules.match_provider, '*')
                    or usage.provider_id in (select names.provider_id from names where names.provider = rules.match_provider)
                )
                and (rules.match_account is null or fits(usage.account_id, rules.match_account))
                and (rules.match_project is null or fits(usage.project, rules.match_project))
                and (rules.match_api_key is null or fits(usage.api_key, rules.match_api_key))
                and (rules.match_user_id is null or fits(usage.user_id, rules.match_user_id))
            )
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
