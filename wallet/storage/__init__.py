"""Tables, migrations and the two stores of the ledger: SQLite and PostgreSQL."""
