"""SampleStudio's adapter for Reelgate: start reading in ``adapter.py``."""
