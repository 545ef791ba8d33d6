"""All packages' tables together, and the migrations that make them."""

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, MetaData, text

from certs.store import Base as CertsBase
from certs.trusted_lists import store as trusted_lists
from gateway.db.base import Base
from gateway.db.tables import authorities, callers, documents, evidence, work
from payments.store import (
    catalogue_tables,
    counter_tables,
    deposit_tables,
    ledger_tables,
    refund_tables,
    statement_tables,
    tables,
    transfer_tables,
)
from payments.store.base import Base as PaymentsBase
from signing.store import Base as SigningBase

# Importing a module of tables adds them to its package's metadata.
TABLE_MODULES = (
    *(trusted_lists, authorities, callers, documents, evidence, work),
    *(catalogue_tables, counter_tables, deposit_tables, ledger_tables, refund_tables, statement_tables, tables),
    transfer_tables,
)
METADATA: tuple[MetaData, ...] = (
    Base.metadata,
    CertsBase.metadata,
    SigningBase.metadata,
    PaymentsBase.metadata,
)
MIGRATIONS = Path(__file__).parent / "migrations"


def migration_config() -> Config:
    """Return Alembic's configuration; whoever uses it puts the connection into its attributes."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


def upgrade(engine: Engine) -> None:
    """Bring the database to the newest schema; one that is there already is left alone."""
    config = migration_config()
    with engine.connect() as connection:
        _let_tables_be_rebuilt(connection, allowed=True)
        with connection.begin():
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            _refuse_dangling(connection)
        _let_tables_be_rebuilt(connection, allowed=False)


def _let_tables_be_rebuilt(connection: Connection, *, allowed: bool) -> None:
    """Switch SQLite's foreign keys off while tables are rebuilt: dropping the old one would count as losing its rows.

    Outside a transaction, as SQLite asks. Source: SQLite, "Making Other Kinds Of Table Schema Changes".
    """
    driver = connection.connection.driver_connection
    if connection.dialect.name == "sqlite" and driver is not None:
        driver.execute(f"PRAGMA foreign_keys={'OFF' if allowed else 'ON'}")


def _refuse_dangling(connection: Connection) -> None:
    if connection.dialect.name == "sqlite" and connection.execute(text("PRAGMA foreign_key_check")).first() is not None:
        raise LookupError("a migration left rows that point to nothing; nothing was changed")


def newest_revision() -> str:
    """Return the revision that the code expects."""
    head = ScriptDirectory.from_config(migration_config()).get_current_head()
    if head is None:
        raise LookupError("there are no migrations")
    return head


def current_revision(engine: Engine) -> str | None:
    """Return the revision of the database, or None where nothing was made yet."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def find_differences(engine: Engine) -> list[str]:
    """Name every difference between the migrated database and the models; empty when they match."""
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return [str(difference) for difference in compare_metadata(context, list(METADATA))]  # type: ignore[arg-type]


def write_revision(engine: Engine, number: int, name: str) -> None:
    """Write the migration that leads from the migrated database to the models, for a person to finish and read."""
    config = migration_config()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.revision(config, message=name, rev_id=f"{number:04d}", autogenerate=True)
