"""SwipeGames' protocol: HMAC over canonical JSON, decimal texts, sessions named by us."""
