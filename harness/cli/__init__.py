"""The command line. Each command lies in a module of its own, imported only when it is used."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

if TYPE_CHECKING:
    from harness.registry import Registry

COMMANDS = {
    "run": ("harness.cli.run", "train and evaluate: --model, --intermediate, --target, --perturb ..."),
    "list": ("harness.cli.list", "list tasks, models, perturbations, groups, recipes, languages"),
    "show": ("harness.cli.show", "show all that is known of one of them"),
    "perturb": ("harness.cli.perturb", "disturb a text and mark what changed"),
    "plugins": ("harness.cli.plugins", "list plugins: where they come from, and what failed"),
    "compare": ("harness.cli.compare", "compare runs on the same items"),
    "ui": ("harness.cli.ui", "open MLflow's UI on the right store"),
    "sync": ("harness.cli.sync", "send to MLflow what the journal holds and it lacks"),
    "data": ("harness.cli.data", "data sources: lock what was resolved"),
}


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


def _version(value: bool) -> None:
    if value:
        from harness import __version__

        typer.echo(f"harness {__version__}")
        raise typer.Exit()


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


def _common(registry: RegistryFiles = None, no_plugin: BlockedPlugins = None, debug: Debug = False) -> None:
    """Carry the options that every command takes."""


class Commands(TyperGroup):
    """The group of all commands: imports a command when it is called, and tells errors in a line or two."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        global _options
        _options = Options()
        return super().main(*args, **kwargs)

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in COMMANDS:
            from harness.names import unknown

            raise unknown("command", cmd_name, COMMANDS)
        found = getattr(import_module(COMMANDS[cmd_name][0]), cmd_name)
        command = _command(found, cmd_name)
        declared = {option for parameter in command.params for option in parameter.opts}
        command.params += [each for each in _command(_common, "").params if not declared & set(each.opts)]
        return command

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except (typer.Exit, typer.Abort, typer.TyperException, BrokenPipeError):
            raise
        except KeyboardInterrupt:
            typer.echo("Interrupted.", err=True)
            raise typer.Exit(130) from None
        except Exception as error:
            if _options.debug:
                raise
            raise typer.Exit(_tell(error)) from None


def _command(found: Callable[..., Any] | typer.Typer, name: str) -> Any:
    """Return the command that a module offers: a function, or a Typer of its own with subcommands."""
    if isinstance(found, typer.Typer):
        return typer.main.get_command(found)
    single = typer.Typer(add_completion=False, rich_markup_mode=None)
    single.command(name)(found)
    return typer.main.get_command(single)


def _tell(error: Exception) -> int:
    """Print an error in a line or two, and return the exit code: 2 where the user can mend it, else 1."""
    from harness.errors import HarnessError

    if isinstance(error, HarnessError):
        typer.echo(f"{typer.style('Error:', fg='red', bold=True)} {error.message}", err=True)
        if error.mend:
            typer.echo(error.mend, err=True)
        return 2
    told = f"internal error: {type(error).__name__}: {error}"
    typer.echo(f"{typer.style('Error:', fg='red', bold=True)} {told}", err=True)
    typer.echo("Run it again with --debug to see where, and report it.", err=True)
    return 1


app = typer.Typer(
    cls=Commands,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def harness(
    registry: RegistryFiles = None,
    no_plugin: BlockedPlugins = None,
    debug: Debug = False,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Zero-shot cross-lingual transfer under disturbed input."""


def main() -> None:
    """Run the command line."""
    app(prog_name="harness", args=sys.argv[1:])
