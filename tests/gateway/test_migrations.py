"""The migrations make what the models describe, on both databases, and can be taken back."""

import re
from pathlib import Path

from alembic import command
from sqlalchemy import inspect

from gateway.db import schema
from gateway.db.engine import make_engine


def test_migrations_make_exactly_what_the_models_describe(empty_database_url: str) -> None:
    engine = make_engine(empty_database_url)

    schema.upgrade(engine)

    assert schema.find_differences(engine) == []
    assert schema.current_revision(engine) == schema.newest_revision()
    engine.dispose()


def test_migrating_twice_changes_nothing(empty_database_url: str) -> None:
    engine = make_engine(empty_database_url)
    schema.upgrade(engine)

    schema.upgrade(engine)

    assert schema.find_differences(engine) == []
    engine.dispose()


def test_migrations_can_be_taken_back_to_an_empty_database(empty_database_url: str) -> None:
    engine = make_engine(empty_database_url)
    schema.upgrade(engine)
    config = schema.migration_config()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")

    assert set(inspect(engine).get_table_names()) <= {"alembic_version"}
    engine.dispose()


def test_migrations_are_numbered_without_gaps() -> None:
    files = sorted(path.name for path in Path(schema.MIGRATIONS, "versions").glob("*.py"))
    numbers = [int(match.group(1)) for name in files if (match := re.match(r"(\d{4})_[a-z]+_[a-z_]+\.py$", name))]

    assert numbers == list(range(1, len(files) + 1))


def test_every_table_carries_the_unit_that_it_belongs_to() -> None:
    # A CA tells every unit the same, or is silent to all, and an authority stamps for all alike; a unit is itself.
    exempt = {"revocation_cache", "silent_servers", "timestamp_authority_health", "units"}
    tables = [table for metadata in schema.METADATA for table in metadata.sorted_tables]

    assert len(tables) > 30
    assert {table.name for table in tables if "unit_id" not in table.columns} <= exempt
