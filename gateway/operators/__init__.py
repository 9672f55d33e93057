"""Operators, their brands and their API keys."""
