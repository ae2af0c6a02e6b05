"""Trees are laid over the text exactly, or not at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.text import passage


def tree(*rows: str) -> str:
    """Write CoNLL-U from rows of 'id form upos head deprel [feats]'; lemma is the form in small letters."""
    lines = []
    for row in rows:
        name, form, *rest = row.split(" ")
        form = form.replace("_", " ")
        if not rest:
            lines.append("\t".join((name, form, *"________")))
            continue
        upos, head, deprel, *feats = rest
        lines.append(
            "\t".join((name, form, form.lower(), upos, "_", *(feats or "_"), head, deprel, "_", "_"))
        )
    return "\n".join(lines) + "\n\n"


IM_HAUS = tree(
    "1 Er PRON 2 nsubj", "2 schläft VERB 0 root", "3-4 im", "3 in ADP 5 case", "4 dem DET 5 det",
    "5 Haus NOUN 2 obl", "6 . PUNCT 2 punct",
)  # fmt: skip


def test_a_contraction_is_one_token_with_its_words():
    (sentence,) = passage("Er schläft  im Haus.", "de", IM_HAUS).sentences
    assert [token.text for token in sentence.tokens] == ["Er", "schläft", "im", "Haus", "."]
    contraction = sentence.tokens[2]
    assert [word.form for word in contraction.words] == ["in", "dem"]
    assert sentence.head(2) == 3
    assert sentence.subtree(3) == (2, 3)
    assert sentence.children(1) == (0, 3, 4)
    assert sentence.head(1) == -1


def test_clitics_that_the_parser_cuts_off_stay_with_their_host():
    conllu = tree("1 J' PRON 3 nsubj", "2 ai AUX 3 aux", "3 fini VERB 0 root", "4 . PUNCT 3 punct")
    (sentence,) = passage("J'ai fini.", "fr", conllu).sentences
    assert [token.text for token in sentence.tokens] == ["J'ai", "fini", "."]
    assert sentence.head(0) == 1


def test_a_word_with_a_space_is_one_token():
    conllu = tree("1 phân_tích VERB 0 root", "2 số_liệu NOUN 1 obj")
    (sentence,) = passage("phân tích  số\u00a0liệu", "vi", conllu).sentences
    assert [token.text for token in sentence.tokens] == ["phân tích", "số\u00a0liệu"]


def test_the_tree_of_a_contraction_has_no_cycle():
    # The first word of 'ab' hangs on x, which hangs on its second word.
    conllu = tree("1-2 ab", "1 a ADP 3 case", "2 b VERB 0 root", "3 x NOUN 2 obl")
    (sentence,) = passage("ab x", "de", conllu).sentences
    assert (sentence.head(0), sentence.head(1)) == (-1, 0)


def test_final_stops_and_commas_stuck_to_a_word_are_taken_off():
    conllu = tree("1 ہیں، VERB 0 root", "2 ہیں. VERB 1 conj")
    (sentence,) = passage("ہیں، ہیں.", "ur", conllu).sentences
    assert [token.text for token in sentence.tokens] == ["ہیں", "،", "ہیں", "."]


def test_several_sentences_and_line_breaks():
    conllu = tree("1 Go VERB 0 root", "2 . PUNCT 1 punct") + tree("1 Stop VERB 0 root", "2 ! PUNCT 1 punct")
    found = passage("  Go.\n\nStop!\n", "en", conllu)
    assert [sentence.text for sentence in found.sentences] == ["Go.", "Stop!"]
    assert [sentence.offset for sentence in found.sentences] == [2, 7]
    assert found.gaps == ("  ", "\n\n", "\n")


def test_comments_empty_nodes_and_normalised_forms_are_no_hindrance():
    conllu = "# text = x\n" + tree("1 Café NOUN 0 root", "1.1 e VERB _ _", "2 ﬁn NOUN 1 nmod")
    found = passage("Cafe\u0301\u200b fin", "fr", conllu)
    assert found.unparsed is None
    assert [token.text for token in found.sentences[0].tokens] == ["Cafe\u0301\u200b", "fin"]


@pytest.mark.parametrize(
    ("conllu", "reason"),
    [
        ("", "no words"),
        ("not a tree", "not a line of CoNLL-U"),
        (tree("1 Other NOUN 0 root"), "'Other' is not in the text"),
        (tree("1 One NUM 2 x", "2 two NUM 1 y"), "cycle"),
        (tree("1 One NUM 7 x"), "does not hold"),
        (tree("2 One NUM 0 x"), "numbered"),
        (tree("1 One NUM _ x"), "not a line"),
    ],
)
def test_a_parse_that_does_not_fit_is_not_used_and_says_why(conllu, reason):
    found = passage("One two.", "en", conllu)
    assert found.unparsed is not None
    assert reason in found.unparsed
    (sentence,) = found.sentences
    assert not sentence.parsed
    with pytest.raises(ValueError, match=reason):
        sentence.head(0)


@given(st.text(max_size=200), st.text(max_size=30))
def test_no_string_whatever_breaks_the_reader(conllu, text):
    found = passage(text, "en", conllu)
    rebuilt = "".join(
        gap + sentence
        for gap, sentence in zip(found.gaps, [*(each.text for each in found.sentences), ""], strict=True)
    )
    assert rebuilt == text


def test_signs_that_the_parser_dropped_hang_on_a_neighbour():
    conllu = tree("1 Go VERB 0 root", "2 home ADV 1 advmod")
    (sentence,) = passage("* Go home *", "en", conllu).sentences
    assert [sentence.head(index) for index in range(4)] == [1, -1, 1, 2]


def test_chinese_words_of_the_parser_are_tokens():
    # A segmenter takes 不同于 for one piece.
    conllu = tree("1 不同 VERB 0 root", "2 于 ADP 4 case", "3 其他 DET 4 det", "4 人 NOUN 1 obl")
    (sentence,) = passage("不同于其他人", "zh", conllu).sentences
    assert [token.text for token in sentence.tokens] == ["不同", "于", "其他", "人"]


def test_a_parser_that_cuts_a_thai_letter_from_its_marks_does_not_tear_it():
    conllu = tree("1 น VERB 0 root", "2 ้ำ NOUN 1 obj", "3 ดี ADV 1 advmod")
    (sentence,) = passage("น้ำดี", "th", conllu).sentences
    assert [token.text for token in sentence.tokens] == ["น้ำ", "ดี"]


def test_japanese_words_of_the_parser_are_tokens():
    conllu = tree(
        "1 昨日 NOUN 5 obl",
        "2 学校 NOUN 5 obl",
        "3 で ADP 2 case",
        "4 先生 NOUN 5 nsubj",
        "5 会う VERB 0 root",
    )
    (sentence,) = passage("昨日学校で先生会う", "ja", conllu).sentences
    assert [token.text for token in sentence.tokens] == ["昨日", "学校", "で", "先生", "会う"]
