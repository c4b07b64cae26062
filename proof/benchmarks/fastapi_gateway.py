"""What one writes first in Python: FastAPI and ONNX Runtime in one process, the model's best items for a basket.

No rules, no log, no fallback, no call to a model server. Usage: fastapi_gateway.py MODEL.onnx
"""

import json
import socket
import sys

import numpy as np
import onnxruntime as ort
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

options = ort.SessionOptions()
options.intra_op_num_threads = 1
session = ort.InferenceSession(sys.argv[1], options, providers=["CPUExecutionProvider"])
app = FastAPI()


class Request(BaseModel):
    basket: list[str]


@app.post("/recommend")
async def recommend(request: Request):
    items = np.array([request.basket or [""]], dtype=object)
    (skus,) = session.run(["skus"], {"items": items})
    return {"items": [sku for sku in skus[0] if sku][:5]}


if __name__ == "__main__":
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    print(json.dumps({"msg": "listening", "http": listener.getsockname()[1]}), flush=True)
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", access_log=False))
    server.run(sockets=[listener])
