"""Triton's own clients: `triton_client.py GRPC HTTP tritonclient.{grpc,http}[.aio]`."""

import importlib
import inspect
import sys
from contextlib import asynccontextmanager

import numpy as np
from tritonclient.utils import InferenceServerException

from checks import addresses, run

GRPC, HTTP = addresses()
triton = importlib.import_module(sys.argv[3])
OVER_GRPC = "grpc" in sys.argv[3]
AS_JSON = {"as_json": True} if OVER_GRPC else {}
X = np.array([[1, 2], [3, 4]], dtype=np.float32)


class Awaited:
    """A client whose every method is awaited, be it asynchronous or not."""

    def __init__(self, client):
        self._client = client

    def __getattr__(self, name):
        async def call(*words, **options):
            outcome = getattr(self._client, name)(*words, **options)
            return await outcome if inspect.isawaitable(outcome) else outcome

        return call


@asynccontextmanager
async def connect():
    client = Awaited(triton.InferenceServerClient(GRPC if OVER_GRPC else HTTP))
    try:
        yield client
    finally:
        await client.close()


async def infer(client, model, name, data, datatype, outputs=None, **options):
    value = triton.InferInput(name, list(data.shape), datatype)
    value.set_data_from_numpy(data)
    return await client.infer(model, [value], outputs=outputs, **options)


async def health():
    async with connect() as client:
        assert await client.is_server_live()
        assert await client.is_server_ready()
        assert await client.is_model_ready("adder")
        assert await client.is_model_ready("adder", "1")
        assert not await client.is_model_ready("nobody")


async def metadata():
    async with connect() as client:
        server = await client.get_server_metadata(**AS_JSON)
        assert "statistics" in server["extensions"], server
        model = await client.get_model_metadata("adder", "1", **AS_JSON)
        assert (model["name"], model["platform"]) == ("adder", "onnxruntime_onnx"), model
        assert sorted(model["versions"]) == ["1", "2"], model
        (x,) = model["inputs"]
        assert (x["name"], x["datatype"], [int(size) for size in x["shape"]]) == ("x", "FP32", [-1, 2]), x


async def config():
    async with connect() as client:
        config = await client.get_model_config("adder", **AS_JSON)
        config = config.get("config", config)
        assert config["backend"] == "onnxruntime", config
        assert config["max_batch_size"] > 0, config
        (x,) = config["input"]
        assert (x["name"], x["data_type"], [int(size) for size in x["dims"]]) == ("x", "TYPE_FP32", [2]), x


async def floats_by_version():
    async with connect() as client:
        for version, answering, addend in (("1", "1", 1), ("2", "2", 2), ("", "2", 2), ("latest", "2", 2)):
            answer = await infer(client, "adder", "x", X, "FP32", model_version=version, request_id="mine")
            np.testing.assert_array_equal(answer.as_numpy("sum"), X + addend)
            response = answer.get_response(**AS_JSON)
            assert (response["model_version"], response["id"]) == (answering, "mine"), response


async def each_type():
    kinds = [
        ("BOOL", np.bool_), ("UINT8", np.uint8), ("UINT16", np.uint16), ("UINT32", np.uint32), ("UINT64", np.uint64),
        ("INT8", np.int8), ("INT16", np.int16), ("INT32", np.int32), ("INT64", np.int64),
        ("FP16", np.float16), ("FP32", np.float32), ("FP64", np.float64),
    ]  # fmt: skip
    async with connect() as client:
        for datatype, kind in kinds:
            data = np.array([[0, 1, 1]], dtype=kind)
            answer = await infer(client, f"echo-{datatype.lower()}", "item", data, datatype)
            back = answer.as_numpy("same")
            assert back.dtype == data.dtype, (datatype, back.dtype)
            np.testing.assert_array_equal(back, data)


async def texts():
    data = np.array([["", "crème fraîche".encode(), "日本"]], dtype=np.object_)
    async with connect() as client:
        answer = await infer(client, "echo-bytes", "item", data, "BYTES")
        assert [text.decode() for text in answer.as_numpy("same")[0]] == ["", "crème fraîche", "日本"]


async def empty_batch():
    async with connect() as client:
        answer = await infer(client, "echo-fp32", "item", np.zeros((0, 3), dtype=np.float32), "FP32")
        assert answer.as_numpy("same").shape == (0, 3)


async def requested_outputs():
    async with connect() as client:
        outputs = [triton.InferRequestedOutput("confidence"), triton.InferRequestedOutput("skus")]
        items = np.array([["milk"]], dtype=np.object_)
        answer = await infer(client, "basket", "items", items, "BYTES", outputs=outputs)
        assert answer.as_numpy("skus")[0][0] == b"sugar", answer.as_numpy("skus")
        assert 0.7 < answer.as_numpy("confidence")[0][0] < 0.9
        assert answer.as_numpy("because") is None


async def refusals():
    cases = [
        ("adder", "y", X, "FP32", ("there is no input", "SIGNATURE_MISMATCH"), ("INVALID_ARGUMENT", "400")),
        ("adder", "x", X.astype(np.float64), "FP64", ("x is FP32, not FP64",), ("INVALID_ARGUMENT", "400")),
        ("adder", "x", X[0], "FP32", ("shape [-1, 2]", "not [2]"), ("INVALID_ARGUMENT", "400")),
        ("nobody", "x", X, "FP32", ("nobody",), ("NOT_FOUND", "404")),
    ]
    async with connect() as client:
        for model, name, data, datatype, words, statuses in cases:
            try:
                await infer(client, model, name, data, datatype)
            except InferenceServerException as error:
                assert all(word in error.message() for word in words), error.message()
                assert any(status in str(error.status()) for status in statuses), error.status()
            else:
                raise AssertionError(f"{model} answered {name} {datatype}")


async def statistics():
    async with connect() as client:
        await infer(client, "counted", "x", X, "FP32")
        await infer(client, "counted", "x", X[:1], "FP32")
        (stats,) = (await client.get_inference_statistics("counted", **AS_JSON))["model_stats"]
        assert (stats["name"], stats["version"]) == ("counted", "1"), stats
        assert int(stats["inference_count"]) % 3 == 0 and int(stats["execution_count"]) >= 2, stats
        assert int(stats["inference_stats"]["success"]["count"]) % 2 == 0, stats
        assert {int(batch["batch_size"]) for batch in stats["batch_stats"]} == {1, 2}, stats
        assert int(stats["last_inference"]) > 1.7e12, stats
        everything = (await client.get_inference_statistics(**AS_JSON))["model_stats"]
        assert {"adder", "counted"} <= {one["name"] for one in everything}, everything


async def repository():
    async with connect() as client:
        index = await client.get_model_repository_index(**AS_JSON)
        models = index["models"] if OVER_GRPC else index
        states = {(model["name"], model.get("version")): model["state"] for model in models}
        assert states[("adder", "1")] == "READY", states
        await client.unload_model("comes-and-goes")
        assert not await client.is_model_ready("comes-and-goes")
        await client.load_model("comes-and-goes")
        assert await client.is_model_ready("comes-and-goes")


async def compressed():
    large = np.arange(4096, dtype=np.float32).reshape(2048, 2)
    async with connect() as client:
        for algorithm in ("gzip", "deflate"):
            if OVER_GRPC:
                options = {"compression_algorithm": algorithm}
            else:
                options = {"request_compression_algorithm": algorithm, "response_compression_algorithm": algorithm}
            answer = await infer(client, "adder", "x", large, "FP32", **options)
            np.testing.assert_array_equal(answer.as_numpy("sum"), large + 2)


async def deadline():
    long_on_its_way = np.zeros((2_000_000, 2), dtype=np.float32)  # a small question may be answered sooner than a timer fires
    async with connect() as client:
        try:
            await infer(client, "adder", "x", long_on_its_way, "FP32", client_timeout=1e-6)
        except InferenceServerException as error:
            assert "Deadline" in error.message() or "DEADLINE" in str(error.status()), error
        else:
            raise AssertionError("answered within a microsecond")


async def plain_json():
    async with connect() as client:
        value = triton.InferInput("x", [2, 2], "FP32")
        value.set_data_from_numpy(X, binary_data=False)
        output = triton.InferRequestedOutput("sum", binary_data=False)
        answer = await client.infer("adder", [value], outputs=[output])
        (sum_,) = answer.get_response()["outputs"]
        assert sum_["data"] == [3, 4, 5, 6], sum_


run([health, metadata, config, floats_by_version, each_type, texts, empty_batch, requested_outputs, refusals,
     statistics, repository, compressed, deadline if OVER_GRPC else plain_json])  # fmt: skip
