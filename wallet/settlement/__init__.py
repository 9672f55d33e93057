"""Group commit: many commands settled in one durable transaction, every answer sent after its commit."""
