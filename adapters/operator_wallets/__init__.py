"""Dialects in which we call an operator's own wallet: the provider's side of protocols that are adapters here."""
