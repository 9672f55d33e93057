"""The gateway's own tables: operators, brands, API keys, sessions, switches, credentials. No money."""
