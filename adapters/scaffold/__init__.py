"""Makes a studio's starting point: ``reelgate adapter new NAME``."""
