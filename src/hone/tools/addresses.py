"""Which internet addresses a tool may connect to: public ones, and private ones that the user has allowed by host.

Pure functions; they see addresses after they were resolved, so no spelling of a host gets around them.
"""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

_GLOBAL_UNICAST = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")

Address = IPv4Address | IPv6Address


def is_public(address: Address) -> bool:
    """Whether `address` is on the open internet; of one that carries an IPv4 address, whether that is too."""
    if isinstance(address, IPv4Address):
        return address.is_global and not address.is_multicast
    if (carried := _carried(address)) is not None:
        return is_public(carried)
    return address.is_global and address in _GLOBAL_UNICAST


def is_loopback(address: Address) -> bool:
    """Whether `address` is this machine."""
    carried = _carried(address) if isinstance(address, IPv6Address) else None
    return (carried or address).is_loopback


def is_allowed(host: str, port: int, allowed: Iterable[str]) -> bool:
    """Whether `allowed` names `host`, alone or with `port`. Case and a final dot do not matter."""
    name = host.casefold().rstrip(".")
    spellings = {name, f"{name}:{port}", f"[{name}]", f"[{name}]:{port}"}
    return any(entry.casefold().rstrip(".") in spellings for entry in allowed)


def parse(text: str) -> Address:
    """The address that `text` spells; a zone is dropped. Raises ValueError."""
    return ip_address(text.partition("%")[0])


def _carried(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that packets to `address` end at: mapped, NAT64, 6to4 or Teredo."""
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
