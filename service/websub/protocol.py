"""WebSub (W3C Recommendation of 23 January 2018): the decisions of a hub, as pure functions.

`web/hub.py` takes requests, `callbacks.py` calls the callbacks. Sections are those of the Recommendation."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import SplitResult, parse_qsl, unquote, urlencode, urlsplit

from archive.errors import DatelineError
from archive.site import Site
from archive.store.intents import Intent, Mode
from archive.store.renditions import Rendition
from archive.store.subscriptions import Delivered, Failed, Subscription
from feeds.spec import parse_feed_path
from service.outbound.response import Response
from service.settings import HUB_PATH
from service.websub.retries import next_attempt

FORM: Final = "application/x-www-form-urlencoded"

DEFAULT_LEASE: Final = timedelta(days=10)  # "a good default" (§8.2)
MIN_LEASE: Final = timedelta(minutes=1)
MAX_LEASE: Final = timedelta(days=30)
MAX_SECRET_BYTES: Final = 199  # "less than 200 bytes" (§5.1)
MAX_URL_CHARACTERS: Final = 2000  # of a callback or a topic
MAX_FORM_BYTES: Final = 16 * 1024  # of a request body

GONE: Final = 410
_PRINTABLE_ASCII: Final = re.compile(r"[!-~]+")


class Refused(DatelineError):
    """A request that the hub refuses; the message is for the developer of the subscriber (§5.1.2)."""

    code = "bad_subscription"

    def __init__(self, message: str, *, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


# Requests -------------------------------------------------------------------------------------------


def read_form(body: bytes) -> Mapping[str, str]:
    """The fields of a form in UTF-8. The first of repeated fields counts. Raises Refused."""
    try:
        text = body.decode("utf-8")
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=100)
    except ValueError as error:
        raise Refused("the body must be a form in UTF-8: hub.mode=subscribe&hub.topic=…&hub.callback=…") from error
    fields: dict[str, str] = {}
    for name, value in pairs:
        fields.setdefault(name, value)
    return fields


def read_intent(form: Mapping[str, str], site: Site, *, ticket: str) -> Intent:
    """The intent in a subscriber's request (§5.1). Unknown fields are ignored. Raises Refused."""
    mode = form.get("hub.mode", "")
    if mode not in (Mode.SUBSCRIBE, Mode.UNSUBSCRIBE):
        raise Refused('hub.mode must be "subscribe" or "unsubscribe"')
    topic = _required(form, "hub.topic")
    path = topic_path(topic, site)
    callback = _required(form, "hub.callback")
    host = _callback_host(callback)
    subscribing = mode == Mode.SUBSCRIBE
    return Intent(
        ticket=ticket,
        mode=Mode(mode),
        path=path,
        topic=topic,
        callback=callback,
        host=host,
        secret=_secret(form) if subscribing else None,
        # "MUST be ignored" when unsubscribing (§5.1).
        lease=lease(form.get("hub.lease_seconds", "")) if subscribing else timedelta(),
    )


def lease(seconds: str) -> timedelta:
    """The lease to grant for the requested seconds, within MIN_LEASE and MAX_LEASE; never perpetual (§5.3.1).

    DEFAULT_LEASE if `seconds` is empty. Raises Refused if it is not a positive whole number."""
    if not seconds:
        return DEFAULT_LEASE
    if not (seconds.isascii() and seconds.isdigit()) or not seconds.strip("0"):
        raise Refused("hub.lease_seconds must be a positive whole number")
    maximum = int(MAX_LEASE.total_seconds())
    granted = maximum if len(seconds) > 12 else min(int(seconds), maximum)
    return max(timedelta(seconds=granted), MIN_LEASE)


def topic_path(topic: str, site: Site) -> str:
    """The decoded path of one of this site's feeds, from its URL. Raises Refused for any other URL.

    Equivalent percent-encodings are the same topic (§5.1.1). URLs with a query are refused: feeds of searches have no
    subscribers, since their changes are not known."""
    parts = _split(topic, "hub.topic")
    own = urlsplit(site.url)
    elsewhere = Refused(
        f"this hub serves only the feeds of {site.url}; take hub.topic from the `Link: rel=self` of the feed"
    )
    if (parts.scheme, _origin(parts)) != (own.scheme, _origin(own)) or "@" in parts.netloc:
        raise elsewhere
    if not parts.path.startswith(own.path):
        raise elsewhere
    if parts.query or parts.fragment or "?" in topic or "#" in topic:
        raise Refused("hub.topic must be the URL of a feed, without a query; feeds of searches have no hub")
    try:
        path = "/" + unquote(parts.path.removeprefix(own.path), errors="strict")
    except UnicodeDecodeError as error:
        raise Refused("hub.topic must be percent-encoded UTF-8") from error
    if "\0" in path or parse_feed_path(path) is None:
        raise Refused("hub.topic is not a feed of this site; /feeds lists all feeds", status=404)
    return path


def _required(form: Mapping[str, str], name: str) -> str:
    value = form.get(name, "")
    if not value:
        raise Refused(f"{name} is missing")
    return value


def _callback_host(callback: str) -> str:
    parts = _split(callback, "hub.callback")
    host = parts.hostname
    if parts.scheme not in ("http", "https") or not host:
        raise Refused("hub.callback must be an http: or https: URL")
    if "@" in parts.netloc:
        raise Refused("hub.callback must not have a user name; put secrets into its path")
    if "#" in callback:
        raise Refused("hub.callback must not have a fragment")
    return host


def _secret(form: Mapping[str, str]) -> str | None:
    secret = form.get("hub.secret") or None
    if secret is None:
        return None
    if len(secret.encode()) > MAX_SECRET_BYTES:
        raise Refused(f"hub.secret must have at most {MAX_SECRET_BYTES} bytes")
    if "\0" in secret:
        raise Refused("hub.secret must not contain NUL")
    return secret


def _split(url: str, name: str) -> SplitResult:
    if len(url) > MAX_URL_CHARACTERS:
        raise Refused(f"{name} must have at most {MAX_URL_CHARACTERS} characters")
    if not _PRINTABLE_ASCII.fullmatch(url):
        raise Refused(f"{name} must be an absolute URL, percent-encoded")
    try:
        parts = urlsplit(url)
        _ = parts.port, parts.hostname
    except ValueError as error:
        raise Refused(f"{name} is not a URL") from error
    return parts


def _origin(parts: SplitResult) -> tuple[str, int]:
    return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


# Calls of the callback ------------------------------------------------------------------------------


def verification_url(intent: Intent, challenge: str) -> str:
    """The URL that asks a callback to confirm an intent (§5.3)."""
    fields = {"hub.mode": intent.mode.value, "hub.topic": intent.topic, "hub.challenge": challenge}
    if intent.mode is Mode.SUBSCRIBE:
        fields["hub.lease_seconds"] = str(int(intent.lease.total_seconds()))
    return _with_query(intent.callback, fields)


def denial_url(intent: Intent) -> str:
    """The URL that tells a callback that its subscription was denied (§5.2)."""
    fields = {"hub.mode": Mode.DENIED.value, "hub.topic": intent.topic}
    return _with_query(intent.callback, fields | ({"hub.reason": intent.reason} if intent.reason else {}))


def confirms(response: Response, challenge: str) -> bool:
    """Whether the response is 2xx with exactly the challenge as its body; anything else is a refusal (§5.3.1)."""
    return (
        200 <= response.status < 300 and response.is_complete and hmac.compare_digest(response.body, challenge.encode())
    )


def _with_query(callback: str, fields: Mapping[str, str]) -> str:
    """The callback with fields appended to its own query, which is kept (§5.1.1)."""
    separator = "&" if "?" in callback else "?"
    return f"{callback}{separator}{urlencode(fields)}"


# Deliveries -----------------------------------------------------------------------------------------


def delivery_headers(
    rendition: Rendition, site: Site, subscription: Subscription, body: bytes, *, algorithm: str
) -> dict[str, str]:
    """The topic's own type, one Link header for hub and topic, and the signature (§7, §7.1)."""
    headers = {"Content-Type": rendition.media_type, "Link": links(site, rendition.path)}
    if subscription.secret is not None:
        headers["X-Hub-Signature"] = signature(subscription.secret, body, algorithm=algorithm)
    return headers


def links(site: Site, path: str) -> str:
    """The Link header value with the hub and the topic of a feed (§4). Both URLs are absolute."""
    hub = site.hub or site.absolute(HUB_PATH)
    return f'<{hub}>; rel="hub", <{site.absolute(path)}>; rel="self"'


def link_header(site: Site, path: str) -> str:
    """The Link header value of a document: its own URL, and the hub if it has one. Archive documents have none."""
    if site.hub is not None and parse_feed_path(path) is not None:
        return links(site, path)
    return f'<{site.absolute(path)}>; rel="self"'


def signature(secret: str, body: bytes, *, algorithm: str) -> str:
    """The value of X-Hub-Signature: `method=signature` (§7.1)."""
    return f"{algorithm}={hmac.new(secret.encode(), body, getattr(hashlib, algorithm)).hexdigest()}"


def outcome(
    subscription: Subscription, response: Response | None, *, position: int, etag: str, now: datetime
) -> Delivered | Failed | None:
    """The result of a delivery; None if the subscriber ended the subscription by 410 (§7). `response` None: no answer."""
    if response is not None and 200 <= response.status < 300:
        return Delivered(subscription.id, position, etag)
    if response is not None and response.status == GONE:
        return None
    return Failed(subscription.id, subscription.wanted, next_attempt(subscription, now=now))


def ping(topics: Sequence[str]) -> bytes:
    """The form that notifies another hub of changed feeds. Not part of WebSub (§6), but accepted by all hubs."""
    return urlencode([("hub.mode", "publish"), *(("hub.url", topic) for topic in topics)]).encode()
