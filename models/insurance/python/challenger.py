"""The challenger of the model `insurance`: boosted trees by scikit-learn, preprocessing included, logged with mlflow.

    MLFLOW_TRACKING_URI=http://127.0.0.1:5000 python challenger.py insurance.csv --name insurance

Same inputs as the linear model, same rows held back (every fifth), one ONNX graph with the output `charges`. The extra
file golden.json holds the graph's own answers, so that the registry can prove that it serves what was trained.
"""

import argparse
import json
import pathlib
import tempfile

import mlflow
import numpy
import onnxruntime
import pandas
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType, StringTensorType
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder

NUMBERS = ["age", "bmi", "children"]
TEXTS = ["sex", "smoker", "region"]
PARAMETERS = {"n_estimators": 120, "max_depth": 3, "learning_rate": 0.05, "min_samples_leaf": 10, "random_state": 1}
OPSET = {"": 18, "ai.onnx.ml": 3}


def tensors_of(rows):
    """Rows as the graph's inputs: float32 and text, [B, 1] each."""
    numbers = {name: rows[[name]].to_numpy(numpy.float32) for name in NUMBERS}
    return numbers | {name: rows[[name]].fillna("").to_numpy(object) for name in TEXTS}


def graph_of(pipeline):
    """The pipeline as one graph; its one output is called what the linear model calls it."""
    types = [(name, FloatTensorType([None, 1])) for name in NUMBERS]
    types += [(name, StringTensorType([None, 1])) for name in TEXTS]
    graph = to_onnx(pipeline, initial_types=types, target_opset=OPSET)
    (output,) = graph.graph.output
    for node in graph.graph.node:
        node.output[:] = ["charges" if name == output.name else name for name in node.output]
    output.name = "charges"
    return graph


def golden_of(session, rows):
    """Contents of golden.json: typical people, each input unknown alone, and words never heard."""
    typical = [rows.iloc[[at]] for at in range(0, len(rows), len(rows) // 20)][:20]
    unknown = [typical[0].assign(**{name: numpy.nan}) for name in NUMBERS]
    strange = [typical[0].assign(**{name: "unheard of"}) for name in TEXTS]
    examples = []
    for people in typical + unknown + strange:
        inputs = tensors_of(people)
        (charges,) = session.run(["charges"], inputs)
        examples.append(
            {
                "inputs": {name: json_tensor(values) for name, values in inputs.items()},
                "outputs": {"charges": json_tensor(charges)},
            }
        )
    return {"examples": examples}


def json_tensor(values):
    text = values.dtype == object
    data = [None if not text and numpy.isnan(value) else value for value in values.ravel().tolist()]
    return {"datatype": "BYTES" if text else "FP32", "shape": list(values.shape), "data": data}


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("file")
    arguments.add_argument("--name", default="insurance", help="the registered model that gets a version")
    given = arguments.parse_args()

    rows = pandas.read_csv(given.file)
    held_back = rows.index % 5 == 4
    training, validation = rows[~held_back], rows[held_back]
    prepare = ColumnTransformer(
        [(name, SimpleImputer(strategy="median"), [name]) for name in NUMBERS]
        + [(name, OneHotEncoder(handle_unknown="ignore"), [name]) for name in TEXTS]
    )
    pipeline = Pipeline([("prepare", prepare), ("trees", GradientBoostingRegressor(**PARAMETERS))])
    pipeline.fit(training[NUMBERS + TEXTS], training["charges"])

    graph = graph_of(pipeline)
    session = onnxruntime.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])
    (answers,) = session.run(["charges"], tensors_of(validation))
    quotes = answers.ravel()
    apart = numpy.max(numpy.abs(quotes / pipeline.predict(validation[NUMBERS + TEXTS]) - 1))
    if apart > 1e-4:
        raise SystemExit(f"The graph and scikit-learn are {apart:.2g} apart")

    with mlflow.start_run(run_name="boosted trees"), tempfile.TemporaryDirectory() as folder:
        mlflow.log_params(PARAMETERS)
        figures = {
            "validation_r2": r2_score(validation["charges"], quotes),
            "validation_rmse": root_mean_squared_error(validation["charges"], quotes),
            "validation_mae": mean_absolute_error(validation["charges"], quotes),
        }
        mlflow.log_metrics(figures)
        golden = pathlib.Path(folder, "golden.json")
        golden.write_text(json.dumps(golden_of(session, training)))
        logged = mlflow.onnx.log_model(
            graph,
            name="model",
            registered_model_name=given.name,
            extra_files=[str(golden)],
            pip_requirements=["onnxruntime"],
        )
    print(json.dumps({"version": str(logged.registered_model_version), **figures}))


if __name__ == "__main__":
    main()
