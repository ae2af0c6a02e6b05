"""``demo``: a tiny multilingual encoder, pretrained on the embedded grammar as the first stage of its plan.

Nothing is downloaded. The tokenizer's merges are learnt from the grammar's own text, the weights begin at
random, and the pretraining stage (masked LM on sentences and on pairs of translations, and finding a
sentence's translation by its words' embeddings) is what makes zero-shot transfer possible at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness import Model, Pretraining, hookimpl

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerFast

TEXT = "grammar-text"
TRANSLATIONS = "grammar-translations"
SPECIAL = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")
VOCABULARY = 6000
SAMPLE = 8000
SIZES = {
    "hidden_size": 128,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "intermediate_size": 256,
    "max_position_embeddings": 130,
}


class DemoEncoder(Model):
    """XLM-R's architecture with three layers of 128 units, over byte-pair encoding of the grammar's text."""

    name = "demo"
    pretraining = Pretraining(task=f"{TEXT}+{TRANSLATIONS}", recipe="demo-pretraining")
    description = "tiny multilingual encoder, pretrained on the embedded grammar in the run itself"
    licence = "Apache-2.0"
    parameters = SIZES["num_hidden_layers"] * (
        4 * SIZES["hidden_size"] ** 2 + 2 * SIZES["hidden_size"] * SIZES["intermediate_size"]
    )
    embeddings = VOCABULARY * SIZES["hidden_size"]

    def options(self) -> Mapping[str, Any]:
        """Return the sizes, and the version of the text that the tokenizer learns from."""
        task = _text_task()
        return {**SIZES, "vocabulary": VOCABULARY, "text": task.version, "text_options": dict(task.options())}

    def tokenizer(self, folder: Path | None) -> PreTrainedTokenizerFast:
        """Learn byte-pair encoding from the grammar's text; the same each time."""
        return _tokenizer()

    def encoder(self, folder: Path | None) -> PreTrainedModel:
        """Build the encoder with random weights."""
        from transformers import XLMRobertaConfig, XLMRobertaModel

        tokenizer = self.tokenizer(folder)
        config = XLMRobertaConfig(
            vocab_size=len(tokenizer),
            pad_token_id=tokenizer.pad_token_id,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            type_vocab_size=1,
            **SIZES,
        )
        return XLMRobertaModel(config, add_pooling_layer=False)


def _text_task() -> Any:
    from harness_plugins.tasks.grammar import GrammarText

    return GrammarText()


def _texts() -> Iterator[str]:
    for number, row in enumerate(_text_task().rows("train", "mul")):
        if number == SAMPLE:
            return
        yield row["text"]
        if row["text_pair"]:
            yield row["text_pair"]


@lru_cache(maxsize=1)
def _tokenizer() -> PreTrainedTokenizerFast:
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    words = Tokenizer(models.BPE(unk_token="<unk>"))
    words.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Metaspace(),
            pre_tokenizers.Punctuation(),
            pre_tokenizers.Split(Regex(r"\p{Han}"), "isolated"),
        ]
    )
    words.decoder = decoders.Metaspace()
    trainer = trainers.BpeTrainer(vocab_size=VOCABULARY, special_tokens=list(SPECIAL), show_progress=False)
    words.train_from_iterator(_texts(), trainer)
    numbers = {name: words.token_to_id(name) for name in SPECIAL}
    words.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[("<s>", numbers["<s>"]), ("</s>", numbers["</s>"])],
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=words,
        bos_token="<s>",
        cls_token="<s>",
        eos_token="</s>",
        sep_token="</s>",
        pad_token="<pad>",
        unk_token="<unk>",
        mask_token="<mask>",
        model_max_length=SIZES["max_position_embeddings"] - 2,
        model_input_names=["input_ids", "attention_mask"],
    )


@hookimpl
def harness_models() -> list[Model]:
    """Return the demo's model."""
    return [DemoEncoder()]
