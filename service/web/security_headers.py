"""Headers that keep pages safe."""

from __future__ import annotations

SECURITY_HEADERS = {
    # Pictures, sound and film of an article may come from anywhere; nothing else may.
    "Content-Security-Policy": (
        "default-src 'self'; img-src * data:; media-src *; object-src 'none'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
