"""What registry.yaml and a user's harness.yaml may hold."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from harness.names import near
from harness.task import HubSource

Commit = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{40}$")]
Revision = Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{40}|refs/pr/[0-9]+)$")]
Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(gt=0)]
Depth = Annotated[str, StringConstraints(pattern=r"^\d+/[1-9]\d*$")]


class Strict(BaseModel):
    """Immutable, and no key but those named."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Recipe(Strict):
    """Hyper-parameters of a training stage. Every value is part of the stage's key.

    The defaults are those of jiant's released XTREME recipe where it has them.

    Attributes:
        learning_rate: the highest learning rate, reached at the end of the warm-up.
        epochs: passes over the training rows; may be a fraction.
        max_steps: optimizer steps at most; None: as many as `epochs` says.
        batch_size: examples in an optimizer step.
        max_length: subwords of an input at most, special tokens included.
        weight_decay: AdamW's, on all but biases and layer norms.
        warmup: share of the steps in which the learning rate rises; it falls linearly to zero after them.
        clip: the gradient's norm at most.
        adam_eps: AdamW's epsilon.
        adam_beta1: AdamW's first beta.
        adam_beta2: AdamW's second beta.
        pooling: how a sequence's vector is made: its first token, or the mean over its tokens.
        freeze: parts that are not trained.
        dropout: probability in the encoder and the head; None: the model's own.
        eval_examples: English dev examples used to select the checkpoint; None: all.
        eval_every: optimizer steps between selections; below 1: a share of an epoch; None: once an epoch.
        select: which weights a stage leaves: those of the best selection on ``dev``, or the ``last``.
        patience: selections without a gain after which training stops; None: never.
        length_grouped: whether examples of like length share a batch.
        tokens_per_batch: subwords of a micro-batch at most; padding counts where the encoder is run on it.
        mlm_probability: share of the subwords that masked language modelling predicts.
        packed: whether masked language modelling joins texts into sequences of `max_length`.
        stride: subwords that two windows of a long text share (span extraction, token tagging).
        answer_length: subwords of an extracted answer at most.
        best_answers: candidates for an answer's start, and for its end, that are looked at.
        layer: hidden layer that retrieval reads: 0 the embeddings; ``14/24``: as deep as layer 14 of 24, in an
            encoder with as many layers as it has; None: the last.
        similarity: how retrieval compares: ``cosine``, or ``margin``, the ratio of the cosine to the mean
            cosine of the nearest neighbours.
        neighbours: how many they are.
        sampling: how a step's task is drawn among several: ``proportional`` to min(rows, `sampling_cap`),
            by ``temperature`` (those numbers to the power of 1 / `sampling_temperature`), or ``uniform``.
        sampling_cap: rows of a task at most that count for sampling.
        sampling_temperature: 1 is proportional, infinity uniform.
        shared_heads: whether tasks of one format with the same labels share a head.
        mlm_alpha: exponent of the languages' shares in multilingual masked language modelling.
        lora_rank: rank of the low-rank updates that are trained in place of the encoder; None: all weights.
        lora_alpha: their scale, divided by the rank.
    """

    learning_rate: Positive = 1e-5
    epochs: Positive = 3.0
    max_steps: Count | None = None
    batch_size: Count = 32
    max_length: Count = 256
    weight_decay: Annotated[float, Field(ge=0)] = 0.01
    warmup: Share = 0.1
    clip: Positive = 1.0
    adam_eps: Positive = 1e-8
    adam_beta1: Share = 0.9
    adam_beta2: Share = 0.999
    pooling: Literal["first", "mean"] = "first"
    freeze: tuple[Literal["embeddings", "encoder"], ...] = ()
    dropout: Share | None = None
    eval_examples: Count | None = 500
    eval_every: Count | Positive | None = 1000
    select: Literal["dev", "last"] = "dev"
    patience: Count | None = 30
    length_grouped: bool = True
    tokens_per_batch: Count = 8192
    mlm_probability: Share = 0.15
    packed: bool = True
    stride: Annotated[int, Field(ge=0)] = 128
    answer_length: Count = 30
    best_answers: Count = 20
    layer: Annotated[int, Field(ge=0)] | Depth | None = None
    similarity: Literal["cosine", "margin"] = "cosine"
    neighbours: Count = 4
    sampling: Literal["proportional", "temperature", "uniform"] = "proportional"
    sampling_cap: Count = 2**17
    sampling_temperature: Positive = 5.0
    shared_heads: bool = False
    mlm_alpha: Share = 0.3
    lora_rank: Count | None = None
    lora_alpha: Count = 16

    @field_validator("eval_every")
    @classmethod
    def _whole_steps(cls, value: float | None) -> float | None:
        if value is not None and value >= 1 and value != int(value):
            raise ValueError("must be a whole number of steps, or a share of an epoch below 1")
        return int(value) if value is not None and value >= 1 else value


class RecipeEntry(Recipe):
    """A recipe by name, with where its numbers come from and what differs for a task."""

    description: str = ""
    source: str = ""
    overrides: dict[str, dict[str, Any]] = {}

    @field_validator("overrides")
    @classmethod
    def _of_recipes(cls, value: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        for task, given in value.items():
            for key in given.keys() - Recipe.model_fields.keys():
                close = near(key, Recipe.model_fields)
                raise ValueError(f"{task}: unknown key '{key}'" + (f", perhaps {close[0]}" if close else ""))
            Recipe.model_validate(given)
        return value


class ModelEntry(Strict):
    """A named model: a repository, built by the plugin model that `encoder` names."""

    encoder: str = "huggingface"
    path: str
    revision: Commit | None = None
    parameters: Count | None = None
    embeddings: Count | None = None
    description: str = ""
    licence: str = ""
    citation: str = ""


class SourceEntry(Strict):
    """A named data source; the fields are those of harness.task.HubSource."""

    hub: str
    config: str | None = None
    config_names: dict[str, str] = {}
    splits: dict[str, str] = {"train": "train", "dev": "validation", "test": "test"}
    files: dict[str, str] = {}
    columns: dict[str, str] = {}
    labels: dict[str, str] = {}
    rows: dict[str, int | dict[str, int]] = {}
    revision: Commit | None = None
    branch: str | None = None
    licence: str = ""
    citation: str = ""

    def hub_source(self) -> HubSource:
        """Return the source as a task's author would write it."""
        return HubSource(**self.model_dump())


class TranslatorEntry(Strict):
    """A named translator from English: a sequence-to-sequence model, and how it is told the language.

    Attributes:
        path: Hub repository or folder; ``{code}`` in it stands for the language's code (one model a language).
        revision: a commit, or the pull request ``refs/pr/N`` that holds safetensors; for all languages, or
            for each of some.
        codes: the languages that it translates to, and the code that it knows each by.
        source: its code for English, set as the tokenizer's ``src_lang``; "": the tokenizer needs none.
        target_token: the token that the decoder begins with, ``{code}`` in it the language's code; "": none.
        prefix: what stands before every text, ``{code}`` likewise; for all languages, or for each of some.
        beams: hypotheses that the search keeps; 1: the likeliest token each time.
        max_length: subwords of a text at most, and of its translation; a longer text is cut into parts.
    """

    path: str
    revision: Revision | dict[str, Revision] | None = None
    codes: dict[str, str]
    source: str = ""
    target_token: str = ""
    prefix: str | dict[str, str] = ""
    beams: Count = 4
    max_length: Count = 256
    description: str = ""
    licence: str = ""
    citation: str = ""


class TaskEntry(Strict):
    """A task without code; the fields are those of harness.task.Task."""

    format: str = "pair-classification"
    languages: tuple[str, ...] = ("en",)
    labels: tuple[str, ...] = ()
    source: str | SourceEntry | None = None
    train_on: str | None = None
    includes: tuple[str, ...] = ()
    multilingual: bool = False
    roles: tuple[Literal["intermediate", "target"], ...] = ("intermediate", "target")
    test_split: Literal["test", "dev"] = "test"
    metric: str = ""
    scoring: str = ""
    version: str = "1"
    description: str = ""
    licence: str = ""
    citation: str = ""


class SuiteEntry(Strict):
    """A named suite; the fields are those of harness.suite.Suite."""

    groups: dict[str, tuple[str, ...]]
    metrics: dict[str, tuple[str, ...]] = {}
    description: str = ""
    citation: str = ""

    @model_validator(mode="after")
    def _once_each(self) -> SuiteEntry:
        tasks = [task for group in self.groups.values() for task in group]
        for task in tasks:
            if tasks.count(task) > 1:
                raise ValueError(f"task '{task}' is in it twice")
        for task, metrics in self.metrics.items():
            if task not in tasks:
                raise ValueError(f"metrics of '{task}', which is in no group")
            if not metrics:
                raise ValueError(f"no metric of '{task}'")
        return self


class Defaults(Strict):
    """What ``harness run`` takes where the command line says nothing."""

    model: str = "xlmr-base"
    target: str = "xnli"
    intermediates: tuple[str, ...] = ("none",)
    seed: tuple[int, ...] = (0,)
    recipe: str = "paper"
    split: Literal["train", "dev", "test"] = "test"
    perturb_seed: int = 0


class RegistryFile(Strict):
    """One file: registry.yaml, harness.yaml, or a file given with ``--registry``."""

    models: dict[str, ModelEntry] = {}
    sources: dict[str, SourceEntry] = {}
    tasks: dict[str, TaskEntry] = {}
    groups: dict[str, tuple[str, ...]] = {}
    recipes: dict[str, RecipeEntry] = {}
    translators: dict[str, TranslatorEntry] = {}
    suites: dict[str, SuiteEntry] = {}
    defaults: dict[str, Any] = {}
