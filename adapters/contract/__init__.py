"""The adapter contract: what an adapter is.

Standard library only. Every adapter and the gateway import it; it imports nobody.
"""
