"""Ragas results: `EvaluationResult.to_pandas()` written as CSV, JSON records or Parquet, one sample a line.

A metric is a column, and a check per line. NaN or a blank means that the evaluator failed: unknown, not false. There
are no thresholds in the file; a column `<metric>_threshold` of your own decides, else a score has no result. Nor does
it tell a time or a run: add a column `run_id` (or `trace_id`), and `decided_at` if you have it; without it the time is
`--as-of`, else the day on which the file is brought in. A metric of your own counts where it has a threshold, and
`<metric>_higher_is_better` says which way it is good.
"""

from ingest.source import Source

_METRICS = (
    "faithfulness", "answer_relevancy", "response_relevancy", "context_precision", "context_recall",
    "llm_context_precision_with_reference", "llm_context_precision_without_reference",
    "non_llm_context_precision_with_reference", "non_llm_context_recall", "context_entity_recall", "context_relevancy",
    "context_utilization", "factual_correctness", "factual_correctness(mode=f1)", "factual_correctness(mode=precision)",
    "factual_correctness(mode=recall)", "noise_sensitivity", "noise_sensitivity_relevant",
    "noise_sensitivity(mode=relevant)", "noise_sensitivity_irrelevant", "noise_sensitivity(mode=irrelevant)",
    "response_groundedness", "nv_response_groundedness", "nv_accuracy", "nv_context_relevance", "semantic_similarity",
    "answer_similarity", "answer_correctness", "tool_call_accuracy", "tool_call_f1", "topic_adherence",
    "topic_adherence(mode=f1)", "agent_goal_accuracy", "summary_score", "bleu_score", "rouge_score",
    "rouge_score(mode=fmeasure)", "exact_match", "string_present",
)  # fmt: skip

SOURCE = Source(
    label="Ragas results",
    url="https://docs.ragas.io/en/stable/concepts/metrics/available_metrics/",
    checked="2026-11-21",
    loads=("checks",),
    rank=10,
    requires=frozenset({"user_input", "response"}),
    otherwise=(frozenset({"question", "answer", "contexts"}),),
    knows=frozenset({
        "run_id", "trace_id", "record_id", "decided_at", "workflow", "user_input", "response", "retrieved_contexts",
        "reference_contexts", "reference", "rubrics", "question", "answer", "contexts", "ground_truth",
        "ground_truths", *_METRICS, *(f"{name}_threshold" for name in _METRICS),
    }),
    records=f"""
        with
            listed as (
                select line, record as sample, list_filter(
                    json_keys(record),
                    lambda name: name in {_METRICS} or list_contains(json_keys(record), name || '_threshold')
                ) as metrics
                from staged
            )
        select
            *,
            cast(sample as varchar) as text,
            coalesce(nullif(sample ->> 'run_id', ''), nullif(sample ->> 'trace_id', '')) as run_id,
            case
                when run_id is null then 'this names no run: no column run_id or trace_id'
                when len(metrics) = 0 then 'this was not judged'
            end as skip
        from listed
    """,
    selects={
        "checks": """
            with
                single as (
                    select *, unnest(metrics) as name, generate_subscripts(metrics, 1) as nth from records
                ),
                valued as (
                    select
                        *,
                        lower(trim(json_extract_string(sample, '$."' || name || '"'))) as given,
                        case when given not in ('', 'nan', 'none') then given end as score,
                        nullif(json_extract_string(sample, '$."' || name || '_threshold"'), '') as threshold,
                        coalesce(
                            truth(json_extract_string(sample, '$."' || name || '_higher_is_better"')),
                            score_higher_is_better(name)
                        ) as is_higher_better
                    from single
                ),
                judged as (
                    select
                        *,
                        case
                            when score is null then 'unknown'
                            when is_higher_better then
                                case when try_cast(score as double) >= try_cast(threshold as double) then 'pass'
                                    when threshold is not null then 'fail' end
                            when not is_higher_better then
                                case when try_cast(score as double) <= try_cast(threshold as double) then 'pass'
                                    when threshold is not null then 'fail' end
                        end as result,
                        score_condition(name) as answers
                    from valued
                )
            select
                line,
                md5(concat_ws(
                    '#', run_id, name, score, coalesce(sample ->> 'user_input', sample ->> 'question'),
                    coalesce(sample ->> 'response', sample ->> 'answer')
                )) as check_id,
                run_id,
                sample ->> 'record_id' as record_id,
                coalesce(nullif(sample ->> 'decided_at', ''), getvariable('as_of')) as decided_at,
                'evaluator' as kind,
                name,
                result,
                score,
                threshold,
                is_higher_better as higher_is_better,
                -- of several that answer one condition, those that failed do
                case when result = 'fail' or bool_or(result = 'fail') over (partition by line, answers) is not true
                    then answers end as condition
            from judged
            order by line, nth
        """,
    },
)  # fmt: skip
