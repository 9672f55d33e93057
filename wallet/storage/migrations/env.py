"""Alembic's environment: migrations run on the connection that ``wallet.storage.migrate`` hands over."""

from alembic import context

from wallet.storage.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table="wallet_schema_version",
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
