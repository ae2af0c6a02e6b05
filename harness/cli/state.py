"""What is said for all commands: which registry files, which plugins not, and whether errors are debugged.

These options are accepted before the command's name and after it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from harness.registry import Registry


@dataclass(frozen=True)
class Options:
    """What is said for all commands, before or after the command's name."""

    debug: bool = False
    registry: tuple[Path, ...] = ()
    no_plugin: tuple[str, ...] = ()

    def load_registry(self) -> Registry:
        """Load the registry with the files and without the plugins that were named."""
        from harness.registry import load_registry

        return load_registry(self.registry, self.no_plugin)


_options = Options()


def forget() -> None:
    """Begin an invocation with nothing said."""
    global _options
    _options = Options()


def options() -> Options:
    """Return what was said for all commands in this invocation."""
    return _options


def _say(**values: Any) -> None:
    global _options
    _options = replace(_options, **values)


def _debug(value: bool) -> None:
    _say(debug=_options.debug or value)


def _registry(value: list[Path] | None) -> None:
    _say(registry=(*_options.registry, *(value or ())))


def _no_plugin(value: list[str] | None) -> None:
    _say(no_plugin=(*_options.no_plugin, *(value or ())))


RegistryFiles = Annotated[
    list[Path] | None,
    typer.Option(
        "--registry",
        metavar="FILE",
        help="One more registry file (repeatable).",
        callback=_registry,
        expose_value=False,
    ),
]
BlockedPlugins = Annotated[
    list[str] | None,
    typer.Option(
        "--no-plugin",
        metavar="NAME",
        help="A plugin that is not imported (repeatable).",
        callback=_no_plugin,
        expose_value=False,
    ),
]
Debug = Annotated[
    bool,
    typer.Option("--debug", help="Show the traceback of an error.", callback=_debug, expose_value=False),
]


def common(registry: RegistryFiles = None, no_plugin: BlockedPlugins = None, debug: Debug = False) -> None:
    """Carry the options that every command takes."""
