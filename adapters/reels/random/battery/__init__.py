"""GLI's statistical tests on final outcomes. Pure.

Total distribution, serial correlation, runs, overlaps, coupon collector, duplicates and interplay, over NumPy arrays;
``run.py`` puts them together, ``../cli.py`` brings the outcomes.
"""
