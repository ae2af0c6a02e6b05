"""Chinese typed in pinyin: what is taken for what, and what stays as it is."""

from __future__ import annotations

from random import Random

import pytest
import regex
from harness_plugins.perturbations import pinyin
from harness_plugins.perturbations.pinyin import Pinyin
from hypothesis import given, settings
from hypothesis import strategies as st
from messy_texts import HOSTILE, messy

from harness.text import Sentence, disturb

PINYIN = Pinyin()


def made(text: str, language: str = "zh", tries: int = 60) -> set[str]:
    sentence = Sentence.plain(text, language)
    return {PINYIN.rewrite(sentence, Random(seed), 0.1).text for seed in range(tries)}


@pytest.mark.parametrize(
    ("text", "among"),
    [
        ("再", {"在", "栽", "早", "寨"}),  # the same sound, a wrong key, zh for z
        ("老师", {"老实", "考试", "闹事"}),  # the same, k for l, n for l
        ("经济", {"竞技", "应急", "紧急"}),  # the same, y for j, jin for jing
        ("的", {"地", "得"}),
        ("安装", {"按装"}),  # no other word of this pinyin: another character
        ("头发", {"投发"}),
    ],
)
def test_words_are_taken_for_what_an_input_method_offers(text, among):
    assert among <= made(text)


def test_the_example():
    assert "他再银行工作。" in made("他在银行工作。", tries=300)


def test_syllables_that_no_character_has_are_not_typed():
    for word in ("老师", "经济", "他们"):
        for new in made(word):
            assert pinyin._read(new[0])[0] in pinyin._dictionary().syllables


@pytest.mark.parametrize("text", ["雖然頭髮", "這個計劃", "經濟"])
def test_traditional_characters_stay_traditional(text):
    for new in made(text):
        assert pinyin._converted(new, "t2s") != new or len(set(new) & set(text)) < len(text)
        assert not set(new) & set("虽头发这个计划经济讲记进惊紧应铭级价时")


def test_the_script_is_that_of_the_sentence():
    # 公 and 工 are the same in both; 攻 too, 恭 too, but what comes of 后 is not.
    assert pinyin._standard(Sentence.plain("他头发长。", "zh")) == "s"
    assert pinyin._standard(Sentence.plain("他頭髮長。", "zh")) == "s2tw"
    assert pinyin._standard(Sentence.plain("他頭髮長。", "zh-HK")) == "s2hk"
    assert pinyin._standard(Sentence.plain("公工", "zh")) == "s"


@given(messy | st.text(alphabet="他在银行工作頭髮，。 A1", max_size=30), st.integers(0, 99))
@settings(deadline=None)
def test_characters_stay_as_many_and_what_is_not_chinese_stays(text, seed):
    sentence = Sentence.plain(text, "zh")
    new = PINYIN.rewrite(sentence, Random(seed), 1.0).text
    assert len(new) == len(text)
    for old, other in zip(text, new, strict=True):
        assert old == other or (regex.match(r"\p{Han}", old) and regex.match(r"\p{Han}", other))


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_texts_are_never_lost(text):
    found = disturb(PINYIN, text, language="zh", example_id="1", column="text", seed=0, intensity=1.0)
    assert bool(found.text.strip()) == bool(text.strip())


@given(st.integers(0, 999))
@settings(max_examples=30, deadline=None)
def test_a_higher_intensity_goes_on_where_a_lower_one_stopped(seed):
    sentence = Sentence.plain(
        "昨天晚上我们一起去看了一场很有意思的电影，如果明天下雨，会议就在室内举行。", "zh"
    )
    changed: set[int] = set()
    for intensity in (0.1, 0.3, 0.6, 1.0):
        rewrite = PINYIN.rewrite(sentence, Random(seed), intensity)
        now = {index for index, mark in enumerate(rewrite.marks) if mark == "altered"}
        assert changed <= now
        changed = now


def test_it_serves_chinese_and_says_what_is_missing(monkeypatch):
    assert PINYIN.unserved("zh") is None
    assert PINYIN.unserved("zh-Hant") is None
    assert "de" in PINYIN.unserved("de")
    monkeypatch.setattr(pinyin, "_version", lambda name: None if name == "jieba" else "1")
    assert "transfer-harness[zh]" in PINYIN.unserved("zh")
    assert "jieba" in PINYIN.unserved("zh")
