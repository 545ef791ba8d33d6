"""Stored files handed to a browser."""

from flask import Response, send_file

from gateway.web.view_models import Download


def send(download: Download, *, as_attachment: bool) -> Response:
    """Stream the file under its own name; its hash is the ETag, because stored bytes never change."""
    response = send_file(
        download.content,
        mimetype=download.media_type,
        as_attachment=as_attachment,
        download_name=download.file_name,
        etag=False,
    )
    response.set_etag(download.sha256)
    response.headers["Cache-Control"] = "private, no-cache"
    return response
