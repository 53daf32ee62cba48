"""The web application: pages, API and finished feeds as one WSGI callable."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit
from wsgiref.types import WSGIApplication

from flask import Blueprint, Flask, Response, abort, request

from service.dateline import Dateline
from service.web.api.articles import admin_blueprint
from service.web.api.openapi import openapi_blueprint
from service.web.errors import register_problems
from service.web.feeds.prepared import PreparedDocuments
from service.web.health import health_blueprint
from service.web.hub import hub_blueprint
from service.web.security_headers import SECURITY_HEADERS
from service.web.site.legacy_feed_urls import legacy_feed_urls_blueprint
from service.web.site.routes import site_blueprint

# A new part of the web is one package or file, and one line here.
BLUEPRINTS: Final[Sequence[Callable[[Dateline], Blueprint]]] = (
    site_blueprint,
    legacy_feed_urls_blueprint,
    admin_blueprint,
    hub_blueprint,
    health_blueprint,
    openapi_blueprint,
)
STATIC_MAX_AGE = timedelta(days=365)  # the URLs of static files contain a hash of their bytes
REDIRECTS = (301, 302, 307, 308)
PERMANENT_REDIRECTS = (301, 308)
REDIRECT_CACHE_CONTROL = "max-age=3600"  # without it caches choose a lifetime, and some choose years


def create_app(dateline: Dateline) -> Flask:
    """The Flask application over an opened Dateline."""
    app = Flask("service")
    folder = urlsplit(dateline.site.url).path
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = STATIC_MAX_AGE
    app.url_map.strict_slashes = True
    app.url_map.merge_slashes = False
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint(dateline))
    register_problems(app)

    @app.before_request
    def refuse_nul() -> None:
        if "\0" in request.path:  # no path contains it, and PostgreSQL raises an error for such a query
            abort(404)

    @app.after_request
    def secure(response: Response) -> Response:
        for name, value in SECURITY_HEADERS.items():
            response.headers.setdefault(name, value)
        if response.status_code in PERMANENT_REDIRECTS:
            response.headers.setdefault("Cache-Control", REDIRECT_CACHE_CONTROL)
        if response.status_code in REDIRECTS and (response.location or "").startswith(request.host_url):
            # The router redirects to the request's host and scheme, which a proxy may have changed.
            response.location = folder + response.location.removeprefix(request.host_url).lstrip("/")
        return response

    return app


def create_wsgi(dateline: Dateline, *, ticks: Callable[[], float] = time.monotonic) -> WSGIApplication:
    """The WSGI application: stored feeds in front, the Flask application behind them.

    `ticks`: seconds of a clock that never goes back."""
    behind = create_app(dateline).wsgi_app
    return PreparedDocuments(
        dateline.archive,
        behind,
        clock=dateline.clock,
        site=dateline.site,
        unconditional_gets=dateline.settings.unconditional_gets,
        ticks=ticks,
    )
