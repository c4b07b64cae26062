"""A model of ONNX Runtime in MLServer, which looks its class up by name; the path of the graph is the model's `uri`."""

import numpy as np
import onnxruntime as ort
from mlserver import MLModel
from mlserver.codecs import NumpyCodec, StringCodec
from mlserver.types import InferenceResponse


class Onnx(MLModel):
    async def load(self):
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        path = self.settings.parameters.uri
        self.session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        return True

    async def predict(self, payload):
        feeds = {tensor.name: array_of(tensor) for tensor in payload.inputs}
        values = self.session.run(None, feeds)
        specs = self.session.get_outputs()
        outputs = [NumpyCodec.encode_output(spec.name, value) for spec, value in zip(specs, values)]
        return InferenceResponse(model_name=self.name, outputs=outputs)


def array_of(tensor):
    if tensor.datatype == "BYTES":
        return np.array(StringCodec.decode_input(tensor), dtype=object).reshape(tensor.shape)
    return NumpyCodec.decode_input(tensor)
