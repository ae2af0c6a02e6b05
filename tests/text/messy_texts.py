"""Texts that break text code, for many tests."""

from __future__ import annotations

from hypothesis import strategies as st

LANGUAGES = (
    "ar",
    "bg",
    "de",
    "el",
    "en",
    "es",
    "fr",
    "hi",
    "ja",
    "km",
    "my",
    "ru",
    "sw",
    "th",
    "tr",
    "ur",
    "vi",
    "zh",
)

_CHARACTERS = (
    "abcdeéIİıßñæ АбвгΣςά אבגَُא اردو नमस्ते हिन्दी ไทยภาษาก็ 中文字漢 ひらカナー 한국 မြန်မာ ខ្មែរ"
    "0123٣४ .,;:!?…'’\"“”„«»()[]-–—/&@_%$€+"
    "。，！？、।؟،\u0301\u0308\u0600\u200b\u200c\u200d\u200e\u200f\u202e\u2066\ufeff\ufe0f\u20e3\U0001f3fb👩👨🏽❤🇩🇪🇯"
    "\t\n\r\x0b\x0c\x85\u00a0\u2003\u2028\u3000\x00\x07\x1c"
)
messy = st.text(alphabet=st.one_of(st.sampled_from(_CHARACTERS), st.characters(codec="utf-8")), max_size=60)
languages = st.sampled_from(LANGUAGES)

HOSTILE = {
    "one letter": "a",
    "one sign": ".",
    "only signs": "?!... --- «»",
    "only whitespace": " \t\u00a0 \u3000",
    "right to left with marks": "\u200fهَذَا\u200f ، \u202bكِتَابٌ\u202c جَدِيدٌ.",
    "combining marks first": "\u0301\u0308abc de\u0301f \u0301 g\u0323\u0307h",
    "emoji": "I 👩‍👩‍👧‍👦 love 🇩🇪🇯🇵 1️⃣ ❤️🧑🏽‍💻s!",
    "zero width": "a\u200bb\u200cc \u200b \ufeffd\u2060e",
    "control": "a\x00b \x07c\x1cd\x1f e\x85f",
    "line breaks": "\n\nOne.\r\nTwo three.\u2028Four five\n",
    "Zalgo": "Z̷̡̛͓͐a̶͎̿l̵̰͋g̸͙̈́o̴͚͝ t̷̨̛e̸͈͑x̶̯̚t",
    "Devanagari": "क्षत्रिय ज्ञान श्री नमस्ते दुनिया।",
    "no vowels apart": "กรุงเทพมหานครอมรรัตนโกสินทร์",
    "one long word": "a" * 3000,
    "many short words": "ab cd, " * 1000,
    "capitals": "NASA SAID NO TO McDonald's iPhone.",
}
