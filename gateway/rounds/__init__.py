"""The use cases of a round. Pure: they see ports, the adapter contract and domain errors, never a transport or a
database.
"""
