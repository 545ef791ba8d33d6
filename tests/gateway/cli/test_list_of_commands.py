"""The commands that are listed, and what running one of them loads."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.cli import COMMANDS, app

ROOT = Path(__file__).parents[3]
LISTED = {listed.name: listed for listed in COMMANDS}
# What every command shares.
FRAME = {"gateway.cli", "gateway.cli.lazy", "gateway.cli.session"}
LOADED = """
import json, sys
from gateway.cli import app
sys.argv = ["gateway", *sys.argv[1:]]
try:
    app()
finally:
    print(json.dumps(sorted(sys.modules)))
"""


def _modules_after(*arguments: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", LOADED, *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize(("arguments", "own"), [(("worker", "--help"), "worker"), (("pki", "serve", "--help"), "pki")])
def test_a_command_loads_no_other_commands(arguments: tuple[str, ...], own: str) -> None:
    loaded = {name for name in _modules_after(*arguments) if name.startswith("gateway.cli")}

    assert loaded - FRAME == {f"gateway.cli.{own}"}


def test_the_list_is_shown_without_loading_what_it_lists() -> None:
    loaded = _modules_after("--help")

    assert {name for name in loaded if name.startswith("gateway.cli")} <= FRAME
    assert "gateway.services" not in loaded


@pytest.fixture(scope="module")
def shown() -> str:
    """The list of commands, on a terminal wide enough for its longest line."""
    return CliRunner().invoke(app, ["--help"], env={"COLUMNS": "200"}).output


@pytest.mark.parametrize("name", LISTED)
def test_the_list_says_of_each_command_what_the_command_says_of_itself(name: str, shown: str) -> None:
    own = CliRunner().invoke(app, [name, "--help"], env={"COLUMNS": "200"})

    assert own.exit_code == 0
    assert LISTED[name].help in own.output
    assert LISTED[name].help in shown


def test_an_unknown_command_is_refused_with_the_nearest_one() -> None:
    done = CliRunner().invoke(app, ["wrker"])

    assert done.exit_code == 2
    assert "Did you mean" in done.output
    assert "'worker'" in done.output
