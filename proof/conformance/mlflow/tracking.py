"""Experiments, runs, parameters, metrics with their history, tags, data sets and searches, as the manual shows them."""

import json
import math

import mlflow
import pandas
from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag, ViewType
from mlflow.exceptions import MlflowException

client = MlflowClient()
said = {}


def code_of(attempt):
    try:
        attempt()
    except MlflowException as error:
        return error.error_code
    return None


# Experiments.
experiment = client.create_experiment("prices", tags={"team": "pricing"})
other = client.create_experiment("returns")
client.set_experiment_tag(experiment, "stage", "trial")
client.rename_experiment(other, "returned goods")
client.delete_experiment(other)
said["deleted"] = client.get_experiment(other).lifecycle_stage
client.restore_experiment(other)
found = client.get_experiment_by_name("prices")
said["experiment"] = [found.experiment_id == experiment, found.tags, found.lifecycle_stage]
said["experiments"] = [e.name for e in client.search_experiments(filter_string="tags.team = 'pricing'")]
said["allExperiments"] = sorted(e.name for e in client.search_experiments(order_by=["name ASC"]))
said["codes"] = {
    "same name": code_of(lambda: client.create_experiment("prices")),
    "no experiment": code_of(lambda: client.get_experiment("4711")),
    "no run": code_of(lambda: client.get_run("f" * 32)),
    "bad filter": code_of(lambda: client.search_runs([experiment], "metrics.rmse ~ 1")),
    "or": code_of(lambda: client.search_runs([experiment], "metrics.a = 1 OR metrics.b = 2")),
    "bad page token": code_of(lambda: client.search_runs([experiment], page_token="nonsense")),
}

# One run by the fluent interface.
mlflow.set_experiment("prices")
with mlflow.start_run(run_name="parent", description="of others") as parent:
    mlflow.log_params({"alpha": 0.1, "kind": "ridge", "long": "x" * 6000})
    for step in range(50):
        mlflow.log_metric("rmse", 10 - step / 10, step=step)
    mlflow.log_metrics({"nan": math.nan, "inf": math.inf, "minus": -math.inf})
    mlflow.set_tag("team", "pricing")
    mlflow.log_input(mlflow.data.from_pandas(pandas.DataFrame({"a": [1, 2]}), name="sales"), context="training")
    with mlflow.start_run(run_name="child", nested=True):
        mlflow.log_param("alpha", 0.2)
run = client.get_run(parent.info.run_id)
said["run"] = [run.info.run_name, run.info.status, run.data.params["kind"], run.data.tags["team"], len(run.data.params["long"])]
said["metrics"] = {key: str(value) for key, value in run.data.metrics.items()}
said["history"] = [(m.step, m.value) for m in client.get_metric_history(parent.info.run_id, "rmse")][-2:]
said["datasets"] = [(i.dataset.name, i.tags[0].value) for i in run.inputs.dataset_inputs]
said["changed"] = code_of(lambda: client.log_param(parent.info.run_id, "alpha", 0.3))
said["unchanged"] = code_of(lambda: client.log_param(parent.info.run_id, "alpha", 0.1))

# A batch of the largest size, twice: the same metrics again are the same metrics.
batch = client.create_run(experiment, run_name="batch")
thousand = [Metric(f"m{n % 10}", float(n), 1_700_000_000_000 + n, n) for n in range(1000)]
for _ in range(2):
    client.log_batch(batch.info.run_id, metrics=thousand)
client.log_batch(batch.info.run_id, params=[Param("p", "1")], tags=[RunTag("t", "2")])
said["batch"] = [len(client.get_metric_history(batch.info.run_id, "m3")), client.get_run(batch.info.run_id).data.metrics["m3"]]
client.set_terminated(batch.info.run_id, "FAILED")
client.set_tag(batch.info.run_id, "gone", "soon")
client.delete_tag(batch.info.run_id, "gone")
said["batchRun"] = [client.get_run(batch.info.run_id).info.status, "gone" in client.get_run(batch.info.run_id).data.tags]

# Searches.
for n in range(5):
    one = client.create_run(experiment, run_name=f"grid {n}", tags={"grid point": str(n)})
    client.log_metric(one.info.run_id, "loss/validation", n / 10)
    client.log_param(one.info.run_id, "depth", n)


def names(filter_string="", **more):
    return [r.info.run_name for r in client.search_runs([experiment], filter_string, **more)]


said["searches"] = {
    "number": names('metrics."loss/validation" >= 0.3', order_by=['metrics."loss/validation" DESC']),
    "text": names("params.depth = '2'"),
    "quoted key": names("tags.`grid point` = '1'"),
    "like": sorted(names("attributes.run_name LIKE 'grid%' AND metrics.`loss/validation` < 0.2")),
    "ilike": names("tags.team ILIKE 'PRIC%'"),
    "status": names("status = 'FAILED'"),
    "list": names(f"run_id IN ('{batch.info.run_id}')"),
    "dataset": names("datasets.name = 'sales' AND dataset.context = 'training'"),
    "null": len(names("params.depth IS NOT NULL")),
    "injection": names("tags.team = ''' OR 1=1; DROP TABLE registry.mlflow_run; --'"),
    "order": names("params.depth IS NOT NULL", order_by=["params.depth DESC", "start_time ASC"]),
}
pages, token = [], None
while True:
    page = client.search_runs([experiment], "params.depth IS NOT NULL", max_results=2, order_by=["params.depth ASC"], page_token=token)
    pages.append([r.data.params["depth"] for r in page])
    token = page.token
    if not token:
        break
said["pages"] = pages
client.delete_run(batch.info.run_id)
said["deletedRuns"] = [r.info.run_name for r in client.search_runs([experiment], run_view_type=ViewType.DELETED_ONLY)]
said["logToDeleted"] = code_of(lambda: client.log_metric(batch.info.run_id, "late", 1))
client.restore_run(batch.info.run_id)
said["frame"] = list(mlflow.search_runs(["1"]).shape)[0] == len(client.search_runs(["1"]))
print(json.dumps(said))
