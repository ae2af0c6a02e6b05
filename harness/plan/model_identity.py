"""What identifies a model before any training, and how large it is; without reading its weights."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from harness.data.identity import DataPlaces, file_digest
from harness.errors import HarnessError
from harness.model import Model
from harness.plugins import built_in

FILES = ("*.json", "*.safetensors", "*.txt", "*.model")


def model_identity(model: Model, places: DataPlaces) -> dict[str, Any]:
    """Return repository and commit, or the digests of a folder's files, or the plugin that builds it."""
    identity: dict[str, Any] = {"version": model.version, "options": dict(model.options())}
    origin = places.registry.origin("model", model.name)
    if not built_in(origin):
        identity |= {"distribution": origin.distribution, "distribution_version": origin.version}
    if model.path is None:
        return {**identity, "built": type(model).__qualname__}
    folder = local_folder(model.path)
    if folder is not None:
        if not (folder / "config.json").is_file():
            raise HarnessError(f"{folder} holds no config.json", "Give a folder that save_pretrained wrote.")
        files = sorted(path for pattern in FILES for path in folder.glob(pattern))
        return {
            **identity,
            "files": {path.name: file_digest(path, path.stat().st_mtime_ns) for path in files},
        }
    found = places.revisions.resolve("model", model.path, model.revision)
    return {**identity, "hub": model.path, "commit": found.commit}


def local_folder(path: str) -> Path | None:
    """Return `path` as a folder if it is one here."""
    folder = Path(path).expanduser()
    return folder if folder.is_dir() else None


def parameter_counts(model: Model, places: DataPlaces) -> tuple[int, int] | None:
    """Return the number of parameters outside and inside the embeddings, for estimates; None if unknown.

    They come from the registry, else from the sizes in the model's config (multi-head attention and a
    two-layer feed-forward network in each layer, biases and norms left out).
    """
    if model.parameters is not None and model.embeddings is not None:
        return model.parameters, model.embeddings
    if model.path is None:
        return None
    folder = local_folder(model.path)
    try:
        if folder is not None:
            text = (folder / "config.json").read_text(encoding="utf-8")
        else:
            from huggingface_hub import hf_hub_download

            commit = places.revisions.resolve("model", model.path, model.revision).commit
            text = Path(hf_hub_download(model.path, "config.json", revision=commit)).read_text(
                encoding="utf-8"
            )
        config = json.loads(text)
        hidden, inner = int(config["hidden_size"]), int(config["intermediate_size"])
        layers, words = int(config["num_hidden_layers"]), int(config["vocab_size"])
    except (OSError, ValueError, KeyError):
        return None
    return layers * (4 * hidden * hidden + 2 * hidden * inner), words * int(
        config.get("embedding_size") or hidden
    )
