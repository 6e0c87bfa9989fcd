"""Alembic's folder: forward only, one file a version."""
