"""The HTTP side that providers call: raw bytes in, raw bytes out, in the protocol's own words and class."""
