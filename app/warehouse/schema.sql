-- What the database holds beside the canonical columns (canonical.sql).
-- Each canonical table is made by build.py with the columns of `standing_columns` behind its own;
-- facts carry their settled columns too: what a row decides alone, or with its run.
-- What figures depend on beside the imports: schema version, reporting currency, time zone, price book.
create table meta (key varchar not null, value varchar);

-- The audit trail: one row per import, never deleted.
create table imports (
    import_id varchar not null,
    number bigint not null,  -- order of arrival; breaks ties of the clock
    status varchar not null,  -- standing or undone
    source varchar not null,
    rank bigint not null,  -- lower is the better source of the same thing
    renewal varchar not null,  -- key, window or content
    replaces boolean not null,  -- all there is, of its table or of its source and days
    scope varchar,
    account varchar,
    file varchar not null,
    sha256 varchar not null,
    fingerprint varchar not null,  -- equal rows, equal fingerprint
    as_of timestamp,  -- what the export states, or --as-of
    imported_at timestamp not null,
    clock timestamp not null,  -- as_of, else imported_at: newest wins
    undone_at timestamp,
    tables varchar[] not null,
    period_start date,
    period_end date,
    rows_read bigint not null,
    rows_new bigint not null,
    rows_replaced bigint not null,
    rows_unchanged bigint not null,
    rows_rejected bigint not null,
    rows_skipped bigint not null,
    money_of varchar,  -- what its money is: cost, billed or value; NULL: it has none
    money_new decimal(38, 12),  -- as it came, in the reporting currency
    money_replaced decimal(38, 12),
    money_was decimal(38, 12),  -- what stood in the place of the replaced rows
    money_unchanged decimal(38, 12),
    unknown_columns varchar[] not null,
    unknown_words varchar[] not null
);

-- What was not loaded: the record's line, its text, and why.
create table rejects (import_id varchar not null, line bigint, text varchar, reason varchar not null);
create table skips (import_id varchar not null, line bigint, text varchar, reason varchar not null);

-- Names as sources write them, and their canonical ids by the price book.
create table names (provider varchar not null, model varchar not null, provider_id varchar not null, model_id varchar not null);

-- List prices per token, per thing that was ever priced: parts of a day and of the context length do not overlap. A
-- thing that its book does not list has one row with no second of the day, so that no newer book prices it unasked.
create table list_prices (
    provider_id varchar not null,
    model_id varchar not null,
    tier varchar not null,
    utc_day date not null,
    from_second bigint not null,  -- of the UTC day, inclusive
    to_second bigint not null,  -- exclusive
    above_tokens bigint not null,  -- all input tokens of the call, exclusive
    upto_tokens bigint not null,  -- inclusive
    input decimal(18, 12),
    cache_read decimal(18, 12),
    cache_write decimal(18, 12),
    cache_write_1h decimal(18, 12),
    output decimal(18, 12),
    reasoning decimal(18, 12),
    audio_input decimal(18, 12),
    image_input decimal(18, 12),
    audio_output decimal(18, 12),
    per_request decimal(18, 12),
    book varchar not null  -- version of the price book
);

-- One row per workflow run: when it began, what it belongs to, what it came to.
create table runs (
    run_id varchar not null,
    started_at timestamp,
    day date,  -- reporting day of its start
    team varchar,
    workflow varchar,
    product varchar,
    feature varchar,
    customer varchar,
    segment varchar,
    region varchar,
    environment varchar,
    first_day date,  -- UTC days of its usage rows: where to look for them
    last_day date,
    has_usage boolean not null,
    user_requests bigint not null,  -- distinct turns with a usage row
    has_events boolean not null,  -- outcomes, or checks with a condition
    outcome_day date,
    is_trusted boolean not null,
    is_successful boolean not null,
    is_unverified boolean not null,
    is_reopened boolean not null,
    missing varchar[],  -- required conditions that nobody answered
    failed varchar[],  -- required conditions answered the wrong way
    provisional_until date,  -- first day on which the outcome is final; NULL without events
    revenue decimal(38, 12),
    cost_saved decimal(38, 12)
);

-- What people's minutes cost: per run, on the day of the event that brought them.
create table reviews (
    run_id varchar not null,
    day date not null,
    minutes decimal(38, 6),
    amount decimal(38, 12),  -- NULL: no rate of exchange
    currency varchar,  -- of own_amount
    own_amount decimal(38, 12)
);

-- Cost lines that rows decide together: charges by day and pair, differences from invoices.
create table lines (
    kind varchar not null,  -- charge, true_up, prepaid, commitment, capacity
    reason varchar,  -- billed not traced, credit, tax, adjustment, unused commitment, idle capacity ...
    origin varchar not null,  -- the charge's, bill's, commitment's or capacity's key
    rule_ids varchar[],
    day date not null,
    utc_day date not null,
    component varchar not null,
    amount decimal(38, 12),  -- NULL: no rate of exchange
    currency varchar,
    own_amount decimal(38, 12),
    run_id varchar,
    run_state varchar,  -- trusted, refuted or unverified, where it has a run
    team varchar,
    workflow varchar,
    product varchar,
    feature varchar,
    customer varchar,
    segment varchar,
    region varchar,
    environment varchar,
    provider varchar,
    account varchar,
    project varchar,
    model varchar,
    invoiced boolean  -- of a commitment: whether a bill covers the day
);

-- What calls hold beyond the buckets of their provider, account, model and days: traced, not in the bucket.
create table excesses (
    provider varchar not null,
    account varchar,
    model varchar not null,
    first_day date not null,
    last_day date not null,
    uncached bigint,
    cache_read bigint,
    cache_write bigint,
    output bigint,  -- reasoning included
    requests bigint,
    amount decimal(38, 12)  -- what these calls cost beyond what the buckets state; NULL where none states a cost
);

-- What each commitment and all capacity cost on each UTC day.
create table pool_days (
    kind varchar not null,  -- commitment, capacity
    pool uuid not null,  -- row_key of the commitment or capacity
    utc_day date not null,
    provider_id varchar,
    account varchar,
    model_id varchar,
    region varchar,
    team varchar,
    currency varchar not null,
    own_amount decimal(38, 12),
    tokens hugeint,  -- of a commitment of tokens: those of its whole validity
    days bigint,  -- of its whole validity
    amount decimal(38, 12)  -- NULL: no rate of exchange
);

-- Sums of counting usage rows per UTC day, with what nobody used of commitments: what bills are compared with.
create table metered_days (
    utc_day date not null,
    provider varchar not null,
    account varchar,
    project varchar,
    model varchar,
    amount decimal(38, 12),
    weight decimal(38, 12),  -- sum of the positive costs of rows
    tokens bigint,
    unpriced_tokens bigint,
    priced_tokens bigint,  -- of rows whose cost is known in the reporting currency
    traced_tokens bigint,  -- of rows that have a run
    rows bigint
);

-- Bills as compared: one row per bill scope (provider, account, project, period).
create table bill_scopes (
    scope_id varchar not null,
    bill varchar not null,
    provider varchar not null,
    account varchar,
    project varchar,
    first_day date not null,
    last_day date not null,
    billed decimal(38, 12),  -- usage and adjustment rows
    billed_rows bigint,
    metered decimal(38, 12),
    difference decimal(38, 12),
    unpriced_tokens bigint,  -- of the metered rows
    unit_price decimal(38, 12),  -- of the difference, what lies over the traced rows
    weight decimal(38, 12),  -- sum of positive costs that a negative difference is spread over
    leftover decimal(38, 12),  -- what rounding down leaves
    top_row_key uuid,  -- the row that takes the leftover
    reason varchar  -- of the difference without its unit price
);
-- Dearer tokens: the part of a scope's difference that lies over the rows of one model.
create table unit_prices (
    scope_id varchar not null,
    model varchar not null,
    difference decimal(38, 12),
    weight decimal(38, 12),
    leftover decimal(38, 12),
    top_row_key uuid
);
-- What of the differences lies over rows: sums per UTC day.
create table spread_days (
    utc_day date not null,
    provider varchar not null,
    account varchar,
    project varchar,
    model varchar,
    reason varchar not null,  -- below list, unit price
    amount decimal(38, 12) not null
);
-- Which bill scope covers the metered rows of a day.
create table bill_days (
    utc_day date not null,
    provider varchar not null,
    account varchar,
    project varchar,
    scope_id varchar not null
);

-- Whom a windowed import speaks for: it replaces older rows of these providers and accounts on its days.
create table import_scopes (import_id varchar not null, provider varchar, account varchar);

-- Months that are closed: their figures are read from the tables closed_* (closing.py), as they stood.
create table closings (
    import_id varchar not null,  -- the import that closed it
    number bigint not null,
    month date not null,  -- its first day
    until date not null  -- its last day
);

-- Keys that several imports brought: when the row that stands goes, another version of it may stand again.
create table repeats (table_name varchar not null, row_key uuid not null);
