"""What a version's folder holds: the graph, golden answers, and, for whoever tries the example, the rows to ask with."""

import json
from pathlib import Path

import numpy as np
import onnxruntime

DATATYPES = {"float32": "FP32", "float64": "FP64", "int64": "INT64", "object": "BYTES", "bool": "BOOL"}


def golden_rows(inputs, count):
    """The first rows, one by one, and then three at once: inputs of the golden answers."""
    single = [{name: values[row : row + 1] for name, values in inputs.items()} for row in range(count)]
    return single + [{name: values[:3] for name, values in inputs.items()}]


def write_version(out_dir, onnx, golden_inputs, rows, labels, probabilities, accuracy):
    """Writes model.onnx, golden.json and expected.json. rows: as JSON asks; labels, probabilities: scikit-learn's own."""
    folder = Path(out_dir)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.onnx").write_bytes(onnx.SerializeToString())
    session = onnxruntime.InferenceSession(onnx.SerializeToString())
    examples = [{"inputs": _json(inputs), "outputs": _answers(session, inputs)} for inputs in golden_inputs]
    (folder / "golden.json").write_text(json.dumps({"examples": examples}))
    expected = {
        "accuracy": accuracy,
        "rows": [{name: _plain(value) for name, value in row.items()} for row in rows],
        "labels": np.asarray(labels).tolist(),
        "probabilities": np.asarray(probabilities).tolist(),
    }
    (folder / "expected.json").write_text(json.dumps(expected))
    print(f"accuracy {accuracy:.4f} on rows it has not seen; wrote {folder}")


def _answers(session, inputs):
    """Dense outputs only: a list of maps (ZipMap) is not golden, the label beside it is."""
    outputs = session.run(None, inputs)
    named = zip(session.get_outputs(), outputs)
    return _json({output.name: value for output, value in named if isinstance(value, np.ndarray)})


def _json(arrays):
    return {
        name: {"datatype": DATATYPES[str(array.dtype)], "shape": list(array.shape), "data": _flat(array)}
        for name, array in arrays.items()
    }


def _flat(array):
    return [_plain(value) for value in array.reshape(-1).tolist()]


def _plain(value):
    """NaN is null: JSON has no other way to say that a number is not there."""
    return None if isinstance(value, float) and np.isnan(value) else value
