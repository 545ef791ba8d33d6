"""Which CAs vouch for the partners that are called over TLS: the system's, and those that operators installed."""

from collections.abc import Callable, Sequence
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from ssl import DER_cert_to_PEM_cert
from tempfile import NamedTemporaryFile

from requests.utils import DEFAULT_CA_BUNDLE_PATH

from certs.model import Purpose, TrustAnchor

AnchorsOf = Callable[[Purpose], Sequence[TrustAnchor]]


class PartnerTrust:
    """Gives each kind of partner a file of CA certificates, as HTTP clients take it.

    Anchors of the purpose `tls` are trusted beside the system's CAs. Where there are anchors of `psp` or
    `remote-service`, they alone count for payment providers or remote signing services: a public CA that errs can then
    put nobody between the gateway and them.
    """

    def __init__(self, anchors_of: AnchorsOf, folder: Path, clock: Callable[[], datetime]) -> None:
        """Remember where anchors come from.

        Args:
            anchors_of: The confirmed anchors of a purpose. folder: Where the files go; made when needed.
        """
        self._anchors_of = anchors_of
        self._folder = folder
        self._clock = clock

    def ca_file(self, purpose: Purpose) -> Path | None:
        """Return the CAs for partners of a purpose (psp, remote-service, tls), or None for the system's alone.

        Raises:
            OSError: The folder cannot be written.
        """
        own = () if purpose is Purpose.TLS else self._pem(purpose)
        if own:
            return self._written("".join(own))
        beside = self._pem(Purpose.TLS)
        if not beside:
            return None
        return self._written(Path(DEFAULT_CA_BUNDLE_PATH).read_text(encoding="ascii") + "\n" + "".join(beside))

    def _pem(self, purpose: Purpose) -> tuple[str, ...]:
        now = self._clock()
        return tuple(DER_cert_to_PEM_cert(a.certificate_der) for a in self._anchors_of(purpose) if a.trusted_at(now))

    def _written(self, content: str) -> Path:
        """Return a file with this content, which its name stands for; it appears whole or not at all."""
        path = self._folder / f"{sha256(content.encode()).hexdigest()}.pem"
        if path.is_file() and path.read_text(encoding="ascii") == content:
            return path
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with NamedTemporaryFile("w", encoding="ascii", dir=self._folder, delete=False) as file:
            file.write(content)
        return Path(file.name).replace(path)
