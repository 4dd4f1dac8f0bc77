"""The Django project around the maintenance app: wiring only, no rules."""

from __future__ import annotations

__version__ = "0.1.0"
