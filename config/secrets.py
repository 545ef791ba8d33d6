"""Where secrets come from: read at the moment of use, never kept in settings, logs or tables."""

import os
from pathlib import Path
from typing import ClassVar, Protocol


class SecretUnavailable(Exception):
    """The place that should hold a secret does not; the message names the place, never a value."""

    code: ClassVar[str] = "secret-unavailable"


class SecretProvider(Protocol):
    """Reads one secret by its reference."""

    def read(self, reference: str) -> str:
        """Return the secret that reference names.

        Args:
            reference: `env:NAME` or `file:/absolute/path`.
        Raises:
            SecretUnavailable: Nothing is there, or the reference is of another kind.
        """
        ...


class LocalSecrets:
    """Secrets in environment variables and in files that only the service may read."""

    def read(self, reference: str) -> str:
        kind, _, place = reference.partition(":")
        if kind == "env":
            return self._from_environment(place)
        if kind == "file":
            return self._from_file(Path(place))
        raise SecretUnavailable(f"a secret's reference starts with env: or file:, not {kind!r}")

    @staticmethod
    def _from_environment(name: str) -> str:
        value = os.environ.get(name, "")
        if not value:
            raise SecretUnavailable(f"the environment variable {name} is not set")
        return value

    @staticmethod
    def _from_file(path: Path) -> str:
        try:
            value = path.read_text(encoding="utf-8").strip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            raise SecretUnavailable(f"cannot read the secret file {path}: {type(error).__name__}") from None
        if not value:
            raise SecretUnavailable(f"the secret file {path} is empty")
        return value
