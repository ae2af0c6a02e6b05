"""Multiple choice: every choice read with its context, scores compared within an item and nowhere else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch
from harness_plugins.models.encoders import HuggingFaceEncoder
from hypothesis import given
from hypothesis import strategies as st

from harness.engine.network import Network, TaskData, inputs_of
from harness.errors import HarnessError
from harness.formats import Encoded, Inputs, Settings
from harness.formats.multiple_choice import MultipleChoice
from harness.registry_schema import Recipe

SHAPE = MultipleChoice()
Parts = tuple[Any, Any, Inputs]


def table(*rows: tuple[str, str, list[str], int]) -> pa.Table:
    contexts, questions, choices, labels = zip(*rows, strict=True)
    return pa.table(
        {
            "id": [str(number) for number in range(len(rows))],
            "context": pa.array(contexts, pa.string()),
            "question": pa.array(questions, pa.string()),
            "choices": pa.array(choices, pa.list_(pa.string())),
            "label": pa.array([str(label) for label in labels], pa.string()),
        }
    )


RAGGED = table(
    ("a b c d", "e f", ["g", "h i", "j k l"], 2),
    ("m n", "", ["o p q r", "s"], 0),
    ("t", "u v w x y z", ["a", "b", "c", "d", "e"], 4),
    ("f g", "h", ["i j"], 0),
)


def using(max_length: int = 64, **recipe: object) -> Settings:
    return Settings((), Recipe.model_validate({"max_length": max_length, **recipe}))


@pytest.fixture(scope="module")
def parts(tiny_model: Path) -> Parts:
    encoder, tokenizer = HuggingFaceEncoder().encoder(tiny_model), HuggingFaceEncoder().tokenizer(tiny_model)
    return encoder.eval(), tokenizer, inputs_of(encoder, tokenizer)


@pytest.fixture(scope="module")
def network(parts: Parts) -> Network:
    torch.manual_seed(0)
    made = Network.build(parts[0], [TaskData("toy", SHAPE, using(pooling="mean"))]).eval()
    for weight in made.heads.parameters():
        weight.data *= 30  # so that scores differ by more than rounding
    return made


def scores(network: Network, parts: Parts, encoded: Encoded, items: np.ndarray | None = None) -> torch.Tensor:
    chosen = np.arange(len(encoded)) if items is None else items
    with torch.inference_mode():
        return network("toy", SHAPE.collate(encoded, chosen, parts[2], None))


def read(parts: Parts, encoded: Encoded) -> list[list[str]]:
    ids = np.split(encoded.tokens, encoded.starts[1:-1])
    return [parts[1].convert_ids_to_tokens(each) for each in ids]


def test_a_choice_is_read_as_a_pair_with_its_context_and_question(parts: Parts) -> None:
    encoded = SHAPE.encode(RAGGED, parts[1], using())
    wanted = [
        parts[1](f"{row['context']} {row['question']}".strip(), choice)["input_ids"]
        for row in RAGGED.to_pylist()
        for choice in row["choices"]
    ]
    assert [each.tolist() for each in np.split(encoded.tokens, encoded.starts[1:-1])] == wanted
    assert encoded.items.tolist() == [0, 3, 5, 10, 11]
    assert encoded.labels.tolist() == [2, 0, 4, 0]
    without = RAGGED.set_column(2, "question", pa.array([""] * 4))
    assert (
        SHAPE.encode(without.drop_columns("question"), parts[1], using()).tokens.tolist()
        == SHAPE.encode(without, parts[1], using()).tokens.tolist()
    )


def test_token_types_are_those_of_the_tokenizer(parts: Parts) -> None:
    from tokenizers import processors

    tokenizer = HuggingFaceEncoder().tokenizer(Path(parts[1].name_or_path))
    tokenizer.model_input_names = ["input_ids", "token_type_ids", "attention_mask"]
    tokenizer.backend_tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> $B:1 </s>:1",
        special_tokens=[("<s>", 0), ("</s>", 2)],
    )
    encoded = SHAPE.encode(table(("a b", "c", ["d e", "f"], 0)), tokenizer, using())
    pairs = [tokenizer("a b c", "d e"), tokenizer("a b c", "f")]
    assert encoded.tokens.tolist() == [token for pair in pairs for token in pair["input_ids"]]
    assert encoded.segments.tolist() == [kind for pair in pairs for kind in pair["token_type_ids"]]
    assert set(encoded.segments.tolist()) == {0, 1}


def test_what_is_too_long_loses_the_start_of_its_context_and_the_choice_comes_last(parts: Parts) -> None:
    rows = table(("a b c d", "e f", ["g h", "g h i j k"], 0))

    def said(length: int) -> list[str]:
        return ["".join(token for token in each if len(token) == 1)
                for each in read(parts, SHAPE.encode(rows, parts[1], using(length)))]  # fmt: skip

    assert said(10) == ["cdefgh", "fghijk"]
    assert said(9) == ["defgh", "ghijk"]
    assert said(8) == ["efgh", "ghij"]
    assert said(6) == ["gh", "gh"]


@pytest.mark.parametrize("label", ["3", "-1", "A", ""])
def test_a_row_whose_right_choice_is_not_there_is_named(parts: Parts, label: str) -> None:
    rows = table(("a", "b", ["c", "d", "e"], 0)).set_column(4, "label", pa.array([label]))
    with pytest.raises(HarnessError, match=f"row 0 says that choice '{label}' is right and has 3"):
        SHAPE.encode(rows, parts[1], using())


def test_loss_and_predictions_are_those_of_a_loop_over_items(parts: Parts, network: Network) -> None:
    encoded = SHAPE.encode(RAGGED, parts[1], using())
    batch = SHAPE.collate(encoded, np.arange(4), parts[2], None)
    together = scores(network, parts, encoded)
    decoded = SHAPE.decode(together.numpy(), encoded, RAGGED, using())
    assert float(together.std()) > 0.1
    total, guesses = 0.0, []
    for number, row in enumerate(RAGGED.to_pylist()):
        each = []
        for choice in row["choices"]:
            pair = parts[1](f"{row['context']} {row['question']}".strip(), choice, return_tensors="pt")
            inputs = {name: pair[name] for name in ("input_ids", "attention_mask")}
            with torch.inference_mode():
                each.append(network("toy", inputs)[0, 0])
        logits = torch.stack(each)
        total -= float(logits.log_softmax(0)[int(row["label"])])
        guesses.append(str(int(logits.argmax())))
        assert decoded["probabilities"][number].as_py() == pytest.approx(logits.softmax(0).tolist(), abs=1e-5)
    assert float(SHAPE.loss(together, batch)) == pytest.approx(total, abs=1e-4)
    assert SHAPE.weight(batch) == 4
    assert decoded["prediction"].to_pylist() == guesses
    hits = [float(a == b) for a, b in zip(guesses, RAGGED["label"].to_pylist(), strict=True)]
    assert decoded["accuracy"].to_pylist() == hits
    assert SHAPE.score(decoded) == {"accuracy": pytest.approx(np.mean(hits))}


def test_an_item_gets_the_scores_that_it_gets_alone(parts: Parts, network: Network) -> None:
    encoded = SHAPE.encode(RAGGED, parts[1], using())
    together = scores(network, parts, encoded)
    for item in range(4):
        alone = scores(network, parts, encoded, np.array([item]))
        assert torch.allclose(alone, together[encoded.items[item] : encoded.items[item + 1]], atol=1e-5)


@given(st.permutations(range(4)), st.integers(0, 3), st.integers(0, 2**32 - 1))
def test_permuting_the_choices_permutes_the_probabilities_and_keeps_the_loss(
    order: list[int], right: int, seed: int
) -> None:
    values = np.random.default_rng(seed).normal(size=(4, 1)).astype(np.float32)
    place = order.index(right)
    found = []
    for logits, label in ((values, right), (values[order], place)):
        rows = table(("a", "b", ["c"] * 4, label))
        encoded = Encoded(
            np.zeros(4, np.int32), np.arange(5), labels=np.array([label]), items=np.array([0, 4])
        )
        batch = SHAPE.collate(encoded, np.array([0]), Inputs(padding=1, segments=False), None)
        decoded = SHAPE.decode(logits, encoded, rows, using())
        loss = float(SHAPE.loss(torch.from_numpy(logits), batch))
        found.append((loss, decoded["accuracy"][0].as_py(), decoded["probabilities"][0].as_py()))
    assert found[0][:2] == pytest.approx(found[1][:2], abs=1e-5)
    assert [found[0][2][old] for old in order] == pytest.approx(found[1][2], abs=1e-6)


def test_the_loss_of_one_item_does_not_look_at_another_s_choices() -> None:
    batch = {"labels": torch.tensor([1, 0]), "choices": torch.tensor([[0, 1, 5], [2, 3, 4]])}
    logits = torch.tensor([[1.0], [2.0], [0.5], [0.0], [-1.0]], requires_grad=True)
    loss = SHAPE.loss(logits, batch)
    loss.backward()
    assert torch.allclose(logits.grad[:2].sum(), torch.tensor(0.0), atol=1e-6)
    assert torch.allclose(logits.grad[2:].sum(), torch.tensor(0.0), atol=1e-6)
    changed = torch.cat([logits[:2], logits[2:] + 7]).detach()
    assert float(SHAPE.loss(changed, batch)) == pytest.approx(float(loss.detach()), abs=1e-5)


def test_the_trivial_guess_is_a_draw_or_the_most_frequent_position() -> None:
    drawn = table(("a", "", ["b", "c"], 0), ("a", "", ["b", "c", "d", "e"], 3), ("a", "", ["b", "c"], 1))
    assert SHAPE.trivial(drawn, using()) == {"accuracy": pytest.approx((0.5 + 0.25 + 0.5) / 3)}
    often = table(*[("a", "", ["b", "c"], 1)] * 3, ("a", "", ["b", "c"], 0))
    assert SHAPE.trivial(often, using()) == {"accuracy": 0.75}
