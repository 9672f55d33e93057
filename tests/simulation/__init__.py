"""Deterministic simulation: one seed drives clients, network, wallet processes, store failures, crashes and time."""
