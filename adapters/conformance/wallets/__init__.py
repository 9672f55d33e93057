"""Certifies an operator's own wallet endpoint: our provider mock plays against it, case by case."""
