"""When the hub tries again: a delivery that failed, and a verification without an answer."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from archive.store.intents import Intent
from archive.store.subscriptions import Subscription

# Waits between attempts to deliver; the last one repeats.
BACKOFF: Final = tuple(timedelta(seconds=seconds) for seconds in (10, 60, 300, 900, 3600, 10_800, 21_600))
RETRY_PERIOD: Final = timedelta(days=2)  # after this, no more attempts until the next change
CHANGE_RETRY_DELAY: Final = timedelta(minutes=1)  # a failing subscriber is tried this soon after a new change
VERIFY_RETRY_DELAYS: Final = (timedelta(seconds=10), timedelta(minutes=1))  # waits after no response


def next_attempt(subscription: Subscription, *, now: datetime) -> datetime | None:
    """The time of the next attempt after one more failure; None after RETRY_PERIOD."""
    due = now + BACKOFF[min(subscription.failures, len(BACKOFF) - 1)]
    since = subscription.behind_since or now
    return due if due - since <= RETRY_PERIOD else None


def next_verification(intent: Intent, *, now: datetime) -> datetime | None:
    """The time of the next verification after no answer; None after the last of VERIFY_RETRY_DELAYS."""
    return now + VERIFY_RETRY_DELAYS[intent.attempts] if intent.attempts < len(VERIFY_RETRY_DELAYS) else None
