"""Names and types of the canonical columns, as the accounting rules list them. Everything else is text."""

USAGE_COUNTS = [
    "requests",
    "uncached_input_tokens",
    "tool_result_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "cache_write_1h_tokens",
    "output_tokens",
    "reasoning_tokens",
    "audio_input_tokens",
    "image_input_tokens",
    "audio_output_tokens",
    "system_tokens",
    "retrieved_tokens",
    "memory_tokens",
    "context_limit_tokens",
]
INTEGERS = {*USAGE_COUNTS, "turn", "attempt", "priority", "window_days", "gpus"}
TIMES = {"started_at", "ended_at", "decided_at", "occurred_at"}
DAYS = {"charged_from", "charged_to", "valid_from", "valid_to", "day"}
MONEY = {
    *[
        "cost",
        "amount",
        "billed_cost",
        "effective_cost",
        "list_cost",
        "revenue",
        "cost_saved",
        "human_minutes",
        "minutes_saved",
    ],
    *["resolution_minutes", "review_rate_per_hour", "rate", "quantity", "per_request", "discount", "input_per_1m"],
    *["cache_read_per_1m", "cache_write_per_1m", "output_per_1m", "reasoning_per_1m", "latency_ms", "ttft_ms"],
    *["score", "threshold", "units", "unit_rate", "gpu_hours", "watts"],
}
CONDITIONS = ["completed", "accepted", "grounded", "policy_passed", "safe", "value_confirmed", "escalated", "reopened"]
BOOLEANS = {*CONDITIONS, "context_truncated", "deterministic", "higher_is_better", "self_hosted", "prepaid", "paid"}

DIMENSIONS = ["team", "product", "feature", "workflow", "customer", "segment", "region", "environment"]

TABLES = {
    "usage": (
        "record_id grain started_at ended_at provider model model_requested route account project api_key user_id "
        "session_id run_id parent_run_id workflow step turn task_type intent role attempt status team product feature "
        "customer segment region environment prompt_version context_pack context_truncated service_tier latency_ms "
        "ttft_ms cost currency " + " ".join(USAGE_COUNTS)
    ).split(),
    "steps": [
        "step_id",
        "run_id",
        "workflow",
        "started_at",
        "ended_at",
        "kind",
        "name",
        "status",
        "attempt",
        "idempotency_key",
        "approval_mode",
        "deterministic",
        "evidence_uri",
        "cost",
        "currency",
    ],
    "checks": [
        "check_id",
        "run_id",
        "record_id",
        "decided_at",
        "kind",
        "name",
        "version",
        "result",
        "score",
        "threshold",
        "higher_is_better",
        "condition",
        "label",
        "decided_by",
        "evidence_uri",
        "cost",
        "currency",
    ],
    "outcomes": (
        "event_id object_id run_id workflow occurred_at outcome_type revenue cost_saved currency human_minutes "
        "minutes_saved resolution_minutes arm customer verified_by evidence_uri " + " ".join(CONDITIONS)
    ).split(),
    "charges": [
        "charge_id",
        "charged_from",
        "charged_to",
        "component",
        "amount",
        "currency",
        "run_id",
        "workflow",
        "team",
        "product",
        "customer",
        "split_by",
        "vendor",
        "description",
    ],
    "billed": [
        "billed_id",
        "invoice_id",
        "charged_from",
        "charged_to",
        "provider",
        "account",
        "project",
        "model",
        "line_item",
        "quantity",
        "unit",
        "billed_cost",
        "effective_cost",
        "list_cost",
        "currency",
        "charge_category",
    ],
    "workflows": [
        "workflow",
        "valid_from",
        "valid_to",
        "use_case",
        "product",
        "owner",
        "requires",
        "window_days",
        "review_rate_per_hour",
        "currency",
    ],
    "prices": [
        "provider",
        "model",
        "service_tier",
        "valid_from",
        "valid_to",
        "currency",
        "input_per_1m",
        "cache_read_per_1m",
        "cache_write_per_1m",
        "output_per_1m",
        "reasoning_per_1m",
        "per_request",
        "discount",
    ],
    "fx": ["day", "currency", "rate"],
    "assignments": (
        "rule_id priority valid_from valid_to match_provider match_account match_project match_api_key match_user_id "
        "match_model match_workflow match_tag " + " ".join(DIMENSIONS)
    ).split(),
    "models": ["provider", "model", "tier", "self_hosted", "deprecated_on", "retires_on", "successor", "source_url"],
    "accounts": ["provider", "account", "name", "api_key", "gateway"],
    "commitments": [
        *["commitment_id", "valid_from", "valid_to", "provider", "account", "model", "region", "unit", "units"],
        *["unit_rate", "currency", "prepaid"],
    ],
    "capacity": [
        *["capacity_id", "started_at", "ended_at", "provider", "model", "cluster", "gpus", "gpu_hours", "watts"],
        *["amount", "currency", "team"],
    ],
}
ID_COLUMN = {
    "usage": "record_id",
    "steps": "step_id",
    "checks": "check_id",
    "outcomes": "event_id",
    "charges": "charge_id",
    "billed": "billed_id",
}
KEYS = {
    "workflows": ("workflow", "valid_from"),
    "prices": ("provider", "model", "service_tier", "valid_from"),
    "fx": ("day", "currency"),
    "assignments": ("rule_id",),
    "models": ("provider", "model"),
    "accounts": ("provider", "account", "api_key", "gateway"),
    "commitments": ("commitment_id",),
    "capacity": ("capacity_id",),
}
WORDS = {
    "role": [
        "plan",
        "replan",
        "retrieve",
        "memory",
        "tool",
        "answer",
        "summarize",
        "verify",
        "evaluate",
        "guardrail",
        "retry",
        "repair",
        "background",
        "other",
    ],
    "status": ["ok", "error", "timeout", "refused", "cancelled", "rejected", "cached"],
    "service_tier": ["standard", "batch", "flex", "priority", "provisioned"],
    "environment": ["production", "staging", "test", "shadow", "synthetic"],
    "component": [
        "inference",
        "retrieval",
        "tool",
        "evaluation",
        "observability",
        "human_review",
        "infrastructure",
        "other",
    ],
}
LOWER = {"grain", "split_by", "charge_category", "kind", "result"}
COMPONENTS = [
    "inference",
    "input",
    "cached_input",
    "output",
    "reasoning",
    "retry",
    "evaluation",
    "retrieval",
    "tool",
    "observability",
    "human_review",
    "infrastructure",
    "other",
    "true_up",
]
