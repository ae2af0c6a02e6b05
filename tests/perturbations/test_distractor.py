"""Distracting sentences: like the question, from elsewhere, never with an answer in them."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from harness_plugins.perturbations.distractor import Distractor, Index, holds, plain
from harness_plugins.perturbations.statements import languages, sentences, stands_alone
from hypothesis import given
from hypothesis import strategies as st
from messy_texts import HOSTILE

from harness.formats import format_named
from harness.perturbation import Rows
from harness.text import disturb_table

PLACES = ("last", "first", "random")
CONTEXTS = {
    "en": [
        "The red bridge was built in 1890 by Anna Bell. Boats pass below the bridge every day.",
        "The green tower was built in 1912 by John Carr. He also built the small tower near the river.",
        "A wooden bridge was built over the lake in spring. Its colour is not known to anybody.",
        "The old school was built by the people of the village. The teachers of the village came in 1890.",
    ],
    "de": [
        "Die rote Brücke wurde 1890 von Anna Bell gebaut. Boote fahren jeden Tag unter der Brücke durch.",
        "Der grüne Turm wurde 1912 von John Carr gebaut. Er baute auch den kleinen Turm am Fluss.",
        "Eine Brücke aus Holz wurde im Frühling über den See gebaut. Ihre Farbe kennt heute niemand.",
    ],
    "zh": [
        "红色的大桥由安娜在一八九零年建成。每天都有许多船只从大桥下面经过。",
        "绿色的高塔由约翰在一九一二年建成。他还在河边建造了一座小塔给村民。",
        "木制的小桥由村民在春天的时候建成。村民的学校在很久以前就已经建成了。",
    ],
    "ru": [
        "Красный мост построила Анна Белл в 1890 году. Под мостом каждый день проходят лодки.",
        "Зелёную башню построил Джон Карр в 1912 году. Он построил также малую башню у реки.",
        "Деревянный мост построили через озеро весной того года. Его цвет никому не известен.",
    ],
    "ar": [
        "بنت آنا بيل الجسر الأحمر في عام 1890 م. تمر القوارب تحت الجسر كل يوم.",
        "الجسر الأحمر في البلدة الثانية جسر قديم جدا. هو الذي بنى البرج الصغير قرب النهر.",
        "بنى أهل القرية جسرا من الخشب فوق البحيرة. هذا اللون لا يعرفه أحد من الناس.",
    ],
    "tr": [
        "Kırmızı köprü, 1890 yılında Anna Bell tarafından yapıldı. Tekneler her gün köprünün altından geçer.",
        "Yeşil köprü, 1912 yılında John Carr tarafından yapıldı. Nehrin yanındaki küçük kuleyi de o yaptı.",
        "Büyük köprü, bahar aylarında gölün üzerine yapıldı. Bu köprünün rengini kimse bilmiyor.",
    ],
    "te": [
        "ఎర్ర భవనం 1890లో అన్నా బెల్ చేత నిర్మించబడింది. పడవలు ప్రతి రోజు వంతెన కింద నుండి వెళ్తాయి.",
        "ఆకుపచ్చ భవనం 1912లో జాన్ కార్ చేత నిర్మించబడింది. నది పక్కన చిన్న భవనాన్ని కూడా నిర్మించాడు.",
        "ఎర్ర దేవాలయం 1890లో గ్రామ ప్రజల చేత నిర్మించబడింది. దాని రంగు ఎవరికీ తెలియదు.",
    ],
    "th": [
        "สะพานสีแดงถูกสร้างขึ้นโดย แอนนา เบลล์ ในปี 1890 เรือแล่นผ่านใต้สะพานทุกวัน",
        "อาคารสีเขียวใกล้สะพานสีแดงถูกสร้างขึ้นโดยจอห์น คาร์ โดยใช้เวลาสองปี เขายังสร้างอาคารเล็กข้างแม่น้ำอีกด้วย",
        "สะพานไม้ข้ามทะเลสาบถูกสร้างขึ้นในฤดูใบไม้ผลิ  สะพานนี้ไม่มีใครรู้ว่ามีสีอะไรมาก่อน",
    ],
}
ASKED = {
    "en": ("Who built the red bridge?", "Anna Bell"),
    "de": ("Wer hat die rote Brücke gebaut?", "Anna Bell"),
    "zh": ("红色的大桥由谁建成？", "安娜"),
    "ru": ("Кто построил красный мост?", "Анна Белл"),
    "ar": ("من بنى الجسر الأحمر؟", "آنا بيل"),
    "tr": ("Kırmızı köprü kim tarafından yapıldı?", "Anna Bell"),
    "te": ("ఎర్ర భవనం ఎవరి చేత నిర్మించబడింది?", "అన్నా బెల్"),
    "th": ("ใครสร้างสะพานสีแดง", "แอนนา เบลล์"),
}


def table(language, contexts=None, answer=None):
    contexts = contexts or CONTEXTS[language]
    question, first = ASKED[language]
    answer = answer or first
    rows = len(contexts)
    start = contexts[0].find(answer)
    return pa.table(
        {
            "id": [str(number) for number in range(rows)],
            "context": contexts,
            "question": [question] * rows,
            "answers": pa.array([[answer]] + [[]] * (rows - 1), pa.list_(pa.string())),
            "answer_starts": pa.array([[start]] + [[]] * (rows - 1), pa.list_(pa.int32())),
        }
    )


def disturbed(place, language, seed=0, intensity=1.0, **more):
    found = disturb_table(
        Distractor(place),
        table(language, **more),
        ["context"],
        language=language,
        seed=seed,
        intensity=intensity,
        shape=format_named("span-extraction"),
    )
    return found.to_pylist()


@pytest.mark.parametrize("language", CONTEXTS)
@pytest.mark.parametrize("place", PLACES)
def test_answers_lie_at_their_starts_and_the_own_text_stays(language, place):
    _, answer = ASKED[language]
    for seed in range(10):
        row, *others = disturbed(place, language, seed)
        assert row["touched"]
        (start,) = row["answer_starts"]
        assert row["context"][start : start + len(answer)] == answer
        assert plain(row["context"]).count(plain(answer)) == 1
        assert len(row["context"]) > len(CONTEXTS[language][0])
        assert [each["touched"] for each in others] == [False] * len(others)


@pytest.mark.parametrize(
    ("place", "expected"),
    [("first", "{new} {old}"), ("last", "{old} {new}")],
)
def test_the_sentence_stands_where_the_name_says(place, expected):
    (row, *_) = disturbed(place, "en")
    old = CONTEXTS["en"][0]
    new = row["context"].replace(old, "").strip()
    assert row["context"] == expected.format(old=old, new=new)
    assert any(new in each for each in CONTEXTS["en"][1:])


def test_a_sentence_that_points_back_is_not_taken():
    index = Index.of(CONTEXTS["en"], [ASKED["en"][0]], "en")
    assert "He also built the small tower near the river." not in index.sentences
    assert "Its colour is not known to anybody." not in index.sentences
    assert len(index.sentences) == 6


def test_the_most_similar_sentence_comes_first():
    index = Index.of(CONTEXTS["en"], [], "en")
    best = index.best("Who built the green tower in 1912?", CONTEXTS["en"][0], ["John Smith"])
    assert best[0] == "The green tower was built in 1912 by John Carr."


def test_questions_without_an_answer_and_rows_without_another_paragraph_are_left_alone():
    (row,) = disturbed("last", "en", contexts=CONTEXTS["en"][:1])
    assert not row["touched"]
    assert not row["eligible"]
    assert not disturbed("last", "en")[1]["eligible"]


def test_the_order_of_rows_and_their_number_at_a_time_change_nothing():
    made = table("en")
    rows = made.to_pylist()
    found = [Distractor("random").edit(rows[0], Rows("en", made.to_pydict()), random.Random(7), 1.0)] * 2
    shared = Rows("en", made.to_pydict())
    for row in rows[::-1]:
        last = Distractor("random").edit(row, shared, random.Random(7), 1.0)
    assert found == [last] * 2


@given(st.integers(0, 2**32), st.floats(0.01, 1), st.floats(0.01, 1))
def test_what_a_lower_intensity_changes_a_higher_one_changes_as_well(seed, one, other):
    low, high = (disturbed("random", "en", seed, each)[0] for each in sorted((one, other)))
    assert not low["touched"] or low == high


VOCABULARY = ["Red", "blue", "towers", "were", "built", "near", "the", "bridge", "in", "1890", "by", "Anna"]
words = st.lists(st.sampled_from(VOCABULARY), min_size=3)
made_sentences = words.map(lambda each: " ".join(each).capitalize() + ".")


@given(
    st.lists(st.lists(made_sentences, min_size=1, max_size=4).map(" ".join), min_size=1, max_size=5),
    st.sampled_from(["red", "1890", "Anna", "in 1890", "the bridge in 1890", "a", "Towers were."]),
    st.sampled_from(PLACES),
    st.integers(0, 99),
)
def test_no_distractor_holds_an_answer_or_stands_in_the_paragraph(contexts, answer, place, seed):
    question = "Who built red towers near the bridge in 1890?"
    rows = Rows(
        "en", {"id": list(map(str, range(len(contexts)))), "context": contexts, "question": [question]}
    )
    row = {"id": "0", "context": contexts[0], "question": question, "answers": [answer], "answer_starts": [0]}
    found = Distractor(place).edit(row, rows, random.Random(seed), 1.0)
    if not found:
        return
    new, shift = found["context"], found["answer_starts"][0]
    index = rows.found["distractor"]
    taken = [each for each in index.sentences if each in new and plain(each) not in plain(contexts[0])]
    assert taken
    assert all(not holds(plain(each), [plain(answer)]) for each in taken)
    size = len(new) - len(contexts[0])
    assert shift in (0, size)


def test_an_answer_written_in_other_letters_is_seen_too():
    assert holds(plain("It was built by ÁNNA-Bell."), [plain("Anna Bell")])
    assert holds(plain("في عام ١٨٩٠"), [plain("1890")])
    assert holds(plain("كِتَابٌ"), [plain("كتاب")])
    assert holds(plain("Anna"), [plain("Anna Bell")])
    assert not holds(plain("Hanna came."), [plain("Bell")])


@pytest.mark.parametrize(
    ("language", "sentence", "alone"),
    [
        ("en", "The green tower was built in 1912.", True),
        ("en", "In 1912 he built the green tower.", False),
        ("en", "was built in the year 1912.", False),
        ("en", "The tower (built in 1912 was green.", False),
        ("en", "Was the green tower built in 1912?", False),
        ("de", "Der grüne Turm wurde 1912 gebaut.", True),
        ("de", "Dieser grüne Turm wurde 1912 gebaut.", False),
        ("es", "La torre verde se construyó en 1912.", True),
        ("es", "Construyó la torre verde en 1912.", False),
        ("el", "Ο πράσινος πύργος χτίστηκε το 1912.", True),
        ("el", "Το 1912 έχτισε τον πράσινο πύργο.", False),
        ("ro", "Turnul verde a fost construit târziu.", True),
        ("ro", "A construit turnul verde în 1912.", False),
        ("bg", "Зелената кула е построена през 1912.", True),
        ("bg", "Построил зелената кула през 1912 година.", False),
        ("ar", "البرج الأخضر بني في عام 1912.", True),
        ("ar", "يقع البرج الأخضر في وسط المدينة.", True),
        ("ar", "ولد في المدينة الكبيرة عام 1912.", False),
        ("ru", "Зелёную башню построил Джон в 1912.", True),
        ("ru", "Он построил зелёную башню в 1912.", False),
        ("sw", "Mnara wa kijani ulijengwa mwaka 1912.", True),
        ("sw", "Alijenga mnara wa kijani mwaka 1912.", False),
        ("ko", "초록색 고층탑은 천구백십이년에 처음으로 지어졌다.", True),
        ("ko", "도시에서 가장 높은 탑을 처음으로 지었다.", False),
        ("zh", "绿色的高塔在一九一二年由约翰建成。", True),
        ("zh", "他在一九一二年建成了绿色的高塔。", False),
        ("hi", "हरा बुर्ज 1912 में बना था।", True),
        ("hi", "उसने 1912 में हरा बुर्ज बनाया।", False),
        ("tr", "Yeşil köprü, 1912 yılında John tarafından yapıldı.", True),
        ("tr", "Şehrin nüfusu 1912 yılında hızla arttı.", True),
        ("tr", "1912 yılında yeşil kuleyi yeniden yaptı.", False),
        ("tr", "Bir yıl sonra şehirdeki kuleyi yaptı.", False),
        ("te", "రాముడు 1912లో పెద్ద భవనాన్ని నిర్మించాడు.", True),
        ("te", "అనేక దేవాలయాలు ఇప్పటికీ పాత నగరంలో ఉన్నాయి.", True),
        ("te", "1912లో నగరంలో ఆకుపచ్చ భవనాన్ని నిర్మించాడు.", False),
        ("te", "పెద్ద పుస్తకం గత ఏడాది నగరంలో రాశాడు.", False),
        ("te", "ఈ భవనం 1912లో నగరంలో నిర్మించబడింది.", False),
        ("th", "อาคารสีเขียวถูกสร้างขึ้นในปี 1912 ใกล้แม่น้ำ", True),
        ("th", "อาคารหลังนี้ถูกสร้างขึ้นในปี 1912 ใกล้แม่น้ำ", False),
        ("th", "เขาได้สร้างอาคารสีเขียวขึ้นในปี 1912", False),
    ],
)
def test_a_sentence_stands_alone_if_it_names_its_subject(language, sentence, alone):
    assert stands_alone(sentence, language) is alone


def test_languages_whose_sentences_cannot_be_judged_are_unserved():
    assert "stand alone" in (Distractor("last").unserved("ja") or "")
    xquad, tydiqa = "ar de el en es hi ro ru th tr vi zh", "ar bn en fi id ko ru sw te"
    assert {*xquad.split(), *tydiqa.split()} <= set(languages())
    assert Distractor("first").unserved("zh-Hant") is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # a conjunction ends a statement, a noun begins one
        (
            "ประเทศไทยมีภูเขาหลายลูก แต่แม่น้ำมีน้อย การเดินทางเป็นเรื่องง่าย",
            ["ประเทศไทยมีภูเขาหลายลูก", "การเดินทางเป็นเรื่องง่าย"],
        ),
        # a preposition or a numeral before the space goes on behind it
        ("เมืองเก่าเป็นที่ตั้งของ โรงเรียนใหญ่", ["เมืองเก่าเป็นที่ตั้งของ โรงเรียนใหญ่"]),
        ("เมืองมีผู้ใหญ่ 40 คนและมีครูสอง คน", ["เมืองมีผู้ใหญ่ 40 คนและมีครูสอง คน"]),
        # no verb before the relative clause: no statement
        ("ครูที่ถูกส่งไปเมืองเก่า", []),
        ("เมืองเก่าเป็นเมืองใหญ่  แม่น้ำมีน้อย", ["เมืองเก่าเป็นเมืองใหญ่", "แม่น้ำมีน้อย"]),
        ("", []),
        (" ", []),
    ],
)
def test_thai_is_cut_at_pauses_that_end_a_statement(text, expected):
    assert [text[start:end] for start, end in sentences(text, "th")] == expected


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize("place", PLACES)
def test_hostile_contexts_stay_whole(text, place):
    for language in ("en", "zh", "ar", "te", "th"):
        contexts = [text, *CONTEXTS[language]]
        rows = Rows(
            language, {"id": list(range(9)), "context": contexts, "question": [text, ASKED[language][0]]}
        )
        answer = text.strip()[:3]
        row = {"context": text, "question": ASKED[language][0], "answers": [answer]}
        row["answer_starts"] = [text.find(answer)]
        found = Distractor(place).edit(row, rows, random.Random(0), 1.0)
        if found:
            (start,) = found["answer_starts"]
            assert found["context"][start : start + len(answer)] == answer
            assert len(found["context"]) > len(text)


@pytest.mark.realdata
@pytest.mark.parametrize("language", ["ar", "de", "el", "en", "es", "hi", "ru", "th", "tr", "vi", "zh"])
def test_real_questions_get_whole_sentences_without_their_answers(language):
    folder = Path(os.environ["HARNESS_REALDATA"]) / "hub/datasets/google/xtreme" / f"XQuAD.{language}"
    real = pq.read_table(next(folder.glob("*.parquet")))
    answers = real["answers"].to_pylist()
    texts, starts = ([each[name] for each in answers] for name in ("text", "answer_start"))
    made = real.select(["id", "context", "question"])
    made = made.append_column("answers", pa.array(texts)).append_column("answer_starts", pa.array(starts))
    found = disturb_table(
        Distractor("random"), made, ["context"], language=language, seed=0, intensity=1.0,
        shape=format_named("span-extraction"),
    )  # fmt: skip
    assert sum(found["touched"].to_pylist()) > 0.9 * len(found)
    for old, new in zip(made.to_pylist(), found.to_pylist(), strict=True):
        for answer, start, before in zip(
            old["answers"], new["answer_starts"], old["answer_starts"], strict=True
        ):
            assert (
                new["context"][start : start + len(answer)] == old["context"][before : before + len(answer)]
            )
            assert plain(new["context"]).count(plain(answer)) == plain(old["context"]).count(plain(answer))
