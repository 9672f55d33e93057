"""Where commands that answer on standard output send what is logged meanwhile."""

import sys
from typing import Any

import structlog


def log_to_stderr() -> None:
    """Keep standard output for the answer: it may be JSON that a program reads."""
    structlog.configure(logger_factory=_stderr_logger)


def _stderr_logger(*_: Any) -> structlog.PrintLogger:
    return structlog.PrintLogger(sys.stderr)
