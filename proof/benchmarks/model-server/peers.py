"""The same models served by others, one process each: FastAPI, KServe's server and MLServer, all over ONNX Runtime.

Usage: peers.py fastapi|kserve|mlserver REPOSITORY (a folder NAME/VERSION/model.onnx). Says its ports in one line of JSON.
"""

import asyncio
import json
import logging
import os
import socket
import sys

import numpy as np
import onnxruntime as ort

NUMPY = {"BYTES": object, "FP32": np.float32, "INT64": np.int64}
DATATYPES = {"tensor(float)": "FP32", "tensor(int64)": "INT64", "tensor(string)": "BYTES"}


def session_of(folder, name):
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    path = os.path.join(folder, name, "1", "model.onnx")
    return ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def serve_fastapi(folder):
    """What one writes first: the protocol's JSON form, one run a request."""
    import uvicorn
    from fastapi import FastAPI, Request

    sessions = {name: session_of(folder, name) for name in os.listdir(folder)}
    app = FastAPI()

    @app.post("/v2/models/{name}/infer")
    async def infer(name: str, request: Request):
        body = await request.json()
        session = sessions[name]
        feeds = {
            tensor["name"]: np.array(tensor["data"], dtype=NUMPY[tensor["datatype"]]).reshape(tensor["shape"])
            for tensor in body["inputs"]
        }
        values = session.run(None, feeds)
        outputs = [
            {"name": spec.name, "datatype": DATATYPES[spec.type], "shape": list(value.shape), "data": value.ravel().tolist()}
            for spec, value in zip(session.get_outputs(), values)
        ]
        return {"model_name": name, "outputs": outputs}

    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    print(json.dumps({"msg": "listening", "http": listener.getsockname()[1]}), flush=True)
    uvicorn.Server(uvicorn.Config(app, log_level="error", access_log=False)).run(sockets=[listener])


def serve_kserve(folder):
    from kserve import InferOutput, InferResponse, Model, ModelServer

    logging.disable(logging.INFO)  # two lines a request, which would count as its own time

    class Onnx(Model):
        def __init__(self, name):
            super().__init__(name)
            self.session = session_of(folder, name)
            self.ready = True

        def predict(self, payload, headers=None, response_headers=None):
            feeds = {tensor.name: tensor.as_numpy() for tensor in payload.inputs}
            outputs = []
            for spec, value in zip(self.session.get_outputs(), self.session.run(None, feeds)):
                output = InferOutput(spec.name, list(value.shape), DATATYPES[spec.type])
                output.set_data_from_numpy(value, binary_data=True)
                outputs.append(output)
            return InferResponse(payload.id, self.name, outputs)

    http, grpc = free_port(), free_port()
    print(json.dumps({"msg": "listening", "http": http, "grpc": grpc}), flush=True)
    ModelServer(http_port=http, grpc_port=grpc, workers=1, access_log_format=None).start(
        [Onnx(name) for name in os.listdir(folder)]
    )


def serve_mlserver(folder):
    from mlserver import MLServer, ModelSettings, Settings
    from mlserver.settings import ModelParameters

    def settings_of(name):
        parameters = ModelParameters(uri=os.path.join(folder, name, "1", "model.onnx"))
        return ModelSettings(name=name, implementation="mlserver_runtime.Onnx", parameters=parameters)

    logging.disable(logging.INFO)
    http, grpc = free_port(), free_port()
    print(json.dumps({"msg": "listening", "http": http, "grpc": grpc}), flush=True)
    # Within its own process: what its workers add is a hop a request.
    settings = Settings(http_port=http, grpc_port=grpc, metrics_endpoint=None, parallel_workers=0)
    asyncio.run(MLServer(settings).start([settings_of(name) for name in os.listdir(folder)]))


if __name__ == "__main__":
    {"fastapi": serve_fastapi, "kserve": serve_kserve, "mlserver": serve_mlserver}[sys.argv[1]](sys.argv[2])
