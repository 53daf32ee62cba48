"""The archive in a SQL database: SQLite or PostgreSQL."""

from archive.sql.archive import SqlArchive

__all__ = ["SqlArchive"]
