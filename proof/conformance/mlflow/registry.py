"""Registered models and versions by themselves: tags, descriptions, searches, pages, deletion, and every error's code."""

import json

import mlflow
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

client = MlflowClient()
said = {}


def code_of(attempt):
    try:
        attempt()
    except MlflowException as error:
        return error.error_code
    return None


for n in range(7):
    client.create_registered_model(f"shop-{n}", tags={"team": "even" if n % 2 == 0 else "odd"}, description=f"number {n}")
with mlflow.start_run() as run:
    mlflow.log_text("no model", "model/readme.txt")
source = f"{run.info.artifact_uri}/model"
for n in range(3):
    client.create_model_version("shop-0", source, run.info.run_id, tags={"n": str(n)}, description=f"try {n}")

model = client.get_registered_model("shop-0")
said["model"] = [model.description, model.tags, [v.version for v in model.latest_versions]]
client.update_registered_model("shop-0", "renewed")
client.set_registered_model_tag("shop-0", "tier", "gold")
client.delete_registered_model_tag("shop-0", "team")
said["updated"] = [client.get_registered_model("shop-0").description, client.get_registered_model("shop-0").tags]
client.update_model_version("shop-0", "1", "the first")
client.set_model_version_tag("shop-0", "1", "checked", "yes")
client.delete_model_version_tag("shop-0", "1", "n")
version = client.get_model_version("shop-0", "1")
said["version"] = [version.description, version.tags["checked"], "n" in version.tags, version.tags["vinaigrette.servable"]]


def models(filter_string=None, **more):
    return [m.name for m in client.search_registered_models(filter_string, **more)]


def versions(filter_string, **more):
    return [v.version for v in client.search_model_versions(filter_string, **more)]


said["searches"] = {
    "name": models("name = 'shop-3'"),
    "like": models("name LIKE 'shop-%'", order_by=["name DESC"]),
    "ilike": models("name ILIKE 'SHOP-1'"),
    "tag": models("tags.team = 'odd'"),
    "injection": models("name = 'x'' OR ''1''=''1'"),
    "run": sorted(versions(f"run_id = '{run.info.run_id}'")),
    "version tag": versions("name = 'shop-0' AND tags.n = '2'"),
    "newest": versions("name = 'shop-0'", order_by=["version_number DESC"]),
    "in": sorted(versions(f"run_id IN ('{run.info.run_id}', 'none')")),
}
pages, token = [], None
while True:
    page = client.search_registered_models("name LIKE 'shop-%'", max_results=3, order_by=["name ASC"], page_token=token)
    pages.append([m.name for m in page])
    token = page.token
    if not token:
        break
said["pages"] = pages
said["codes"] = {
    "same name": code_of(lambda: client.create_registered_model("shop-0")),
    "no model": code_of(lambda: client.get_registered_model("ghost")),
    "no version": code_of(lambda: client.get_model_version("shop-0", "99")),
    "no alias": code_of(lambda: client.get_model_version_by_alias("shop-0", "ghost")),
    "slash": code_of(lambda: client.create_registered_model("a/b")),
    "bad stage": code_of(lambda: client.transition_model_version_stage("shop-0", "1", "Kitchen")),
    "bad filter": code_of(lambda: client.search_registered_models("flavour = 'sour'")),
    "bad order": code_of(lambda: client.search_registered_models(order_by=["flavour"])),
    "version of no model": code_of(lambda: client.create_model_version("ghost", source)),
    "rename to a taken name": code_of(lambda: client.rename_registered_model("shop-0", "shop-1")),
}
client.rename_registered_model("shop-0", "shop")
said["renamed"] = client.get_registered_model("shop").name
client.rename_registered_model("shop", "shop-0")
client.set_registered_model_alias("shop-0", "best", "2")
said["codes"]["alias in use"] = code_of(lambda: client.delete_model_version("shop-0", "2"))
client.delete_registered_model_alias("shop-0", "best")
client.delete_model_version("shop-0", "2")
said["afterDeletion"] = versions("name = 'shop-0'", order_by=["version_number ASC"])
said["nextNumber"] = client.create_model_version("shop-0", source).version
client.delete_registered_model("shop-6")
said["gone"] = [code_of(lambda: client.get_registered_model("shop-6")), models("name = 'shop-6'")]
print(json.dumps(said))
