"""scikit-learn: kept and given back as it is, marked as not served; served once it is converted to ONNX."""

import json
import warnings

import mlflow
import numpy
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from skl2onnx import to_onnx
from sklearn.linear_model import LinearRegression

warnings.filterwarnings("ignore")
client = MlflowClient()
said = {}
quick = {"pip_requirements": ["scikit-learn"]}  # else the client loads the model once more to find them
x = numpy.arange(20, dtype=numpy.float32).reshape(-1, 1)
mlflow.sklearn.autolog(log_models=False, silent=True)
with mlflow.start_run() as run:
    model = LinearRegression().fit(x, 3 * x + 1)
    mlflow.sklearn.log_model(model, name="model", registered_model_name="regression", **quick)
    said["autologged"] = "fit_intercept" in client.get_run(run.info.run_id).data.params
    kept = client.get_model_version("regression", "1")
    said["kept"] = [kept.status, kept.tags["vinaigrette.servable"], "mlflow.onnx.log_model" in kept.tags["vinaigrette.remedy"]]
    client.set_registered_model_alias("regression", "challenger", "1")
    said["given back"] = round(float(mlflow.sklearn.load_model("models:/regression@challenger").predict(x[:2])[1].item()), 3)
    mlflow.onnx.log_model(to_onnx(model, x[:1]), name="converted", registered_model_name="regression", **quick)
    converted = client.get_model_version("regression", "2")
    said["converted"] = [converted.version, converted.tags["vinaigrette.servable"]]
    client.set_registered_model_alias("regression", "champion", "2")
    try:
        client.set_registered_model_alias("regression", "champion", "1")
    except MlflowException as error:
        said["refused"] = [error.error_code, "ONNX" in str(error)]
    mlflow.sklearn.log_model(model, name="model", registered_model_name="Regression (old)", **quick)
    said["other name"] = client.get_model_version("Regression (old)", "1").tags["vinaigrette.servable"]
said["aliases"] = client.get_registered_model("regression").aliases
print(json.dumps(said))
