"""Random numbers of the reel engine: the seeded source, the draws of a round, provably fair play, the battery.

Everything that deals imports from here; nothing here knows a game.
"""
