"""Migrations of the wallet's tables, run in-process at start-up."""
