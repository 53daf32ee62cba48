"""One web process."""

from __future__ import annotations

import logging
from wsgiref.types import WSGIApplication

from service.process.memory import share_arenas, trim_again_and_again
from service.process.parent_watch import end_with_parent
from service.settings import read_settings
from service.web.app import create_wsgi
from service.wiring import open_dateline


def web_process() -> WSGIApplication:
    """One web process, from the settings in its environment. Ends with the process that started it."""
    settings = read_settings()
    logging.basicConfig(level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    end_with_parent()
    share_arenas()
    trim_again_and_again()
    return create_wsgi(open_dateline(settings))
