"""Exact figures of a game from its compiled tables, and the PAR sheet that shows them."""
