"""Packing: without padding, losses and gradients are those of the padded batch."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch
import transformers
from harness_plugins.models.encoders import HuggingFaceEncoder

from harness.engine import attending, packing
from harness.engine.layout import Layout
from harness.engine.low_rank import add_low_rank, merged
from harness.engine.network import Network, TaskData
from harness.formats import Encoded, Inputs, Settings, format_named
from harness.registry_schema import Recipe

FORMATS = (
    "pair-classification",
    "multiple-choice",
    "span-extraction",
    "token-tagging",
    "masked-lm",
    "translation-ranking",
)
LIKE_BERT = ("bert", "electra")
LIKE_XLMR = ("xlm-roberta", "roberta", "camembert", "xlm-roberta-xl")
WORDS = ["red", "blue", "green", "a house", "the river", "old", "seven", "bird"]
PADDING = 1


def encoder_of(kind: str, **more: Any) -> Any:
    sizes = {
        "vocab_size": 300, "hidden_size": 32, "num_hidden_layers": 3, "num_attention_heads": 2, "intermediate_size": 64,
        "max_position_embeddings": 140, "pad_token_id": PADDING, "hidden_dropout_prob": 0.0,
        "attention_probs_dropout_prob": 0.0, "type_vocab_size": 2 if kind in LIKE_BERT else 1, "initializer_range": 0.3,
    }  # fmt: skip
    torch.manual_seed(0)
    config = transformers.AutoConfig.for_model(kind, **{**sizes, **more})
    bare = {} if kind == "electra" else {"add_pooling_layer": False}
    return transformers.AutoModel.from_config(config, **bare)


def text(rng: np.random.Generator, most: int) -> str:
    return " ".join(rng.choice(WORDS, rng.integers(1, most + 1)))


def table(shape: str, count: int = 7) -> pa.Table:
    """Rows of very different lengths."""
    rng = np.random.default_rng(1)
    first, second = ([text(rng, most) for _ in range(count)] for most in (9, 3))
    first[0] = "blue"
    if shape == "pair-classification":
        return pa.table(
            {"premise": first, "hypothesis": second, "label": ["yes", "no"] * (count // 2) + ["yes"]}
        )
    if shape == "multiple-choice":
        choices = [[text(rng, 3) for _ in range(rng.integers(1, 4))] for _ in first]
        return pa.table({"context": first, "question": second, "choices": choices, "label": ["0"] * count})
    if shape == "span-extraction":
        answers = [[one.split()[0]] for one in first]
        return pa.table(
            {"context": first, "question": second, "answers": answers, "answer_starts": [[0]] * count}
        )
    if shape == "token-tagging":
        tokens = [one.split() for one in first]
        return pa.table({"tokens": tokens, "tags": [["yes", *["no"] * (len(one) - 1)] for one in tokens]})
    return pa.table({"text": first, "text_pair": second})


@pytest.fixture(scope="module")
def tokenizer(tiny_model: Path) -> Any:
    return HuggingFaceEncoder().tokenizer(tiny_model)


def built(shape: str, encoder: Any, tokenizer: Any, **recipe: Any) -> tuple[Network, TaskData, Inputs]:
    settings = Settings(
        ("yes", "no"), Recipe.model_validate({"max_length": 60, "stride": 20, **recipe}), dropout=0.0
    )
    task = TaskData("toy", format_named(shape), settings)
    encoded = task.format.encode(table(shape), tokenizer, settings)
    segments = encoder.config.type_vocab_size > 1
    if segments:
        drawn = np.random.default_rng(2).integers(0, 2, len(encoded.tokens))
        encoded = replace(encoded, segments=drawn.astype(np.int8))
    inputs = Inputs(PADDING, segments, mask=4, special=(0, 1, 2, 3, 4), vocabulary=100)
    return Network.build(encoder, [task]), replace(task, train=encoded), inputs


def results(
    network: Network, task: TaskData, inputs: Inputs, items: np.ndarray, packed: bool
) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """Return the loss of a batch and its gradients."""
    network.padded = not packed
    network.zero_grad(set_to_none=True)
    assert task.train is not None
    batch = task.format.collate(task.train, items, inputs, np.random.default_rng(0))
    layout = network.layout(task.slot, batch)
    assert (layout is not None) == (packed and task.format.name != "translation-ranking")
    loss = task.format.loss(network(task.slot, batch, layout), batch)
    loss.backward()
    return loss.detach(), {
        name: value.grad for name, value in network.named_parameters() if value.grad is not None
    }


def reference(
    network: Network, task: TaskData, inputs: Inputs, items: np.ndarray
) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """Return the same, computed by the encoder as transformers made it, on padding and every token."""
    plain = copy.deepcopy(network)
    packing.plain(plain.encoder).set_attn_implementation("sdpa")
    for head in plain.heads.values():
        head.reads_first = False
    return results(plain, task, inputs, items, packed=False)


def assert_same(one: tuple[Any, dict[str, torch.Tensor]], other: tuple[Any, dict[str, torch.Tensor]]) -> None:
    assert torch.allclose(one[0], other[0], rtol=1e-5)
    names = one[1].keys() | other[1].keys()
    for name in names:
        first, second = (each[1].get(name, torch.zeros(())) for each in (one, other))
        assert torch.allclose(first, second, rtol=1e-3, atol=2e-5 * float(second.abs().max() + 1)), name


@pytest.mark.parametrize("shape", FORMATS)
@pytest.mark.parametrize("kind", ["xlm-roberta", "bert"])
def test_loss_and_gradients_are_those_of_the_padded_batch(kind: str, shape: str, tokenizer: Any) -> None:
    network, task, inputs = built(shape, encoder_of(kind), tokenizer)
    every = np.arange(len(task.train or ()))
    wanted = reference(network, task, inputs, every)
    assert_same(results(network, task, inputs, every, packed=True), wanted)
    assert_same(results(network, task, inputs, every, packed=False), wanted)


@pytest.mark.parametrize("pooling", ["first", "mean"])
@pytest.mark.parametrize("kind", [*LIKE_XLMR, *LIKE_BERT])
def test_each_known_kind_of_encoder_fits(kind: str, pooling: str, tokenizer: Any) -> None:
    network, task, inputs = built("pair-classification", encoder_of(kind), tokenizer, pooling=pooling)
    assert network.fits()
    every = np.arange(len(task.train or ()))
    assert_same(results(network, task, inputs, every, packed=True), reference(network, task, inputs, every))


@pytest.mark.parametrize("items", [[0], [3], [2, 2, 2], [5, 0], [0, 1, 2, 3, 4, 5, 6]])
@pytest.mark.parametrize("shape", ["pair-classification", "token-tagging"])
def test_single_sequences_and_batches_without_padding_pack(
    items: list[int], shape: str, tokenizer: Any
) -> None:
    network, task, inputs = built(shape, encoder_of("xlm-roberta"), tokenizer)
    found = results(network, task, inputs, np.array(items), packed=True)
    assert_same(found, reference(network, task, inputs, np.array(items)))


def test_a_padding_token_inside_a_text_keeps_the_positions_that_the_encoder_gives(tokenizer: Any) -> None:
    for kind in ("xlm-roberta", "bert"):
        network, task, inputs = built("pair-classification", encoder_of(kind), tokenizer)
        assert task.train is not None
        tokens = task.train.tokens.copy()
        tokens[task.train.starts[:-1] + 2] = PADDING
        task = replace(task, train=replace(task.train, tokens=tokens))
        every = np.arange(7)
        assert_same(
            results(network, task, inputs, every, packed=True), reference(network, task, inputs, every)
        )


@pytest.mark.parametrize("layer", [0, 1, 2, 3, None])
@pytest.mark.parametrize("pooling", ["first", "mean"])
@pytest.mark.parametrize("kind", ["xlm-roberta", "xlm-roberta-xl"])
def test_vectors_of_any_layer_are_those_of_the_whole_encoder_on_padding(
    kind: str, layer: int | None, pooling: str, tokenizer: Any
) -> None:
    rows = pa.table({"text": [text(np.random.default_rng(1), 8) for _ in range(5)], "text_pair": [None] * 5})
    rows = rows.append_column("relevant", pa.array([[] for _ in range(5)], pa.list_(pa.string())))
    recipe = Recipe(layer=layer, pooling=pooling)  # type: ignore[arg-type]
    task = TaskData("toy", format_named("retrieval"), Settings((), recipe))
    network = Network.build(encoder_of(kind), [task]).eval()
    encoded = task.format.encode(rows, tokenizer, task.settings)
    batch = task.format.collate(encoded, np.arange(len(encoded)), Inputs(PADDING, False), None)
    layout = network.layout("toy", batch)
    assert layout is not None
    whole = encoder_of(kind).eval()
    with torch.no_grad():
        states = whole(**batch, output_hidden_states=True).hidden_states
        wanted = network.heads["toy"](states[-1 if layer is None else layer], batch)
        for way in (layout, None):
            assert torch.allclose(network("toy", batch, way), wanted, atol=1e-5)
    assert len(network.encoder.encoder.layer) == 3


def test_low_rank_updates_pack(tokenizer: Any) -> None:
    network, task, inputs = built("pair-classification", encoder_of("xlm-roberta"), tokenizer, lora_rank=2)
    add_low_rank(network, task.settings.recipe)
    for name, value in network.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(value, std=0.1)
    every = np.arange(7)
    found = results(network, task, inputs, every, packed=True)
    wanted = reference(network, task, inputs, every)
    assert [name for name in found[1] if "lora_A" in name]
    assert_same(found, wanted)
    network.padded = False
    batch = task.format.collate(task.train or Encoded(np.zeros(0), np.zeros(1)), every, inputs, None)
    network.eval()
    with torch.no_grad():
        whole = merged(network)
        assert torch.allclose(
            whole("toy", batch, whole.layout("toy", batch)), network("toy", batch), atol=1e-4
        )


@pytest.mark.parametrize("kind", ["deberta-v2", "rembert", "distilbert"])
def test_encoders_that_packing_does_not_know_run_padded(kind: str) -> None:
    sizes = {
        "vocab_size": 300,
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "pad_token_id": 1,
    }
    more = {"relative_attention": True} if kind == "deberta-v2" else {}
    encoder = transformers.AutoModel.from_config(transformers.AutoConfig.for_model(kind, **sizes, **more))
    before = encoder.config._attn_implementation
    assert not packing.fits(encoder)
    assert encoder.config._attn_implementation == before


def test_an_encoder_of_a_known_name_that_does_something_else_runs_padded() -> None:
    encoder = encoder_of("xlm-roberta")
    embeddings = encoder.embeddings
    plain = embeddings.forward

    def other(position_ids: Any = None, **inputs: Any) -> Any:
        return plain(position_ids=None if position_ids is None else position_ids - 1, **inputs)

    embeddings.forward = other
    assert not packing.fits(encoder)
    assert encoder.config._attn_implementation == "sdpa"


def test_the_trial_leaves_weights_mode_and_random_state(tokenizer: Any) -> None:
    encoder = encoder_of("bert").train()
    before = {name: value.clone() for name, value in encoder.state_dict().items()}
    state = torch.get_rng_state()
    assert packing.fits(encoder)
    assert torch.equal(state, torch.get_rng_state())
    assert encoder.training
    after = encoder.state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_with_dropout_the_same_seed_gives_the_same_gradients_and_another_one_others(tokenizer: Any) -> None:
    encoder = encoder_of("xlm-roberta", hidden_dropout_prob=0.2, attention_probs_dropout_prob=0.2)
    network, task, inputs = built("token-tagging", encoder, tokenizer)
    network.train()
    found = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        found.append(results(network, task, inputs, np.arange(7), packed=True)[1])
    name = "encoder.encoder.layer.0.attention.self.query.weight"
    assert all(torch.equal(found[0][each], found[1][each]) for each in found[0])
    assert not torch.equal(found[0][name], found[2][name])


def test_a_checkpoint_of_a_packed_encoder_is_a_plain_one(tmp_path: Path) -> None:
    encoder = encoder_of("xlm-roberta")
    assert packing.fits(encoder)
    encoder.save_pretrained(tmp_path)
    assert attending.ATTENTION not in (tmp_path / "config.json").read_text()
    assert transformers.AutoModel.from_pretrained(tmp_path).config._attn_implementation == "sdpa"


def test_half_precision_agrees_as_closely_as_it_can(tokenizer: Any) -> None:
    network, task, inputs = built("pair-classification", encoder_of("xlm-roberta"), tokenizer)
    every = np.arange(7)
    with torch.autocast("cpu", torch.bfloat16):
        found = results(network, task, inputs, every, packed=True)[0]
        wanted = reference(network, task, inputs, every)[0]
    assert torch.allclose(found, wanted, rtol=0.05)


def test_jagged_attention_is_attention_sequence_by_sequence() -> None:
    lengths = (5, 1, 9)
    bounds = torch.tensor([0, 5, 6, 15], dtype=torch.int32)
    layout = Layout(bounds, bounds, bounds, bounds, lengths, 9)
    torch.manual_seed(0)
    query, key, value = (torch.randn(15, 2, 8, requires_grad=True) for _ in range(3))
    found = attending.jagged([query, key, value], layout, 0.0, 0.3)
    parts = [tensor.split(lengths) for tensor in (query, key, value)]
    wanted = torch.cat(
        [
            torch.einsum("hqk,khd->qhd", (torch.einsum("qhd,khd->hqk", one, other) * 0.3).softmax(-1), values)
            for one, other, values in zip(*parts, strict=True)
        ]
    )
    assert torch.allclose(found, wanted, atol=1e-5)
    weights = torch.randn_like(wanted)
    ours = torch.autograd.grad((found * weights).sum(), (query, key, value))
    theirs = torch.autograd.grad((wanted * weights).sum(), (query, key, value))
    assert all(torch.allclose(one, other, atol=1e-5) for one, other in zip(ours, theirs, strict=True))


@pytest.fixture
def hopper(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Kernels chosen as for a card of the H100's kind."""
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda: (9, 0))
    attending._flash.cache_clear()
    yield
    attending._flash.cache_clear()


def on_no_device(dropout: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Attend where shapes are all there is; return the query and what comes out."""
    bounds = torch.tensor([0, 5, 6, 15], dtype=torch.int32)
    layout = Layout(bounds, bounds, bounds.to("meta"), bounds, (5, 1, 9), 9)
    lines = [
        torch.randn(1, 15, 2, 64, dtype=torch.bfloat16, device="meta", requires_grad=True) for _ in range(3)
    ]
    query, key, value = (line.transpose(1, 2) for line in lines)
    return lines[0], attending.attention(
        torch.nn.Identity(), query, key, value, None, dropout, 0.125, layout
    )[0]


@pytest.mark.parametrize("dropout", [0.0, 0.1])
def test_flash_kernels_take_lines_of_half_precision(hopper: None, dropout: float) -> None:
    assert attending._flash(torch.bfloat16, 64, dropout > 0) is not None
    query, found = on_no_device(dropout)
    assert found.shape == query.shape
    found.sum().backward()
    assert query.grad is not None
    assert query.grad.shape == query.shape


@pytest.mark.parametrize(
    ("dtype", "size"), [(torch.float32, 64), (torch.bfloat16, 20), (torch.bfloat16, 512)]
)
def test_what_flash_kernels_do_not_take_is_left_to_nested_tensors(
    hopper: None, dtype: torch.dtype, size: int
) -> None:
    assert attending._flash(dtype, size, False) is None
