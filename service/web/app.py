"""The web application: pages, API and finished feeds as one WSGI callable."""

from __future__ import annotations

import time
from collections.abc import Callable
from urllib.parse import urlsplit
from wsgiref.types import WSGIApplication

from flask import Flask, Response, abort, request

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

A_YEAR = 365 * 24 * 3600  # seconds
REDIRECTS = (301, 302, 307, 308)
FOR_GOOD = (301, 308)
REDIRECTED = "max-age=3600"  # else caches choose for themselves, and some choose years


def create_app(dateline: Dateline) -> Flask:
    """The Flask application over an opened Dateline."""
    app = Flask("service")
    folder = urlsplit(dateline.site.url).path
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = A_YEAR  # addresses of static files change with their bytes
    app.url_map.strict_slashes = True
    app.url_map.merge_slashes = False
    for blueprint in (
        site_blueprint(dateline),
        legacy_feed_urls_blueprint(dateline.site, dateline.archive),
        admin_blueprint(dateline),
        hub_blueprint(dateline),
        health_blueprint(dateline),
        openapi_blueprint(dateline.settings),
    ):
        app.register_blueprint(blueprint)
    register_problems(app)

    @app.before_request
    def refuse_nul() -> None:
        if "\0" in request.path:  # nothing is called so, and PostgreSQL refuses even to look
            abort(404)

    @app.after_request
    def secure(response: Response) -> Response:
        for name, value in SECURITY_HEADERS.items():
            response.headers.setdefault(name, value)
        if response.status_code in FOR_GOOD:
            response.headers.setdefault("Cache-Control", REDIRECTED)
        if response.status_code in REDIRECTS and (response.location or "").startswith(request.host_url):
            # The router redirects to whatever host and scheme it was asked by, which a proxy may have changed.
            response.location = folder + response.location.removeprefix(request.host_url).lstrip("/")
        return response

    return app


def create_wsgi(dateline: Dateline, *, ticks: Callable[[], float] = time.monotonic) -> WSGIApplication:
    """What a server calls: the finished feeds in front, everything else behind them.

    `ticks`: seconds that go by, from any beginning."""
    behind = create_app(dateline).wsgi_app
    return PreparedDocuments(
        dateline.archive,
        behind,
        clock=dateline.clock,
        site=dateline.site,
        unconditional_gets=dateline.settings.unconditional_gets,
        ticks=ticks,
    )
