"""Which addresses the gateway may call when the address comes from data (AIA, CDP, webhooks): a guard against SSRF."""

import ipaddress
import socket
from urllib.parse import urlsplit

from certs.errors import AddressNotAllowed


class AddressGuard:
    """Lets public addresses through, and of private ones only those that the operator has named."""

    def __init__(self, allowed_networks: tuple[str, ...]) -> None:
        self._allowed = [ipaddress.ip_network(network) for network in allowed_networks]

    def __call__(self, url: str) -> None:
        """Check an address before it is called.

        Raises:
            AddressNotAllowed: Says which part is refused.
        """
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise AddressNotAllowed("only http and https addresses are called")
        if parts.username or parts.password:
            raise AddressNotAllowed("an address with a user name or password is not called")
        for address in self._resolved(parts.hostname):
            if not self._may_call(address):
                raise AddressNotAllowed(f"{parts.hostname} is inside a network that is not open to outgoing calls")

    @staticmethod
    def _resolved(hostname: str) -> set[ipaddress.IPv4Address | ipaddress.IPv6Address]:
        try:
            found = socket.getaddrinfo(hostname, None, type=socket.SOCK_STREAM)
        except (socket.gaierror, UnicodeError):
            raise AddressNotAllowed(f"{hostname} cannot be resolved") from None
        return {ipaddress.ip_address(str(item[4][0]).split("%")[0]) for item in found}

    def _may_call(self, address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
            address = address.ipv4_mapped
        return address.is_global or any(address in network for network in self._allowed)
