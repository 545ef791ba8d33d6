"""How Alembic reaches the database: always through a connection that gateway.db.schema hands over."""

from alembic import context

from gateway.db.schema import METADATA

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=list(METADATA),
    compare_type=True,
    render_as_batch=connection.dialect.name == "sqlite",
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
