-- How text becomes a value. Each macro gives NULL for text that it does not take; the row is then rejected with a
-- reason.
-- The fast paths stand in values.py; these macros see only what those did not take.
-- one minus sign, brackets and trailing minus as accountants write them, and no currency that the row does not name
create macro signed(r) as regexp_replace(
    regexp_replace(replace(trim(r), '−', '-'), '^\((.*)\)$', '-\1'), '^([^-].*)-$', '-\1'
);

create macro symbol(currency) as case currency
    when 'USD' then '$' when 'EUR' then '€' when 'GBP' then '£' when 'JPY' then '¥' when 'INR' then '₹' else currency
end;

create macro bare(r, currency) as case
    when currency is null then signed(r)
    else regexp_replace(
        replace(replace(signed(r), symbol(currency), ''), currency, ''), '^([+-]?) *(.*?) *$', '\1\2'
    )
end;

create macro is_plain(t) as regexp_full_match(t, '[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?');

create macro ungrouped(t) as regexp_replace(t, '[ \x{a0}\x{202f}''’_]', '', 'g');

-- without a word about the decimal mark: only what can be read in one way
create macro number_unsaid(t) as case
    when is_plain(t) then t
    when regexp_full_match(t, '[+-]?[1-9][0-9]{0,2}(,[0-9]{3})+\.[0-9]+') then replace(t, ',', '')
    when regexp_full_match(t, '[+-]?[1-9][0-9]{0,2}(\.[0-9]{3})+,[0-9]+') then replace(replace(t, '.', ''), ',', '.')
end;

-- the same in a file whose columns are separated by semicolons, as where the comma is the decimal mark: 1.000 is open
create macro number_semicolon(t) as case
    when not regexp_full_match(t, '[+-]?[1-9][0-9]{0,2}(\.[0-9]{3})+') then number_unsaid(t)
end;

create macro number_point(t) as case
    when is_plain(t) then t
    when regexp_full_match(t, '[+-]?[1-9][0-9]{0,2}([, \x{a0}\x{202f}''’_][0-9]{3})+(\.[0-9]*)?')
        then replace(ungrouped(t), ',', '')
end;

create macro number_comma(t) as case
    when regexp_full_match(t, '[+-]?([0-9]+,?[0-9]*|,[0-9]+)([eE][+-]?[0-9]{1,3})?') then replace(t, ',', '.')
    when regexp_full_match(t, '[+-]?[1-9][0-9]{0,2}([. \x{a0}\x{202f}''’_][0-9]{3})+(,[0-9]*)?')
        then replace(replace(ungrouped(t), '.', ''), ',', '.')
end;

create macro number_trouble(r) as case
    when regexp_full_match(lower(trim(r)), '[+-]?(nan|inf|infinity)') then 'is not a finite number'
    when regexp_full_match(trim(r), '[+-]?[0-9]+([., \x{a0}\x{202f}''’_][0-9]+)+')
        then 'can be read in two ways; say --decimal comma or --decimal point'
    when regexp_matches(r, '^([$€£¥₹]|[A-Z]{3} ?)[0-9]|[0-9] ?([$€£¥₹]|[A-Z]{3})$') then 'is an amount whose currency is not that of the row''s currency column'
    else 'is not a number that fits'
end;

create macro whole_trouble(r) as case
    when is_plain(trim(r)) and (
        try_cast(r as decimal(38, 12)) = trunc(try_cast(r as decimal(38, 12))) and length(r) < 16
    ) is not true then 'is not a whole number up to 1e15'
    else number_trouble(r)
end;

-- a time of day ends at 23:59:59; an offset at 14 hours
create macro has_offset(t) as regexp_full_match(t,
    '[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}[T ]([01]?[0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.,][0-9]+)?)?(Z|[+-](0[0-9]|1[0-4])(:?[0-5][0-9])?)');

create macro is_naive(t) as regexp_full_match(t,
    '[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([T ]([01]?[0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.,][0-9]+)?)?)?');

create macro year_first(r) as regexp_replace(regexp_replace(
    upper(trim(r)), '^([0-9]{4})/([0-9]{1,2})/([0-9]{1,2})', '\1-\2-\3'
), ' ?(UTC|GMT)$| (Z|[+-][0-9:]+)$', '\2' );

create macro day_first(r) as regexp_replace(trim(r), '^([0-9]{1,2})[./-]([0-9]{1,2})[./-]([0-9]{4})', '\3-\2-\1');
create macro month_first(r) as regexp_replace(trim(r), '^([0-9]{1,2})[./-]([0-9]{1,2})[./-]([0-9]{4})', '\3-\1-\2');

create macro moment(t, zone) as case
    when has_offset(t) then timezone('UTC', try_cast(replace(t, ',', '.') as timestamptz))
    when is_naive(t) then timezone('UTC', timezone(zone, try_cast(replace(t, ',', '.') as timestamp)))
end;

create macro time_trouble(r) as case
    when regexp_full_match(trim(r), '[0-9]{5}(\.[0-9]+)?') then 'is an Excel date number; write it as 2026-09-30'
    when regexp_full_match(trim(r), '[0-9]{10}([0-9]{3}){0,3}(\.[0-9]+)?')
        then 'is a count of seconds; write it as 2026-09-30T08:15:00Z'
    when regexp_full_match(trim(r), '[0-9]{1,2}[./-][0-9]{1,2}[./-][0-9]{4}.*')
        then 'can be read in two ways; say --dates dmy or --dates mdy'
    when regexp_full_match(trim(r), '[0-9]{1,2}[./-][0-9]{1,2}[./-][0-9]{1,2}( .*|T.*)?') then 'has a year of two digits'
    else 'is not a time that exists; write it as 2026-09-30 or 2026-09-30T08:15:00Z'
end;

create macro truth(r) as case
    when lower(trim(r)) in ('true', 'yes', '1') then true
    when lower(trim(r)) in ('false', 'no', '0') then false
end;

create macro is_truth(r) as lower(trim(r)) in ('true', 'yes', '1', 'false', 'no', '0', 'unknown', '');

-- control characters and characters that only turn or hide text go; line ends and tabs are shown as a space
-- nearly every text is plain, and one look tells
create macro clean(r) as case when regexp_full_match(r, '[!-~]([ -~]*[!-~])?') then r else nfc_normalize(
    regexp_replace(regexp_replace(regexp_replace(
        r, '[\n\r\t]+', ' ', 'g'),
        '[\x00-\x1f\x7f\x{200b}-\x{200f}\x{202a}-\x{202e}\x{2060}-\x{2064}\x{2066}-\x{2069}\x{feff}]', '', 'g'),
        '^[\s\x{a0}]+|[\s\x{a0}]+$', '', 'g')
) end;

-- the same, NULL where nothing is left; most text is plain, which a cheap test in front finds
create macro trimmed(r) as case when regexp_full_match(r, '[!-~]([ -~]*[!-~])?') then r else nullif(clean(r), '') end;

create macro is_structure(t) as case when json_valid(t) then json_type(t) in ('OBJECT', 'ARRAY') else false end;

-- ISO 4217, without metals and testing codes, and without those that ended before 2020
create macro is_currency(code) as code in (
    'AED', 'AFN', 'ALL', 'AMD', 'ANG', 'AOA', 'ARS', 'AUD', 'AWG', 'AZN', 'BAM', 'BBD', 'BDT', 'BGN', 'BHD',
    'BIF', 'BMD', 'BND', 'BOB', 'BRL', 'BSD', 'BTN', 'BWP', 'BYN', 'BZD', 'CAD', 'CDF', 'CHF', 'CLF', 'CLP',
    'CNY', 'COP', 'CRC', 'CUP', 'CVE', 'CZK', 'DJF', 'DKK', 'DOP', 'DZD', 'EGP', 'ERN', 'ETB', 'EUR', 'FJD',
    'FKP', 'GBP', 'GEL', 'GHS', 'GIP', 'GMD', 'GNF', 'GTQ', 'GYD', 'HKD', 'HNL', 'HTG', 'HUF', 'IDR', 'ILS',
    'INR', 'IQD', 'IRR', 'ISK', 'JMD', 'JOD', 'JPY', 'KES', 'KGS', 'KHR', 'KMF', 'KPW', 'KRW', 'KWD', 'KYD',
    'KZT', 'LAK', 'LBP', 'LKR', 'LRD', 'LSL', 'LYD', 'MAD', 'MDL', 'MGA', 'MKD', 'MMK', 'MNT', 'MOP', 'MRU',
    'MUR', 'MVR', 'MWK', 'MXN', 'MYR', 'MZN', 'NAD', 'NGN', 'NIO', 'NOK', 'NPR', 'NZD', 'OMR', 'PAB', 'PEN',
    'PGK', 'PHP', 'PKR', 'PLN', 'PYG', 'QAR', 'RON', 'RSD', 'RUB', 'RWF', 'SAR', 'SBD', 'SCR', 'SDG', 'SEK',
    'SGD', 'SHP', 'SLE', 'SOS', 'SRD', 'SSP', 'STN', 'SVC', 'SYP', 'SZL', 'THB', 'TJS', 'TMT', 'TND', 'TOP',
    'TRY', 'TTD', 'TWD', 'TZS', 'UAH', 'UGX', 'USD', 'UYU', 'UZS', 'VED', 'VES', 'VND', 'VUV', 'WST', 'XAF',
    'XCD', 'XCG', 'XOF', 'XPF', 'YER', 'ZAR', 'ZMW', 'ZWG'
);

-- JSON that some exports wrap in a string once more
create macro opened(j) as case when json_type(j) = 'VARCHAR' then try(cast(json_extract_string(j, '$') as json)) else j end;
create macro json_list(j) as case when json_type(j) = 'ARRAY' then from_json(j, '["json"]') else [] end;

-- a count of seconds since 1970, as a moment and as ISO 8601; NULL for other text
create macro epoch_time(t) as make_timestamp(cast(try_cast(t as decimal(20, 6)) * 1000000 as bigint));
create macro epoch_text(t) as strftime(epoch_time(t), '%Y-%m-%dT%H:%M:%S.%fZ');

-- the part of a tag such as run:4711 after its first word, where a list of tags has one
create macro tagged(tags, word) as substr(list_filter(tags, lambda tag: starts_with(tag, word || ':'))[1], length(word) + 2);

-- an amount in hundredths, as text in whole units; text that is no number stays what it is
create macro from_cents(t) as coalesce(cast(try_cast(t as decimal(36, 18)) * cast(0.01 as decimal(2, 2)) as varchar), t);

-- the sum of two counts and what is left of a count; text that is no count stays visible, so that its row is rejected
create macro counts_together(a, b) as case
    when a is null or b is null then coalesce(a, b)
    when try_cast(a as bigint) >= 0 and try_cast(b as bigint) >= 0 then cast(cast(a as bigint) + cast(b as bigint) as varchar)
    else concat(a, ' + ', b)
end;
create macro count_left(whole, a, b) as coalesce(
    cast(try_cast(whole as bigint) - coalesce(try_cast(a as bigint), 0) - coalesce(try_cast(b as bigint), 0) as varchar), whole
);

-- our word for what Anthropic's cost reports and Console call a token type; a type that is not known stays what it is
create macro anthropic_class(t) as case
    when t in ('uncached_input_tokens', 'input_no_cache') then 'uncached_input'
    when t in ('cache_read_input_tokens', 'input_cache_read') then 'cache_read'
    when starts_with(t, 'cache_creation.') or starts_with(t, 'input_cache_write') then 'cache_write'
    when t in ('output_tokens', 'output') then 'output'
    else t
end;

-- clouds: how many tokens a unit stands for, NULL for what is none; a quantity in whole units of its block
create macro token_block(unit) as case
    when regexp_full_match(lower(trim(unit)), 'tokens?') then 1
    when regexp_full_match(lower(trim(unit)), '(1 ?k|1,?000|(1 )?thousand|k) ?tokens?') then 1000
    when regexp_full_match(lower(trim(unit)), '(1 ?m|1,?000,?000|(1 )?million|m) ?tokens?') then 1000000
end;
create macro unblocked(quantity, block) as case
    when block is not null
    then coalesce(cast(try_cast(quantity as decimal(26, 12)) * cast(block as decimal(8, 0)) as varchar), quantity)
end;

-- whether money for so many tokens lies where prices lie, 0.01 to 200 per million; nothing for nothing tells nothing
create macro is_token_price(cost, tokens) as coalesce(
    abs(try_cast(cost as double)) / nullif(try_cast(tokens as double), 0) * 1000000 between 0.01 and 200
    or try_cast(cost as double) = 0,
    false
);

-- the first and the last day of a stretch whose end is exclusive; text that is no time stays what it is
create macro first_day(t) as coalesce(strftime(moment(year_first(t), 'UTC'), '%Y-%m-%d'), t);
create macro last_day_before(first, t) as coalesce(
    strftime(
        greatest(moment(year_first(t), 'UTC') - interval 1 microsecond, moment(year_first(first), 'UTC')), '%Y-%m-%d'
    ),
    t
);

-- who bills, where the price book does not know how a bill spells it
create macro cloud_provider(name) as case
    when regexp_matches(lower(name), 'microsoft|azure') then 'azure'
    when regexp_matches(lower(name), 'google|^gcp$') then 'google'
    when regexp_matches(lower(name), 'amazon|^aws\b') then 'aws'
    else name
end;

-- the token class that the words of a meter name; the more special word first, since a cache read is input, too
create macro token_class(words) as case
    when regexp_matches(lower(words), 'storage|hour|tpm|\bptu') then null
    when regexp_matches(lower(words), 'cache[^|]*write|write[^|]*cache') then 'cache_write'
    when regexp_matches(lower(words), 'cache|caching|\bc?cchd\b|\bcd\b') then 'cache_read'
    when regexp_matches(lower(words), 'output|\b(out|outp|outpt|opt)\b') then 'output'
    when regexp_matches(lower(words), 'input|\b(in|inp|inpt)\b') then 'uncached_input'
end;

-- billing names are no model ids and follow no rule: only what AWS was seen to write is translated
create macro bedrock_alias(name) as coalesce(case replace(lower(name), ' ', '')
    when 'claude3haiku' then 'anthropic.claude-3-haiku-20240307-v1:0'
    when 'claude3.7sonnet' then 'anthropic.claude-3-7-sonnet-20250219-v1:0'
    when 'claude4sonnet' then 'anthropic.claude-sonnet-4-20250514-v1:0'
    when 'claude4.5sonnet' then 'anthropic.claude-sonnet-4-5-20250929-v1:0'
    when 'claudesonnet4.5' then 'anthropic.claude-sonnet-4-5-20250929-v1:0'
    when 'claude4.5haiku' then 'anthropic.claude-haiku-4-5-20251001-v1:0'
    when 'claudehaiku4.5' then 'anthropic.claude-haiku-4-5-20251001-v1:0'
    when 'claude4.6sonnet' then 'anthropic.claude-sonnet-4-6-v1:0'
    when 'claudesonnet4.6' then 'anthropic.claude-sonnet-4-6-v1:0'
    when 'claude4.6opus' then 'anthropic.claude-opus-4-6-v1:0'
    when 'claudeopus4.6' then 'anthropic.claude-opus-4-6-v1:0'
    when 'nova2.0lite' then 'amazon.nova-2-lite-v1:0'
    when 'gpt-oss-120b' then 'openai.gpt-oss-120b-1:0'
    when 'openai.gpt-oss-120b' then 'openai.gpt-oss-120b-1:0'
end, name);

-- Bedrock: the model's id in an ARN, else what stands in front of the token type in a usage type
create macro bedrock_model_of(arn, usage_type) as coalesce(
    nullif(regexp_extract(arn, ':(?:foundation-model|inference-profile)/(.+)$', 1), ''),
    bedrock_alias(nullif(regexp_extract(
        usage_type,
        '^(?:[A-Z]{2,4}[0-9]*-)?([^:]+?)(?:-mantle)?-(?:cache-read-|cache-write-)?(?:input|output)-token(?:s|-count)\b', 1
    ), ''))
);

-- OpenAI: a line item is `[product | ] name [ kind], class [, more]`, and only one with a class names a model
create macro openai_item(t) as regexp_extract(
    t, '^(?:[^|]* \| )?([^|,]+?)(?: (?:text|audio|image))?, ([^,]+)(?:, .+)?$', ['name', 'class']
);
create macro openai_class(t) as case
    when t in ('input', 'input_tokens', 'input_uncached_tokens') then 'uncached_input'
    when t in ('cached input', 'input_cached_tokens', 'cached_input_tokens') then 'cache_read'
    when t in ('cache writes', 'input_cache_write_tokens', 'cache_write_tokens') then 'cache_write'
    when t in ('output', 'output_tokens') then 'output'
    else nullif(t, '')
end;
create macro openai_tier(batch, tier) as case
    when lower(batch) = 'true' then 'batch' when tier = 'default' then 'standard' when tier = 'scale' then 'provisioned' else tier
end;
-- a quantity in thousands, in ones; text that is no number stays what it is
create macro from_thousands(t) as coalesce(cast(1000 * try_cast(t as decimal(30, 12)) as varchar), t);

-- attributes of OpenTelemetry: a value as text, a list joined; the value of a name, of which the first stands
create macro attribute_text(v) as coalesce(
    v.stringvalue,
    v.intvalue,
    v.doublevalue,
    v.boolvalue,
    array_to_string(list_transform(v.arrayvalue."values", lambda each: each.stringvalue), ', ')
);
create macro attribute(names, texts, name) as nullif(texts[list_position(names, name)], '');
create macro nano_time(t) as cast(make_timestamp_ns(try_cast(t as bigint)) as timestamp);

-- who bills, behind the words of OpenTelemetry that the price book does not know
create macro telemetry_provider(vendor) as case
    when starts_with(vendor, 'azure') or starts_with(vendor, 'az.') then 'azure'
    when starts_with(vendor, 'gcp.') then 'google'
    when vendor = 'x_ai' then 'xai'
    else vendor
end;

-- who bills a model, where a source does not say: the part in front of its name, else whose model it is
create macro provider_of_model(model) as case
    when regexp_matches(lower(model), '^([a-z]{2,6}\.)?(anthropic|amazon|meta|mistral|cohere|deepseek)\.') then 'aws'
    when contains(model, '/') then split_part(lower(model), '/', 1)
    when starts_with(lower(model), 'claude') then 'anthropic'
    when regexp_matches(lower(model), '^(gpt|chatgpt|o[134]\b|text-embedding|dall-e|whisper|codex)') then 'openai'
    when regexp_matches(lower(model), '^(gemini|gemma|text-bison|models)') then 'google'
    when regexp_matches(lower(model), '^(mistral|mixtral|codestral|ministral|magistral)') then 'mistral'
    when starts_with(lower(model), 'grok') then 'xai'
    when starts_with(lower(model), 'deepseek') then 'deepseek'
    when starts_with(lower(model), 'command') then 'cohere'
    else 'unknown'
end;

-- Codex: a count, and what it grew by since the previous total; where totals do not follow each other, what was counted
-- last
create macro codex_count(t) as try_cast(t as bigint);
create macro codex_grown(total, previous, newest, is_alone) as case
    when is_alone then codex_count(newest)
    when previous is null then codex_count(coalesce(newest, total))
    else codex_count(total) - codex_count(previous)
end;

-- a time that is a count of seconds in some versions of a format and text in others
create macro seconds_or_text(t) as coalesce(epoch_text(t), t);

-- a count that a table with gaps holds as a fraction, 12.0
create macro whole_text(t) as try_cast(try_cast(t as decimal(20, 3)) as bigint);

-- a local time as people write it, as ISO 8601 in UTC; text that can be read in two ways stays as it is. The zone and
-- the order of day and month are what was said with the file.
create macro local_time(t) as coalesce(
    try_strptime(upper(trim(t)), [
        '%d/%b/%y %I:%M %p', '%d/%b/%Y %I:%M %p', '%d/%b/%y %H:%M', '%d/%b/%Y %H:%M', '%d/%b/%y', '%d/%b/%Y',
        '%d %b %Y %I:%M %p', '%d %b %Y %H:%M', '%d %b %y %H:%M', '%b %d, %Y %I:%M %p', '%b %d, %Y, %I:%M %p',
        '%Y-%m-%d %H:%M:%S', '%Y-%m-%d %H:%M', '%Y-%m-%dT%H:%M:%S', '%Y-%m-%d', '%Y/%m/%d %H:%M'
    ]),
    case getvariable('dates')
        when 'dmy' then try_strptime(upper(trim(t)), [
            '%d/%m/%Y %I:%M %p', '%d/%m/%Y %H:%M', '%d.%m.%Y %H:%M', '%d-%m-%Y %H:%M', '%d/%m/%y %I:%M %p', '%d/%m/%y %H:%M'
        ])
        when 'mdy' then try_strptime(upper(trim(t)), [
            '%m/%d/%Y %I:%M %p', '%m/%d/%Y %H:%M', '%m-%d-%Y %H:%M', '%m/%d/%y %I:%M %p', '%m/%d/%y %H:%M'
        ])
    end
);
create macro local_text(t) as coalesce(
    strftime(timezone('UTC', timezone(getvariable('zone'), local_time(t))), '%Y-%m-%dT%H:%M:%SZ'), t
);

-- the Gemini or Claude model that a SKU of Google names, spelled as its id
create macro google_model(sku) as coalesce(
    nullif(replace(lower(regexp_extract(
        sku, '(?i)\bgemini[ -][0-9](?:\.[0-9]+)?[ -](?:flash[ -]lite|flash|pro)\b'
    )), ' ', '-'), ''),
    nullif(translate(lower(regexp_extract(sku, '(?i)\bclaude [a-z]+ [0-9](?:\.[0-9]+)?\b')), ' .', '--'), ''),
    nullif(lower(regexp_extract(sku, '(?i)\bgemini-[a-z0-9.-]+[a-z0-9]')), '')
);

-- Anthropic: fast mode and the variants of a tier; the Console's names of models as ids, and its word for nothing
create macro anthropic_tier(tier, speed) as case
    when lower(speed) = 'fast' and coalesce(tier, 'standard') = 'standard' then 'fast'
    when tier = 'priority_on_demand' then 'priority'
    when tier = 'flex_discount' then 'flex'
    else tier
end;
create macro anthropic_model(t) as case
    when regexp_matches(t, '^Claude ') then regexp_replace(
        regexp_replace(lower(t), '[ .]+', '-', 'g'), '^claude-([a-z]+)-(3(-[57])?)$', 'claude-\2-\1'
    )
    else t
end;
create macro undashed(t) as nullif(t, '--');

-- how many things a unit of Azure's price list counts, as in 1K, 10K, 1M, 1 Million, 100; NULL for hours and the like
create macro azure_block(unit) as
    try_cast(regexp_extract(unit, '^([0-9]+) ?(?:[KkMm]|[Mm]illion|[Tt]housand)?(?: ?[Tt]okens?)?$', 1) as bigint)
    * case
        when regexp_matches(unit, '(?i)^[0-9]+ ?k|thousand') then 1000
        when regexp_matches(unit, '(?i)^[0-9]+ ?m') then 1000000
        else 1
    end;
-- the model at the head of a meter's name, up to the first word that says something else; 5.4 stands for gpt-5.4
create macro azure_model(meter) as regexp_replace(regexp_replace(replace(lower(nullif(regexp_extract(
    meter,
    '(?i)^(.+?)[ -]+(?:shortco|longco|cached|c?cchd|cd|batch|pp|inpt?|in|input|outp|opt|out|outpt|output|glbl|gl|global'
    || '|dzn?|dzone|data[ -]zone|regnl|regional|ft|tokens)\b',
    1
), '')), ' ', '-'), '-[0-9]{4}$', ''), '^([0-9])', 'gpt-\1');

-- 1,234,567 of a file that is known to write a point before decimals
create macro ungrouped_by_comma(t) as case
    when regexp_full_match(t, '-?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?') then replace(t, ',', '') else t
end;

-- evaluators: no file says which way a score is good, so the known names do; of another name it is not known
create macro score_name(name) as regexp_replace(
    regexp_replace(regexp_replace(lower(trim(name)), '[ -]+', '_', 'g'), '^nv_|_?[\[(].*$|_metric$', '', 'g'), '_+$', ''
);
create macro score_higher_is_better(name) as case
    when score_name(name) in (
        'hallucination', 'bias', 'toxicity', 'misuse', 'noise_sensitivity', 'perplexity', 'latency', 'cost'
    ) then false
    when score_name(name) in (
        'faithfulness', 'context_faithfulness', 'groundedness', 'response_groundedness', 'answer_relevancy',
        'answer_relevance', 'response_relevancy', 'context_relevance', 'context_relevancy', 'context_precision', 'context_recall',
        'contextual_relevancy', 'contextual_precision', 'contextual_recall', 'context_entity_recall', 'context_utilization',
        'factual_correctness', 'factuality', 'accuracy', 'semantic_similarity', 'answer_similarity', 'similar',
        'answer_correctness', 'correctness', 'summary_score', 'summarization', 'tool_call_accuracy', 'tool_call_f1',
        'tool_correctness', 'argument_correctness', 'task_completion', 'topic_adherence', 'agent_goal_accuracy',
        'goal_accuracy', 'pii_leakage', 'role_violation', 'role_adherence', 'knowledge_retention', 'conversation_completeness',
        'json_correctness', 'prompt_alignment', 'rouge_score', 'bleu_score', 'exact_match', 'llm_rubric', 'g_eval'
    ) then true
end;
-- the trust condition that a score answers by its very meaning
create macro score_condition(name) as case
    when score_name(name) in (
        'faithfulness', 'context_faithfulness', 'groundedness', 'response_groundedness', 'grounded', 'hallucination'
    ) then 'grounded'
end;

-- an amount such as $1,234.50 as a number; words that stand for no amount are none, other text stays what it is
create macro dollars(t) as case
    when not regexp_full_match(t, '[A-Za-z ,-]*') then ungrouped_by_comma(regexp_replace(t, '^(-?) ?\$ ?', '\1'))
end;

-- a name such as Claude Haiku 4.5 as the id that its maker's tools write; names of features stay
create macro shown_model(t) as case
    when regexp_matches(t, '(?i)^(claude|gpt|gemini|grok|kimi|o[0-9])') then replace(lower(t), ' ', '-') else t
end;

-- what a counter of vLLM or SGLang counts
create macro token_counter(name, source) as case
    when name in ('vllm:prompt_tokens_total', 'sglang:prompt_tokens_total') then 'prompt'
    when name = 'vllm:prompt_tokens_by_source_total'
        then case source when 'local_compute' then 'computed' else 'by_cache' end
    when name in ('vllm:prompt_tokens_cached_total', 'sglang:cached_tokens_total') then 'cached'
    when name in ('vllm:generation_tokens_total', 'sglang:generation_tokens_total') then 'output'
    when name in ('vllm:request_success_total', 'sglang:num_requests_total') then 'requests'
end;
