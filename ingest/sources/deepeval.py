"""DeepEval test runs: `.latest_run_full.json` or `test_run_<time>.json`, one record per test case.

A metric is a check: `success` is its result, but a metric that failed itself (`error`, or no `success`) is unknown, not
false. No file says which way a score is good; the known names do. `evaluationCost` is what the judging cost, of the
test case the sum over its metrics; `tokenCost` is the judged call, which its own source has. The file tells no time
and no run: the run is the test case's `metadata.run_id` or its tag `run:<id>`, the time `--as-of`, else the day it is
brought in.
"""

from ingest.source import Source

SOURCE = Source(
    label="DeepEval test run",
    url="https://deepeval.com/docs/evaluation-introduction",
    checked="2026-11-21",
    loads=("checks",),
    reads=("json",),
    rank=10,
    requires=frozenset({"testCases", "testCases[].metricsData"}),
    otherwise=(frozenset({"conversationalTestCases", "conversationalTestCases[].metricsData"}),),
    knows=frozenset({
        "testCases", "conversationalTestCases", "metricsScores", "testPassed", "testFailed", "evaluationCost",
        "hyperparameters", "identifier", "testFile", "runDuration", "datasetAlias", "datasetId", "prompts",
        "traceMetricsScores",
    }),
    records="""
        with
            cases as (
                select line as page, unnest(
                    json_list(record -> 'testCases') || json_list(record -> 'conversationalTestCases')
                ) as test
                from staged
            ),
            told as (
                select
                    row_number() over (order by page) as line,
                    test,
                    coalesce(nullif(test -> 'metadata', 'null'), test -> 'additionalMetadata') as about,
                    list_transform(json_list(test -> 'tags'), lambda tag: tag ->> '$') as tags,
                    json_list(test -> 'metricsData') as metrics
                from cases
            )
        select
            *,
            cast(test as varchar) as text,
            coalesce(nullif(about ->> 'run_id', ''), nullif(tagged(tags, 'run'), '')) as run_id,
            case
                when run_id is null then 'this names no run: no metadata.run_id, no tag run:<id>'
                when len(metrics) = 0 then 'this was not judged'
            end as skip
        from told
    """,
    selects={
        "checks": """
            with
                single as (
                    select
                        *,
                        unnest(metrics) as metric,
                        generate_subscripts(metrics, 1) as nth,
                        len(list_filter(metrics, lambda each: each ->> 'evaluationCost' is not null)) = 0 as is_lump
                    from records
                ),
                judged as (
                    select
                        *,
                        metric ->> 'name' as name,
                        case
                            when metric ->> 'error' is not null or metric ->> 'success' is null then 'unknown'
                            when metric ->> 'success' = 'true' then 'pass'
                            else 'fail'
                        end as result,
                        score_condition(name) as answers
                    from single
                )
            select
                line,
                md5(concat(text, '#', nth)) as check_id,
                run_id,
                about ->> 'record_id' as record_id,
                coalesce(about ->> 'decided_at', about ->> 'timestamp', getvariable('as_of')) as decided_at,
                'evaluator' as kind,
                name,
                result,
                metric ->> 'score' as score,
                metric ->> 'threshold' as threshold,
                score_higher_is_better(name) as higher_is_better,
                -- of several that answer one condition, those that failed do
                case when result = 'fail' or not bool_or(result = 'fail') over (partition by line, answers)
                    then answers end as condition,
                metric ->> 'evaluationModel' as decided_by,
                case
                    when is_lump and nth = 1 then test ->> 'evaluationCost' else metric ->> 'evaluationCost'
                end as cost,
                'USD' as currency,
                test ->> 'name' as "tag:test"
            from judged
            order by line, nth
        """,
    },
)  # fmt: skip
