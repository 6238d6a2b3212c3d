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
create macro clean(r) as nfc_normalize(regexp_replace(regexp_replace(regexp_replace(
    r, '[\n\r\t]+', ' ', 'g'),
    '[\x00-\x1f\x7f\x{200b}-\x{200f}\x{202a}-\x{202e}\x{2060}-\x{2064}\x{2066}-\x{2069}\x{feff}]', '', 'g'),
    '^[\s\x{a0}]+|[\s\x{a0}]+$', '', 'g'));

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
