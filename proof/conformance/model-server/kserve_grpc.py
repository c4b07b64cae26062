"""KServe's own client over gRPC, and the repository's calls in KServe's own messages."""

import grpc
import numpy as np
from kserve import InferenceGRPCClient, InferInput, InferRequest
from kserve.protocol.grpc import grpc_predict_v2_pb2 as messages
from kserve.protocol.grpc import grpc_predict_v2_pb2_grpc as service

from checks import addresses, run

ADDRESS, _ = addresses()
X = np.array([[1, 2], [3, 4]], dtype=np.float32)


async def health():
    client = InferenceGRPCClient(ADDRESS)
    assert await client.is_server_live()
    assert await client.is_server_ready()
    assert await client.is_model_ready("adder")
    assert not await client.is_model_ready("nobody")
    await client.close()


async def typed_and_raw():
    client = InferenceGRPCClient(ADDRESS)
    for binary in (False, True):
        value = InferInput("x", list(X.shape), "FP32")
        value.set_data_from_numpy(X, binary_data=binary)
        answer = await client.infer(InferRequest("adder", [value], request_id="mine"))
        (output,) = answer.outputs
        np.testing.assert_array_equal(output.as_numpy().reshape(2, 2), X + 2)
        assert (answer.id, answer.model_version) == ("mine", "2"), answer
    await client.close()


def repository():
    with grpc.insecure_channel(ADDRESS) as channel:
        stub = service.GRPCInferenceServiceStub(channel)
        unloaded = stub.RepositoryModelUnload(messages.RepositoryModelUnloadRequest(model_name="comes-and-goes"))
        assert unloaded.isUnloaded and unloaded.model_name == "comes-and-goes", unloaded
        assert not stub.ModelReady(messages.ModelReadyRequest(name="comes-and-goes")).ready
        loaded = stub.RepositoryModelLoad(messages.RepositoryModelLoadRequest(model_name="comes-and-goes"))
        assert loaded.isLoaded, loaded
        assert stub.ModelReady(messages.ModelReadyRequest(name="comes-and-goes")).ready


run([health, typed_and_raw, repository])
