-- Token classes are exclusive and add up to all tokens (accounting 3).
select 'usage ' || row_key as place, tokens || ' tokens' as detail
from usage_parts
where
    tokens
    <> class_retry
    + class_evaluator
    + class_tool_result
    + class_uncached_input
    + class_cache_read
    + class_cache_write
    + class_reasoning
    + class_output
