"""The tables of movements and of every attempt to tell the operator; the gateway's migrations make them."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, PrimaryKeyConstraint, String, Table, Text

from gateway.storage.tables import METADATA

_ID = String(64)

MOVEMENTS = Table(
    "gateway_operator_movements",
    METADATA,
    Column("brand_id", _ID, nullable=False),
    Column("provider_id", _ID, nullable=False),
    Column("kind", String(24), nullable=False),
    Column("transaction_id", _ID, nullable=False),
    Column("player_id", _ID, nullable=False),
    Column("currency_code", String(12), nullable=False),
    Column("amount_micros", BigInteger, nullable=False),
    Column("reference_transaction_id", _ID, nullable=False),
    Column("game_id", String(130), nullable=False),
    Column("round_id", _ID, nullable=False),
    Column("session_id", _ID, nullable=False),
    Column("closes_round", Boolean, nullable=False),
    Column("free", Boolean, nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempt_count", Integer, nullable=False),
    Column("next_time_ms", BigInteger, nullable=False),
    Column("changed_time_ms", BigInteger, nullable=False),
    Column("code", String(32), nullable=False),
    Column("balance_micros", BigInteger),
    Column("reference_kind", String(24), nullable=False, server_default="bet"),
    Column("id_scope", String(129), nullable=False, server_default=""),
    PrimaryKeyConstraint("brand_id", "provider_id", "kind", "transaction_id"),
    Index("gateway_operator_movements_due", "state", "next_time_ms"),
    Index("gateway_operator_movements_round", "brand_id", "player_id", "provider_id", "round_id"),
)

ATTEMPTS = Table(
    "gateway_operator_attempts",
    METADATA,
    Column("brand_id", _ID, nullable=False),
    Column("provider_id", _ID, nullable=False),
    Column("kind", String(24), nullable=False),
    Column("transaction_id", _ID, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("sent_kind", String(24), nullable=False),
    Column("time_ms", BigInteger, nullable=False),
    Column("took_ms", BigInteger, nullable=False),
    Column("answer_class", String(16), nullable=False),
    Column("operator_code", String(128), nullable=False),
    Column("problem", Text, nullable=False),
    Index("gateway_operator_attempts_movement", "brand_id", "provider_id", "kind", "transaction_id"),
)
"""Insert-only, without a key: one row for each request that went out, with what came back."""
