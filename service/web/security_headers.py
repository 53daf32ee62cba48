"""Security headers of every response."""

from __future__ import annotations

SECURITY_HEADERS = {
    # Images, audio and video of an article may come from any host; everything else only from this one.
    "Content-Security-Policy": (
        "default-src 'self'; img-src * data:; media-src *; object-src 'none'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
