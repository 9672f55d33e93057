"""What every process shares at its gRPC border: errors, the edge around handlers, servers, channels, metrics, traces,
logs.
"""
