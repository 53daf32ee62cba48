"""Decides which addresses may be called: none of this machine or its network (SSRF)."""

from __future__ import annotations

import ipaddress
from ipaddress import IPv4Address, IPv6Address
from typing import Final

Address = IPv4Address | IPv6Address
NAT64: Final = ipaddress.ip_network("64:ff9b::/96")

# Networks that `is_global` accepts although they are local, or not in use.
_NOT_PUBLIC: Final = tuple(
    ipaddress.ip_network(network)
    for network in (
        "192.88.99.0/24",  # 6to4 relays (RFC 7526)
        "64:ff9b:1::/48",  # NAT64 of a local network (RFC 8215)
        "2001::/32",  # Teredo: both ends are in it
        "100::/64",  # discarded (RFC 6666)
        "fec0::/10",  # site-local, deprecated and still routed (RFC 3879)
        "3fff::/20",  # documentation (RFC 9637)
        "5f00::/16",  # segment routing (RFC 9602)
    )
)
_IPV4_COMPATIBLE: Final = ipaddress.ip_network("::/96")


class AddressGuard:
    """Decides which addresses and ports may be called. `private` allows all of them, for trusted callers."""

    def __init__(self, *, private: bool = False) -> None:
        self.private = private

    def allows(self, address: str) -> bool:
        return self.private or is_public(ipaddress.ip_address(address))

    def allows_port(self, port: int) -> bool:
        """80, 443 and 1024 upwards: services on other well-known ports may misread a request as one of their own."""
        return self.private or port in (80, 443) or port >= 1024


def is_public(address: Address) -> bool:
    """Whether an address is on the public Internet. An IPv4 address embedded in an IPv6 one is checked itself."""
    if isinstance(address, IPv6Address):
        inner = _embedded_ipv4(address)
        if inner is not None:
            return is_public(inner)
    if address.is_multicast or address.is_reserved or address.is_unspecified or address.is_loopback:
        return False
    if any(address in network for network in _NOT_PUBLIC if network.version == address.version):
        return False
    return address.is_global


def _embedded_ipv4(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address to which a gateway or the system translates an IPv6 one; None if there is none."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address in NAT64 or address in _IPV4_COMPATIBLE:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return None


def is_address(host: str) -> bool:
    """Whether a host is an IP address, not a name."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
