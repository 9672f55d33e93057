"""Provably fair sessions: their seeds, and the nonce of each round. What adapters keep between processes."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    identity = sa.String(64)
    op.add_column("gateway_sessions", sa.Column("provably_fair", sa.Boolean, nullable=False, server_default=sa.false()))
    op.create_table(
        "gateway_fair_seeds",
        sa.Column("operator_id", identity, nullable=False),
        sa.Column("session_id", identity, nullable=False),
        sa.Column("series", sa.Integer, nullable=False),
        sa.Column("status", sa.String(8), nullable=False),
        sa.Column("commitment", sa.String(64), nullable=False),
        sa.Column("sealed_seed", sa.LargeBinary, nullable=False),
        sa.Column("client_seed", sa.String(64), nullable=False),
        sa.Column("next_nonce", sa.BigInteger, nullable=False),
        sa.Column("changed_ms", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("operator_id", "session_id", "series"),
        sa.UniqueConstraint("commitment", name="gateway_fair_seeds_commitment"),
    )
    op.create_table(
        "gateway_fair_rounds",
        sa.Column("brand_id", identity, nullable=False),
        sa.Column("player_id", identity, nullable=False),
        sa.Column("provider_id", identity, nullable=False),
        sa.Column("round_id", identity, nullable=False),
        sa.Column("commitment", sa.String(64), nullable=False),
        sa.Column("nonce", sa.BigInteger, nullable=False),
        sa.Column("begun_ms", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("brand_id", "player_id", "provider_id", "round_id"),
        sa.UniqueConstraint("commitment", "nonce", name="gateway_fair_rounds_nonce"),
    )
    op.create_table(
        "gateway_kept_state",
        sa.Column("adapter_id", identity, nullable=False),
        sa.Column("state_key", identity, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("changed_ms", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("adapter_id", "state_key"),
    )


def downgrade() -> None:
    """Drop the tables; fair rounds can then not be checked any more, and watches begin anew."""
    for table in ("kept_state", "fair_rounds", "fair_seeds"):
        op.drop_table(f"gateway_{table}")
    with op.batch_alter_table("gateway_sessions") as sessions:
        sessions.drop_column("provably_fair")
