"""Grants of free rounds and the wins under them; the tables of operators' own wallets, unless a start has made them."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None
_ID = sa.String(64)


def upgrade() -> None:
    """Make the tables."""
    _create_free_rounds()
    if not sa.inspect(op.get_bind()).has_table("gateway_operator_movements"):  # older versions made them at the start
        _create_operator_wallets()


def _create_free_rounds() -> None:
    op.create_table(
        "gateway_free_rounds",
        sa.Column("brand_id", _ID, nullable=False),
        sa.Column("grant_id", _ID, nullable=False),
        sa.Column("player_id", _ID, nullable=False),
        sa.Column("provider_id", _ID, nullable=False),
        sa.Column("currency_code", sa.String(12), nullable=False),
        sa.Column("game_ids", sa.Text, nullable=False),
        sa.Column("stake_micros", sa.BigInteger, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("valid_from_ms", sa.BigInteger, nullable=False),
        sa.Column("valid_until_ms", sa.BigInteger, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("provider_grant_id", sa.String(256), nullable=False),
        sa.Column("call_grant_id", _ID),
        sa.Column("reported_played_count", sa.Integer, nullable=False),
        sa.Column("cause", sa.String(256), nullable=False),
        sa.Column("attempt_count", sa.Integer, nullable=False),
        sa.Column("next_time_ms", sa.BigInteger, nullable=False),
        sa.Column("create_time_ms", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("brand_id", "grant_id"),
        sa.UniqueConstraint("brand_id", "provider_id", "call_grant_id", name="gateway_free_rounds_call"),
    )
    op.create_index("gateway_free_rounds_due", "gateway_free_rounds", ["status", "next_time_ms"])
    op.create_index("gateway_free_rounds_newest", "gateway_free_rounds", ["brand_id", "create_time_ms", "grant_id"])
    op.create_table(
        "gateway_free_round_wins",
        sa.Column("brand_id", _ID, nullable=False),
        sa.Column("provider_id", _ID, nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("transaction_id", _ID, nullable=False),
        sa.Column("grant_id", _ID, nullable=False),
        sa.Column("amount_micros", sa.BigInteger, nullable=False),
        sa.Column("time_ms", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("brand_id", "provider_id", "kind", "transaction_id"),
    )
    op.create_index("gateway_free_round_wins_grant", "gateway_free_round_wins", ["brand_id", "grant_id"])


def _create_operator_wallets() -> None:
    op.create_table(
        "gateway_operator_movements",
        *_key(),
        sa.Column("player_id", _ID, nullable=False),
        sa.Column("currency_code", sa.String(12), nullable=False),
        sa.Column("amount_micros", sa.BigInteger, nullable=False),
        sa.Column("reference_transaction_id", _ID, nullable=False),
        sa.Column("game_id", sa.String(130), nullable=False),
        sa.Column("round_id", _ID, nullable=False),
        sa.Column("session_id", _ID, nullable=False),
        sa.Column("closes_round", sa.Boolean, nullable=False),
        sa.Column("free", sa.Boolean, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempt_count", sa.Integer, nullable=False),
        sa.Column("next_time_ms", sa.BigInteger, nullable=False),
        sa.Column("changed_time_ms", sa.BigInteger, nullable=False),
        sa.Column("code", sa.String(32), nullable=False),
        sa.Column("balance_micros", sa.BigInteger),
        sa.PrimaryKeyConstraint("brand_id", "provider_id", "kind", "transaction_id"),
    )
    op.create_index("gateway_operator_movements_due", "gateway_operator_movements", ["state", "next_time_ms"])
    round_key = ["brand_id", "player_id", "provider_id", "round_id"]
    op.create_index("gateway_operator_movements_round", "gateway_operator_movements", round_key)
    op.create_table(
        "gateway_operator_attempts",
        *_key(),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("sent_kind", sa.String(24), nullable=False),
        sa.Column("time_ms", sa.BigInteger, nullable=False),
        sa.Column("took_ms", sa.BigInteger, nullable=False),
        sa.Column("answer_class", sa.String(16), nullable=False),
        sa.Column("operator_code", sa.String(128), nullable=False),
        sa.Column("problem", sa.Text, nullable=False),
    )
    movement_key = ["brand_id", "provider_id", "kind", "transaction_id"]
    op.create_index("gateway_operator_attempts_movement", "gateway_operator_attempts", movement_key)


def _key() -> list[sa.Column[str]]:
    return [
        sa.Column("brand_id", _ID, nullable=False),
        sa.Column("provider_id", _ID, nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("transaction_id", _ID, nullable=False),
    ]


def downgrade() -> None:
    """Drop the tables; what they held is lost."""
    for table in ("operator_attempts", "operator_movements", "free_round_wins", "free_rounds"):
        op.drop_table(f"gateway_{table}")
