"""Sessions: who plays what, under which token."""
