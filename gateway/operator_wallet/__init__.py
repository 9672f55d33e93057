"""Brands whose money is at the operator: bets, wins and rollbacks go out, every attempt is recorded here."""
