"""The `usage` template: one row per model call, or per bucket of calls.

Input classes are exclusive of each other; tool results are a part of the uncached input.
"""

from ingest.source import Check, Rules, Words, canonical

TOKENS = (
    "uncached_input_tokens", "tool_result_tokens", "cache_read_tokens", "cache_write_tokens", "cache_write_1h_tokens",
    "output_tokens", "reasoning_tokens", "audio_input_tokens", "image_input_tokens", "audio_output_tokens",
    "system_tokens", "retrieved_tokens", "memory_tokens",
)  # fmt: skip

SOURCE = canonical(
    Rules(
        table="usage",
        key=("record_id",),
        amounts=("requests", *TOKENS, "cost"),
        keyed_without_amounts="grain = 'bucket'",
        keyed_needs=("grain",),
        words={
            "grain": Words(("call", "bucket"), strict=True),
            "route": Words(("selected", "fallback", "specialist", "escalated"), reported=False),
            "role": Words((
                "plan", "replan", "retrieve", "memory", "tool", "answer", "summarize", "verify", "evaluate",
                "guardrail", "retry", "repair", "background", "other",
            )),
            "status": Words(("ok", "error", "timeout", "refused", "cancelled", "rejected", "cached")),
            "environment": Words(("production", "staging", "test", "shadow", "synthetic")),
            "service_tier": Words(("standard", "batch", "flex", "priority", "provisioned")),
        },
        checks=(
            Check(
                ("tool_result_tokens", "uncached_input_tokens"),
                "tool_result_tokens <= uncached_input_tokens",
                "tool_result_tokens is more than uncached_input_tokens, of which it is a part",
            ),
        ),
        day=("started_at", "started_at"),
    ),
    label="Usage (template)",
)  # fmt: skip
