"""Playing rounds step by step on the compiled tables: pure functions of seed, game, bet, state and choice."""
