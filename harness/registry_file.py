"""Reading a registry file: YAML by safe_load, checked against the schema, errors with file and line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from harness import names
from harness.errors import HarnessError
from harness.registry_schema import RegistryFile

Place = tuple[str | int, ...]
# libyaml's parser, where PyYAML was built with it, reads registry.yaml in a tenth of the time.
_Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Entries:
    """A registry file that was read, and the line of each of its entries."""

    path: Path
    shown: str
    content: RegistryFile
    lines: Mapping[Place, int]

    def place(self, *keys: str | int) -> str:
        """Return ``file:line`` of an entry."""
        return f"{self.shown}:{_line(self.lines, keys)}"


def shipped() -> Path:
    """Return the harness's own registry.yaml: in the package, else beside it in the repository."""
    package = Path(__file__).parent
    inside = package / "registry.yaml"
    return inside if inside.exists() else package.parent / "registry.yaml"


def read(path: Path, shown: str | None = None) -> Entries:
    """Read and check a registry file.

    Args:
        path: the file.
        shown: what messages call it; its path as given by default.

    Raises:
        HarnessError: no such file, no YAML, a key twice, an unknown key, or a value of a wrong type;
            names the file, the line and the mend.
    """
    shown = shown or str(path)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise HarnessError(f"cannot read {shown}: {error}", "Give an existing YAML file in UTF-8.") from error
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        lines = dict(_marks(node, (), shown)) if node else {}
        data = loader.construct_document(node) if node else {}
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise HarnessError(
            f"{shown}:{line}: not valid YAML: {error.problem}", "Mend the line or the one above."
        ) from error
    except yaml.YAMLError as error:
        raise HarnessError(f"{shown}: not valid YAML: {error}") from error
    if not isinstance(data, dict):
        raise HarnessError(
            f"{shown}:1: must hold sections, not {data!r}", f"Known sections: {_known(RegistryFile)}."
        )
    try:
        content = RegistryFile.model_validate(
            {key: value for key, value in data.items() if value is not None}
        )
    except ValidationError as error:
        raise _told(error, shown, lines) from error
    entries = Entries(path, shown, content, lines)
    for section, kind in SECTIONS.items():
        for name in getattr(content, section):
            try:
                names.check(kind, name)
            except HarnessError as error:
                raise HarnessError(f"{entries.place(section, name)}: {error.message}", error.mend) from error
    return entries


SECTIONS = {
    "models": "model",
    "sources": "source",
    "tasks": "task",
    "groups": "group",
    "recipes": "recipe",
    "translators": "translator",
    "suites": "suite",
}


def invalid(error: ValidationError, model: type[BaseModel], what: str) -> HarnessError:
    """Return the error of values that come from no file (``--set``, say), with near names."""
    first = error.errors()[0]
    message, mend = _sentence(first, model)
    return HarnessError(f"{what}: {message}", mend)


def _marks(node: yaml.Node, place: Place, shown: str) -> Iterator[tuple[Place, int]]:
    """Yield the place of every entry below `node` with its line, counted from 1."""
    if len(place) > 20:
        raise HarnessError(
            f"{shown}:{node.start_mark.line + 1}: nested too deep", "An alias refers to itself."
        )
    yield place, node.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode):
        for index, child in enumerate(node.value):
            yield from _marks(child, (*place, index), shown)
    elif isinstance(node, yaml.MappingNode):
        seen: dict[Any, int] = {}
        for key, child in node.value:
            line = key.start_mark.line + 1
            if key.value in seen:
                raise HarnessError(
                    f"{shown}:{line}: '{key.value}' is there twice, first in line {seen[key.value]}",
                    "Rename or remove one of them.",
                )
            seen[key.value] = line
            yield from _marks(child, (*place, key.value), shown)
            yield (*place, key.value), line


def _line(lines: Mapping[Place, int], place: Place) -> int:
    """Return the line of `place`, or of the nearest entry that it lies in."""
    while place and place not in lines:
        place = place[:-1]
    return lines.get(place, 1)


def _told(error: ValidationError, shown: str, lines: Mapping[Place, int]) -> HarnessError:
    """Return the first fault as an error with its line; the count of the others follows."""
    errors = error.errors()
    message, mend = _sentence(errors[0], RegistryFile)
    more = f" ({len(errors) - 1} more in this file)" if len(errors) > 1 else ""
    return HarnessError(f"{shown}:{_line(lines, errors[0]['loc'])}: {message}{more}", mend)


def _sentence(error: ErrorDetails, model: type[BaseModel]) -> tuple[str, str]:
    """Return what is wrong and the mend, in a user's words."""
    place = error["loc"]
    dotted = ".".join(str(part) for part in place)
    if error["type"] == "extra_forbidden":
        known = _known_at(model, place[:-1])
        close = names.near(str(place[-1]), known)
        return (
            f"unknown key '{dotted}'",
            f"Did you mean {' or '.join(close)}?" if close else f"Known keys: {', '.join(sorted(known))}.",
        )
    if error["type"] == "missing":
        return f"'{dotted}' is missing", "Add it."
    if error["type"] == "string_type" and isinstance(error["input"], bool):
        return f"'{dotted}' is read as {error['input']} by YAML", "Put it in quotes: 'no', 'yes', 'on'."
    if dotted.endswith("revision") and error["type"] == "string_pattern_mismatch":
        return (
            f"'{dotted}' must be a full commit, not {error['input']!r}",
            "Give 40 hexadecimal digits, or leave it out.",
        )
    told = error["msg"].removeprefix("Value error, ").removeprefix("Input ")
    return f"'{dotted}' {told[:1].lower()}{told[1:]}, not {error['input']!r}", ""


def _known_at(model: type[BaseModel], place: Place) -> list[str]:
    """Return the keys that the schema knows at a place."""
    for part in place:
        found = (
            _models_in(model.model_fields[str(part)].annotation) if part in model.model_fields else [model]
        )
        if not found:
            return []
        model = found[0]
    return list(model.model_fields)


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for each in getattr(annotation, "__args__", ()) for model in _models_in(each)]


def _known(model: type[BaseModel]) -> str:
    return ", ".join(sorted(model.model_fields))
