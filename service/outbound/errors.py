"""Why a call to another host failed."""

from __future__ import annotations

from archive.errors import DatelineError


class NoAnswer(DatelineError):
    """The host could not be reached, did not answer in time, or did not answer in HTTP."""

    code = "no_answer"


class Forbidden(DatelineError):
    """The URL may not be called. A retry makes no difference unless the name resolves differently."""

    code = "forbidden_address"
