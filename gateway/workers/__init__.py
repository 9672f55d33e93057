"""What runs beside the calls: refreshing the catalogue, watching adapters' health, resolving rounds in doubt."""
