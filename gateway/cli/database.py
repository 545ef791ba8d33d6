"""`gateway db`: the schema."""

import tempfile
from pathlib import Path

import typer

from config.settings import load_settings
from gateway.db import schema
from gateway.db.engine import make_engine

app = typer.Typer(no_args_is_help=True, help="Make and check the database's schema.")


@app.command()
def upgrade() -> None:
    """Bring the database to the newest schema."""
    engine = make_engine(load_settings().database_url)
    schema.upgrade(engine)
    print(f"The database stands at revision {schema.current_revision(engine)}.")


@app.command()
def check() -> None:
    """Migrate an empty database and compare it with the models; fails where they differ."""
    with tempfile.TemporaryDirectory() as folder:
        engine = make_engine(f"sqlite:///{folder}/check.db")
        schema.upgrade(engine)
        differences = schema.find_differences(engine)
        engine.dispose()
    for difference in differences:
        print(difference)
    if differences:
        raise typer.Exit(1)
    print(f"Migrations up to {schema.newest_revision()} make exactly what the models describe.")


@app.command()
def revise(number: int, name: str) -> None:
    """Write the next migration from the models (for developers; read and finish it by hand)."""
    with tempfile.TemporaryDirectory() as folder:
        engine = make_engine(f"sqlite:///{Path(folder)}/revise.db")
        schema.upgrade(engine)
        schema.write_revision(engine, number, name)
        engine.dispose()
