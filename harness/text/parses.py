"""Parsers: texts in, CoNLL-U out. UDPipe reads models from a folder, Stanza downloads its own."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import regex

from harness.errors import HarnessError
from harness.languages import languages
from harness.names import unknown
from harness.text.writing import base

# Languages with a dependency parser in Stanza 1.9, as far as the benchmarks have them.
_STANZA = regex.compile(
    r"a[fr]|be|bg|c[asy]|d[ae]|e[lnstu]|f[air]|g[al]|h[eiruy]|i[dst]|ja|k[ko]|l[atv]|m[rt]|n[bln]|p[lt]|r[ou]"
    r"|s[klrv]|t[aer]|u[gkr]|vi|wo|zh"
)
# Longer texts are parsed in stretches cut at white space: a parser's time and memory grow with them.
_LONGEST = 5_000


class Parser(Protocol):
    """What turns texts into dependency trees."""

    def unserved(self, language: str) -> str | None:
        """Say why a language cannot be parsed; None if it can."""

    def identity(self, language: str) -> dict[str, Any]:
        """Return what decides the trees of a language, for a stage's key; HarnessError when unserved."""

    def parse(self, texts: Sequence[str], language: str) -> list[str | None]:
        """Return the trees of each text in CoNLL-U, several sentences apart by empty lines.

        None for a text without a word, and for one that the parser fails on. HarnessError when the
        language is unserved.
        """


class UDPipe:
    """UDPipe 1 models in a folder: ``de.udpipe`` or the official names, ``german-gsd-ud-2.5-191206.udpipe``.

    Of several models for a language ``<code>.udpipe`` comes first, then the first by name.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._pipelines: dict[str, Callable[[str], str | None]] = {}

    def __getstate__(self) -> dict[str, Any]:
        """Leave the models behind: a copy in another process reads them itself."""
        return {**vars(self), "_pipelines": {}}

    def unserved(self, language: str) -> str | None:
        """Say that the folder holds no model for a language."""
        if self._file(language) is None:
            return f"no UDPipe model for {language} in {self.folder}"
        return None

    def identity(self, language: str) -> dict[str, Any]:
        """Return the model file's hash and UDPipe's version."""
        digest = hashlib.sha256(self._path(language).read_bytes()).hexdigest()
        return {"parser": "udpipe", "version": version("ufal.udpipe"), "sha256": digest, "longest": _LONGEST}

    def parse(self, texts: Sequence[str], language: str) -> list[str | None]:
        """Return the trees of each text in CoNLL-U; None where there are none."""
        run = self._pipelines.get(language)
        if run is None:
            run = self._pipelines[language] = _udpipe_pipeline(self._path(language))
        return [_trees(text, run) for text in texts]

    def _file(self, language: str) -> Path | None:
        files = sorted(self.folder.glob("*.udpipe"))
        for code in (language, base(language)):
            if self.folder / f"{code}.udpipe" in files:
                return self.folder / f"{code}.udpipe"
        known = languages().get(base(language))
        name = known.name.lower() if known else base(language)
        return next(
            (file for file in files if file.name.startswith(f"{name}-") and "-ud-" in file.name), None
        )

    def _path(self, language: str) -> Path:
        path = self._file(language)
        if path is None:
            raise HarnessError(
                str(self.unserved(language)), "Put <code>.udpipe there, or use --parser stanza."
            )
        return path


class Stanza:
    """Stanza's neural pipelines; models are downloaded when first used."""

    def __init__(self) -> None:
        self._pipelines: dict[str, Callable[[str], str | None]] = {}

    def unserved(self, language: str) -> str | None:
        """Say that Stanza is not installed, or has no dependency parser for a language."""
        if find_spec("stanza") is None:
            return "Stanza is not installed: pip install 'transfer-harness[stanza]'"
        if not _STANZA.fullmatch(base(language)):
            return f"Stanza has no dependency parser for {language}"
        return None

    def identity(self, language: str) -> dict[str, Any]:
        """Return Stanza's version, which decides the models; neither imports nor downloads anything."""
        self._check(language)
        return {
            "parser": "stanza",
            "version": version("stanza"),
            "models": _stanza_code(language),
            "longest": _LONGEST,
        }

    def parse(self, texts: Sequence[str], language: str) -> list[str | None]:
        """Return the trees of each text in CoNLL-U; None where there are none."""
        self._check(language)
        run = self._pipelines.get(language)
        if run is None:
            run = self._pipelines[language] = _stanza_pipeline(_stanza_code(language))
        return [_trees(text, run) for text in texts]

    def _check(self, language: str) -> None:
        reason = self.unserved(language)
        if reason is not None:
            raise HarnessError(reason, "Or give UDPipe models by --parser-models DIR.")


PARSERS = ("udpipe", "stanza")


def choose_parser(udpipe_folder: Path | None = None, name: str | None = None) -> Parser | None:
    """Return the parser called `name`; without a name UDPipe where there is a folder of models, else None.

    Without a folder the environment's HARNESS_UDPIPE names it.

    Raises:
        UnknownName: `name` is neither ``udpipe`` nor ``stanza``.
        HarnessError: Stanza is not installed, UDPipe has no folder, or there is no such folder.
    """
    if name not in (None, *PARSERS):
        raise unknown("parser", str(name), PARSERS)
    if name == "stanza":
        if find_spec("stanza") is None:
            raise HarnessError("Stanza is not installed", "pip install 'transfer-harness[stanza]'")
        return Stanza()
    named = os.environ.get("HARNESS_UDPIPE")
    folder = udpipe_folder or (Path(named) if named else None)
    if folder is None and name is None:
        return None
    if folder is None:
        raise HarnessError(
            "UDPipe needs a folder of models", "Give --parser-models DIR, or set HARNESS_UDPIPE."
        )
    if not folder.is_dir():
        raise HarnessError(
            f"no folder of parser models at {folder}", "Mend --parser-models or HARNESS_UDPIPE."
        )
    return UDPipe(folder)


def _stanza_code(language: str) -> str:
    if base(language) == "zh":
        return "zh-hant" if any(part in language.lower() for part in ("hant", "tw", "hk")) else "zh-hans"
    return base(language)


def _stanza_pipeline(code: str) -> Callable[[str], str | None]:
    import stanza

    try:
        pipeline = stanza.Pipeline(code, processors="tokenize,mwt,pos,lemma,depparse", verbose=False)
    except (OSError, ValueError) as error:
        raise HarnessError(
            f"Stanza's models for {code} cannot be loaded: {error}",
            "They are downloaded when first used, into STANZA_RESOURCES_DIR: is the network there?",
        ) from error
    return lambda text: f"{pipeline(text):C}\n\n"


def _udpipe_pipeline(path: Path) -> Callable[[str], str | None]:
    from ufal.udpipe import Model, Pipeline, ProcessingError

    model = Model.load(str(path))
    if model is None:
        raise HarnessError(f"{path} is no UDPipe 1 model", "Replace the file or take it away.")
    pipeline = Pipeline(model, "tokenize", Pipeline.DEFAULT, Pipeline.DEFAULT, "conllu")

    # The pipeline does not keep its model alive; the function does.
    def run(text: str, model: Any = model) -> str | None:
        error = ProcessingError()
        trees: str = pipeline.process(text, error)
        return None if error.occurred() else trees

    return run


def _trees(text: str, run: Callable[[str], str | None]) -> str | None:
    """Parse a text in stretches and join the trees; None where there is no word or one stretch fails."""
    # A surrogate without its partner cannot be handed to a library in C++, nor can a zero.
    clean = text.encode("utf-8", "replace").decode("utf-8").replace("\0", " ")
    found = []
    for stretch in _stretches(clean):
        trees = run(stretch)
        if trees is None:
            return None
        found.append(trees.strip("\n"))
    return "\n\n".join(found) + "\n\n" if any(found) else None


def _stretches(text: str) -> Iterator[str]:
    start = 0
    while start < len(text):
        end = len(text)
        if end - start > _LONGEST:
            limit = start + _LONGEST
            cut = max(text.rfind("\n", start, limit), text.rfind(". ", start, limit) + 1)
            end = (cut if cut > start else max(text.rfind(" ", start, limit), start)) + 1
            end = end if end > start + 1 else limit
        if text[start:end].strip():
            yield text[start:end]
        start = end
