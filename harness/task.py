"""Task: a dataset in a format, with its labels by name and the place its rows come from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

SPLITS = ("train", "dev", "test")


@dataclass(frozen=True)
class HubSource:
    """Where rows lie on the Hugging Face Hub, and what their columns mean.

    Args:
        hub: the dataset repository, ``owner/name``.
        config: its configuration; ``{language}`` stands for the language's code.
        splits: our split (train, dev, test) to the Hub's split or splits, joined by ``+``.
        columns: our column to theirs; a dotted name reaches into a struct (of lists, too).
        labels: their label to ours, where the names differ (``{"contradictory": "contradiction"}``);
            an integer column without label names is mapped by ``{"0": "entailment", ...}``.
        rows: our split to the number of rows that is published: one number where all languages have as
            many, else language to number. Rows that are left out for want of a label do not count.
        revision: a commit pinned by a public source, else None: it is resolved when used.
        licence: SPDX identifier or the licence's name.
        citation: the paper, as ``Author et al. YEAR (arXiv ...)``.
    """

    hub: str
    config: str | None = None
    splits: Mapping[str, str] = field(
        default_factory=lambda: {"train": "train", "dev": "validation", "test": "test"}
    )
    columns: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    rows: Mapping[str, int | Mapping[str, int]] = field(default_factory=dict)
    revision: str | None = None
    licence: str = ""
    citation: str = ""


class Task:
    """A dataset in a format. A plugin subclasses it, or calls it with keyword arguments.

    Attributes:
        name: the task's name, as on the command line.
        format: name of the format (``pair-classification``, ``masked-lm``): says which columns rows have.
        languages: codes of the languages that it has rows in.
        labels: label names, in the order of the model's outputs.
        source: a HubSource, the name of a source in the registry, or None where `rows` makes the rows.
        train_on: name of the task whose English rows train this one (XNLI: mnli); None: its own.
        includes: tasks whose training and dev rows together are this task's (ANLI+: snli, mnli, anli).
        multilingual: whether it is trained on all the target's languages at once, as masked language
            modelling is; the others are trained in English unless a run says otherwise.
        roles: ``intermediate``, ``target`` or both.
        gold_trees: whether the rows that `rows` makes carry ``<column>.conllu``.
        test_split: the split that is evaluated: ``test``, or ``dev`` where test labels are hidden.
        metric: the main score, of those that the format has; "": the format's first.
        scoring: which official rule its answers are scored by, where the format knows several.
        version: changed by the author when the rows change; part of every key.
        description: one line for ``harness list``.
        licence: of the rows; a HubSource's own comes before it.
        citation: likewise.
    """

    name: str = ""
    format: str = "pair-classification"
    languages: tuple[str, ...] = ("en",)
    labels: tuple[str, ...] = ()
    source: HubSource | str | None = None
    train_on: str | None = None
    includes: tuple[str, ...] = ()
    multilingual: bool = False
    roles: tuple[str, ...] = ("intermediate", "target")
    gold_trees: bool = False
    test_split: str = "test"
    metric: str = ""
    scoring: str = ""
    version: str = "1"
    description: str = ""
    licence: str = ""
    citation: str = ""

    def __init__(self, **attributes: Any) -> None:
        for name, value in attributes.items():
            if not hasattr(type(self), name):
                raise TypeError(f"{type(self).__name__} has no attribute {name!r}")
            setattr(self, name, value)

    def options(self) -> Mapping[str, Any]:
        """Return what besides name and version changes the rows that `rows` makes: part of every key."""
        return {}

    def rows(self, split: str, language: str) -> Iterable[Mapping[str, Any]]:
        """Make the rows of a split in a language; only for tasks without a source.

        Each row holds the format's columns and ``label`` by name. ``id`` names the example: parallel
        examples of two languages share it (without it: split and row number). ``cluster`` groups
        examples that are not independent. ``<column>.conllu`` may hold the gold dependency trees of a
        text column in CoNLL-U. An empty iterable says that there is no such split.
        """
        return ()

    def prepare(self, rows: pa.Table, split: str, language: str) -> pa.Table:
        """Bring the rows of a source into shape, before their columns are read; only where mapping is not enough.

        Args:
            rows: the source's rows as they are, all columns; label columns hold the Hub's numbers.

        Returns:
            rows whose columns the source's `columns` name (by default those of the format). Rows that are
            not of that split and language are left out here; no others.
        """
        return rows

    def row_count(self, split: str, language: str) -> int | None:
        """Say how many rows a split has, for the plan, without making them; None where unknown."""
        return None
