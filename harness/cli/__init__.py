"""The command line. Each command lies in a module of its own, imported only when it is used."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from harness.cli import state
from harness.cli.state import BlockedPlugins, Debug, RegistryFiles
from harness.cli.state import options as options

COMMANDS = {
    "run": ("harness.cli.run", "train and evaluate: --model, --intermediate, --target, --perturb ..."),
    "list": ("harness.cli.list", "list tasks, models, perturbations, recipes, translators ..."),
    "show": ("harness.cli.show", "show all that is known of one of them"),
    "perturb": ("harness.cli.perturb", "disturb a text and mark what changed"),
    "plugins": (
        "harness.cli.plugins",
        "list plugins and what failed; check: hold their perturbations to the laws",
    ),
    "compare": ("harness.cli.compare", "compare runs on the same items"),
    "ui": ("harness.cli.ui", "open MLflow's UI on the right store"),
    "sync": ("harness.cli.sync", "send to MLflow what the journal holds and it lacks"),
    "data": ("harness.cli.data", "data: lock what was resolved, translate training rows"),
    "bench": ("harness.cli.bench", "measure the harness itself: loading"),
}


class Command(TyperCommand):
    """A command that converts those parameters only that are given."""

    def get_params(self, ctx: Any) -> list[Any]:
        return [_converted_if_given(parameter) for parameter in super().get_params(ctx)]


class Commands(TyperGroup):
    """The group of all commands: imports a command when it is called, and tells errors in a line or two."""

    def get_params(self, ctx: Any) -> list[Any]:
        return [_converted_if_given(parameter) for parameter in super().get_params(ctx)]

    def main(self, *args: Any, **kwargs: Any) -> Any:
        state.forget()
        return super().main(*args, **kwargs)

    def list_commands(self, ctx: Any) -> list[str]:
        return [*COMMANDS]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in COMMANDS:
            from harness.names import unknown

            raise unknown("command", cmd_name, COMMANDS)
        found = getattr(import_module(COMMANDS[cmd_name][0]), cmd_name)
        command = _command(found, cmd_name)
        for each in (command, *getattr(command, "commands", {}).values()):
            declared = {option for parameter in each.params for option in parameter.opts}
            common = _command(state.common, "").params
            each.params += [parameter for parameter in common if not declared & set(parameter.opts)]
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
            if options().debug:
                raise
            raise typer.Exit(_tell(error)) from None


def _command(found: Callable[..., Any] | typer.Typer, name: str) -> Any:
    """Return the command that a module offers: a function, or a Typer of its own with subcommands."""
    alone = typer.Typer(add_completion=False, rich_markup_mode=None)
    if isinstance(found, typer.Typer):
        alone.add_typer(found, name=name)
        group: Any = typer.main.get_group(alone)
        return group.commands[name]
    alone.command(name, cls=Command)(found)
    return typer.main.get_command(alone)


def _converted_if_given(parameter: Any) -> Any:
    """Return a parameter that is converted only where it is given.

    Typer converts by pydantic, even what is not there, and pydantic takes as long to import as typer.
    """
    if "process_value" in vars(parameter):
        return parameter
    convert = parameter.process_value

    def process(ctx: Any, value: Any) -> Any:
        if value is not None or parameter.required:
            return convert(ctx, value)
        nothing = () if parameter.multiple or parameter.nargs == -1 else None
        return parameter.callback(ctx, parameter, nothing) if parameter.callback else nothing

    parameter.process_value = process
    return parameter


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


def _version(value: bool) -> None:
    if value:
        from harness import __version__

        typer.echo(f"harness {__version__}")
        raise typer.Exit()


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
