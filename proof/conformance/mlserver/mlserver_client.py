"""MLServer's own messages, codecs and stubs over gRPC, its repository service, and its command for batches over HTTP."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import grpc
import numpy as np
from mlserver.codecs import NumpyCodec, StringCodec
from mlserver.grpc import converters, dataplane_pb2, dataplane_pb2_grpc
from mlserver.grpc import model_repository_pb2, model_repository_pb2_grpc
from mlserver.types import InferenceRequest

from checks import addresses, run

GRPC, HTTP = addresses()
X = np.array([[1, 2], [3, 4]], dtype=np.float32)


def infer(request, model, use_raw):
    with grpc.insecure_channel(GRPC) as channel:
        stub = dataplane_pb2_grpc.GRPCInferenceServiceStub(channel)
        message = converters.ModelInferRequestConverter.from_types(request, model_name=model, use_raw=use_raw)
        return converters.ModelInferResponseConverter.to_types(stub.ModelInfer(message))


def numbers():
    for use_raw in (False, True):
        answer = infer(InferenceRequest(inputs=[NumpyCodec.encode_input("x", X)]), "adder", use_raw)
        np.testing.assert_array_equal(NumpyCodec.decode_output(answer.outputs[0]), X + 2)


def texts():
    for use_raw in (False, True):
        request = InferenceRequest(inputs=[StringCodec.encode_input("item", ["crème fraîche", ""])])
        answer = infer(request, "echo-bytes", use_raw)
        assert StringCodec.decode_output(answer.outputs[0]) == ["crème fraîche", ""], answer


def metadata():
    with grpc.insecure_channel(GRPC) as channel:
        stub = dataplane_pb2_grpc.GRPCInferenceServiceStub(channel)
        assert stub.ServerReady(dataplane_pb2.ServerReadyRequest()).ready
        model = converters.ModelMetadataResponseConverter.to_types(
            stub.ModelMetadata(dataplane_pb2.ModelMetadataRequest(name="adder"))
        )
        assert (model.name, model.inputs[0].shape) == ("adder", [-1, 2]), model


def repository():
    with grpc.insecure_channel(GRPC) as channel:
        stub = model_repository_pb2_grpc.ModelRepositoryServiceStub(channel)
        index = stub.RepositoryIndex(model_repository_pb2.RepositoryIndexRequest(ready=True))
        assert ("adder", "1", "READY") in {(model.name, model.version, model.state) for model in index.models}, index
        stub.RepositoryModelUnload(model_repository_pb2.RepositoryModelUnloadRequest(model_name="comes-and-goes"))
        stub.RepositoryModelLoad(model_repository_pb2.RepositoryModelLoadRequest(model_name="comes-and-goes"))


def batches_by_command():
    request = {"inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 2], "data": [[1, 2]]}]}
    with tempfile.TemporaryDirectory() as folder:
        asked, answered = Path(folder, "asked"), Path(folder, "answered")
        asked.write_text("\n".join(json.dumps(request) for _ in range(4)) + "\n")
        words = ["infer", "--url", HTTP, "--model-name", "adder", "-i", str(asked), "-o", str(answered), "--batch-size", "2"]
        command = [sys.executable, "-c", "from mlserver.cli import main; main()", *words]
        done = subprocess.run(command, capture_output=True, text=True, timeout=100)
        assert done.returncode == 0, done.stderr[-1000:]
        answers = [json.loads(line) for line in answered.read_text().splitlines()]
        assert [answer["outputs"][0]["data"] for answer in answers] == [[3.0, 4.0]] * 4, answers


run([numbers, texts, metadata, repository, batches_by_command])
