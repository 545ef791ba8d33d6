"""Static files under addresses that change with their content, so that browsers may keep them for a year."""

import hashlib
from pathlib import Path

from flask import Blueprint, request, url_for

ONE_YEAR_SECONDS = 365 * 24 * 3600


class Assets(Blueprint):
    """The blueprint that serves gateway/web/static under /assets."""

    def __init__(self, name: str, import_name: str, *, static_folder: Path, template_folder: Path) -> None:
        super().__init__(
            name,
            import_name,
            static_folder=static_folder,
            static_url_path="/assets",
            template_folder=str(template_folder),
        )
        self.versions = {
            path.name: hashlib.sha256(path.read_bytes()).hexdigest()[:12] for path in sorted(static_folder.iterdir())
        }

    def get_send_file_max_age(self, filename: str | None) -> int | None:
        """Let only the address with the right version be kept."""
        fresh = filename is not None and request.args.get("v") == self.versions.get(filename)
        return ONE_YEAR_SECONDS if fresh else None

    def address(self, filename: str) -> str:
        """Return the address of a static file with its version."""
        return url_for(f"{self.name}.static", filename=filename, v=self.versions[filename])
