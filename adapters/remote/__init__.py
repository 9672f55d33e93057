"""The client of a provider's server, and how the contract is written for the wire (``adapters.host`` reads it too)."""
