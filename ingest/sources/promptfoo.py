"""promptfoo results: `--output results.json`, also the older layout with `outputs`, or `results.jsonl`.

A result is a record, and each of its assertions a check. A result that ended in an error (`failureReason` 2), and an
assertion whose grader failed, are unknown, not false. `cost` is the call that was judged, which its own source has;
what grading cost, the file does not say. The run is `vars.run_id`, else `metadata.run_id`.
"""

from ingest.source import Source

_PLAIN = (
    "^(not-)?(equals|i?contains(-all|-any)?|starts-with|regex|is-(valid-)?[a-z-]+|contains-[a-z-]+|javascript|python|ruby"
    "|webhook|latency|cost|levenshtein|rouge-n|bleu|gleu|meteor|perplexity(-score)?|finish-reason|word-count"
    "|trace-[a-z-]+|tool-call-f1)$"
)

SOURCE = Source(
    label="promptfoo results",
    url="https://www.promptfoo.dev/docs/configuration/outputs/",
    checked="2026-11-21",
    loads=("checks",),
    reads=("json",),
    rank=10,
    requires=frozenset({"results.results", "results.results[].score"}),
    otherwise=(
        frozenset({"results.outputs", "results.outputs[].score"}),
        frozenset({"promptIdx", "testIdx", "success", "score"}),
    ),
    knows=frozenset({
        "evalId", "results", "config", "shareableUrl", "metadata", "version", "timestamp", "prompts", "id", "promptIdx",
        "testIdx", "success", "score", "namedScores", "latencyMs", "cost", "failureReason", "vars", "provider",
        "tokenUsage", "gradingResult", "error", "prompt", "promptId", "response", "testCase", "description",
    }),
    records="""
        with
            given as (
                select
                    line as page,
                    record as run,
                    coalesce(record -> '$.results.results', record -> '$.results.outputs') as several,
                    unnest(case when json_type(several) = 'ARRAY' then json_list(several) else [record] end) as result
                from staged
            ),
            told as (
                select
                    case
                        when count(*) over () = (select count(*) from staged) then page
                        else row_number() over (order by page)
                    end as line,
                    run,
                    result,
                    json_list(result -> '$.gradingResult.componentResults') as components,
                    coalesce(result ->> 'success', result ->> 'pass') as success,
                    result ->> 'failureReason' = '2' as is_broken
                from given
            )
        select
            *,
            cast(result as varchar) as text,
            coalesce(
                nullif(result ->> '$.vars.run_id', ''),
                nullif(result ->> '$.metadata.run_id', ''),
                nullif(result ->> '$.testCase.vars.run_id', ''),
                nullif(result ->> '$.testCase.metadata.run_id', '')
            ) as run_id,
            case
                when run_id is null then 'this names no run: no vars.run_id, no metadata.run_id'
                when is_broken is not true and result ->> '$.gradingResult.pass' is null then 'this asserts nothing'
            end as skip
        from told
    """,
    selects={
        "checks": f"""
            with
                single as (
                    select
                        *,
                        unnest(case when len(components) > 0 and is_broken is not true then components
                            else [result -> 'gradingResult'] end) as component,
                        generate_subscripts(case when len(components) > 0 and is_broken is not true then components
                            else [result] end, 1) as nth
                    from records
                ),
                judged as (
                    select
                        *,
                        component ->> '$.assertion.type' as assertion,
                        coalesce(
                            component ->> '$.assertion.metric',
                            assertion,
                            result ->> '$.testCase.description',
                            'assertions'
                        ) as name,
                        case
                            when is_broken or component ->> '$.metadata.graderError' = 'true' then 'unknown'
                            when component ->> 'pass' = 'true' then 'pass'
                            when component ->> 'pass' = 'false' then 'fail'
                            else 'unknown'
                        end as decided,
                        score_condition(coalesce(assertion, name)) as answers
                    from single
                )
            select
                line,
                concat(
                    coalesce(run ->> 'evalId', result ->> 'evalId', 'eval'), ':',
                    coalesce(result ->> 'id', md5(text)), ':', nth
                ) as check_id,
                run_id,
                result ->> '$.metadata.record_id' as record_id,
                coalesce(run ->> '$.results.timestamp', run ->> 'timestamp', getvariable('as_of')) as decided_at,
                case
                    when assertion in ('guardrails', 'moderation') then 'guardrail'
                    when assertion is null or regexp_matches(assertion, '{_PLAIN}') then 'test'
                    else 'evaluator'
                end as kind,
                name,
                decided as result,
                case when decided <> 'unknown' then component ->> 'score' end as score,
                component ->> '$.assertion.threshold' as threshold,
                score_higher_is_better(coalesce(assertion, name)) as higher_is_better,
                -- of several that answer one condition, those that failed do
                case when decided = 'fail' or not bool_or(decided = 'fail') over (partition by line, answers)
                    then answers end as condition,
                coalesce(run ->> 'shareableUrl', run ->> '$.metadata.shareableUrl') as evidence_uri,
                coalesce(result ->> '$.provider.id', result ->> 'provider') as "tag:provider"
            from judged
            order by line, nth
        """,
    },
)  # fmt: skip
