"""What ``reelgate adapter new`` copies; importable, so that types and tests hold for it too."""
