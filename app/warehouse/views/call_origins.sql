-- Where a usage row's figures come from: file and line, the price that was used, and what named its team.
-- grain: one usage row (a call, or what calls leave of a bucket)
with

    calls as (

        select
            *,
            split_part(price_id, ' ', 1) as price_kind,
            case when price_kind in ('price', 'discount') then split_part(price_id, ' ', 2) end as price_import,
            case when price_kind in ('price', 'discount') then split_part(price_id, ' ', 4)::bigint end as price_line,
            closed(
                coalesce(service_tier, 'standard'), ['standard', 'batch', 'flex', 'priority', 'provisioned']
            ) as tier,
            case
                when kind = 'call'
                then
                    coalesce(uncached_input_tokens, 0)
                    + coalesce(cache_read_tokens, 0)
                    + coalesce(cache_write_tokens, 0)
                else 0
            end as context,
            case
                when kind = 'call'
                then
                    date_part('hour', started_at) * 3600
                    + date_part('minute', started_at) * 60
                    + floor(date_part('second', started_at))
                else 0
            end as second
        from usage
        where counts and kind <> 'bucket'

    ),

    team_rules as (

        select
            list(
                {'rule_id':rule_id, 'team':team, 'import_id':import_id, 'line':line}
                order by priority nulls last, rule_id
            ) as in_order
        from assignments
        where counts and team is not null

    ),

    -- Of the rules that filled something, the first that names a team named it.
    ruled as (

        select
            calls.*,
            list_filter(team_rules.in_order, lambda rule:list_contains(calls.rule_ids, rule.rule_id))[1] as rule
        from calls
        cross join team_rules

    )

select
    calls.* exclude (price_import, context, second, rule),
    imports.file,
    price_files.import_id as price_import_id,
    price_files.file as price_file,
    list_prices.book as price_book,
    prices.discount as price_discount,
    case when calls.price_kind = 'price' then upper(prices.currency) else 'USD' end as price_currency,
    coalesce(prices.input_per_1m, list_prices.input * 1000000) as input_per_1m,
    coalesce(prices.cache_read_per_1m, list_prices.cache_read * 1000000) as cache_read_per_1m,
    coalesce(prices.cache_write_per_1m, list_prices.cache_write * 1000000) as cache_write_per_1m,
    coalesce(prices.output_per_1m, list_prices.output * 1000000) as output_per_1m,
    coalesce(prices.reasoning_per_1m, prices.output_per_1m, list_prices.reasoning * 1000000) as reasoning_per_1m,
    coalesce(prices.per_request, list_prices.per_request) as per_request,
    -- What the row or its run names comes before any rule.
    case
        when calls.team_final is null
        then null
        when calls.team is not null
        then 'the row'
        when calls.rule.team = calls.team_final
        then 'a rule'
        else 'its run'
    end as team_named_by,
    case when team_named_by = 'a rule' then calls.rule.rule_id end as team_rule,
    case when team_named_by = 'a rule' then rule_files.file end as team_rule_file,
    case when team_named_by = 'a rule' then calls.rule.line end as team_rule_line
from ruled as calls
left join imports on imports.import_id = calls.import_id
left join prices on prices.counts and prices.import_id = calls.price_import and prices.line = calls.price_line
left join imports as price_files on price_files.import_id = calls.price_import
left join
    list_prices
    on calls.price_kind in ('list', 'discount')
    and list_prices.provider_id = calls.provider_id
    and list_prices.model_id = calls.model_id
    and list_prices.tier = calls.tier
    and list_prices.utc_day = calls.utc_day
    and calls.second >= list_prices.from_second
    and calls.second < list_prices.to_second
    and calls.context > list_prices.above_tokens
    and calls.context <= list_prices.upto_tokens
left join imports as rule_files on rule_files.import_id = calls.rule.import_id
