"""Monte Carlo on the compiled tables that play and analysis use, and the watch over the RTP that live play shows.

``run.py`` is the way in. NumPy only; Numba (extra ``[sim]``) makes the same numbers faster.
"""
