"""Commands whose modules are loaded when they are called: a process that runs one command needs none of the others."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

from config.loading import loading


@dataclass(frozen=True)
class Listed:
    """A command, or a group of them, as the list of commands shows it.

    Args:
        name: What a person types.
        place: `module:attribute` under gateway.cli; a function, or the typer.Typer of a group.
        help: What the command says of itself, so that the list can be shown without loading it.
    """

    name: str
    place: str
    help: str

    def load(self) -> Any:
        """Import the command; returns it as click runs it."""
        module, _, attribute = self.place.partition(":")
        with loading():
            found = getattr(import_module(f"gateway.cli.{module}"), attribute)
        parent = typer.Typer(pretty_exceptions_enable=False)
        if isinstance(found, typer.Typer):
            parent.add_typer(found, name=self.name)
        else:
            parent.command(self.name)(found)
        return typer.main.get_group(parent).commands[self.name]


def list_commands(app: typer.Typer, commands: Sequence[Listed]) -> None:
    """Put commands into an app whose class is group_of(commands)."""
    for listed in commands:
        app.command(listed.name, help=listed.help)(_stand_in)


def group_of(commands: Sequence[Listed]) -> type[TyperGroup]:
    """Return the class of a group that shows stand-ins and runs the commands themselves."""
    by_name = {listed.name: listed for listed in commands}

    class LazyGroup(TyperGroup):
        # Typer's own names for context and command are private.
        def resolve_command(self, ctx: Any, args: list[str]) -> Any:
            name, _, rest = super().resolve_command(ctx, args)
            return name, by_name[str(name)].load(), rest

    return LazyGroup


def _stand_in() -> None:
    """Stand in the list for a command that is not loaded."""
