"""KServe's own client over HTTP."""

import asyncio

import numpy as np
from kserve import InferenceRESTClient, InferInput, InferRequest
from kserve.inference_client import RESTConfig

from checks import addresses, run

_, ADDRESS = addresses()
BASE = f"http://{ADDRESS}"
X = np.array([[1, 2], [3, 4]], dtype=np.float32)


def connect():
    return InferenceRESTClient(RESTConfig(protocol="v2", retries=0))


def request(model, binary):
    value = InferInput("x", list(X.shape), "FP32")
    value.set_data_from_numpy(X, binary_data=binary)
    return InferRequest(model, [value], request_id="mine")


async def health():
    client = connect()
    assert await client.is_server_live(BASE)
    assert await client.is_server_ready(BASE)
    assert await client.is_model_ready(BASE, "adder")
    assert not await client.is_model_ready(BASE, "nobody")
    await client.close()


async def json_and_binary():
    client = connect()
    for binary in (False, True):
        answer = await client.infer(BASE, request("adder", binary), model_name="adder")
        (output,) = answer.outputs
        np.testing.assert_array_equal(output.as_numpy(), X + 2)
        assert answer.id == "mine", answer
    await client.close()


async def refusal():
    client = connect()
    try:
        await client.infer(BASE, request("nobody", False), model_name="nobody")
    except Exception as error:
        assert "404" in str(error), error
    else:
        raise AssertionError("nobody answered")
    await client.close()


run([health, json_and_binary, refusal])
