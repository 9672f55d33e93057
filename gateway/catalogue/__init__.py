"""The catalogue: the games of all adapters, merged, filtered, switched on and off per brand."""
