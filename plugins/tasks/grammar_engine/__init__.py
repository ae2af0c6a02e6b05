"""A small typed grammar: a meaning is drawn first, then said in each language with its dependency tree.

`meaning` draws language-independent events, `logic` decides what follows from what, `premises` finds a
premise for a hypothesis and a label, and one module a language says an event as a Universal
Dependencies tree, with its words in ``<code>.yaml``.
"""
