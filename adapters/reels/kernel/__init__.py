"""The reel automaton: pure integer mathematics, compiled once, shared by play, analysis and simulation."""
