"""Which addresses may be called: public ones, not those of this machine or its network."""

from __future__ import annotations

import ipaddress
from ipaddress import IPv4Address, IPv6Address
from typing import Final

Address = IPv4Address | IPv6Address
NAT64: Final = ipaddress.ip_network("64:ff9b::/96")

# Networks that `is_global` accepts, and that lead to a local network or nowhere.
_CLOSED: Final = tuple(
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
_COMPATIBLE: Final = ipaddress.ip_network("::/96")


class AddressGuard:
    """`private` allows all addresses, for machines without untrusted users."""

    def __init__(self, *, private: bool = False) -> None:
        self.private = private

    def allows(self, address: str) -> bool:
        return self.private or is_public(ipaddress.ip_address(address))

    def allows_port(self, port: int) -> bool:
        """Well-known ports below 1024 belong to services that may take a request for something else."""
        return self.private or port in (80, 443) or port >= 1024


def is_public(address: Address) -> bool:
    """Whether an address is on the public Internet, also the IPv4 address inside an IPv6 one."""
    if isinstance(address, IPv6Address):
        inner = _wrapped(address)
        if inner is not None:
            return is_public(inner)
    if address.is_multicast or address.is_reserved or address.is_unspecified or address.is_loopback:
        return False
    if any(address in network for network in _CLOSED if network.version == address.version):
        return False
    return address.is_global


def _wrapped(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that a gateway, or the system itself, would make of an IPv6 one."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address in NAT64 or address in _COMPATIBLE:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return None


def is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
