"""Where secrets come from: read at the moment of use, never kept in settings, logs or tables.

A secret's reference names its place: `env:NAME`, `file:/absolute/path`, or a kind that the gateway adds, such as
`vault:path#field`. What is read is wiped when its use ends, as far as Python lets us: a library that wants text gets a
copy that only the garbage collector frees.
"""

import hmac
import os
import resource
from collections.abc import Callable, Mapping
from typing import ClassVar, NoReturn, Protocol, Self

# A PIN, pass phrase or key: nothing that is longer is one.
MAXIMUM_BYTES = 64 * 1024


class SecretUnavailable(Exception):
    """The place that should hold a secret does not; the message names the place, never a value."""

    code: ClassVar[str] = "secret-unavailable"


def forbid_core_dumps() -> None:
    """Let this process and its children leave no core file: it would hold whatever secret was in use."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


class Secret:
    """One secret in memory for the time of its use: `with provider.open(reference) as secret: ...`.

    It shows itself nowhere, cannot be pickled or copied, and is overwritten with zeros at the end.
    """

    __slots__ = ("_content",)

    def __init__(self, content: bytearray) -> None:
        """Take over content, which is wiped with this object."""
        self._content = content

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.wipe()

    def __del__(self) -> None:
        self.wipe()

    def wipe(self) -> None:
        """Overwrite the content; what is read afterwards is empty."""
        self._content[:] = bytes(len(self._content))
        self._content.clear()

    @property
    def content(self) -> bytearray:
        """The bytes themselves, not a copy."""
        return self._content

    def text(self) -> str:
        """Return a copy as text, for libraries that take nothing else; keep it no longer than the call.

        Raises:
            SecretUnavailable: It is no UTF-8.
        """
        try:
            return self._content.decode()
        except UnicodeDecodeError:
            # The decoder's own error would carry the content.
            not_text = SecretUnavailable("the secret is not UTF-8 text")
        raise not_text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self._content, other._content)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return "Secret(hidden)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not pickled or copied")


class SecretProvider(Protocol):
    """Reads one secret by its reference."""

    def open(self, reference: str) -> Secret:
        """Return the secret that reference names, for a with statement.

        Args:
            reference: `env:NAME`, `file:/absolute/path`, or of another kind that is set up.
        Raises:
            SecretUnavailable: Nothing is there, or the reference is of another kind.
        """
        ...

    def read(self, reference: str) -> str:
        """Return the secret as text that is not wiped: for libraries that keep it themselves.

        Raises:
            SecretUnavailable: See open; or it is no text.
        """
        ...


ReadSecret = Callable[[str], bytearray]
"""Takes the place, which is the reference without its kind; raises SecretUnavailable."""


class SecretKinds:
    """Secrets of several kinds, each kind with its own reader."""

    def __init__(self, readers: Mapping[str, ReadSecret]) -> None:
        self._readers = dict(readers)

    def open(self, reference: str) -> Secret:
        kind, colon, place = reference.partition(":")
        reader = self._readers.get(kind) if colon else None
        if reader is None:
            # The reference is not repeated: someone may have written the secret itself in its place.
            known = ", ".join(f"{name}:" for name in self._readers)
            raise SecretUnavailable(f"a secret's reference starts with one of {known}")
        return Secret(reader(place))

    def read(self, reference: str) -> str:
        with self.open(reference) as secret:
            return secret.text()


class LocalSecrets(SecretKinds):
    """Secrets in environment variables and in files that only the service may read."""

    def __init__(self, others: Mapping[str, ReadSecret] | None = None) -> None:
        """Know env: and file:, and the other kinds that are handed in."""
        super().__init__({"env": _from_environment, "file": _from_file, **(others or {})})


def _from_environment(name: str) -> bytearray:
    value = os.environb.get(name.encode(), b"")
    if not value:
        raise SecretUnavailable(f"the environment variable {name} is not set")
    return bytearray(value)


def _from_file(place: str) -> bytearray:
    """Read into one buffer that can be wiped; the ends of lines at either end are the editor's, not the secret's."""
    buffer = bytearray(MAXIMUM_BYTES + 1)
    try:
        with open(place, "rb", buffering=0) as file:  # noqa: PTH123 - asked for at each callback, and a Path costs as much again
            size = file.readinto(buffer) or 0
    except (OSError, ValueError) as error:
        raise SecretUnavailable(f"cannot read the secret file {place}: {type(error).__name__}") from None
    if size > MAXIMUM_BYTES:
        buffer[:] = bytes(len(buffer))
        raise SecretUnavailable(f"the secret file {place} is too long to hold a secret")
    value = buffer[:size].strip(b"\r\n")
    buffer[:] = bytes(len(buffer))
    if not value:
        raise SecretUnavailable(f"the secret file {place} is empty")
    return value
