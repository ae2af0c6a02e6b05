"""The tables of docs/perturbations.md: ``python -P -m harness.report.perturbation_page docs/perturbations.md``.

With ``--ud FOLDER`` also those of what the perturbations do to the gold trees of treebanks.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.bench.perturbing import treebank_rows
from harness.perturbation import Perturbation
from harness.registry import Registry, load_registry
from harness.text import Passage, Rewrite, Sentence, passage
from harness.text.disturbance import disturb_many

FAMILIES = ("noise", "lexical", "syntactic", "typological", "adversarial")
LISTED = ("perturbations", "python -P -m harness.report.perturbation_page docs/perturbations.md")
MEASURED = ("treebanks", f"{LISTED[1]} --ud FOLDER")
LIKE = "typological.like:ja"  # stands for all languages whose order may be taken
SEED = 0
# What word orders and shuffles are shown with: the first of them that they change. Form, part of speech, head,
# relation and features of each word.
_SHOWN = {
    "en": "The DET 3 det;old ADJ 3 amod;man NOUN 8 nsubj;in ADP 6 case;the DET 6 det;house NOUN 3 nmod;has AUX 8 aux;"
    "read VERB 0 root;books NOUN 8 obj;that PRON 12 obj PronType=Rel;I PRON 12 nsubj Case=Nom;"
    "like VERB 9 acl:relcl VerbForm=Fin;. PUNCT 8 punct",
    "fr": "Le DET 2 det;roi NOUN 3 nsubj;lit VERB 0 root VerbForm=Fin;le DET 5 det;livre NOUN 3 obj;rouge ADJ 5 amod;"
    "de ADP 8 case;Marie PROPN 5 nmod;. PUNCT 3 punct",
    "tr": "Ayşe PROPN 5 nsubj;dün ADV 3 advmod;yazılan VERB 4 acl VerbForm=Part;mektubu NOUN 5 obj Case=Acc;"
    "okudu VERB 0 root VerbForm=Fin;. PUNCT 5 punct",
    "hi": "राम PROPN 7 nsubj;घर NOUN 7 obl;में ADP 2 case;दोस्त NOUN 6 nmod;की ADP 4 case;किताब NOUN 7 obj;पढ़ VERB 0 root;"
    "रहा AUX 7 aux;है AUX 7 aux VerbForm=Fin;। PUNCT 7 punct",
}


def perturbation_tables(registry: Registry) -> str:
    """Return what the registry says of every built-in perturbation, as Markdown: a table for each family."""
    found = [registry.perturbation(name) for name in registry.names("perturbation")]
    parts = []
    families = [*FAMILIES, *sorted({each.family for each in found}.difference(FAMILIES))]
    for family in families:
        group = [each for each in found if each.family == family]
        if group:
            header = ("perturbation", "what it does", "meaning", "languages", "needs", "intensity", "example")
            rows = [_row(each) for each in group]
            parts += [f"### {family}", _table((*header, "after"), rows)]
    return "\n\n".join(parts)


def _row(perturbation: Perturbation) -> Sequence[str]:
    needs = [_NEEDS.get(need, need) for need in perturbation.needs]
    if perturbation.columns:
        needs.append("columns " + " ".join(perturbation.columns))
    if perturbation.takes:
        needs.append(f"`:` {perturbation.takes}")
    languages = perturbation.languages
    return (
        f"`{perturbation.full_name}`",
        perturbation.description or _lines(perturbation)[0],
        "kept" if perturbation.keeps_meaning else "not kept",
        f"{len(languages)}: {' '.join(languages)}" if languages else "all",
        ", ".join(needs) or "-",
        f"{perturbation.intensity:g}",
        example(perturbation),
        perturbation.reference or "-",
    )


_NEEDS = {
    "parse": "trees",
    "words": "`--noise-words`",
    "lexicon": "`--lexicon`",
    "model": "`--perturb-model`",
}


def example(perturbation: Perturbation) -> str:
    """Return ``source -> result``: of a made tree for word orders and runs of words, else that of the docstring."""
    if perturbation.name.startswith("shuffle-") or (
        perturbation.family == "typological" and not perturbation.takes
    ):
        for language, rows in _SHOWN.items():
            source = _shown(language, rows)
            (found,) = disturb_many(perturbation, [(source, "1", "text")], seed=SEED, intensity=1.0)
            if found.touched:
                return f"{source.text} → {found.text}"
    lines = _lines(perturbation)
    place = next((number for number, line in enumerate(lines) if "->" in line), 0)
    shown = f"{lines[place - 1]} {lines[place]}" if lines[place].startswith("->") else lines[place]
    return " → ".join(part.strip() for part in shown.split("->"))


def _shown(language: str, rows: str) -> Passage:
    """Return a sentence of `_SHOWN`."""
    lines, forms = [], []
    for number, row in enumerate(rows.split(";"), 1):
        form, upos, head, relation, *features = row.split()
        lines.append(
            "\t".join((str(number), form, form, upos, "_", *(features or "_"), head, relation, "_", "_"))
        )
        forms.append(form)
    return passage(" ".join(forms[:-1]) + forms[-1], language, "\n".join(lines) + "\n\n")


def _lines(perturbation: Perturbation) -> list[str]:
    return [line.strip() for line in (type(perturbation).__doc__ or "").strip().split("\n")]


@dataclass
class Effect:
    """What a perturbation did to a treebank; counts.

    Attributes:
        sentences: how many there are; `eligible` and `touched` of them.
        phrases: subtrees of two or more words that lie together in touched sentences; `whole` still do.
        kept: touched sentences that have the same words as before, case aside.
    """

    sentences: int = 0
    eligible: int = 0
    touched: int = 0
    phrases: int = 0
    whole: int = 0
    kept: int = 0
    orders: tuple[Mapping[str, Any], Mapping[str, Any]] = field(default_factory=lambda: ({}, {}))


def effect(perturbation: Perturbation, table: Any, language: str) -> Effect:
    """Disturb the sentences of a treebank at full intensity and count what became of them."""
    from harness_plugins.perturbations.word_order import word_order

    ids, texts = table.column("id").to_pylist(), table.column("text").to_pylist()
    trees = table.column("text.conllu").to_pylist()
    sources = [passage(text, language, tree) for text, tree in zip(texts, trees, strict=True)]
    asked = [(source, name, "text") for source, name in zip(sources, ids, strict=True)]
    done = disturb_many(perturbation, asked, seed=SEED, intensity=1.0)
    counted = Effect(len(done), sum(each.eligible for each in done), sum(each.touched for each in done))
    rewrites = [rewrite for each in done for rewrite in each.rewrites]
    for rewrite in rewrites:
        if rewrite.touched:
            counted.kept += _words(rewrite.sentence) == _new_words(rewrite)
            for phrase in _phrases(rewrite.sentence):
                counted.phrases += 1
                counted.whole += _together(rewrite, phrase)
    if perturbation.family == "typological":
        counted.orders = (word_order([each.sentence for each in rewrites]), word_order(rewrites))
    return counted


def _words(sentence: Sentence) -> Counter[str]:
    return Counter(_folded(sentence.tokens[index].text) for index in sentence.words)


def _new_words(rewrite: Rewrite) -> Counter[str]:
    words = set(rewrite.sentence.words)
    return Counter(
        _folded(piece.text)
        for piece in rewrite.pieces
        if piece.source in words or (piece.source is None and any(map(str.isalnum, piece.text)))
    )


def _folded(text: str) -> str:
    """Fold case, the Turkish dotless i included."""
    return text.casefold().replace("\u0307", "").replace("ı", "i")


def _phrases(sentence: Sentence) -> Iterator[list[int]]:
    """Yield the subtrees, but the whole, whose words lie together, two or more."""
    if not sentence.parsed:
        return
    place = {index: number for number, index in enumerate(sentence.words)}
    for index in sentence.words:
        if sentence.head(index) < 0:
            continue
        phrase = [each for each in sentence.subtree(index) if each in place]
        if len(phrase) > 1 and place[phrase[-1]] - place[phrase[0]] + 1 == len(phrase):
            yield phrase


def _together(rewrite: Rewrite, phrase: Sequence[int]) -> bool:
    """Say whether the words of a phrase that are left lie side by side."""
    words = set(rewrite.sentence.words)
    inside = set(phrase)
    flags = [piece.source in inside for piece in rewrite.pieces if piece.source in words]
    return True not in flags or all(flags[flags.index(True) : len(flags) - flags[::-1].index(True)])


def treebank_tables(
    registry: Registry, folder: Path, limit: int | None, heed: Callable[[str], None], pattern: str = "*"
) -> str:
    """Return what tree and order perturbations do to gold trees, as Markdown; treebanks below `folder`."""
    names = [
        name for name in registry.names("perturbation") if name.startswith(("syntactic.", "typological."))
    ]
    names = [LIKE if name == "typological.like" else name for name in names]
    asked = [choice.perturbation for choice in registry.perturbations(names)]
    asked = [each for each in asked if not set(each.needs).difference({"parse"})]
    found: dict[str, dict[str, Effect]] = {each.full_name: {} for each in asked}
    sizes: dict[str, int] = {}
    for language, table in treebank_rows(folder, limit, pattern):
        sizes[language] = table.num_rows
        for each in asked:
            if each.unserved(language) is None:
                heed(f"{language} {each.full_name}")
                found[each.full_name][language] = effect(each, table, language)
    size = sorted(set(sizes.values()))
    counts = f"{size[0]:,}" if len(size) == 1 else f"{size[0]:,} to {size[-1]:,}"

    def reach(each: Effect) -> str:
        able, changed = _part(each.eligible, each.sentences), _part(each.touched, each.sentences)
        return changed if able == changed else f"{able}/{changed}"

    def care(each: Effect) -> str:
        return f"{_part(each.whole, each.phrases)}/{_part(each.kept, each.touched)}"

    return "\n\n".join(
        (
            f"{counts} sentences in each of {len(sizes)} languages, intensity 1, seed {SEED}; percentages, empty where "
            "the language is not served, `-` of nothing. Sentences changed (could be / were, where they differ):",
            _grid(found, sizes, reach),
            "In changed sentences: phrases (subtrees of two or more words) whose words still lie together / sentences "
            "that have the same words as before:",
            _grid(found, sizes, care),
            "Word order before → after along the gold trees: of the orders that are counted, the one that changes most "
            "over all languages.",
            _order_table(found, sizes),
        )
    )


def _grid(
    found: Mapping[str, Mapping[str, Effect]], languages: Iterable[str], cell: Callable[[Effect], str]
) -> str:
    rows = [
        (f"`{name}`", *(cell(effects[code]) if code in effects else "" for code in languages))
        for name, effects in found.items()
    ]
    return _table(("perturbation", *languages), rows)


def _order_table(found: Mapping[str, Mapping[str, Effect]], languages: Iterable[str]) -> str:
    rows = []
    for name, effects in found.items():
        moved: Counter[str] = Counter()
        for each in effects.values():
            before, after = each.orders
            for feature in before:
                moved[feature] += abs(after[feature].so - before[feature].so)
        if not moved:
            continue
        feature = moved.most_common(1)[0][0]
        cells = []
        for code in languages:
            before, after = effects[code].orders if code in effects else ({}, {})
            old, new = before.get(feature), after.get(feature)
            cells.append(f"{_part(old.so, old.of)}→{_part(new.so, new.of)}" if old and new else "")
        rows.append((f"`{name}`", feature, *cells))
    return _table(("perturbation", "order", *languages), rows)


def _part(some: int, whole: int) -> str:
    return f"{100 * some / whole:.0f}" if whole else "-"


def renewed(page: str, marks: tuple[str, str], content: str) -> str:
    """Return `page` with `content` between the two marks of that name.

    Raises:
        ValueError: the page lacks a mark.
    """
    begin, end = f"<!-- {marks[0]}: {marks[1]} -->", f"<!-- end of {marks[0]} -->"
    before, first, rest = page.partition(begin)
    _, last, after = rest.partition(end)
    if not first or not last:
        raise ValueError(f"the page lacks '{end if first else begin}'")
    return f"{before}{begin}\n\n{content}\n\n{end}{after}"


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def main(arguments: Sequence[str]) -> int:
    """Write the tables into the page that is named, or print them where none is."""
    parser = argparse.ArgumentParser(prog="harness.report.perturbation_page")
    parser.add_argument(
        "page", nargs="?", type=Path, help="the page that is renewed; else tables are printed"
    )
    parser.add_argument("--ud", type=Path, help="folder of treebanks")
    parser.add_argument("--files", default="*", help="which of its files, *_pud-* say")
    parser.add_argument("--limit", type=int, help="sentences of each")
    given = parser.parse_args(arguments)
    registry = load_registry()
    parts = {LISTED: perturbation_tables(registry)}
    if given.ud is not None:
        heed = lambda line: print(line, file=sys.stderr, flush=True)  # noqa: E731
        parts[MEASURED] = treebank_tables(registry, given.ud, given.limit, heed, given.files)
    if given.page is None:
        print("\n\n".join(parts.values()))
        return 0
    page = given.page.read_text(encoding="utf-8")
    for marks, content in parts.items():
        page = renewed(page, marks, content)
    given.page.write_text(page, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
