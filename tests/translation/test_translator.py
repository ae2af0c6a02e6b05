"""A sequence-to-sequence model as a translator: without chance, within its lengths, told the language."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import HarnessError
from harness.registry_schema import TranslatorEntry
from harness.translation.chunks import forget_chunks, translate_all
from harness.translation.translator import ModelTranslator, batches, cut, load_translator

TEXTS = [
    "the old red house .",
    "one bird and two",
    "river",
    "of the seven to the old bird and the red house .",
]


def loaded(folder: Path, language: str = "de", **fields: Any) -> ModelTranslator:
    values: dict[str, Any] = {
        "path": str(folder), "codes": {"de": "de", "sw": "sw", "zh": "zh"}, "target_token": "__{code}__",
        "beams": 2, "max_length": 24,
    }  # fmt: skip
    return load_translator(TranslatorEntry(**values | fields), language, folder, "cpu", "fp32")


def test_the_same_texts_have_the_same_translations_whatever_stands_beside_them(tiny_translator: Path) -> None:
    first = loaded(tiny_translator).translate(TEXTS)
    assert first == loaded(tiny_translator).translate(TEXTS)
    assert len(set(first)) > 2
    one_by_one = loaded(tiny_translator)
    one_by_one.budget = 1
    assert first == one_by_one.translate(TEXTS)
    assert first == one_by_one.translate(TEXTS[::-1])[::-1]


def test_a_text_that_is_there_twice_is_translated_once(
    tiny_translator: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    translator = loaded(tiny_translator)
    seen: list[str] = []
    search = ModelTranslator._search

    def counting(self: ModelTranslator, texts: list[str]) -> list[str | None]:
        seen.extend(texts)
        return search(self, texts)

    monkeypatch.setattr(ModelTranslator, "_search", counting)
    found = translator.translate(["river", "house", "river"])
    assert sorted(seen) == ["house", "river"]
    assert found[0] == found[2]


def test_the_model_is_told_the_language_by_its_first_token(tiny_translator: Path) -> None:
    german, swahili = loaded(tiny_translator), loaded(tiny_translator, "sw")
    assert german.first == german.tokenizer.convert_tokens_to_ids("__de__")
    assert german.translate(TEXTS) != swahili.translate(TEXTS)


def test_the_token_that_tells_the_language_is_no_part_of_the_translation(tiny_translator: Path) -> None:
    translator = loaded(tiny_translator)
    assert "__de__" not in translator.tokenizer.all_special_tokens
    assert not any(str(text).startswith("__de__") for text in translator.translate(TEXTS))


def test_the_model_is_told_the_language_by_a_prefix(tiny_translator: Path) -> None:
    plain = loaded(tiny_translator, "zh", target_token="")
    told = loaded(tiny_translator, "zh", target_token="", prefix={"zh": ">>{code}<< "})
    assert told.first is None
    assert told._lengths(["river"]) == [plain._lengths(["river"])[0] + 1]
    assert told.translate(TEXTS) != plain.translate(TEXTS)


def test_the_search_writes_what_it_is_asked_for(tiny_translator: Path) -> None:
    greedy, wide = loaded(tiny_translator, beams=1), loaded(tiny_translator, beams=4)
    assert greedy.translate(TEXTS) != wide.translate(TEXTS)


def test_a_translation_that_does_not_end_is_not_taken_for_one(tiny_translator: Path) -> None:
    import torch

    translator = loaded(tiny_translator, beams=1)
    with torch.no_grad():  # the end becomes the unlikeliest token
        translator.model.lm_head.weight[translator.tokenizer.eos_token_id] = 0
        translator.model.generation_config.suppress_tokens = [translator.tokenizer.eos_token_id]
    assert translator.translate(TEXTS) == [None] * len(TEXTS)


def test_a_text_beyond_the_models_length_is_cut_and_joined(tiny_translator: Path) -> None:
    translator = loaded(tiny_translator, max_length=8)
    text = "the old red house and the river of the seven bird to the old house ."
    parts = cut(text, translator._lengths, translator.longest)
    assert len(parts) > 1
    assert " ".join(parts) == text
    assert translator.translate([text]) == [" ".join(map(str, translator.translate(parts)))]


def test_the_models_own_length_counts_where_it_is_smaller(tiny_translator: Path) -> None:
    assert loaded(tiny_translator, max_length=1000).longest == 64


@given(st.text(alphabet="ab \n", max_size=60), st.integers(1, 9))
def test_cuts_lose_nothing_but_white_space_and_fit(text: str, longest: int) -> None:
    parts = cut(text, lambda texts: [len(each) for each in texts], longest)
    assert "".join("".join(parts).split()) == "".join(text.split())
    assert all(len(part) <= longest for part in parts)


@given(st.lists(st.integers(1, 50), max_size=40), st.integers(1, 200))
def test_batches_hold_every_text_once_within_the_budget(lengths: list[int], budget: int) -> None:
    order = sorted(range(len(lengths)), key=lambda number: -lengths[number])
    made = list(batches(order, lengths, budget))
    assert [number for batch in made for number in batch] == order
    assert all(len(batch) == 1 or lengths[batch[0]] * len(batch) <= budget for batch in made)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"codes": {"de": "xx"}}, "has no token '__xx__'"),
        ({"prefix": ">>xx<< "}, "has no token '>>xx<<'"),
    ],
)
def test_a_language_that_the_model_has_no_token_for_is_refused(
    tiny_translator: Path, fields: dict[str, Any], said: str
) -> None:
    with pytest.raises(HarnessError, match=said):
        loaded(tiny_translator, **fields)


def test_weights_that_are_not_safetensors_are_refused(
    tiny_translator: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in tiny_translator.iterdir():
        if path.suffix != ".safetensors":
            (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "pytorch_model.bin").write_bytes(b"")
    monkeypatch.setattr("harness.translation.translator._conversion", lambda path: "refs/pr/7")
    with pytest.raises(HarnessError, match="holds no safetensors") as error:
        loaded(tmp_path)
    assert "refs/pr/7" in error.value.mend


class Counting:
    """Translates to upper case, remembers what it was asked, and stops where it is told to."""

    def __init__(self, stop: int | None = None) -> None:
        self.asked: list[str] = []
        self.stop = stop

    def translate(self, texts: Sequence[str]) -> list[str | None]:
        if self.stop is not None and len(self.asked) >= self.stop:
            raise KeyboardInterrupt
        self.asked += texts
        return [None if text == "t3" else text.upper() for text in texts]


def test_stopped_work_goes_on_with_the_chunk_that_was_not_finished(tmp_path: Path) -> None:
    texts = [f"t{number}" for number in range(10)]
    told: list[int] = []
    with pytest.raises(KeyboardInterrupt):
        translate_all(texts, Counting(stop=8), tmp_path, told.append, chunk=4)
    again = Counting()
    found = translate_all(texts, again, tmp_path, told.append, chunk=4)
    assert again.asked == texts[8:]
    assert found == {text: None if text == "t3" else text.upper() for text in texts}
    assert told == [4, 8, 4, 8, 10]
    forget_chunks(tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_chunk_of_other_texts_is_made_again(tmp_path: Path) -> None:
    translate_all(["a", "b"], Counting(), tmp_path, lambda done: None)
    assert translate_all(["a", "c"], Counting(), tmp_path, lambda done: None) == {"a": "A", "c": "C"}
