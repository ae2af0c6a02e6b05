"""Encoders of Hugging Face: any repository or folder with a config, safetensors and a fast tokenizer."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness import HarnessError, Model, hookimpl

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerFast


class HuggingFaceEncoder(Model):
    """An encoder that transformers' AutoModel loads.

    The one registered under the name ``huggingface`` is the family: the models in registry.yaml, and any
    folder or Hub path given to ``--model``, are made of it.
    """

    name = "huggingface"
    description = "any encoder on the Hugging Face Hub or in a folder"

    def tokenizer(self, folder: Path | None) -> PreTrainedTokenizerFast:
        """Load the fast tokenizer of the repository; raise HarnessError if it has none."""
        from transformers import AutoTokenizer

        place = self._folder(folder)
        try:
            tokenizer = AutoTokenizer.from_pretrained(place, use_fast=True, trust_remote_code=False)
        except (OSError, ValueError, ImportError) as error:
            raise HarnessError(
                f"model {self.name}: no tokenizer could be loaded from {self.path}: {_first_line(error)}",
                "The repository needs tokenizer.json, or vocabulary files that transformers can convert.",
            ) from error
        files = {"tokenizer.json", *tokenizer.vocab_files_names.values()}
        if not any((place / file).exists() for file in files):  # transformers 5 would make an empty one up
            raise HarnessError(
                f"model {self.name}: {self.path} has no tokenizer",
                f"It needs one of {', '.join(sorted(files))}.",
            )
        if not tokenizer.is_fast:
            raise HarnessError(
                f"model {self.name}: {self.path} has no fast tokenizer",
                "Convert it to tokenizer.json (transformers.convert_slow_tokenizer) then give the folder.",
            )
        return tokenizer

    def encoder(self, folder: Path | None) -> PreTrainedModel:
        """Load the encoder in float32, without a pooling layer where the class can leave it out.

        Raises:
            HarnessError: no safetensors in the repository, a class that needs remote code, or a config
                that no encoder class knows.
        """
        import torch
        from transformers import AutoConfig, AutoModel

        place = self._folder(folder)
        weights = {file.suffix for file in place.iterdir()}
        if ".safetensors" not in weights:
            held = "only .bin weights" if ".bin" in weights else "no weights"
            raise HarnessError(
                f"model {self.name}: {self.path} holds {held}, and only safetensors are loaded",
                "The Hub often has a conversion as a pull request (refs/pr/N): name its commit as the "
                "model's `revision` in harness.yaml. Or convert it with save_pretrained and give the folder.",
            )
        try:
            config = AutoConfig.from_pretrained(place, trust_remote_code=False)
            return AutoModel.from_pretrained(
                place,
                config=config,
                use_safetensors=True,
                trust_remote_code=False,
                dtype=torch.float32,
                **({"add_pooling_layer": False} if _has_optional_pooler(config) else {}),
            )
        except (OSError, ValueError) as error:
            raise HarnessError(
                f"model {self.name}: no encoder could be loaded from {self.path}: {_first_line(error)}",
                "It must be an encoder that this version of transformers knows without remote code.",
            ) from error

    def _folder(self, folder: Path | None) -> Path:
        if folder is None:
            raise HarnessError(f"model {self.name} has no path", "Give a folder or owner/name on the Hub.")
        return folder


def _has_optional_pooler(config: Any) -> bool:
    """Say whether the encoder's class for `config` takes ``add_pooling_layer``."""
    from transformers import MODEL_MAPPING

    try:
        encoder = MODEL_MAPPING[type(config)]
    except KeyError:
        return False
    return "add_pooling_layer" in inspect.signature(encoder.__init__).parameters


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0]


@hookimpl
def harness_models() -> list[Model]:
    return [HuggingFaceEncoder()]
