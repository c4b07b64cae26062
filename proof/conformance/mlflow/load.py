"""Loads what somebody else registered, by its address."""

import json
import sys

import mlflow

model = mlflow.onnx.load_model(sys.argv[1])
print(json.dumps([output.name for output in model.graph.output]))
