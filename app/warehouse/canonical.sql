-- The canonical tables: what every source is mapped onto, and what each downloadable template holds.
-- A column that is NOT NULL is required. NULL means: the source does not say.
-- Times are UTC. Money is exact. The comment on a column is its documentation everywhere.

create table usage (
    record_id varchar,
    grain varchar,
    started_at timestamp not null,
    ended_at timestamp,
    provider varchar not null,
    model varchar not null,
    model_requested varchar,
    route varchar,
    account varchar,
    project varchar,
    api_key varchar,
    user_id varchar,
    session_id varchar,
    run_id varchar,
    parent_run_id varchar,
    workflow varchar,
    step varchar,
    turn bigint,
    task_type varchar,
    intent varchar,
    role varchar,
    attempt bigint,
    status varchar,
    team varchar,
    product varchar,
    feature varchar,
    customer varchar,
    segment varchar,
    region varchar,
    environment varchar,
    requests bigint,
    uncached_input_tokens bigint,
    tool_result_tokens bigint,
    cache_read_tokens bigint,
    cache_write_tokens bigint,
    cache_write_1h_tokens bigint,
    output_tokens bigint,
    reasoning_tokens bigint,
    audio_input_tokens bigint,
    image_input_tokens bigint,
    audio_output_tokens bigint,
    system_tokens bigint,
    retrieved_tokens bigint,
    memory_tokens bigint,
    prompt_version varchar,
    context_pack varchar,
    context_limit_tokens bigint,
    context_truncated boolean,
    service_tier varchar,
    latency_ms double,
    ttft_ms double,
    cost decimal(38, 12),
    currency varchar
);
comment on table usage is 'One row per model call, or per bucket of calls';
comment on column usage.record_id is 'The source''s own key (call id)';
comment on column usage.grain is 'call (default), or bucket: an aggregate that a provider reports over calls which other rows may hold too';
comment on column usage.started_at is 'Start of the call or bucket';
comment on column usage.ended_at is 'End of the call or bucket';
comment on column usage.provider is 'Who bills';
comment on column usage.model is 'The model that answered';
comment on column usage.model_requested is 'The model asked for, when another answered';
comment on column usage.route is 'selected, fallback, specialist, escalated, or the router''s own word';
comment on column usage.account is 'The provider''s account or organisation';
comment on column usage.project is 'The provider''s project or workspace';
comment on column usage.api_key is 'The provider''s key id';
comment on column usage.user_id is 'The provider''s user id';
comment on column usage.session_id is 'The user''s session';
comment on column usage.run_id is 'The workflow run';
comment on column usage.parent_run_id is 'The run that started this one';
comment on column usage.workflow is 'The workflow';
comment on column usage.step is 'Which step of the run';
comment on column usage.turn is 'Which user turn of the run; blank = 1';
comment on column usage.task_type is 'Kind of work';
comment on column usage.intent is 'What the user wanted';
comment on column usage.role is 'plan, replan, retrieve, memory, tool, answer, summarize, verify, evaluate, guardrail, retry, repair, background, other';
comment on column usage.attempt is '1 = first try; blank = 1';
comment on column usage.status is 'ok, error, timeout, refused, cancelled, rejected (the answer was thrown away), cached (answered by the gateway''s own cache)';
comment on column usage.team is 'Team';
comment on column usage.product is 'Product';
comment on column usage.feature is 'Feature';
comment on column usage.customer is 'Customer';
comment on column usage.segment is 'Customer segment';
comment on column usage.region is 'Region';
comment on column usage.environment is 'production, staging, test, shadow, synthetic';
comment on column usage.requests is 'Model calls in this row; blank = 1';
comment on column usage.uncached_input_tokens is 'Input at the full rate, tool results included';
comment on column usage.tool_result_tokens is 'The part of uncached_input_tokens that is tool results';
comment on column usage.cache_read_tokens is 'Input read from the provider''s cache; exclusive of uncached_input_tokens';
comment on column usage.cache_write_tokens is 'Input written to the provider''s cache; exclusive of uncached_input_tokens';
comment on column usage.cache_write_1h_tokens is 'The part of cache_write_tokens kept for one hour';
comment on column usage.output_tokens is 'Visible output, exclusive of reasoning where the source splits it';
comment on column usage.reasoning_tokens is 'Reasoning, exclusive of output_tokens; blank where the source does not split it';
comment on column usage.audio_input_tokens is 'The part of the input that is audio';
comment on column usage.image_input_tokens is 'The part of the input that is images';
comment on column usage.audio_output_tokens is 'The part of the output that is audio';
comment on column usage.system_tokens is 'The part of all input that is the system prompt';
comment on column usage.retrieved_tokens is 'The part of all input that was retrieved';
comment on column usage.memory_tokens is 'The part of all input that is injected memory';
comment on column usage.prompt_version is 'Version of the prompt';
comment on column usage.context_pack is 'What context was compiled';
comment on column usage.context_limit_tokens is 'The context''s budget';
comment on column usage.context_truncated is 'Whether something was left out of the context';
comment on column usage.service_tier is 'standard, batch, flex, priority, provisioned';
comment on column usage.latency_ms is 'Milliseconds until the whole answer';
comment on column usage.ttft_ms is 'Milliseconds until the first token';
comment on column usage.cost is 'What the source says this row cost, if it does';
comment on column usage.currency is 'Currency of cost; blank = the reporting currency';

create table steps (
    step_id varchar,
    run_id varchar not null,
    workflow varchar,
    started_at timestamp not null,
    ended_at timestamp,
    kind varchar not null,
    name varchar,
    status varchar,
    attempt bigint,
    idempotency_key varchar,
    approval_mode varchar,
    deterministic boolean,
    evidence_uri varchar,
    cost decimal(38, 12),
    currency varchar
);
comment on table steps is 'One row per thing that a run did besides model calls';
comment on column steps.step_id is 'The step''s key';
comment on column steps.run_id is 'The workflow run';
comment on column steps.workflow is 'The workflow';
comment on column steps.started_at is 'Start';
comment on column steps.ended_at is 'End';
comment on column steps.kind is 'tool, retrieval, memory, approval, hand_off, automation';
comment on column steps.name is 'Name of the tool or step';
comment on column steps.status is 'ok, error, timeout, blocked, denied';
comment on column steps.attempt is '1 = first try; blank = 1';
comment on column steps.idempotency_key is 'Key under which the action is done at most once';
comment on column steps.approval_mode is 'none, automatic, human';
comment on column steps.deterministic is 'Whether the step is plain code';
comment on column steps.evidence_uri is 'Where the evidence lies';
comment on column steps.cost is 'What the step cost';
comment on column steps.currency is 'Currency of cost; blank = the reporting currency';

create table checks (
    check_id varchar,
    run_id varchar not null,
    record_id varchar,
    decided_at timestamp not null,
    kind varchar not null,
    name varchar not null,
    version varchar,
    result varchar,
    score double,
    threshold double,
    higher_is_better boolean,
    condition varchar,
    label varchar,
    decided_by varchar,
    evidence_uri varchar,
    cost decimal(38, 12),
    currency varchar
);
comment on table checks is 'One row per judgement of a run or call';
comment on column checks.check_id is 'The check''s key';
comment on column checks.run_id is 'The workflow run';
comment on column checks.record_id is 'The call that was judged';
comment on column checks.decided_at is 'When it was judged';
comment on column checks.kind is 'evaluator, policy, guardrail, approval, human, test';
comment on column checks.name is 'Name of the check';
comment on column checks.version is 'Version of the check';
comment on column checks.result is 'pass, fail, blocked, approved, denied, unknown';
comment on column checks.score is 'The score';
comment on column checks.threshold is 'The score that decides';
comment on column checks.higher_is_better is 'Whether a higher score is better';
comment on column checks.condition is 'The trust condition that this check answers: pass and approved = true; fail, blocked and denied = false';
comment on column checks.label is 'grounded, useful, waste, risk: the quality of the tokens judged';
comment on column checks.decided_by is 'Who or what decided';
comment on column checks.evidence_uri is 'Where the evidence lies';
comment on column checks.cost is 'What the check cost, only if no usage row carries it';
comment on column checks.currency is 'Currency of cost; blank = the reporting currency';

create table outcomes (
    event_id varchar,
    object_id varchar,
    run_id varchar not null,
    workflow varchar,
    occurred_at timestamp not null,
    outcome_type varchar,
    completed boolean,
    accepted boolean,
    grounded boolean,
    policy_passed boolean,
    safe boolean,
    value_confirmed boolean,
    escalated boolean,
    reopened boolean,
    revenue decimal(38, 12),
    cost_saved decimal(38, 12),
    currency varchar,
    human_minutes decimal(18, 6),
    minutes_saved decimal(18, 6),
    resolution_minutes decimal(18, 6),
    arm varchar,
    customer varchar,
    verified_by varchar,
    evidence_uri varchar
);
comment on table outcomes is 'One row per event of a run''s outcome; several events per run are folded. Any further true/false column is a trust condition';
comment on column outcomes.event_id is 'The event''s key';
comment on column outcomes.object_id is 'The ticket, pull request or charge that the event is about; where given, the newest amounts of each object count instead of the sum';
comment on column outcomes.run_id is 'The workflow run';
comment on column outcomes.workflow is 'The workflow';
comment on column outcomes.occurred_at is 'When it happened';
comment on column outcomes.outcome_type is 'resolved, deflected, converted, merged, booked, approved ...';
comment on column outcomes.completed is 'true, false or unknown: the task was completed';
comment on column outcomes.accepted is 'true, false or unknown: the user or a downstream system took it';
comment on column outcomes.grounded is 'true, false or unknown: evidence supports it';
comment on column outcomes.policy_passed is 'true, false or unknown: policy checks passed';
comment on column outcomes.safe is 'true, false or unknown: no unsafe or unauthorised action';
comment on column outcomes.value_confirmed is 'true, false or unknown: the business metric improved';
comment on column outcomes.escalated is 'true, false or unknown: handed to a person';
comment on column outcomes.reopened is 'true, false or unknown: came back';
comment on column outcomes.revenue is 'Money that this event brought; negative = refund or reversal';
comment on column outcomes.cost_saved is 'Cost that this event saved';
comment on column outcomes.currency is 'Currency of revenue and cost_saved; blank = the reporting currency';
comment on column outcomes.human_minutes is 'Minutes that people spent reviewing or finishing it';
comment on column outcomes.minutes_saved is 'Minutes that people did not have to spend';
comment on column outcomes.resolution_minutes is 'Minutes until it was resolved';
comment on column outcomes.arm is 'assisted or control: for lift';
comment on column outcomes.customer is 'Customer';
comment on column outcomes.verified_by is 'Who or what verified it';
comment on column outcomes.evidence_uri is 'Where the evidence lies';

create table charges (
    charge_id varchar,
    charged_from date not null,
    charged_to date,
    component varchar not null,
    amount decimal(38, 12) not null,
    currency varchar,
    run_id varchar,
    workflow varchar,
    team varchar,
    product varchar,
    customer varchar,
    split_by varchar,
    vendor varchar,
    description varchar
);
comment on table charges is 'Any AI cost that is not a model call';
comment on column charges.charge_id is 'The charge''s key';
comment on column charges.charged_from is 'First day; the amount is spread evenly over the days';
comment on column charges.charged_to is 'Last day; blank = charged_from';
comment on column charges.component is 'inference, retrieval, tool, evaluation, observability, human_review, infrastructure, other';
comment on column charges.amount is 'The amount; negative = credit or refund';
comment on column charges.currency is 'Currency of amount; blank = the reporting currency';
comment on column charges.run_id is 'The charge takes all dimensions of this run, and is never split';
comment on column charges.workflow is 'Holds where given; blank is Unassigned, or filled by the split';
comment on column charges.team is 'Holds where given; blank is Unassigned, or filled by the split';
comment on column charges.product is 'Holds where given; blank is Unassigned';
comment on column charges.customer is 'Holds where given; blank is Unassigned';
comment on column charges.split_by is 'cost, tokens, requests, runs or even; blank = not split';
comment on column charges.vendor is 'Who charges';
comment on column charges.description is 'What for';

create table billed (
    billed_id varchar,
    invoice_id varchar,
    charged_from date not null,
    charged_to date,
    provider varchar not null,
    account varchar,
    project varchar,
    model varchar,
    line_item varchar,
    quantity decimal(38, 12),
    unit varchar,
    billed_cost decimal(38, 12) not null,
    effective_cost decimal(38, 12),
    list_cost decimal(38, 12),
    currency varchar,
    charge_category varchar
);
comment on table billed is 'What the provider invoiced';
comment on column billed.billed_id is 'The line''s key';
comment on column billed.invoice_id is 'The invoice';
comment on column billed.charged_from is 'First day';
comment on column billed.charged_to is 'Last day; blank = charged_from';
comment on column billed.provider is 'Who bills';
comment on column billed.account is 'The provider''s account or organisation';
comment on column billed.project is 'The provider''s project or workspace';
comment on column billed.model is 'The model, where the line names one';
comment on column billed.line_item is 'The line''s text';
comment on column billed.quantity is 'How many units';
comment on column billed.unit is 'What a unit is';
comment on column billed.billed_cost is 'What was billed';
comment on column billed.effective_cost is 'What it costs after commitments are spread; stands for billed_cost where given';
comment on column billed.list_cost is 'What it would cost at list price';
comment on column billed.currency is 'Currency of the amounts; blank = the reporting currency';
comment on column billed.charge_category is 'usage (default), purchase, tax, credit, adjustment';

create table workflows (
    workflow varchar not null,
    valid_from date,
    valid_to date,
    use_case varchar,
    product varchar,
    owner varchar,
    requires varchar,
    window_days bigint,
    review_rate_per_hour decimal(18, 12),
    currency varchar
);
comment on table workflows is 'What a workflow is, what makes its outcome trusted, and what its review costs';
comment on column workflows.workflow is 'The workflow';
comment on column workflows.valid_from is 'First day; blank = always';
comment on column workflows.valid_to is 'Last day; blank = open';
comment on column workflows.use_case is 'customer_support, coding, travel, marketing, service_desk, commerce, or another word';
comment on column workflows.product is 'Product';
comment on column workflows.owner is 'Who answers for it';
comment on column workflows.requires is 'Trust conditions joined by |; !name = must not be true; blank = the use case''s preset, else the default';
comment on column workflows.window_days is 'Days until an outcome is final; blank = 0';
comment on column workflows.review_rate_per_hour is 'What an hour of human review costs; blank = minutes count, but cost nothing';
comment on column workflows.currency is 'Currency of the rate; blank = the reporting currency';

create table prices (
    provider varchar not null,
    model varchar not null,
    service_tier varchar,
    valid_from date,
    valid_to date,
    currency varchar,
    input_per_1m decimal(18, 6),
    cache_read_per_1m decimal(18, 6),
    cache_write_per_1m decimal(18, 6),
    output_per_1m decimal(18, 6),
    reasoning_per_1m decimal(18, 6),
    per_request decimal(18, 12),
    discount decimal(18, 12)
);
comment on table prices is 'Negotiated prices and discounts; each wins over the list price on its days';
comment on column prices.provider is 'Who bills';
comment on column prices.model is 'The model';
comment on column prices.service_tier is 'standard, batch, flex, priority, provisioned; blank = every tier that has no row of its own';
comment on column prices.valid_from is 'First day; blank = always';
comment on column prices.valid_to is 'Last day; blank = open';
comment on column prices.currency is 'Currency of the prices; blank = the reporting currency';
comment on column prices.input_per_1m is 'Price of 1,000,000 uncached input tokens';
comment on column prices.cache_read_per_1m is 'Price of 1,000,000 cache read tokens';
comment on column prices.cache_write_per_1m is 'Price of 1,000,000 cache write tokens';
comment on column prices.output_per_1m is 'Price of 1,000,000 output tokens';
comment on column prices.reasoning_per_1m is 'Price of 1,000,000 reasoning tokens; blank = output_per_1m';
comment on column prices.per_request is 'Price of one request, beside its tokens';
comment on column prices.discount is '0.15 = 15 % off the list price, instead of prices';

create table fx (
    day date not null,
    currency varchar not null,
    rate decimal(18, 12) not null
);
comment on table fx is 'Exchange rates';
comment on column fx.day is 'From this day on, until a later rate';
comment on column fx.currency is 'The other currency';
comment on column fx.rate is 'Reporting currency for 1 unit of currency';

create table assignments (
    rule_id varchar not null,
    priority bigint,
    valid_from date,
    valid_to date,
    match_provider varchar,
    match_account varchar,
    match_project varchar,
    match_api_key varchar,
    match_user_id varchar,
    match_model varchar,
    match_workflow varchar,
    match_tag varchar,
    team varchar,
    product varchar,
    feature varchar,
    workflow varchar,
    customer varchar,
    segment varchar,
    region varchar,
    environment varchar
);
comment on table assignments is 'Rules that fill the dimensions that a row leaves blank';
comment on column assignments.rule_id is 'The rule''s key';
comment on column assignments.priority is 'Smallest first; blank last';
comment on column assignments.valid_from is 'First day; blank = always';
comment on column assignments.valid_to is 'Last day; blank = open';
comment on column assignments.match_provider is 'Fits this provider; * is a wildcard; blank fits everything';
comment on column assignments.match_account is 'Fits this account; * is a wildcard; blank fits everything';
comment on column assignments.match_project is 'Fits this project; * is a wildcard; blank fits everything';
comment on column assignments.match_api_key is 'Fits this key; * is a wildcard; blank fits everything';
comment on column assignments.match_user_id is 'Fits this user; * is a wildcard; blank fits everything';
comment on column assignments.match_model is 'Fits this model; * is a wildcard; blank fits everything';
comment on column assignments.match_workflow is 'Fits this workflow; * is a wildcard; blank fits everything';
comment on column assignments.match_tag is 'name=pattern: fits a row whose tag has such a value; * is a wildcard';
comment on column assignments.team is 'Fills team where blank';
comment on column assignments.product is 'Fills product where blank';
comment on column assignments.feature is 'Fills feature where blank';
comment on column assignments.workflow is 'Fills workflow where blank';
comment on column assignments.customer is 'Fills customer where blank';
comment on column assignments.segment is 'Fills segment where blank';
comment on column assignments.region is 'Fills region where blank';
comment on column assignments.environment is 'Fills environment where blank';

create table accounts (
    provider varchar not null,
    account varchar not null,
    name varchar,
    api_key varchar,
    gateway varchar
);
comment on table accounts is 'Which provider account a gateway''s or a key''s calls belong to';
comment on column accounts.provider is 'Who bills';
comment on column accounts.account is 'The provider''s account';
comment on column accounts.name is 'Its name';
comment on column accounts.api_key is 'The key whose calls belong to it';
comment on column accounts.gateway is 'The source whose calls belong to it';

create table teams (
    team varchar not null,
    parent_team varchar,
    cost_centre varchar,
    owner varchar
);
comment on table teams is 'The teams';
comment on column teams.team is 'The team';
comment on column teams.parent_team is 'The team above it';
comment on column teams.cost_centre is 'Its cost centre';
comment on column teams.owner is 'Who answers for it';

create table models (
    provider varchar not null,
    model varchar not null,
    tier varchar,
    self_hosted boolean,
    deprecated_on date,
    retires_on date,
    successor varchar,
    source_url varchar
);
comment on table models is 'The models';
comment on column models.provider is 'Who bills';
comment on column models.model is 'The model';
comment on column models.tier is 'frontier, mid, small, specialist';
comment on column models.self_hosted is 'Whether the company runs it itself';
comment on column models.deprecated_on is 'Day of deprecation';
comment on column models.retires_on is 'Day on which it stops answering';
comment on column models.successor is 'The model that follows it';
comment on column models.source_url is 'Where this is written';

create table budgets (
    budget_id varchar not null,
    valid_from date,
    valid_to date,
    control varchar,
    dimension varchar,
    value varchar,
    metric varchar,
    period varchar,
    "limit" decimal(38, 12),
    currency varchar,
    warn_at decimal(18, 12),
    owner varchar,
    notify varchar
);
comment on table budgets is 'Budgets and policies with their thresholds';
comment on column budgets.budget_id is 'The budget''s key';
comment on column budgets.valid_from is 'First day; blank = always';
comment on column budgets.valid_to is 'Last day; blank = open';
comment on column budgets.control is 'model, context, output, reasoning, tool, retry, approval, eval, cache, observability';
comment on column budgets.dimension is 'The dimension that it holds for';
comment on column budgets.value is 'That dimension''s value; blank = the company';
comment on column budgets.metric is 'The metric that is limited';
comment on column budgets.period is 'day, week, month, quarter';
comment on column budgets."limit" is 'The limit';
comment on column budgets.currency is 'Currency of the limit; blank = the reporting currency';
comment on column budgets.warn_at is 'Part of the limit at which to warn';
comment on column budgets.owner is 'Who answers for it';
comment on column budgets.notify is 'Whom to tell';

create table commitments (
    commitment_id varchar not null,
    valid_from date,
    valid_to date,
    provider varchar not null,
    account varchar,
    model varchar,
    region varchar,
    unit varchar,
    units decimal(38, 12),
    unit_rate decimal(18, 12),
    currency varchar,
    prepaid boolean
);
comment on table commitments is 'Pre-paid units and provisioned throughput';
comment on column commitments.commitment_id is 'The commitment''s key';
comment on column commitments.valid_from is 'First day; blank = always';
comment on column commitments.valid_to is 'Last day; blank = open';
comment on column commitments.provider is 'Who bills';
comment on column commitments.account is 'The provider''s account';
comment on column commitments.model is 'The model';
comment on column commitments.region is 'The region';
comment on column commitments.unit is 'Ends in hour, day, month or year; any other unit pays for the whole validity';
comment on column commitments.units is 'How many units';
comment on column commitments.unit_rate is 'Price of one unit';
comment on column commitments.currency is 'Currency of the rate; blank = the reporting currency';
comment on column commitments.prepaid is 'Whether it was paid ahead';

create table capacity (
    capacity_id varchar not null,
    started_at timestamp not null,
    ended_at timestamp not null,
    provider varchar,
    model varchar not null,
    cluster varchar,
    gpus bigint,
    gpu_hours decimal(38, 12),
    watts decimal(38, 12),
    amount decimal(38, 12),
    currency varchar,
    team varchar
);
comment on table capacity is 'What self-hosted serving cost and used';
comment on column capacity.capacity_id is 'The row''s key';
comment on column capacity.started_at is 'Start';
comment on column capacity.ended_at is 'End';
comment on column capacity.provider is 'Who serves';
comment on column capacity.model is 'The model';
comment on column capacity.cluster is 'The cluster';
comment on column capacity.gpus is 'How many GPUs';
comment on column capacity.gpu_hours is 'GPU-hours';
comment on column capacity.watts is 'Mean power in watts';
comment on column capacity.amount is 'What it cost';
comment on column capacity.currency is 'Currency of amount; blank = the reporting currency';
comment on column capacity.team is 'The team whose capacity it is';

create table contracts (
    customer varchar not null,
    plan varchar,
    valid_from date,
    valid_to date,
    fee decimal(38, 12),
    currency varchar,
    included_quantity decimal(38, 12),
    unit varchar,
    overage_price decimal(38, 12),
    paid boolean
);
comment on table contracts is 'What customers pay';
comment on column contracts.customer is 'The customer';
comment on column contracts.plan is 'The plan';
comment on column contracts.valid_from is 'First day; blank = always';
comment on column contracts.valid_to is 'Last day; blank = open';
comment on column contracts.fee is 'Fee per month';
comment on column contracts.currency is 'Currency of fee and overage; blank = the reporting currency';
comment on column contracts.included_quantity is 'What the fee includes';
comment on column contracts.unit is 'tokens, runs, outcomes';
comment on column contracts.overage_price is 'Price of a unit beyond it';
comment on column contracts.paid is 'Whether the customer pays at all';

create table baselines (
    workflow varchar not null,
    valid_from date,
    valid_to date,
    total_requests bigint,
    cost_per_item_before decimal(38, 12),
    minutes_per_item_before decimal(18, 6),
    conversion_before decimal(18, 12),
    target_cost_per_trusted_outcome decimal(38, 12),
    target_margin decimal(38, 12),
    currency varchar
);
comment on table baselines is 'What the work cost before, and what it should come to';
comment on column baselines.workflow is 'The workflow';
comment on column baselines.valid_from is 'First day; blank = always';
comment on column baselines.valid_to is 'Last day; blank = open';
comment on column baselines.total_requests is 'Requests with and without AI';
comment on column baselines.cost_per_item_before is 'Cost of one item before';
comment on column baselines.minutes_per_item_before is 'Minutes for one item before';
comment on column baselines.conversion_before is 'Conversion before';
comment on column baselines.target_cost_per_trusted_outcome is 'Target';
comment on column baselines.target_margin is 'Target margin';
comment on column baselines.currency is 'Currency of the amounts; blank = the reporting currency';
