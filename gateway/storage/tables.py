"""The tables, as SQLAlchemy Core knows them; the migrations make them."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
)

METADATA = MetaData()
_ID = String(64)

OPERATORS = Table(
    "gateway_operators",
    METADATA,
    Column("operator_id", _ID, primary_key=True),
    Column("display_name", String(128), nullable=False),
    Column("created_ms", BigInteger, nullable=False),
)

BRANDS = Table(
    "gateway_brands",
    METADATA,
    Column("brand_id", _ID, primary_key=True),
    Column("operator_id", _ID, nullable=False),
    Column("display_name", String(128), nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Index("gateway_brands_operator", "operator_id"),
)

API_KEYS = Table(
    "gateway_api_keys",
    METADATA,
    Column("key_id", _ID, primary_key=True),
    Column("operator_id", _ID, nullable=False),
    Column("key_hash", LargeBinary(32), nullable=False),
    Column("label", String(128), nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("revoked_ms", BigInteger),
    UniqueConstraint("key_hash", name="gateway_api_keys_hash"),
)

SESSIONS = Table(
    "gateway_sessions",
    METADATA,
    Column("operator_id", _ID, nullable=False),
    Column("session_id", _ID, nullable=False),
    Column("brand_id", _ID, nullable=False),
    Column("player_id", _ID, nullable=False),
    Column("provider_id", _ID, nullable=False),
    Column("game_id", _ID, nullable=False),
    Column("currency_code", String(12), nullable=False),
    Column("demo", Boolean, nullable=False),
    Column("open_time_ms", BigInteger, nullable=False),
    Column("expire_time_ms", BigInteger, nullable=False),
    Column("closed", Boolean, nullable=False),
    Column("country_code", String(2), nullable=False),
    Column("language_code", String(16), nullable=False),
    Column("lobby_url", Text, nullable=False),
    Column("deposit_url", Text, nullable=False),
    Column("ip_address", String(45), nullable=False),
    Column("platform", String(16), nullable=False),
    Column("token_hash", LargeBinary(32), nullable=False),
    Column("provably_fair", Boolean, nullable=False),
    PrimaryKeyConstraint("operator_id", "session_id"),
    UniqueConstraint("token_hash", name="gateway_sessions_token"),
    Index("gateway_sessions_player", "brand_id", "player_id", "open_time_ms"),
)

SWITCHES = Table(
    "gateway_switches",
    METADATA,
    Column("brand_id", _ID, nullable=False),
    Column("target_kind", String(16), nullable=False),
    Column("target_id", _ID, nullable=False),
    Column("reason", String(256), nullable=False),
    Column("changed_ms", BigInteger, nullable=False),
    PrimaryKeyConstraint("brand_id", "target_kind", "target_id"),
)
"""A row says that a game or provider is *off* for a brand."""

CREDENTIALS = Table(
    "gateway_credentials",
    METADATA,
    Column("adapter_id", _ID, nullable=False),
    Column("brand_ref", String(128), nullable=False),
    Column("credential_ref", String(128), nullable=False),
    Column("key_id", _ID, nullable=False),
    Column("brand_id", _ID, nullable=False),
    Column("secret", LargeBinary, nullable=False),
    Column("provider_public_key", LargeBinary, nullable=False),
    Column("facts", Text, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("retired_ms", BigInteger),
    PrimaryKeyConstraint("adapter_id", "brand_ref", "credential_ref", "key_id"),
)
"""Keys shared with providers: two live at a time while they rotate. They must be usable, so they are not hashed."""

FAIR_SEEDS = Table(
    "gateway_fair_seeds",
    METADATA,
    Column("operator_id", _ID, nullable=False),
    Column("session_id", _ID, nullable=False),
    Column("series", Integer, nullable=False),
    Column("status", String(8), nullable=False),
    Column("commitment", String(64), nullable=False),
    Column("sealed_seed", LargeBinary, nullable=False),
    Column("client_seed", String(64), nullable=False),
    Column("next_nonce", BigInteger, nullable=False),
    Column("changed_ms", BigInteger, nullable=False),
    PrimaryKeyConstraint("operator_id", "session_id", "series"),
    UniqueConstraint("commitment", name="gateway_fair_seeds_commitment"),
)
"""The server seeds of provably fair sessions: one in use, one committed to for afterwards, those that were used."""

FAIR_ROUNDS = Table(
    "gateway_fair_rounds",
    METADATA,
    Column("brand_id", _ID, nullable=False),
    Column("player_id", _ID, nullable=False),
    Column("provider_id", _ID, nullable=False),
    Column("round_id", _ID, nullable=False),
    Column("commitment", String(64), nullable=False),
    Column("nonce", BigInteger, nullable=False),
    Column("begun_ms", BigInteger, nullable=False),
    PrimaryKeyConstraint("brand_id", "player_id", "provider_id", "round_id"),
    UniqueConstraint("commitment", "nonce", name="gateway_fair_rounds_nonce"),
)
"""Which nonce each fair round has, for ever: the database itself refuses to give one twice."""

KEPT_STATE = Table(
    "gateway_kept_state",
    METADATA,
    Column("adapter_id", _ID, nullable=False),
    Column("state_key", _ID, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("changed_ms", BigInteger, nullable=False),
    PrimaryKeyConstraint("adapter_id", "state_key"),
)
"""What adapters keep between processes, opaque; all processes change it together."""

FREE_ROUNDS = Table(
    "gateway_free_rounds",
    METADATA,
    Column("brand_id", _ID, nullable=False),
    Column("grant_id", _ID, nullable=False),
    Column("player_id", _ID, nullable=False),
    Column("provider_id", _ID, nullable=False),
    Column("currency_code", String(12), nullable=False),
    Column("game_ids", Text, nullable=False),
    Column("stake_micros", BigInteger, nullable=False),
    Column("count", Integer, nullable=False),
    Column("valid_from_ms", BigInteger, nullable=False),
    Column("valid_until_ms", BigInteger, nullable=False),
    Column("status", String(16), nullable=False),
    Column("provider_grant_id", String(256), nullable=False),
    Column("call_grant_id", _ID),
    Column("reported_played_count", Integer, nullable=False),
    Column("cause", String(256), nullable=False),
    Column("attempt_count", Integer, nullable=False),
    Column("next_time_ms", BigInteger, nullable=False),
    Column("create_time_ms", BigInteger, nullable=False),
    PrimaryKeyConstraint("brand_id", "grant_id"),
    UniqueConstraint("brand_id", "provider_id", "call_grant_id", name="gateway_free_rounds_call"),
    Index("gateway_free_rounds_due", "status", "next_time_ms"),
    Index("gateway_free_rounds_newest", "brand_id", "create_time_ms", "grant_id"),
)
"""Grants of free rounds; ``call_grant_id`` is how the provider's wallet calls name one, NULL while it is not known."""

FREE_ROUND_WINS = Table(
    "gateway_free_round_wins",
    METADATA,
    Column("brand_id", _ID, nullable=False),
    Column("provider_id", _ID, nullable=False),
    Column("kind", String(24), nullable=False),
    Column("transaction_id", _ID, nullable=False),
    Column("grant_id", _ID, nullable=False),
    Column("amount_micros", BigInteger, nullable=False),
    Column("time_ms", BigInteger, nullable=False),
    PrimaryKeyConstraint("brand_id", "provider_id", "kind", "transaction_id"),
    Index("gateway_free_round_wins_grant", "brand_id", "grant_id"),
)
"""Wins under a grant, insert-only, by the key that they have in the ledger: each counts once."""
