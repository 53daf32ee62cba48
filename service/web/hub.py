"""`/hub`: requests to subscribe and to unsubscribe (WebSub §5.1)."""

from __future__ import annotations

import secrets
from typing import Final

from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from archive.errors import DatelineError
from archive.store.intents import Mode
from service.dateline import Dateline
from service.settings import HUB_PATH
from service.web.errors import RETRY_AFTER, status_of
from service.websub.protocol import FORM, MAX_FORM_BYTES, Refused, read_form, read_intent

MAX_UNCONFIRMED_INTENTS: Final = 20_000  # intents waiting to be verified
USAGE: Final = (
    f"This is a WebSub hub (https://www.w3.org/TR/websub/). Subscribe by POST, as {FORM}: "
    "hub.mode=subscribe, hub.topic=the feed's URL, hub.callback=yours.\n"
)


def hub_blueprint(dateline: Dateline) -> Blueprint:
    """Answers before anything is verified: the answer depends on the request alone (§5.1.2).

    Errors are plain text, for the developer of the subscriber. If the settings name another hub, subscribers are
    redirected there; they can still end subscriptions that they have here."""
    blueprint = Blueprint("hub", __name__)
    own = dateline.site.absolute(HUB_PATH)

    @blueprint.get(HUB_PATH)
    def explain() -> Response:
        response = _text(USAGE, 405)
        response.headers["Allow"] = "POST"
        return response

    @blueprint.post(HUB_PATH)
    def request_subscription() -> Response:
        if request.mimetype != FORM or request.mimetype_params.get("charset", "utf-8").lower() != "utf-8":
            raise Refused(f"send the request as {FORM} in UTF-8", status=415)
        request.max_content_length = MAX_FORM_BYTES
        form = read_form(request.get_data())
        if form.get("hub.mode") == Mode.SUBSCRIBE and dateline.site.hub != own:
            return _redirect_to(dateline.site.hub)
        intent = read_intent(form, dateline.site, ticket=secrets.token_hex(16))
        if not dateline.archive.intents.add(intent, now=dateline.clock(), max_waiting=MAX_UNCONFIRMED_INTENTS):
            raise Refused("too many requests are waiting to be verified; try again later", status=503)
        dateline.wakeup.notify()
        return _text("Your callback will be asked whether it wants this.\n", 202)

    @blueprint.errorhandler(DatelineError)
    def ours(error: DatelineError) -> Response:
        status = error.status if isinstance(error, Refused) else status_of(error)
        response = _text(f"{error}\n", status)
        if status == 503:
            response.headers["Retry-After"] = RETRY_AFTER
        return response

    @blueprint.errorhandler(HTTPException)
    def of_the_framework(error: HTTPException) -> AnyResponse:
        return _text(f"{error.description or error.name}\n", error.code or 500)

    return blueprint


def _redirect_to(hub: str | None) -> Response:
    if hub is None:
        raise Refused("this site has no hub; poll its feeds instead", status=404)
    response = _text(f"The hub of this site is {hub}\n", 307)
    response.headers["Location"] = hub
    return response


def _text(words: str, status: int) -> Response:
    response = Response(words, status, content_type="text/plain; charset=utf-8")
    response.headers["Cache-Control"] = "no-store"
    return response
