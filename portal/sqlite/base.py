"""What differs from Django's backend. Django looks for it under this name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.db.backends.sqlite3 import base, features


class DatabaseFeatures(features.DatabaseFeatures):
    # Django would ask the database, which need not be there for system checks.
    # SQLite has had it by default since 3.38, and Python's builds before that.
    supports_json_field = True


class DatabaseWrapper(base.DatabaseWrapper):
    features_class = DatabaseFeatures

    def get_connection_params(self) -> dict[str, Any]:
        params: dict[str, Any] = super().get_connection_params()
        if not self.is_in_memory_db():
            # SQLite would make an empty database of a missing one.
            file = Path(params["database"]).absolute()
            params["database"] = f"{file.as_uri()}?mode=rw"
        return params
