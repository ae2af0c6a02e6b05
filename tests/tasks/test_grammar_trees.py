"""The embedded tasks' sentences and gold trees, in every language."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import pytest
from harness_plugins.tasks.grammar import GrammarNli
from harness_plugins.tasks.grammar_engine.meaning import Entity, Event, Style
from harness_plugins.tasks.grammar_engine.realise import LANGUAGES, grammar

UPOS = {"ADJ", "ADP", "ADV", "AUX", "CCONJ", "DET", "NOUN", "NUM", "PART", "PUNCT", "SCONJ", "VERB"}


@dataclass(frozen=True)
class Word:
    form: str
    upos: str
    head: int
    deprel: str

    @property
    def relation(self) -> str:
        return self.deprel.split(":")[0]


@dataclass(frozen=True)
class Tree:
    text: str
    surface: str
    words: tuple[Word, ...]

    def dependents(self, index: int) -> list[int]:
        return [place for place, word in enumerate(self.words) if word.head == index]

    def subtree(self, index: int) -> set[int]:
        return {index}.union(*(self.subtree(child) for child in self.dependents(index)))


def read(conllu: str) -> Tree:
    """Read one sentence of CoNLL-U by its specification."""
    assert conllu.endswith("\n\n")
    comment, *lines = conllu.rstrip("\n").split("\n")
    words, surface, covered = [], "", 0
    for line in lines:
        columns = line.split("\t")
        assert len(columns) == 10
        space = "" if columns[9] == "SpaceAfter=No" else " "
        if "-" in columns[0]:
            first, last = map(int, columns[0].split("-"))
            assert (first, last) == (len(words) + 1, len(words) + 2)
            surface, covered = surface + columns[1] + space, last
            continue
        assert int(columns[0]) == len(words) + 1
        if len(words) + 1 > covered:
            surface += columns[1] + space
        words.append(Word(columns[1], columns[3], int(columns[6]) - 1, columns[7]))
    return Tree(comment.removeprefix("# text = "), surface, tuple(words))


@cache
def trees(language: str) -> list[Tree]:
    found = []
    for row in GrammarNli(sizes={"train": 150}).rows("train", language):
        for column in ("premise", "hypothesis"):
            tree = read(row[f"{column}.conllu"])
            assert tree.text == row[column]
            found.append(tree)
    return found


def clauses(tree: Tree) -> list[int]:
    return [index for index, word in enumerate(tree.words) if word.upos == "VERB"]


def child(tree: Tree, index: int, relation: str) -> int | None:
    return next((c for c in tree.dependents(index) if tree.words[c].relation == relation), None)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_tree_is_one_projective_tree(language: str) -> None:
    for tree in trees(language):
        size = len(tree.words)
        roots = [index for index, word in enumerate(tree.words) if word.head == -1]
        assert [tree.words[root].deprel for root in roots] == ["root"]
        assert all(-1 <= word.head < size for word in tree.words)
        assert tree.subtree(roots[0]) == set(range(size))
        for index in range(size):
            below = tree.subtree(index)
            assert below == set(range(min(below), max(below) + 1))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_text_is_its_tokens(language: str) -> None:
    for tree in trees(language):
        assert tree.surface == tree.text
        assert tree.text[0] == tree.text[0].upper()
        assert "  " not in tree.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_only_known_tags_are_used_and_function_words_hang_on_content_words(language: str) -> None:
    hosts = {
        "case": {"NOUN"},
        "det": {"NOUN"},
        "clf": {"NOUN"},
        "amod": {"NOUN"},
        "aux": {"VERB"},
        "obj": {"VERB"},
        "obl": {"VERB"},
        "nsubj": {"VERB"},
    }
    for tree in trees(language):
        for word in tree.words:
            assert word.upos in UPOS
            if word.relation in hosts:
                assert tree.words[word.head].upos in hosts[word.relation]
            if word.upos == "PUNCT":
                assert word.deprel == "punct"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_clause_has_one_subject_before_its_object(language: str) -> None:
    for tree in trees(language):
        for verb in clauses(tree):
            relations = [tree.words[c].relation for c in tree.dependents(verb)]
            assert relations.count("nsubj") == 1
            assert relations.count("obj") <= 1
            if "obj" in relations:
                assert relations.index("nsubj") < relations.index("obj")


@pytest.mark.parametrize("language", ["en", "fr", "es", "ru", "zh"])
def test_the_object_follows_the_verb(language: str) -> None:
    pairs = [(verb, child(tree, verb, "obj")) for tree in trees(language) for verb in clauses(tree)]
    assert all(thing > verb for verb, thing in pairs if thing is not None)


@pytest.mark.parametrize("language", ["tr", "hi"])
def test_the_verb_is_last_in_its_clause(language: str) -> None:
    for tree in trees(language):
        for verb in clauses(tree):
            after = {tree.words[c].relation for c in tree.dependents(verb) if c > verb}
            assert after <= {"aux", "punct", "conj"}


def test_the_german_verb_is_second_in_main_clauses_and_last_in_subordinate_ones() -> None:
    for tree in trees("de"):
        for verb in clauses(tree):
            kids = [tree.words[c].relation for c in tree.dependents(verb)]
            before = [tree.words[c].relation for c in tree.dependents(verb) if c < verb]
            if "mark" in kids:
                assert set(kids[len(before) :]) <= {"punct"}
            else:
                assert len([relation for relation in before if relation not in ("cc", "punct")]) == 1


@pytest.mark.parametrize(("language", "before"), [("en", True), ("de", True), ("ru", True), ("hi", False)])
def test_adpositions_stand_on_their_side(language: str, before: bool) -> None:
    for tree in trees(language):
        for index, word in enumerate(tree.words):
            if word.deprel == "case":
                assert (index < word.head) == before


def test_chinese_is_written_without_spaces_and_counts_with_classifiers() -> None:
    lexicon = dict(grammar("zh").nouns.values())
    counted = 0
    for tree in trees("zh"):
        assert " " not in tree.text
        for index, word in enumerate(tree.words):
            if word.deprel == "clf":
                assert lexicon[tree.words[word.head].form] == word.form
                assert [tree.words[c].form for c in tree.dependents(index)] in (["那"], ["一"])
                counted += 1
    assert counted > 50


def test_known_patients_are_marked_in_hindi_and_spanish() -> None:
    event = Event("push", Entity("man"), Entity("boy"))
    assert grammar("hi").say(event, Style()).text == "आदमी लड़के को धकेल रहा है।"
    assert grammar("es").say(event, Style()).text == "El hombre está empujando al niño."


def test_contractions_are_multiword_tokens() -> None:
    event = Event("sleep", Entity("man"), place="park")
    said = grammar("de").say(event, Style(front="place"))
    assert said.text == "Im Park schläft der Mann."
    assert [line.split("\t")[:2] for line in said.conllu.split("\n")[1:4]] == [
        ["1-2", "Im"],
        ["1", "In"],
        ["2", "dem"],
    ]
    tree = read(grammar("fr").say(Event("sleep", Entity("man"), place="museum"), Style()).conllu)
    assert tree.text == "L'homme dort au musée."
    assert [word.form for word in tree.words] == ["L'", "homme", "dort", "à", "le", "musée", "."]


FORBIDDEN = {
    "en": r"\ba [aeiou]|\ban [^aeiou]",
    "de": r"\b(in|an) dem\b",
    "fr": r"\b(le|la|ne|de|que) [aeiouhéèêàâœ]|\bà le\b|\bde le\b|\b(beau|vieux|nouveau) [aeiouhéê]\w*[^sx] ",
    "es": r"\b(a|de) el\b",
    "ru": r"[A-Za-z]",
    "tr": r"[İI]\w*\s[qwx]",
    "hi": r"\bको को\b|रही हूँ",
    "zh": r"一[一-龥]{0,2}那|的的|没有正在|没有.*一[个本只朵]",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_holds_what_its_orthography_forbids(language: str) -> None:
    for tree in trees(language):
        assert not re.search(FORBIDDEN[language], tree.text.lower()), tree.text


def test_hindi_verbs_agree_with_their_subjects() -> None:
    genders = {
        noun[key]: noun["g"] for noun in grammar("hi").nouns.values() for key in ("sg", "pl") if key in noun
    }
    for tree in trees("hi"):
        for verb in clauses(tree):
            subject = tree.words[child(tree, verb, "nsubj") or 0].form
            going, being = [tree.words[c].form for c in tree.dependents(verb) if tree.words[c].upos == "AUX"]
            assert (going == "रही") == (genders[subject] == "f")
            assert (being == "हैं") == (going == "रहे") or going == "रही"


def test_french_and_german_articles_agree_with_their_nouns() -> None:
    french = {entry["sg"]: entry["g"] for entry in grammar("fr").nouns.values()}
    german = {entry["sg"][1]: entry["g"] for entry in grammar("de").nouns.values()}
    for tree in trees("fr"):
        for article, noun in pairwise(tree.words):
            if article.form.lower() in ("un", "une", "le", "la") and noun.form in french:
                assert (article.form.lower() in ("une", "la")) == (french[noun.form] == "f")
    endings = {"einen": "m", "eine": "f", "ein": "n", "keinen": "m", "keine": "f", "kein": "n"}
    for tree in trees("de"):
        for word in tree.words:
            if word.deprel == "det" and word.form in endings:
                assert german[tree.words[word.head].form] == endings[word.form]


GOLDEN = [
    (
        Event("buy", Entity("doctor", "aged"), Entity("apple", "red"), place="market", time="this_morning"),
        Style(front="time"),
        {
            "en": "This morning, the old doctor is buying a red apple at the market.",
            "de": "Heute Morgen kauft der alte Arzt auf dem Markt einen roten Apfel.",
            "fr": "Ce matin, le vieux médecin achète une pomme rouge au marché.",
            "es": "Esta mañana el médico viejo está comprando una manzana roja en el mercado.",
            "ru": "Сегодня утром старый врач покупает красное яблоко на рынке.",
            "tr": "Bu sabah yaşlı doktor pazarda kırmızı bir elma satın alıyor.",
            "hi": "आज सुबह बूढ़ा डॉक्टर बाज़ार में एक लाल सेब ख़रीद रहा है।",
            "zh": "今天早上那位年老的医生在市场买一个红色的苹果。",
        },
    ),
    (
        Event("open", Entity("girl", plural=True), Entity("window", "new"), manner="slowly", negated=True),
        Style(),
        {
            "en": "The girls are not opening a new window slowly.",
            "de": "Die Mädchen öffnen nicht langsam ein neues Fenster.",
            "fr": "Les filles n'ouvrent pas de nouvelle fenêtre lentement.",
            "es": "Las niñas no están abriendo una ventana nueva lentamente.",
            "ru": "Девочки не открывают новое окно медленно.",
            "tr": "Kızlar yavaşça yeni bir pencere açmıyor.",
            "hi": "लड़कियाँ नई खिड़की धीरे-धीरे नहीं खोल रही हैं।",
            "zh": "那些女孩没有慢慢地打开新窗户。",
        },
    ),
    (
        Event(
            "wake",
            Entity("neighbour"),
            Entity("dog", "big"),
            meanwhile=Event("discard", Entity("student"), Entity("letter")),
        ),
        Style(link="while"),
        {
            "en": "The neighbour is waking the big dog while the student is throwing away a letter.",
            "de": "Der Nachbar weckt den großen Hund auf, während der Student einen Brief wegwirft.",
            "fr": "Le voisin réveille le grand chien pendant que l'étudiant jette une lettre.",
            "es": "El vecino está despertando al perro grande mientras el estudiante está tirando una carta.",
            "ru": "Сосед будит большую собаку, пока студент выбрасывает письмо.",
            "tr": "Öğrenci bir mektup atarken, komşu büyük köpeği uyandırıyor.",
            "hi": "जब छात्र एक चिट्ठी फेंक रहा है, तब पड़ोसी बड़े कुत्ते को जगा रहा है।",
            "zh": "当那名大学生丢弃一封信时，那位邻居正在叫醒那只大狗。",
        },
    ),
]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("event", "style", "texts"), GOLDEN)
def test_an_event_is_said_as_a_speaker_would(
    event: Event, style: Style, texts: dict[str, str], language: str
) -> None:
    assert grammar(language).say(event, style).text == texts[language]
