"""SOFTSWISS: GCP v1 (``adapter``) and, on the same core, A8R v2 (``a8r``)."""
