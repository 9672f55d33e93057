"""The gRPC side: proto to domain and back, nothing else. ``error_codes.py`` is the one place where statuses are
made.
"""
