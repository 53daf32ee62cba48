"""Why a call to another host came to nothing."""

from __future__ import annotations

from archive.errors import DatelineError


class NoAnswer(DatelineError):
    """The other side could not be reached or did not answer in time, or said what is no HTTP."""

    code = "no_answer"


class Forbidden(DatelineError):
    """The address may not be called; trying again changes nothing unless its name comes to mean another."""

    code = "forbidden_address"
