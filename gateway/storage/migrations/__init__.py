"""Alembic's environment of the gateway's tables."""
