"""Security headers of the pages.

The policy allows nothing from elsewhere and no script or style inside a page, so that text which reached a page by
mistake cannot run. Source: Content Security Policy Level 3; OWASP Secure Headers.
"""

from collections.abc import Sequence

from flask import Response

POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
)

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Tokens in our addresses must not reach a provider; our own forms still prove where they come from.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


def apply(response: Response, form_targets: Sequence[str] = ()) -> Response:
    """Add the headers that the response does not carry yet.

    Args:
        response: Any response; only pages get the content policy and are kept out of caches.
        form_targets: Origins where a form of this page may end after a redirect: browsers hold form-action against
            the redirect too, so a provider's own page must be named.
    """
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if response.mimetype == "text/html":
        policy = " ".join((POLICY, *dict.fromkeys(form_targets)))
        response.headers.setdefault("Content-Security-Policy", policy)
        response.headers.setdefault("Cache-Control", "no-store")
    return response
