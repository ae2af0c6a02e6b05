"""Task: a dataset in a format, with its labels by name and the place its rows come from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

SPLITS = ("train", "dev", "test")


@dataclass(frozen=True)
class HubSource:
    """Where rows lie on the Hugging Face Hub, and what their columns mean.

    Args:
        hub: the dataset repository, ``owner/name``.
        config: its configuration; ``{language}`` stands for the language's code, or for what
            `config_names` says. Several configurations joined by ``+`` are read one after the other.
        config_names: language to what ``{language}`` stands for; ``a+b``: two configurations.
        splits: our split (train, dev, test) to the Hub's split or splits, joined by ``+``; ``train[:1000]`` is
            its first rows.
        files: our split to the files of the repository that are read, as a pattern with ``{language}``; empty:
            those of the configuration.
        columns: our column to theirs; a dotted name reaches into a struct (of lists, too), and several
            names joined by ``+`` make a list. ``id`` and ``cluster`` may be named, too.
        labels: their label to ours, where the names differ (``{"contradictory": "contradiction"}``);
            an integer column without label names is mapped by ``{"0": "entailment", ...}``.
        rows: our split to the number of rows that is published: one number where all languages have as
            many, else language to number (0: the language has no such split). Rows that are left out for
            want of a label do not count.
        revision: a commit pinned by a public source, else None: it is resolved when used.
        branch: the branch that is read, else None: the main one, or ``refs/convert/parquet``, the Hub's own
            conversion, where the repository holds a loading script.
        licence: SPDX identifier or the licence's name.
        citation: the paper, as ``Author et al. YEAR (arXiv ...)``.
    """

    hub: str
    config: str | None = None
    config_names: Mapping[str, str] = field(default_factory=dict)
    splits: Mapping[str, str] = field(
        default_factory=lambda: {"train": "train", "dev": "validation", "test": "test"}
    )
    files: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    rows: Mapping[str, int | Mapping[str, int]] = field(default_factory=dict)
    revision: str | None = None
    branch: str | None = None
    licence: str = ""
    citation: str = ""

    def within(self, language: str) -> HubSource:
        """Return the source of one language's rows, with its name in the place of ``{language}``."""
        parts = self.config_names.get(language, language).split("+")
        config = self.config
        if config is not None:
            config = "+".join(dict.fromkeys(config.replace("{language}", part) for part in parts))
        files = {split: pattern.replace("{language}", parts[0]) for split, pattern in self.files.items()}
        return replace(self, config=config, files=files)


class Task:
    """A dataset in a format. A plugin subclasses it, or calls it with keyword arguments.

    Attributes:
        name: the task's name, as on the command line.
        format: name of the format (``pair-classification``, ``masked-lm``): says which columns rows have.
        languages: codes of the languages that it has rows in.
        labels: label names, in the order of the model's outputs.
        source: a HubSource, the name of a source in the registry, or None where `rows` makes the rows.
        train_on: name of the task whose English rows train this one (XNLI: mnli); None: its own.
        folder: folder under ``--data-dir`` that `read_folder` makes the rows of, for data that are not on the
            Hub; "": there is none.
        folder_help: how to get that folder, for people.
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
    folder: str = ""
    folder_help: str = ""
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

    def read_folder(self, path: Path, split: str, language: str) -> Iterable[Mapping[str, Any]]:
        """Make the rows of a split in a language of the files in a folder; only for tasks with a `folder`.

        Args:
            path: the folder, which exists. All files in it are part of every key.

        Returns:
            rows as `rows` makes them. Rows without a label or a text are left out and counted.
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
