"""Notifies an external hub of changed documents (WebSub §6)."""

from __future__ import annotations

from collections.abc import Sequence

from archive.site import Site
from archive.store.archive import Archive
from archive.store.changes import Change, ChangeKind, Lease
from service.dateline import Dateline
from service.outbound.address_guard import AddressGuard
from service.outbound.client import Client
from service.outbound.errors import NoAnswer
from service.settings import HUB_PATH
from service.websub.protocol import FORM, ping


class HubPingConsumer:
    """Posts the URL of each changed document to the external hub."""

    name = "hub"  # of the cursor in the database
    kind = ChangeKind.RENDITION
    batch = 50  # changes; the lease is renewed after each batch

    def __init__(self, archive: Archive, site: Site, hub: str, client: Client) -> None:
        self.archive = archive
        self.site = site
        self.hub = hub
        self.client = client

    def start(self, lease: Lease) -> int:
        """A new hub is notified of new changes only, not of the whole log."""
        return lease.position or self.archive.changes.last(self.kind)

    def lost(self, position: int) -> bool:
        del position
        return False

    def apply(self, changes: Sequence[Change], lease: Lease) -> None:
        """Raises NoAnswer if the hub does not accept a document; then the whole batch is repeated."""
        del lease
        for path in dict.fromkeys(change.subject for change in changes):
            # One topic a request: not every hub accepts several.
            response = self.client.post(self.hub, ping([self.site.absolute(path)]), {"Content-Type": FORM})
            if not 200 <= response.status < 300:
                raise NoAnswer(f"the hub answered {response.status}")

    def abort(self) -> None:
        """Cut the call under way; the next worker repeats it."""
        self.client.abort()


def hub_ping_consumer(dateline: Dateline) -> HubPingConsumer | None:
    """None if the site has no hub, or is its own. The hub may be on a private network, because the operator chose it."""
    hub = dateline.site.hub
    if hub is None or hub == dateline.site.absolute(HUB_PATH):
        return None
    client = Client(AddressGuard(private=True), agent=dateline.user_agent)
    return HubPingConsumer(dateline.archive, dateline.site, hub, client)
