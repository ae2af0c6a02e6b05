"""Closed-class words that treebanks do not mark as what they are."""

from __future__ import annotations

import regex

# Weak pronouns that lean on the verb.
CLITICS = {
    "fr": "je j' tu il elle on nous vous ils elles me m' te t' se s' le la l' les lui leur y en ce c'",
    "es": "me te se nos os lo la los las le les",
    "it": "mi ti si ci vi lo la li le gli ne",
    "pt": "me te se nos vos o a os as lhe lhes",
    "bg": "ме те го я ни ви ги ми ти му ѝ й им се си",
    "el": "με σε τον την το μας σας τους τις τα μου σου του της",
}
# Relative and interrogative words where treebanks do not mark them by PronType.
FRONTED = {
    "ru": regex.compile(r"котор\w+|кто|кого|кому|кем|ком|что|чего|чему|чем|чём|чей|чья|чьё|чьи|где|куда|"
                        r"откуда|когда|почему|зачем|как|как(?:ой|ая|ое|ие|ого|ую|им|их|ими)|сколько"),
    "bg": regex.compile(r"къде|кога|защо|как|какво|кой\w*|коя\w*|кое\w*|кои\w*|когато|където|както"),
    "el": regex.compile(r"που|πού|πώς|πως|πότε|γιατί|όταν|όπου|όπως|τι|ποι\w+|όποι\w+"),
    "hi": regex.compile(r"जो|जिस\w*|जिन\w*|जब|जहाँ|जहां|जैसे|जितन\w+"),
    "ur": regex.compile(r"جو|جس|جن|جنہوں|جب|جہاں|جیسے|جتن\w+"),
    "ar": regex.compile(r"الذي|التي|الذين|اللذان|اللتان|اللواتي|من|ما|ماذا|متى|أين|كيف|لماذا|كم"),
}  # fmt: skip
