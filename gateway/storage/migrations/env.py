"""Runs inside ``gateway.storage.database.migrate``, on the connection that it hands over."""

from alembic import context

from gateway.storage.database import VERSION_TABLE
from gateway.storage.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    version_table=VERSION_TABLE,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
