"""Ids of articles: UUIDs in the order of time (RFC 9562 §5.7), so that new rows are close together on the disk."""

from __future__ import annotations

from uuid_utils import uuid7


def new_id() -> str:
    return str(uuid7())
