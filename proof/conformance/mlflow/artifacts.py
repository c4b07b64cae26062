"""Artefacts through the proxy: small ones, folders, and one far larger than the memory that may be used."""

import hashlib
import json
import os
import pathlib
import sys
import tempfile

import mlflow
from mlflow import MlflowClient
from mlflow.artifacts import download_artifacts, list_artifacts, load_dict, load_text

megabytes = int(sys.argv[1])
client = MlflowClient()
said = {}


def sha256(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


with tempfile.TemporaryDirectory() as folder, mlflow.start_run() as run:
    run_id = run.info.run_id
    mlflow.log_text("olive oil", "notes/a b.txt")
    mlflow.log_text("", "notes/empty.txt")
    mlflow.log_dict({"acid": ["vinegar", "lemon"]}, "notes/deep/recipe.json")
    many = pathlib.Path(folder, "many")
    for n in range(20):
        (many / str(n % 3)).mkdir(parents=True, exist_ok=True)
        (many / str(n % 3) / f"{n}.txt").write_text(str(n))
    mlflow.log_artifacts(str(many), "many")
    root = run.info.artifact_uri
    said["lists"] = {
        "root": sorted((f.path, f.is_dir) for f in client.list_artifacts(run_id)),
        "notes": [(f.path, f.is_dir, f.file_size) for f in client.list_artifacts(run_id, "notes")],
        "file": client.list_artifacts(run_id, "notes/a b.txt"),
        "by uri": [f.path for f in list_artifacts(f"{root}/notes/deep")],
    }
    said["texts"] = [load_text(f"{root}/notes/a b.txt"), load_text(f"{root}/notes/empty.txt"), load_dict(f"{root}/notes/deep/recipe.json")]
    said["folder"] = len([f for f in pathlib.Path(download_artifacts(f"runs:/{run_id}/many")).rglob("*.txt")])

    large = pathlib.Path(folder, "large.bin")
    with open(large, "wb") as file:
        for _ in range(megabytes):
            file.write(os.urandom(1 << 20))
    mlflow.log_artifact(str(large))
    back = download_artifacts(f"runs:/{run_id}/large.bin", dst_path=os.path.join(folder, "back"))
    said["large"] = sha256(back) == sha256(large)

print(json.dumps(said))
