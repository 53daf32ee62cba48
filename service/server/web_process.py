"""The entry point of a web process."""

from __future__ import annotations

import logging
from wsgiref.types import WSGIApplication

from service.process.memory import limit_arenas, start_trimming
from service.process.parent_watch import end_with_parent
from service.settings import read_settings
from service.web.app import create_wsgi
from service.wiring import open_dateline


def web_process() -> WSGIApplication:
    """Build the application from the settings in the environment. The process ends with its parent."""
    settings = read_settings()
    logging.basicConfig(level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    end_with_parent()
    limit_arenas()
    start_trimming()
    return create_wsgi(open_dateline(settings))
