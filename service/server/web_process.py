"""One web process."""

from __future__ import annotations

import logging
from wsgiref.types import WSGIApplication

from service.process.memory import share_arenas, start_trimming
from service.process.parent_watch import end_with_parent
from service.settings import read_settings
from service.web.app import create_wsgi
from service.wiring import open_dateline


def web_process() -> WSGIApplication:
    """The application of one web process, with settings from the environment. It ends with the process that started it."""
    settings = read_settings()
    logging.basicConfig(level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    end_with_parent()
    share_arenas()
    start_trimming()
    return create_wsgi(open_dateline(settings))
