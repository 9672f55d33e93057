"""The in-house reel engine: declared games, exact mathematics, one kernel for play, analysis and simulation."""
