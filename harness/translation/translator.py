"""A sequence-to-sequence model as a translator: loading it, cutting to its lengths, searching without chance."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import HarnessError
from harness.registry_schema import TranslatorEntry

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

FILES = ("*.json", "*.safetensors", "*.txt", "*.model", "*.spm")
TOKENS_CPU, TOKENS_GPU = 4096, 65536


def of_language(value: str | dict[str, str] | None, language: str) -> str | None:
    """Return what an entry says for a language: the same for all, or each its own; None where nothing."""
    return value.get(language) if isinstance(value, dict) else value


def filled(template: str, code: str) -> str:
    """Return a template of an entry with the language's code in it."""
    return template.replace("{code}", code)


@dataclass
class ModelTranslator:
    """A loaded model that translates into one language.

    Attributes:
        prefix: what stands before every text.
        first: the token that the decoder begins with; None: the model's own.
        beams: hypotheses that the search keeps.
        longest: subwords of a text, prefix and special tokens included, and of its translation at most.
        budget: padded subwords times beams in a batch.
        device: where the model is.
    """

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    prefix: str
    first: int | None
    beams: int
    longest: int
    budget: int
    device: str

    def translate(self, texts: Sequence[str]) -> list[str | None]:
        """Return the translation of each text; None for one that was cut off at `longest`.

        Texts of more than `longest` subwords are cut at white space, translated in parts, and joined.
        """
        parts = [
            [text] if length <= self.longest else cut(text, self._lengths, self.longest)
            for text, length in zip(texts, self._lengths(texts), strict=True)
        ]
        different = list(dict.fromkeys(part for each in parts for part in each))
        lengths = self._lengths(different)
        order = sorted(range(len(different)), key=lambda number: (-lengths[number], different[number]))
        found = dict[str, str | None]()
        for batch in batches(order, lengths, self.budget // self.beams):
            wanted = [different[number] for number in batch]
            found.update(zip(wanted, self._search(wanted), strict=True))
        return [_joined([found[part] for part in each]) for each in parts]

    def _lengths(self, texts: Sequence[str]) -> list[int]:
        """Return the subwords of each text, prefix and special tokens included."""
        if not texts:
            return []
        given = [self.prefix + text for text in texts]
        return [len(ids) for ids in self.tokenizer(given, verbose=False)["input_ids"]]

    def _search(self, texts: list[str]) -> list[str | None]:
        import torch

        given = self.tokenizer(
            [self.prefix + text for text in texts],
            padding=True,
            truncation=True,
            max_length=self.longest,
            return_tensors="pt",
        )
        forced = {} if self.first is None else {"forced_bos_token_id": self.first}
        with torch.inference_mode():
            written = self.model.generate(
                input_ids=given["input_ids"].to(self.device),
                attention_mask=given["attention_mask"].to(self.device),
                num_beams=self.beams,
                do_sample=False,
                max_new_tokens=self.longest,
                max_length=None,
                early_stopping=self.beams > 1,
                **forced,
            ).cpu()
        padding = self.tokenizer.pad_token_id
        full = written.shape[1] > self.longest  # the first token is the decoder's start
        cut_off = [bool(full and row[-1] != padding) for row in written]
        told = 1 if self.first is None else 2  # the start and the language are no words
        texts_written = self.tokenizer.batch_decode(
            written[:, told:], skip_special_tokens=True, clean_up_tokenization_spaces=False
        )
        return [None if gone else text for text, gone in zip(texts_written, cut_off, strict=True)]


def batches(order: Sequence[int], lengths: Sequence[int], budget: int) -> Iterator[list[int]]:
    """Cut `order`, longest first, into batches of at most `budget` padded subwords (one text at least)."""
    batch: list[int] = []
    for number in order:
        if batch and lengths[batch[0]] * (len(batch) + 1) > budget:
            yield batch
            batch = []
        batch.append(number)
    if batch:
        yield batch


def cut(text: str, lengths: Callable[[Sequence[str]], list[int]], longest: int) -> list[str]:
    """Return `text`, or where it is longer than `longest` subwords, parts of it that are not.

    Cuts are at white space near the middle, and inside a word only where there is none.
    """
    if len(text) < 2 or lengths([text])[0] <= longest:
        return [text]
    middle = len(text) // 2
    spaces = [place for place, character in enumerate(text) if character.isspace()]
    place = min(spaces, key=lambda found: abs(found - middle), default=middle)
    halves = (text[:place].strip(), text[place:].strip())
    return [part for half in halves if half for part in cut(half, lengths, longest)]


def _joined(parts: list[str | None]) -> str | None:
    whole = [part for part in parts if part is not None]
    return " ".join(part.strip() for part in whole) if len(whole) == len(parts) else None


def load_translator(
    entry: TranslatorEntry,
    language: str,
    folder: Path,
    device: str,
    precision: str,
    budget: int | None = None,
) -> ModelTranslator:
    """Load a translator's model and tokenizer from a folder, for one language.

    Args:
        device: ``cpu`` or ``cuda``.
        precision: ``fp32`` or ``bf16``.
        budget: padded subwords times beams in a batch; None: 4,096 on a CPU, 65,536 on a GPU.

    Raises:
        HarnessError: no safetensors, no tokenizer, no such architecture, or no token for the language.
    """
    import torch
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    code = entry.codes[language]
    path = filled(entry.path, code)
    model = _model(path, folder, torch.bfloat16 if precision == "bf16" else torch.float32).to(device).eval()
    tokenizer = _tokenizer(path, entry.source, folder)
    prefix = filled(of_language(entry.prefix, language) or "", code)
    if prefix.startswith(">>"):  # Marian's language tokens; another prefix may be any words
        _token(tokenizer, prefix.strip(), path)
    known = [entry.max_length, *_lengths_of(model.config), tokenizer.model_max_length]
    return ModelTranslator(
        model,
        tokenizer,
        prefix,
        _token(tokenizer, filled(entry.target_token, code), path) if entry.target_token else None,
        entry.beams,
        min(known),
        budget or (TOKENS_GPU if device == "cuda" else TOKENS_CPU),
        device,
    )


def _tokenizer(path: str, source: str, folder: Path) -> PreTrainedTokenizerBase:
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
        if source:
            tokenizer.src_lang = source
    except (OSError, ValueError, KeyError, ImportError) as error:
        raise HarnessError(
            f"translator {path}: no tokenizer could be loaded: {_first_line(error)}",
            "The repository needs tokenizer.json, or vocabulary files that transformers can read; "
            "`source` must be a language code that it has.",
        ) from error
    return tokenizer


def _model(path: str, folder: Path, dtype: Any) -> PreTrainedModel:
    from transformers import AutoModelForSeq2SeqLM

    if not any(folder.glob("*.safetensors")):
        there = _conversion(path)
        raise HarnessError(
            f"translator {path}: it holds no safetensors, and no other weights are loaded",
            f"Its pull request {there} holds them: name that as the translator's `revision` in harness.yaml."
            if there
            else "Convert the model with save_pretrained, and name the folder as the translator's `path`.",
        )
    try:
        return AutoModelForSeq2SeqLM.from_pretrained(
            folder, use_safetensors=True, trust_remote_code=False, dtype=dtype
        )
    except (OSError, ValueError) as error:
        raise HarnessError(
            f"translator {path}: no sequence-to-sequence model could be loaded: {_first_line(error)}",
            "It must be one that this version of transformers knows without remote code.",
        ) from error


def _conversion(path: str) -> str | None:
    """Return the pull request of a repository that holds its weights as safetensors, if the Hub names one."""
    from huggingface_hub import HfApi

    try:
        for each in HfApi().get_repo_discussions(path, discussion_type="pull_request"):
            if "safetensors" in each.title:
                return f"refs/pr/{each.num}"
    except Exception:  # only a hint is lost: the transport's own exceptions differ between versions
        return None
    return None


def _token(tokenizer: PreTrainedTokenizerBase, token: str, path: str) -> int:
    number = tokenizer.convert_tokens_to_ids(token)
    if number is None or number == tokenizer.unk_token_id:
        raise HarnessError(
            f"translator {path} has no token '{token}'",
            "Mend the translator's `codes`, `prefix` or `target_token` in the registry.",
        )
    return int(number)


def _lengths_of(config: Any) -> list[int]:
    """Return the positions that a model has, where it has a table of them."""
    found = getattr(config, "max_position_embeddings", None)
    return [found] if isinstance(found, int) and found < math.inf else []


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0]
