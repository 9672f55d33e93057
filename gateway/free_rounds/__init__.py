"""Free rounds: what operators grant to players at providers, from the request to the last win."""
