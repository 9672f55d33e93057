"""A8R v2: SOFTSWISS's second protocol, on the core of the first."""
