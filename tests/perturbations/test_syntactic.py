"""Word order: what moves, what stays, and that nothing is lost."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from harness_plugins.perturbations.syntactic import Reverse, Scramble, Shuffle
from hypothesis import given
from hypothesis import strategies as st
from messy_texts import HOSTILE, languages, messy

from harness.text import Sentence, disturb, passage

seeds = st.integers(0, 2**32)
intensities = st.floats(0.01, 1.0)


def words(sentence: Sentence) -> Counter[str]:
    return Counter(sentence.tokens[index].text.casefold() for index in sentence.words)


def kept_words(rewrite) -> Counter[str]:
    sources = [piece.source for piece in rewrite.pieces if piece.source in rewrite.sentence.words]
    return Counter(rewrite.sentence.tokens[source].text.casefold() for source in sources)


def tree(text: str, *rows: str) -> Sentence:
    """Return the parsed sentence: a row for each token, 'UPOS head deprel [feats]'."""
    lines = []
    for number, (token, row) in enumerate(zip(Sentence.plain(text, "en").tokens, rows, strict=True), 1):
        upos, head, deprel, *feats = row.split()
        columns = (number, token.text, token.text.lower(), upos, "_", *(feats or "_"), head, deprel, "_", "_")
        lines.append("\t".join(map(str, columns)))
    (sentence,) = passage(text, "en", "\n".join(lines) + "\n\n").sentences
    assert sentence.parsed
    return sentence


GIVE = tree(
    "The boy gave the dog a bone.",
    "DET 2 det", "NOUN 3 nsubj", "VERB 0 root", "DET 5 det", "NOUN 3 iobj", "DET 7 det", "NOUN 3 obj",
    "PUNCT 3 punct",
)  # fmt: skip
SAID = tree(
    "She said that he had not seen the film, because he slept.",
    "PRON 2 nsubj Case=Nom", "VERB 0 root", "SCONJ 7 mark", "PRON 7 nsubj Case=Nom", "AUX 7 aux",
    "PART 7 advmod Polarity=Neg", "VERB 2 ccomp", "DET 9 det", "NOUN 7 obj", "PUNCT 13 punct",
    "SCONJ 13 mark", "PRON 13 nsubj Case=Nom", "VERB 2 advcl", "PUNCT 2 punct",
)  # fmt: skip


def scrambles(sentence: Sentence, count: int = 200) -> set[str]:
    return {Scramble().rewrite(sentence, random.Random(seed), 1.0).text for seed in range(count)}


@given(messy, languages, seeds, intensities, st.sampled_from([Reverse(), Shuffle(), Shuffle(2), Shuffle(3)]))
def test_every_word_is_kept(text, language, seed, intensity, perturbation):
    sentence = Sentence.plain(text, language)
    rewrite = perturbation.rewrite(sentence, random.Random(seed), intensity)
    assert kept_words(rewrite) == words(sentence)
    assert bool(rewrite.text.strip()) == bool(text.strip())


@given(st.lists(st.sampled_from("abcdefg"), min_size=2, max_size=12), seeds, st.sampled_from([1, 2, 3]))
def test_no_word_keeps_its_place_in_a_full_shuffle(letters, seed, size):
    sentence = Sentence.plain(" ".join(letters) + ".", "en")
    rewrite = Shuffle(size).rewrite(sentence, random.Random(seed), 1.0)
    if len(letters) <= size:
        assert not rewrite.eligible
    else:
        assert all(piece.source != slot for slot, piece in enumerate(rewrite.pieces[:-1]))


@given(st.integers(2, 20), seeds, st.sampled_from([2, 3]))
def test_the_order_inside_a_run_is_kept(count, seed, size):
    sentence = Sentence.plain(" ".join(f"w{number}" for number in range(count)), "en")
    order = [piece.source for piece in Shuffle(size).rewrite(sentence, random.Random(seed), 1.0).pieces]
    for start in range(0, count, size):
        run = list(range(start, min(start + size, count)))
        place = order.index(start)
        assert order[place : place + len(run)] == run


@given(st.integers(2, 40), seeds, st.floats(0.01, 1.0), st.floats(0.01, 1.0))
def test_more_intensity_moves_more_words(count, seed, one, other):
    sentence = Sentence.plain(" ".join(f"w{number}" for number in range(count)), "en")
    low, high = sorted((one, other))

    def displaced(intensity: float) -> int:
        pieces = Shuffle().rewrite(sentence, random.Random(seed), intensity).pieces
        return sum(piece.source != slot for slot, piece in enumerate(pieces))

    assert displaced(low) <= displaced(high)
    assert displaced(high) == max(2, int(high * count + 0.5))


def test_reverse_keeps_punctuation_in_its_place():
    sentence = Sentence.plain("The dog chased the cat, twice.", "en")
    assert Reverse().rewrite(sentence, random.Random(0), 1.0).text == "Twice cat the chased dog, the."


@pytest.mark.parametrize("text", ["", ".", "Yes.", "?!"])
def test_one_word_cannot_be_reordered(text):
    for perturbation in (Reverse(), Shuffle(), Shuffle(2)):
        rewrite = perturbation.rewrite(Sentence.plain(text, "en"), random.Random(0), 1.0)
        assert not rewrite.eligible
        assert rewrite.text == text


def test_scramble_permutes_phrases_and_the_head_and_splits_none():
    found = scrambles(GIVE)
    assert "Gave the dog a bone the boy." in found
    assert "The boy gave the dog a bone." not in found
    for text in found:
        assert all(phrase in text.lower() for phrase in ("the boy", "the dog", "a bone"))
        assert text[0].isupper()
        assert text.endswith(".")


def test_scramble_never_merely_exchanges_two_arguments():
    assert not {"A bone gave the boy the dog.", "The boy gave a bone the dog."} & scrambles(GIVE)
    plain = tree("Dogs chase cats.", "NOUN 2 nsubj", "VERB 0 root", "NOUN 2 obj", "PUNCT 2 punct")
    assert "Cats chase dogs." not in scrambles(plain)
    assert len(scrambles(plain)) == 4
    told = tree("He saw him.", "PRON 2 nsubj Case=Nom", "VERB 0 root", "PRON 2 obj Case=Acc", "PUNCT 2 punct")
    assert "Him saw he." in scrambles(told)


def test_scramble_keeps_function_words_where_they_work():
    for text in scrambles(SAID):
        folded = text.lower().replace(",", "").rstrip(".")
        assert "that " in folded
        assert "had not seen" in folded
        assert "the film" in folded
        assert "that he" in folded or "that had" in folded or "that the" in folded
        assert "because he slept" in folded or "because slept he" in folded


def test_a_comma_goes_with_the_clause_that_it_sets_off():
    for text in scrambles(SAID):
        assert ", because" in text or text.startswith(("Because he slept,", "Because slept he,"))
        assert text.count(",") <= 1
        assert ",." not in text


def test_relative_and_question_words_stay_in_front():
    sentence = tree(
        "Men who loved books wrote.",
        "NOUN 5 nsubj", "PRON 3 nsubj PronType=Rel", "VERB 1 acl:relcl", "NOUN 3 obj", "VERB 0 root",
        "PUNCT 5 punct",
    )  # fmt: skip
    assert scrambles(sentence) == {"Wrote men who books loved."}


def test_a_clause_that_nothing_introduces_stays():
    sentence = tree(
        "Mary said John slept.",
        "PROPN 2 nsubj", "VERB 0 root", "PROPN 4 nsubj", "VERB 2 ccomp", "PUNCT 2 punct",
    )  # fmt: skip
    assert scrambles(sentence) == {"Said Mary slept John."}


def test_quoted_words_stay_in_their_quotation():
    sentence = tree(
        "“He left” she said.",
        "PUNCT 3 punct", "PRON 3 nsubj", "VERB 6 parataxis", "PUNCT 3 punct", "PRON 6 nsubj", "VERB 0 root",
        "PUNCT 6 punct",
    )  # fmt: skip
    assert scrambles(sentence) == {"“Left he” said she."}


def test_coordinated_clauses_stay_in_sequence():
    sentence = tree(
        "We came and they left.",
        "PRON 2 nsubj", "VERB 0 root", "CCONJ 5 cc", "PRON 5 nsubj", "VERB 2 conj", "PUNCT 2 punct",
    )  # fmt: skip
    assert scrambles(sentence) == {"Came we and left they."}


def test_a_fragment_without_a_clause_is_not_eligible():
    sentence = tree("The old man.", "DET 3 det", "ADJ 3 amod", "NOUN 0 root", "PUNCT 3 punct")
    assert not Scramble().rewrite(sentence, random.Random(0), 1.0).eligible


CLAUSAL = ("nsubj", "obj", "obl", "advmod", "advcl", "ccomp", "xcomp", "acl:relcl", "conj", "parataxis")
RELATIONS = st.sampled_from([*CLAUSAL, "mark", "aux", "cop", "case", "det", "cc", "punct", "nmod", "amod"])
TAGS = st.sampled_from(["NOUN", "VERB", "ADJ", "PRON", "ADP", "AUX", "PART", "PUNCT", "SCONJ"])
FORMS = st.sampled_from(["ab", "cd", "Ef", ",", "„", "“", "(", ")", ".", "au"])


@st.composite
def trees(draw) -> tuple[str, str]:
    forms = draw(st.lists(FORMS, min_size=1, max_size=14))
    order = draw(st.permutations(range(len(forms))))
    heads = [0] * len(forms)
    for place, node in enumerate(order[1:], 1):
        heads[node] = order[draw(st.integers(0, place - 1))] + 1
    lines = [
        f"{number}\t{form}\t_\t{draw(TAGS)}\t_\t_\t{head}\t{draw(RELATIONS) if head else 'root'}\t_\t_"
        for number, (form, head) in enumerate(zip(forms, heads, strict=True), 1)
    ]
    return " ".join(forms), "\n".join(lines) + "\n\n"


@given(trees(), seeds, intensities)
def test_scramble_keeps_every_word_of_any_tree(parsed, seed, intensity):
    text, conllu = parsed
    for sentence in passage(text, "de", conllu).sentences:
        assert sentence.parsed
        rewrite = Scramble().rewrite(sentence, random.Random(seed), intensity)
        assert kept_words(rewrite) == words(sentence)
        if max(words(sentence).values(), default=0) == 1:
            assert rewrite.touched == rewrite.eligible
        lost = [sentence.tokens[index].text for index, place in enumerate(rewrite.tokens) if place is None]
        assert set(lost) <= {","}


@given(trees(), seeds)
def test_scramble_leaves_the_words_of_every_phrase_together(parsed, seed):
    text, conllu = parsed
    for sentence in passage(text, "de", conllu).sentences:
        rewrite = Scramble().rewrite(sentence, random.Random(seed), 1.0)
        order = [piece.source for piece in rewrite.pieces if piece.source in sentence.words]
        place = {source: slot for slot, source in enumerate(order)}
        rank = {source: slot for slot, source in enumerate(sentence.words)}
        for top in sentence.words:
            phrase = [index for index in sentence.subtree(top) if index in rank]
            together = max(map(rank.get, phrase)) - min(map(rank.get, phrase)) + 1 == len(phrase)
            if together:
                assert max(map(place.get, phrase)) - min(map(place.get, phrase)) + 1 == len(phrase)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize("perturbation", [Reverse(), Shuffle(3), Scramble()], ids=lambda each: each.name)
def test_hostile_texts_are_never_lost(perturbation, text):
    for language in ("en", "zh", "th"):
        found = disturb(
            perturbation, text, language=language, example_id="1", column="text", seed=0, intensity=1.0
        )
        assert bool(found.text.strip()) == bool(text.strip())
        assert len(found.text) <= len(text) + len(text.split())


def test_a_relative_clause_before_its_noun_keeps_its_verb_beside_it():
    sentence = tree(
        "Kitap okuyan çocuk uyudu.",
        "NOUN 2 obj", "VERB 3 acl", "NOUN 4 nsubj", "VERB 0 root", "PUNCT 4 punct",
    )  # fmt: skip
    assert scrambles(sentence) == {"Uyudu kitap okuyan çocuk."}


def test_conjunctions_never_meet():
    sentence = tree(
        "He left because she knew that it rained.",
        "PRON 2 nsubj Case=Nom", "VERB 0 root", "SCONJ 5 mark", "PRON 5 nsubj Case=Nom", "VERB 2 advcl",
        "SCONJ 8 mark", "PRON 8 nsubj", "VERB 5 ccomp", "PUNCT 2 punct",
    )  # fmt: skip
    assert not any("because that" in text.lower() for text in scrambles(sentence))
