"""Errors of calls to other hosts."""

from __future__ import annotations

from archive.errors import DatelineError


class NoAnswer(DatelineError):
    """The host could not be reached, did not answer in time, or did not answer in HTTP."""

    code = "no_answer"


class Forbidden(DatelineError):
    """The URL may not be called. A retry fails too, unless the name resolves to other addresses by then."""

    code = "forbidden_address"
