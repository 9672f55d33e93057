"""Pragmatic Play seamless: form-encoded calls with an MD5 hash, one method each."""
