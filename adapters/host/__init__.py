"""Serves any Python adapter over gRPC, so that it can live in another process or be certified by address."""
