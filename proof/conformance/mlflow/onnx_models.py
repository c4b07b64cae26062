"""ONNX models: logged, registered, found by alias and by stage, loaded, and served like any other version."""

import json
import pathlib
import sys
import tempfile

import mlflow
import numpy
import onnx
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from mlflow.models import infer_signature
from onnx import TensorProto, helper, numpy_helper

client = MlflowClient()
said = {}


def linear(slope, width=1):
    """y = slope * x, with `width` weights: a wide one keeps them in a file beside the graph."""
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", width])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["batch", width])
    weights = numpy_helper.from_array(numpy.full((1, width), slope, numpy.float32), "slope")
    graph = helper.make_graph([helper.make_node("Mul", ["x", "slope"], ["y"])], "linear", [x], [y], [weights])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 8
    return model


def golden(answer):
    def tensor(value):
        return {"datatype": "FP32", "shape": [1, 1], "data": [value]}

    return {"examples": [{"inputs": {"x": tensor(x)}, "outputs": {"y": tensor(answer(x))}} for x in range(20)]}


def log(name, model, **more):
    return mlflow.onnx.log_model(model, name="model", registered_model_name=name, pip_requirements=["onnxruntime"], **more)


with tempfile.TemporaryDirectory() as folder, mlflow.start_run() as run:
    mlflow.log_metric("rmse", 1.5)
    good, lie = pathlib.Path(folder, "golden.json"), pathlib.Path(folder, "lie", "golden.json")
    good.write_text(json.dumps(golden(lambda x: 2 * x)))
    lie.parent.mkdir()
    lie.write_text(json.dumps(golden(lambda x: 3 * x)))
    baseline = sys.argv[1]

    first = log("linear", linear(2), extra_files=[str(good), baseline])
    x = numpy.array([[1.0], [2.0]], numpy.float32)
    second = log("linear", linear(3), signature=infer_signature({"x": x}, {"y": 3 * x}), input_example={"x": x})
    said["versions"] = [str(m.registered_model_version) for m in (first, second)]
    try:
        log("linear", linear(2), extra_files=[str(lie)])
    except MlflowException as error:
        said["lie"] = [error.error_code, "golden example" in str(error).lower()]
    wide = log("wide", linear(5, width=4096))
    said["wide"] = client.get_model_version("wide", "1").status

told = client.get_model_version("linear", "1")
said["told"] = [told.status, told.tags["vinaigrette.servable"], told.run_id == run.info.run_id]

# Aliases.
client.set_registered_model_alias("linear", "champion", 1)
client.set_registered_model_alias("linear", "canary", "2")
said["aliases"] = client.get_registered_model("linear").aliases
loaded = mlflow.onnx.load_model("models:/linear@champion")
said["loaded"] = [numpy_helper.to_array(loaded.graph.initializer[0]).item(), mlflow.onnx.load_model("models:/wide/1").graph.name]
predicted = mlflow.pyfunc.load_model("models:/linear@canary").predict({"x": numpy.array([[4.0]], numpy.float32)})
said["predicted"] = float(numpy.asarray(predicted["y"]).item())
said["by alias"] = client.get_model_version_by_alias("linear", "champion").version
client.delete_registered_model_alias("linear", "canary")

# The same model again, from its run and from its own address.
again = mlflow.register_model(first.model_uri, "linear")
from_run = mlflow.register_model(f"runs:/{run.info.run_id}/model", "from-run")
copied = client.copy_model_version("models:/linear/1", "linear-copy")
said["registered"] = [again.version, from_run.version, copied.version, copied.tags["vinaigrette.servable"]]

# Stages, which are aliases.
client.transition_model_version_stage("linear", "2", "Staging")
staged = client.transition_model_version_stage("linear", "2", "Production", archive_existing_versions=True)
said["stages"] = [staged.current_stage, client.get_model_version("linear", "1").current_stage, client.get_registered_model("linear").aliases]
said["latest"] = [(v.current_stage, v.version) for v in client.get_latest_versions("linear")]
said["by stage"] = mlflow.onnx.load_model("models:/linear/Production").graph.name
client.transition_model_version_stage("linear", "2", "None")
said["none"] = client.get_registered_model("linear").aliases

# What was logged, by search.
found = mlflow.search_logged_models(["0"], filter_string="metrics.rmse < 2 AND name = 'model'", output_format="list")
said["logged"] = sorted(len(m.metrics) for m in found)[-1] >= 1 and len(found) >= 2
said["artifacts"] = sorted(f.path for f in client.list_logged_model_artifacts(first.model_id))
model = client.get_logged_model(first.model_id)
said["model"] = [str(model.status), model.tags["mlflow.modelVersions"] != ""]
print(json.dumps(said))
