"""The contract of an archive: those of all its ports."""

from __future__ import annotations

from tests.contracts.articles import ArticlesContract
from tests.contracts.changes import ChangesContract
from tests.contracts.facts import FactsContract
from tests.contracts.feed_volumes import FeedVolumesContract
from tests.contracts.intents import IntentsContract
from tests.contracts.listings import ListingsContract
from tests.contracts.renditions import RenditionsContract
from tests.contracts.subscriptions import SubscriptionsContract
from tests.contracts.tokens import TokensContract
from tests.contracts.upkeep import UpkeepContract


class ArchiveContract(
    ArticlesContract,
    ListingsContract,
    ChangesContract,
    RenditionsContract,
    FeedVolumesContract,
    IntentsContract,
    SubscriptionsContract,
    TokensContract,
    FactsContract,
    UpkeepContract,
):
    """Every back-end runs all of it; nobody switches a test off."""
