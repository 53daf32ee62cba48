"""Ids of articles: time-ordered UUIDs (version 7, RFC 9562 §5.7), so that new rows are adjacent on disk."""

from __future__ import annotations

from uuid_utils import uuid7


def new_id() -> str:
    return str(uuid7())
