"""The real servers that the tests start: object stores, certificates, and PostgreSQL."""
