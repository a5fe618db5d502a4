"""Which addresses may be connected to for a tenant: the public ones, and no others in whatever notation.

What is listed is not global unicast, or leads somewhere else: IANA's special-purpose registries
(iana.org/assignments/iana-ipv4-special-registry and iana-ipv6-special-registry), multicast, and services of clouds that
answer on an address of the public space. Python's ``is_global`` differs from version to version.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

Address = IPv4Address | IPv6Address

_forbidden_4 = [
    IPv4Network(one)
    for one in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT; a cloud's metadata at 100.100.100.200
        "127.0.0.0/8",
        "168.63.129.16/32",  # a cloud's own service behind a public address
        "169.254.0.0/16",  # link-local; clouds' metadata
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",  # relays of 6to4
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
]
_public_6 = IPv6Network("2000::/3")  # all else is local, multicast, mapped, translated (64:ff9b::/96) or unassigned
_forbidden_6 = [
    IPv6Network(one)
    for one in (
        "2001::/23",  # of protocols: Teredo, ORCHID, benchmarks
        "2001:db8::/32",
        "2002::/16",  # 6to4
        "2620:4f:8000::/48",
        "3fff::/20",
    )
]
_ISATAP = {0x0000_5EFE, 0x0200_5EFE}  # the third quarter of an address that carries an IPv4 address


def is_allowed(address: Address) -> bool:
    """Whether it is an address of the public internet, and carries no other one within."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _forbidden_4)
    if address.scope_id is not None or address not in _public_6:
        return False
    if int(address) >> 32 & 0xFFFF_FFFF in _ISATAP:
        return False
    return not any(address in network for network in _forbidden_6)


def is_loopback(address: Address) -> bool:
    """Whether it is this machine itself: 127.0.0.0/8 or ::1, not wrapped in anything."""
    if isinstance(address, IPv4Address):
        return address.is_loopback
    return address == IPv6Address("::1") and address.scope_id is None
