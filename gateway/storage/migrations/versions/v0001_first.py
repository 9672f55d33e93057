"""The first tables: operators, brands, API keys, sessions, switches, credentials."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    identity = sa.String(64)
    op.create_table(
        "gateway_operators",
        sa.Column("operator_id", identity, primary_key=True),
        sa.Column("display_name", sa.String(128), nullable=False),
        sa.Column("created_ms", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "gateway_brands",
        sa.Column("brand_id", identity, primary_key=True),
        sa.Column("operator_id", identity, nullable=False),
        sa.Column("display_name", sa.String(128), nullable=False),
        sa.Column("created_ms", sa.BigInteger, nullable=False),
    )
    op.create_index("gateway_brands_operator", "gateway_brands", ["operator_id"])
    op.create_table(
        "gateway_api_keys",
        sa.Column("key_id", identity, primary_key=True),
        sa.Column("operator_id", identity, nullable=False),
        sa.Column("key_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("label", sa.String(128), nullable=False),
        sa.Column("created_ms", sa.BigInteger, nullable=False),
        sa.Column("revoked_ms", sa.BigInteger),
        sa.UniqueConstraint("key_hash", name="gateway_api_keys_hash"),
    )
    _create_sessions(identity)
    _create_switches_and_credentials(identity)


def _create_sessions(identity: sa.String) -> None:
    op.create_table(
        "gateway_sessions",
        sa.Column("operator_id", identity, nullable=False),
        sa.Column("session_id", identity, nullable=False),
        sa.Column("brand_id", identity, nullable=False),
        sa.Column("player_id", identity, nullable=False),
        sa.Column("provider_id", identity, nullable=False),
        sa.Column("game_id", identity, nullable=False),
        sa.Column("currency_code", sa.String(12), nullable=False),
        sa.Column("demo", sa.Boolean, nullable=False),
        sa.Column("open_time_ms", sa.BigInteger, nullable=False),
        sa.Column("expire_time_ms", sa.BigInteger, nullable=False),
        sa.Column("closed", sa.Boolean, nullable=False),
        sa.Column("country_code", sa.String(2), nullable=False),
        sa.Column("language_code", sa.String(16), nullable=False),
        sa.Column("lobby_url", sa.Text, nullable=False),
        sa.Column("deposit_url", sa.Text, nullable=False),
        sa.Column("ip_address", sa.String(45), nullable=False),
        sa.Column("platform", sa.String(16), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(32), nullable=False),
        sa.PrimaryKeyConstraint("operator_id", "session_id"),
        sa.UniqueConstraint("token_hash", name="gateway_sessions_token"),
    )
    op.create_index("gateway_sessions_player", "gateway_sessions", ["brand_id", "player_id", "open_time_ms"])


def _create_switches_and_credentials(identity: sa.String) -> None:
    op.create_table(
        "gateway_switches",
        sa.Column("brand_id", identity, nullable=False),
        sa.Column("target_kind", sa.String(16), nullable=False),
        sa.Column("target_id", identity, nullable=False),
        sa.Column("reason", sa.String(256), nullable=False),
        sa.Column("changed_ms", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("brand_id", "target_kind", "target_id"),
    )
    op.create_table(
        "gateway_credentials",
        sa.Column("adapter_id", identity, nullable=False),
        sa.Column("brand_ref", sa.String(128), nullable=False),
        sa.Column("credential_ref", sa.String(128), nullable=False),
        sa.Column("key_id", identity, nullable=False),
        sa.Column("brand_id", identity, nullable=False),
        sa.Column("secret", sa.LargeBinary, nullable=False),
        sa.Column("provider_public_key", sa.LargeBinary, nullable=False),
        sa.Column("facts", sa.Text, nullable=False),
        sa.Column("created_ms", sa.BigInteger, nullable=False),
        sa.Column("retired_ms", sa.BigInteger),
        sa.PrimaryKeyConstraint("adapter_id", "brand_ref", "credential_ref", "key_id"),
    )


def downgrade() -> None:
    """Drop the tables; what they held is lost."""
    for table in ("credentials", "switches", "sessions", "api_keys", "brands", "operators"):
        op.drop_table(f"gateway_{table}")
