"""Players' accounts, as operators manage them."""
