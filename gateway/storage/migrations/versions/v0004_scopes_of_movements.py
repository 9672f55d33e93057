"""Movements at operators remember within which ids theirs are unique, and what kind of movement they refer to.

What was written down before keeps an empty scope, which gives it the ids under which it has gone out already.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None
_TABLE = "gateway_operator_movements"


def upgrade() -> None:
    """Add the columns, unless a start has made the table with them."""
    there = {column["name"] for column in sa.inspect(op.get_bind()).get_columns(_TABLE)}
    for column in (
        sa.Column("reference_kind", sa.String(24), nullable=False, server_default="bet"),
        sa.Column("id_scope", sa.String(129), nullable=False, server_default=""),
    ):
        if column.name not in there:
            op.add_column(_TABLE, column)


def downgrade() -> None:
    """Drop the columns; what is still open then goes out under ids that the operator does not know."""
    with op.batch_alter_table(_TABLE) as movements:
        movements.drop_column("id_scope")
        movements.drop_column("reference_kind")
