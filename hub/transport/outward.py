"""To addresses that our users choose: outgoing webhooks. Never into our own network, never somewhere else than checked.

The name is resolved once, by the connection itself, and each address is looked at before it is connected to: a name
that points to a public address now and to a private one a moment later (DNS rebinding) gains nothing. Redirects are
not followed.
"""

import ipaddress
from collections.abc import Mapping, Sequence

import httpx
from aiohappyeyeballs import AddrInfoType

from hub.domain.clock import Clock
from hub.domain.errors import Refused, TryLater
from hub.transport.body import TooBig
from hub.transport.exchange import exchange
from hub.transport.faults import Lost, NotSent, Unsendable
from hub.transport.inner import tls
from hub.transport.verdict import excerpt, retry_after
from hub.transport.wire import Resolve, Wire, addresses

_SECONDS = 15.0
_BYTES = 64 * 1024  # of the answer, which nobody reads but for its first words


class Gone(Refused):
    """410: whoever listened there does not want to hear any more."""


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open internet, whatever it is wrapped in."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo or (None, None))[1]
        if inner is None and (ip in _NAT64 or ip in _COMPATIBLE):
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    if any(ip in network for network in _NOT_OPEN if network.version == ip.version):
        return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved and not ip.is_unspecified


# What `is_global` lets pass on the oldest Python that we run on, from the special-purpose registries of IANA.
_NOT_OPEN = [
    ipaddress.ip_network(each)
    for each in (
        "192.0.0.0/24",  # RFC 6890: protocol assignments, two of which are global
        "192.88.99.0/24",  # RFC 7526: the former relays of 6to4
        "64:ff9b:1::/48",  # RFC 8215: NAT64 of this network
        "3fff::/20",  # RFC 9637: documentation
        "5f00::/16",  # RFC 9602: segment routing, within a network
        "fec0::/10",  # RFC 3879: site-local, as some networks still have it
    )
]
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052
_COMPATIBLE = ipaddress.IPv6Network("::/96")  # RFC 4291, 2.5.5.1


def public_only(resolve: Resolve) -> Resolve:
    """Finds what `resolve` finds, and nothing where any of it is not public."""

    async def checked(host: str, port: int) -> Sequence[AddrInfoType]:
        found = await resolve(host, port)
        private = [address for *_, (address, *_) in found if not is_public(str(address))]
        if private:
            raise OSError(f"{host} is {private[0]}, which is not a public address")
        return found

    return checked


class Outward:
    def __init__(self, now: Clock, resolve: Resolve = addresses) -> None:
        """`resolve` answers for names; what it says is checked all the same."""
        self._now = now
        self._public = Wire(tls, keep=0, resolve=public_only(resolve))
        self._any = Wire(tls, keep=0)

    async def post(self, url: str, headers: Mapping[str, str], body: bytes, *, allow_private: bool) -> None:
        """Returns on a 2xx. Raises `Gone`, or `TryLater`, with the time to come back where the other side names one."""
        try:
            address = httpx.URL(url)
        except httpx.InvalidURL as fault:
            raise TryLater(f"not an address: {fault}") from None
        if not allow_private:
            _require_public(address.host)
        request = httpx.Request("POST", address, headers={**headers, "User-Agent": "orderhub"}, content=body)
        transport = self._any if allow_private else self._public
        try:
            answer = await exchange(transport, request, seconds=_SECONDS, body_bytes=_BYTES)
        except TooBig:
            return  # a good status, and more words than anyone reads
        except (NotSent, Lost, Unsendable) as fault:
            raise TryLater(str(fault)) from fault
        self._judge(answer)

    def _judge(self, answer: httpx.Response) -> None:
        if answer.status_code < 300:
            return
        said = f"{answer.status_code} {excerpt(answer)}".strip()
        if answer.status_code == 410:
            raise Gone(said)
        raise TryLater(said, after=retry_after(answer, self._now()))

    async def aclose(self) -> None:
        await self._public.aclose()
        await self._any.aclose()


def _require_public(host: str) -> None:
    """An address in figures is connected to without asking the resolver."""
    try:
        public = is_public(host)
    except ValueError:
        return
    if not public:
        raise TryLater(f"{host} is not a public address")
