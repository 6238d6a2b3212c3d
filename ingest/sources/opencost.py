"""OpenCost and Kubecost allocations: the answer of `/allocation`, or the daily CSV export, as capacity.

An allocation is what a pod, controller or namespace cost in a window. Only one that names a model is ours: by the label
`model` (or `model_name`) of its pods. All its costs count, not the GPU's alone. The CSV says how many GPUs there were,
not for how many hours. Neither names a currency: it is that of the cluster's prices, here the reporting currency.
"""

from ingest.source import Source


def _either(csv: str, json: str) -> str:
    return f"coalesce(allocation ->> '{csv}', allocation ->> '{json}')"


SOURCE = Source(
    label="OpenCost or Kubecost allocation",
    url="https://opencost.io/docs/integrations/api",
    checked="2026-11-21",
    loads=("capacity",),
    rank=10,
    requires=frozenset({"Date", "Namespace", "GPUs", "TotalCost"}),
    otherwise=(frozenset({"code", "data"}), frozenset({"name", "window.start", "window.end", "totalCost"})),
    knows=frozenset({
        "code", "status", "data", "name", "properties", "window", "start", "end", "totalCost", "Date", "Namespace",
        "ControllerKind", "ControllerName", "Pod", "Container", "CPUCoreUsageAverage", "CPUCoreRequestAverage",
        "RAMBytesUsageAverage", "RAMBytesRequestAverage", "NetworkReceiveBytes", "NetworkTransferBytes", "GPUs",
        "PVBytes", "CPUCost", "RAMCost", "NetworkCost", "PVCost", "GPUCost", "TotalCost", "Labels", "Label_app",
        "Label_team", "Label_model",
    }),
    records=f"""
        with
            steps as (
                select line, unnest(case
                    when json_type(record -> 'data') = 'ARRAY' then json_list(record -> 'data')
                    when json_type(record -> 'data') = 'OBJECT' then [record -> 'data']
                    else [json_object('_', record)]
                end) as step
                from staged
            ),
            named as (
                select line, step, unnest(json_keys(step)) as key from steps where json_type(step) = 'OBJECT'
            ),
            told as (
                select
                    case
                        when count(*) over () = (select count(*) from staged) then line
                        else row_number() over (order by line)
                    end as line,
                    key,
                    json_extract(step, '$."' || replace(key, '"', '\\"') || '"') as allocation,
                    coalesce(
                        opened(allocation -> 'Labels'),
                        allocation -> '$.properties.labels',
                        '{{}}'::json
                    ) as labels,
                    concat_ws(
                        '/',
                        {_either("Namespace", "$.properties.namespace")},
                        {_either("ControllerName", "$.properties.controller")},
                        {_either("Pod", "$.properties.pod")},
                        {_either("Container", "$.properties.container")}
                    ) as place,
                    try_cast(allocation ->> 'Date' as date) as day
                from named
            )
        select
            *,
            cast(allocation as varchar) as text,
            coalesce(
                labels ->> 'model', labels ->> 'model_name', labels ->> 'model-name', allocation ->> 'Label_model'
            ) as model,
            coalesce(
                allocation ->> '$.window.start', allocation ->> 'start', cast(day as varchar), allocation ->> 'Date'
            ) as started_at,
            coalesce(
                allocation ->> '$.window.end', allocation ->> 'end', cast(day + 1 as varchar), allocation ->> 'Date'
            ) as ended_at,
            allocation ->> '$.properties.cluster' as cluster,
            coalesce(case when key = '_' then allocation ->> 'name' else key end, '') as called,
            case
                when started_at is null then 'this is no allocation'
                when contains(concat(called, '/', place), '__idle__') then 'idle of the cluster, of no one model'
                when model is null then 'this names no model: no label model'
            end as skip
        from told
    """,
    selects={
        "capacity": f"""
            select
                line,
                concat_ws('|', started_at, ended_at, cluster, place, called, model) as capacity_id,
                started_at,
                ended_at,
                model,
                cluster,
                -- a share of one is no count
                case
                    when try_cast({_either("GPUs", "gpuCount")} as decimal(18, 6)) % 1 = 0
                    then {_either("GPUs", "gpuCount")}
                end as gpus,
                allocation ->> 'gpuHours' as gpu_hours,
                {_either("TotalCost", "totalCost")} as amount,
                coalesce(labels ->> 'team', allocation ->> 'Label_team') as team
            from records
        """,
    },
)  # fmt: skip
