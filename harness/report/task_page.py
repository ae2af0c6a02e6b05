"""The tables of docs/tasks.md, from the registry: ``python -P -m harness.report.task_page docs/tasks.md``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from harness.data.identity import expected_rows, has_split, training_language, training_task
from harness.formats import format_named
from harness.registry import Registry, load_registry
from harness.task import SPLITS, Task

OWN = "transfer-harness"
BEGIN = "<!-- tasks: python -P -m harness.report.task_page docs/tasks.md -->"
END = "<!-- end of tasks -->"


def task_tables(registry: Registry) -> str:
    """Return what the registry says of every built-in task, as Markdown: two tables for each format."""
    tasks = [task for task in registry.tasks() if _built_in(registry, task.name)]
    parts = []
    for name in sorted({task.format for task in tasks}):
        group = [task for task in tasks if task.format == name]
        parts += [
            f"### {name}",
            _table(
                ("task", "what it is", "main metric", "rule", "trained on", "languages"),
                [(_code(task.name), *_facts(task, registry)) for task in group],
            ),
            _table(
                ("task", "source", "train", "dev", "test", "licence", "citation"),
                [(_code(task.name), *_origin(task, registry)) for task in group],
            ),
        ]
    return "\n\n".join(parts)


def renewed(page: str, tables: str) -> str:
    """Return `page` with `tables` between its two marks.

    Raises:
        ValueError: the page lacks a mark.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the page lacks '{END if begin else BEGIN}'")
    return f"{before}{BEGIN}\n\n{tables}\n\n{END}{after}"


def _built_in(registry: Registry, name: str) -> bool:
    place = registry.place("task", name)
    return place.startswith((OWN, "registry.yaml"))


def _facts(task: Task, registry: Registry) -> Sequence[str]:
    shape = format_named(task.format)
    trainer = training_task(task, registry)
    if not shape.trains:
        trained = "nothing"
    elif task.includes:
        trained = " + ".join(map(_code, task.includes))
    elif trainer is not task:
        trained = _code(trainer.name)
    else:
        trained = "itself" if len(task.languages) == 1 or task.multilingual else "itself, English"
    languages = " ".join(task.languages)
    if len(task.languages) > 1:
        languages = f"{len(task.languages)}: {languages}"
    return (
        task.description,
        task.metric or next(iter(shape.metrics), ""),
        task.scoring,
        trained,
        languages,
    )


def _origin(task: Task, registry: Registry) -> Sequence[str]:
    source = registry.source(task, task.languages[0])
    if source is not None:
        named = registry.named_source(task.source) if isinstance(task.source, str) else source
        place = _code(source.hub) + (f" {_code(named.config)}" if named.config else "")
        place += f", or folder {_code(task.folder)}" if task.folder else ""
    elif task.includes:
        place = " + ".join(map(_code, task.includes))
    else:
        place = f"folder {_code(task.folder)}" if task.folder else "made here"
    licence = (source.licence if source is not None else "") or task.licence
    citation = (source.citation if source is not None else "") or task.citation
    return (place, *(_rows(task, split, registry) for split in SPLITS), licence, citation)


def _rows(task: Task, split: str, registry: Registry) -> str:
    """Return the published number of rows of a split: one, or the smallest and the largest of the languages.

    Of the training split it is the number in the language that is trained on.
    """
    alone = split == "train" and not task.multilingual
    asked = (training_language(task),) if alone else task.languages
    there = [language for language in asked if has_split(task, split, registry, language)]
    if not there:
        return "-"
    counts = {expected_rows(task, split, language, registry) for language in there}
    known = [count for count in counts if count is not None]
    shown = "?" if not known else f"{min(known):,}"
    if known and max(known) > min(known):
        shown += f" to {max(known):,}"
    if split == task.test_split and split != "test":
        shown += ", evaluated"
    only = f" ({' '.join(there)})" if 0 < len(there) <= 3 and len(there) < len(asked) else ""
    return shown + only


def _code(text: str) -> str:
    return f"`{text}`"


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def main(arguments: Sequence[str]) -> int:
    """Write the tables into the page that is named, or print them where none is."""
    tables = task_tables(load_registry())
    if not arguments:
        print(tables)
        return 0
    page = Path(arguments[0])
    page.write_text(renewed(page.read_text(encoding="utf-8"), tables), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
