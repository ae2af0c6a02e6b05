"""Small parsed sentences and random trees, for tests of perturbations that need a tree."""

from __future__ import annotations

from hypothesis import strategies as st

from harness.text import Sentence, passage


def tree(text: str, *rows: str, language: str = "en") -> Sentence:
    """Return the parsed sentence: a row for each token, 'UPOS head deprel [feats]'."""
    lines = []
    for number, (token, row) in enumerate(zip(Sentence.plain(text, language).tokens, rows, strict=True), 1):
        upos, head, deprel, *feats = row.split()
        columns = (number, token.text, token.text.lower(), upos, "_", *(feats or "_"), head, deprel, "_", "_")
        lines.append("\t".join(map(str, columns)))
    (sentence,) = passage(text, language, "\n".join(lines) + "\n\n").sentences
    assert sentence.parsed, sentence.unparsed
    return sentence


def spelled(language: str, *rows: str) -> Sentence:
    """Return the parsed sentence of rows 'form UPOS head deprel [feats]', joined as its language joins words."""
    forms = [row.split()[0] for row in rows]
    between = "" if language in ("zh", "ja", "th") else " "
    text = between.join(forms)
    for sign in ",.。，،、":
        text = text.replace(f" {sign}", sign)
    lines = []
    for number, row in enumerate(rows, 1):
        form, upos, head, deprel, *feats = row.split()
        lines.append("\t".join((str(number), form, form, upos, "_", *(feats or "_"), head, deprel, "_", "_")))
    (sentence,) = passage(text, language, "\n".join(lines) + "\n\n").sentences
    assert sentence.parsed, sentence.unparsed
    return sentence


_CLAUSAL = ("nsubj", "obj", "obl", "advmod", "advcl", "ccomp", "xcomp", "acl:relcl", "conj", "parataxis")
_RELATIONS = (
    *_CLAUSAL,
    "mark",
    "aux",
    "cop",
    "case",
    "det",
    "cc",
    "punct",
    "nmod",
    "nmod:poss",
    "amod",
    "acl",
)
_TAGS = ("NOUN", "VERB", "ADJ", "PRON", "ADP", "AUX", "PART", "PUNCT", "SCONJ")
_FORMS = ("ab", "cd", "Ef", ",", "„", "“", "(", ")", ".", "au", "in", "of")


@st.composite
def trees(draw: st.DrawFn) -> tuple[str, str]:
    """Draw a text and a tree of it, in CoNLL-U, sense or nonsense."""
    forms = draw(st.lists(st.sampled_from(_FORMS), min_size=1, max_size=14))
    order = draw(st.permutations(range(len(forms))))
    heads = [0] * len(forms)
    for place, node in enumerate(order[1:], 1):
        heads[node] = order[draw(st.integers(0, place - 1))] + 1
    lines = []
    for number, (form, head) in enumerate(zip(forms, heads, strict=True), 1):
        upos = draw(st.sampled_from(_TAGS))
        relation = draw(st.sampled_from(_RELATIONS)) if head else "root"
        lines.append(f"{number}\t{form}\t_\t{upos}\t_\t_\t{head}\t{relation}\t_\t_")
    return " ".join(forms), "\n".join(lines) + "\n\n"
