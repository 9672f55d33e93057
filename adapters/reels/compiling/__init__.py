"""From a declaration to the compiled tables of its spins and features; done once, hashed, shared by everything."""
