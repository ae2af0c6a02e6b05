"""One task, one model, one perturbation: what a stranger's package adds, by the public contract only."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random
from typing import Any

from harness import Model, Perturbation, Rewrite, Sentence, Task, hookimpl

WORDS = {"en": ("cat", "dog", "bird", "fish"), "de": ("Katze", "Hund", "Vogel", "Fisch")}
FRAMES = {"en": "I see a {}.", "de": "Ich sehe {}."}
COUNTS = {"train": 96, "dev": 32, "test": 32}


class SameAnimal(Task):
    """Whether two sentences name the same animal."""

    name = "same-animal"
    languages = ("en", "de")
    labels = ("same", "other")
    description = "whether two sentences name the same animal"

    def rows(self, split: str, language: str) -> Iterator[Mapping[str, Any]]:
        for number in range(COUNTS[split]):
            rng = Random(f"{split} {number}")
            premise = rng.randrange(4)
            hypothesis = premise if number % 2 else rng.choice([each for each in range(4) if each != premise])
            yield {
                "premise": FRAMES[language].format(WORDS[language][premise]),
                "hypothesis": FRAMES[language].format(WORDS[language][hypothesis]),
                "label": "same" if premise == hypothesis else "other",
            }

    def row_count(self, split: str, language: str) -> int:
        return COUNTS[split]


class TinyRandom(Model):
    """XLM-R's shape with random weights, four heads of eight, reading bytes."""

    name = "tiny-random"
    description = "a random encoder that reads bytes"
    parameters = 8_544
    embeddings = 24_896

    def tokenizer(self, folder: Path | None) -> Any:
        from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
        from transformers import PreTrainedTokenizerFast

        special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
        pieces = special + sorted(pre_tokenizers.ByteLevel.alphabet())
        tokenizer = Tokenizer(models.BPE({piece: number for number, piece in enumerate(pieces)}, []))
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        tokenizer.decoder = decoders.ByteLevel()
        tokenizer.post_processor = processors.TemplateProcessing(
            single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
        )
        return PreTrainedTokenizerFast(
            tokenizer_object=tokenizer,
            bos_token="<s>",
            cls_token="<s>",
            pad_token="<pad>",
            eos_token="</s>",
            sep_token="</s>",
            unk_token="<unk>",
            mask_token="<mask>",
            model_max_length=512,
        )

    def encoder(self, folder: Path | None) -> Any:
        from transformers import XLMRobertaConfig, XLMRobertaModel

        config = XLMRobertaConfig(
            vocab_size=5 + 256,
            hidden_size=32,
            num_hidden_layers=1,
            num_attention_heads=4,
            intermediate_size=64,
            max_position_embeddings=514,
            type_vocab_size=1,
        )
        return XLMRobertaModel(config, add_pooling_layer=False)


class Shout(Perturbation):
    """Words in capitals: "I see a cat." -> "I SEE A CAT."."""

    name, family, keeps_meaning = "shout", "toy", True

    def rewrite(self, sentence: Sentence, rng: Random, intensity: float) -> Rewrite:
        shouted = [index for index in sentence.words if rng.random() < intensity]
        return Rewrite.replace(sentence, {index: sentence.tokens[index].text.upper() for index in shouted})


@hookimpl
def harness_tasks() -> list[Task]:
    return [SameAnimal()]


@hookimpl
def harness_models() -> list[Model]:
    return [TinyRandom()]


@hookimpl
def harness_perturbations() -> list[Perturbation]:
    return [Shout()]
