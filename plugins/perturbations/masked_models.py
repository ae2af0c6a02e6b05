"""Masked language models: which words fit into a gap."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import regex

from harness import HarnessError

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerFast

BATCH = 16
LIKELIEST = 100
_SIDE = 48
_CHARACTERS = 600
_FILES = ("*.json", "*.safetensors", "*.txt", "*.model")
_HUB = regex.compile(r"([\w.-]+/[\w.-]+)(?:@([\w./-]+))?")
_MEND = "Give a folder that save_pretrained wrote, or owner/name or owner/name@commit on the Hub."

Gap = tuple[str, str]


class MaskedModel:
    """A masked language model in a folder or on the Hub, loaded when words are first asked for."""

    def __init__(self, path: str, device: str) -> None:
        self.path, self.device = path, device
        self.folder: Path | None = Path(path).expanduser()
        if not self.folder.is_dir():
            self.folder = None
            if not _HUB.fullmatch(path):
                raise HarnessError(f"'{path}' is no masked language model", _MEND)

    @cached_property
    def identity(self) -> Mapping[str, Any]:
        """What tells the model from others: its repository's commit, or the digests of its files."""
        if self.folder is None:
            return {"hub": self.path.partition("@")[0], "commit": _commit(self.path)}
        files = sorted(file for pattern in _FILES for file in self.folder.glob(pattern))
        return {"files": {file.name: _digest(file, file.stat().st_mtime_ns) for file in files}}

    def words(self, gaps: Sequence[Gap]) -> list[list[str]]:
        """Return for each gap, given as the text before and after it, words that fit, likeliest first.

        They are those among the hundred likeliest subwords that begin a word; of the text around a gap 48
        subwords on each side count.
        """
        folder = str(_download(self.path)) if self.folder is None else str(self.folder)
        loaded = _load(folder, self.device)
        inputs = [loaded.encode(*gap) for gap in gaps]
        order = sorted(range(len(gaps)), key=lambda gap: len(inputs[gap][0]))
        found: list[list[str]] = [[] for _ in gaps]
        for low in range(0, len(order), BATCH):
            batch = order[low : low + BATCH]
            for gap, words in zip(batch, loaded.fill([inputs[each] for each in batch]), strict=True):
                found[gap] = words
        return found


class _Loaded:
    """A model and its tokenizer, ready to fill gaps."""

    def __init__(self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, device: str) -> None:
        self.model, self.tokenizer, self.device = model, tokenizer, device
        self._places: torch.Tensor | None = None
        self._begins = _words_of(tokenizer)
        heads = [part for _, part in model.named_children() if part is not model.base_model]
        if len(heads) == 1:
            heads[0].register_forward_pre_hook(self._gaps_alone)

    def encode(self, before: str, after: str) -> tuple[list[int], int]:
        """Return the tokens of a text with a gap, and the gap's place."""
        tokenizer = self.tokenizer
        left, right = (
            tokenizer(part, add_special_tokens=False, verbose=False)["input_ids"]
            for part in (before[-_CHARACTERS:].rstrip(), after[:_CHARACTERS])
        )
        first, last = tokenizer.cls_token_id, tokenizer.sep_token_id
        start = [token for token in (first,) if token is not None]
        end = [token for token in (last,) if token is not None]
        tokens = [*start, *left[-_SIDE:], tokenizer.mask_token_id, *right[:_SIDE], *end]
        return tokens, len(start) + len(left[-_SIDE:])

    def fill(self, inputs: Sequence[tuple[Sequence[int], int]]) -> list[list[str]]:
        """Return the words that fit, likeliest first."""
        import torch

        width = max(len(tokens) for tokens, _ in inputs)
        padding = self.tokenizer.pad_token_id or 0
        ids = torch.tensor([[*tokens, *[padding] * (width - len(tokens))] for tokens, _ in inputs])
        mask = torch.tensor([[1] * len(tokens) + [0] * (width - len(tokens)) for tokens, _ in inputs])
        places = self._places = torch.tensor([place for _, place in inputs], device=self.device)
        with torch.inference_mode():
            out = self.model(input_ids=ids.to(self.device), attention_mask=mask.to(self.device)).logits
        logits = out if out.dim() == 2 else out[torch.arange(len(places), device=out.device), places]
        best = logits.float().topk(min(LIKELIEST, logits.shape[-1]), dim=-1).indices.cpu().tolist()
        return [[self._begins[token] for token in row if token in self._begins] for row in best]

    def _gaps_alone(self, _head: Any, given: tuple[Any, ...]) -> tuple[Any, ...]:
        """Leave the head the hidden states of the gaps [b, h]: over a large vocabulary all are too many."""
        hidden, *rest = given
        assert self._places is not None
        return (hidden[self._places.new_tensor(range(len(hidden))), self._places], *rest)


def _words_of(tokenizer: PreTrainedTokenizerFast) -> Mapping[int, str]:
    """Return the tokens that begin a word, with their text."""
    vocabulary = tokenizer.get_vocab()
    special = set(tokenizer.all_special_ids)
    mark = next((mark for mark in "▁Ġ" if any(piece.startswith(mark) for piece in vocabulary)), "")
    found = {}
    for piece, token in vocabulary.items():
        if token in special or not piece.startswith(mark) or piece.startswith("##"):
            continue
        text = tokenizer.convert_tokens_to_string([piece]) if mark == "Ġ" else piece.removeprefix(mark)
        if text.strip():
            found[token] = text.strip()
    return found


@lru_cache(maxsize=1)
def _load(folder: str, device: str) -> _Loaded:
    import torch
    from transformers import AutoModelForMaskedLM, AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, use_fast=True, trust_remote_code=False)
        model = AutoModelForMaskedLM.from_pretrained(
            folder, use_safetensors=True, trust_remote_code=False, dtype=torch.float32
        )
    except (OSError, ValueError, ImportError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise HarnessError(
            f"no masked language model could be loaded from {folder}: {reason}", _MEND
        ) from error
    if tokenizer.mask_token_id is None:
        raise HarnessError(f"the tokenizer in {folder} has no mask token", _MEND)
    return _Loaded(model.eval().to(device), tokenizer, device)


@lru_cache(maxsize=8)
def _commit(path: str) -> str:
    """Return the commit of a repository: what is named after ``@``, else what the Hub or the cache holds."""
    from huggingface_hub import HfApi, snapshot_download

    name, _, revision = path.partition("@")
    if regex.fullmatch(r"[0-9a-f]{40}", revision):
        return revision
    try:
        return str(HfApi().model_info(name, revision=revision or None).sha)
    except Exception as error:
        try:
            held = snapshot_download(name, revision=revision or None, local_files_only=True)
        except Exception:
            raise HarnessError(f"{path} cannot be found on the Hub: {type(error).__name__}", _MEND) from error
        return Path(held).name


@lru_cache(maxsize=8)
def _download(path: str) -> Path:
    from huggingface_hub import snapshot_download

    name = path.partition("@")[0]
    return Path(snapshot_download(name, revision=_commit(path), allow_patterns=list(_FILES)))


@lru_cache(maxsize=256)
def _digest(file: Path, _time: int) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()[:32]
