"""Games as data: the models of a declaration, reading files, and the published JSON Schema."""
