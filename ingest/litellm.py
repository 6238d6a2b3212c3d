"""What the callers of a LiteLLM gateway write into `spend_logs_metadata`, for every format that carries it.

It stands there under the column names of our usage template. A blank says nothing, and so does a count that is none: a
slip of the caller loses no call. What LiteLLM may know itself (team, customer, user, status, attempt ...) each format
weighs against it.
"""

import json

ONLY_THE_CALLER = (
    "account", "project", "parent_run_id", "step", "turn", "task_type", "intent", "product", "feature", "segment",
    "region", "environment", "prompt_version", "context_pack", "context_limit_tokens", "context_truncated",
    "service_tier",
)  # fmt: skip
OTHERS_TOO = ("run_id", "workflow", "role", "status", "route", "team", "customer", "user_id", "attempt", "requests")
OF_THE_PROMPT = ("system_tokens", "retrieved_tokens", "memory_tokens")
OWN = (*ONLY_THE_CALLER, *OTHERS_TOO, "tool_result_tokens", *OF_THE_PROMPT)
COUNTS = {"turn", "attempt", "requests", "context_limit_tokens", "tool_result_tokens", *OF_THE_PROMPT}


def _said(name: str) -> str:
    """SQL: what the caller says under this name."""
    said = f"about.spend_logs_metadata.{name}"
    if name == "user_id":  # an address is nobody's id here
        return f"case when not contains({said}, '@') then nullif({said}, '') end"
    if name == "context_truncated":
        return f"case when try_cast({said} as boolean) is not null then {said} end"
    if name not in COUNTS:
        return f"nullif({said}, '')"
    return f"case when try_cast({said} as bigint) >= {int(name == 'attempt')} then try_cast({said} as bigint) end"


def filled(sql: str, call: object, about: object) -> str:
    """The SQL with what both formats share in its places.

    {CALL} and {ABOUT} are the shapes of a record and of its metadata, {OWN} is what the caller says, {FROM_OWN} the
    columns that nobody else knows.
    """
    parts = {
        "{CALL}": json.dumps(call),
        "{ABOUT}": json.dumps(about),
        "{OWN}": "{" + ", ".join(f"'{name}': {_said(name)}" for name in OWN) + "}",
        "{FROM_OWN}": _from_own(),
    }
    for place, part in parts.items():
        sql = sql.replace(place, part)
    return sql


def _from_own() -> str:
    """SQL: the columns that only the caller knows. An answer of the gateway's own cache used no token of them."""
    columns = [f"own.{name} as {name}" for name in ONLY_THE_CALLER]
    columns += [f"case when is_cached then 0 else own.{name} end as {name}" for name in OF_THE_PROMPT]
    # counted by the caller, perhaps with another tokenizer
    part = "least(own.tool_result_tokens, uncached_input_tokens)"
    columns.append(f"case when own.tool_result_tokens is not null then {part} end as tool_result_tokens")
    return ", ".join(columns)
