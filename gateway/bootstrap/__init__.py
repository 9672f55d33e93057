"""Composes the gateway: the only place that knows which mode it runs in, and the only one that imports ``wallet``."""
