"""A request whose body broke off is refused, not taken for a shorter one."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class WholeBodies:
    """WSGI middleware: has werkzeug count a body against its Content-Length, where there is one.

    gunicorn promises that its input ends by itself (`wsgi.input_terminated`), and werkzeug then takes a connection
    that broke for the end of the body: half a PDF would be kept as a whole one. Without the promise it reads exactly
    as many bytes as were announced, and raises ClientDisconnected when fewer come. A chunked body keeps the promise,
    for its end can be told from a break. Source: werkzeug.wsgi.get_input_stream, werkzeug.wsgi.LimitedStream.
    """

    def __init__(self, application: "WSGIApplication") -> None:
        self._application = application

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if environ.get("CONTENT_LENGTH"):
            environ.pop("wsgi.input_terminated", None)
        return self._application(environ, start_response)
