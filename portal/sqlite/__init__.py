"""Django's SQLite backend, for a file that only `manage.py migrate` makes."""
