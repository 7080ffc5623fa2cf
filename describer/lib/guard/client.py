"""From a link to a reply, over a connection to the very address that was judged."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from ipaddress import ip_address
from queue import Empty, SimpleQueue

from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.connection import HTTPConnection
from urllib3.exceptions import HTTPError
from urllib3.response import HTTPResponse

from describer.lib.deadline import Deadline, DeadlineConnection, DeadlineTLSConnection
from describer.lib.guard.addresses import Network, is_open
from describer.lib.guard.errors import AddressRefused, FetchFailed
from describer.lib.guard.link import PORTS, Link
from describer.lib.shortage import shortage_in

_Resolver = Callable[[str, int], Sequence[str]]
_PIECE = 65536
_CONNECT_SECONDS = 5.0  # for each address of a name
_MOST_ADDRESSES = 4  # that are tried
_UNKNOWN = (socket.EAI_NONAME, socket.EAI_NODATA)


def _resolved(host: str, port: int) -> list[str]:
    """Return all that this machine's resolver makes of a name, or of a number in any of its spellings."""
    answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for _, _, _, _, address in answers]


@dataclass(frozen=True)
class GuardedResponse:
    """A reply whose body is still to be read; header names match in any case."""

    link: Link
    response: HTTPResponse

    @property
    def status(self) -> int:
        return self.response.status

    @property
    def headers(self) -> Mapping[str, str]:
        return self.response.headers

    def pieces(self) -> Iterator[bytes]:
        """Yield the body, unpacked, as it comes, at most 64 kB at a time. Raises FetchFailed."""
        while piece := self._piece():
            yield piece

    def _piece(self) -> bytes:
        with _translate_errors(self.link.host):
            return self.response.read1(_PIECE, decode_content=True)


@dataclass(frozen=True)
class GuardedClient:
    """What is let through: which ports, which networks beside the public ones, and who looks names up.

    `contact` is how whoever is asked can reach this site's people.
    """

    ports: frozenset[int] = PORTS
    trusted: tuple[Network, ...] = ()
    resolve: _Resolver = _resolved
    ca_file: str | None = None
    contact: str = ""

    def link(self, text: str) -> Link:
        """Read a link to one of the ports. Raises AddressRefused."""
        return Link.read(text, self.ports)

    @contextmanager
    def ask(
        self,
        method: str,
        link: Link,
        deadline: Deadline,
        headers: Mapping[str, str],
        body: bytes | None = None,
    ) -> Iterator[GuardedResponse]:
        """Ask once, within the deadline; no redirect is followed. Raises AddressRefused or FetchFailed."""
        with deadline.running():
            with _translate_errors(link.host):
                connection = self._connected(link, deadline)
            try:
                with _translate_errors(link.host):
                    sent = {"Host": link.authority, "Connection": "close", **headers}
                    connection.request(method, link.target, body, sent, preload_content=False)
                    response = connection.getresponse()
                with closing(response):
                    yield GuardedResponse(link, response)
            finally:
                connection.close()

    def _connected(self, link: Link, deadline: Deadline) -> HTTPConnection:
        """Connect to the first of the link's addresses that takes a connection."""
        failure: Exception = OSError("no address")
        for address in self._judged(link, deadline)[:_MOST_ADDRESSES]:
            connection = self._connection(link, address, min(_CONNECT_SECONDS, deadline.remaining()))
            try:
                connection.connect()
            except (OSError, HTTPError) as error:
                connection.close()
                failure = error
            else:
                return connection
        raise failure

    def _connection(self, link: Link, address: str, seconds: float) -> HTTPConnection:
        if link.scheme == "http":
            return DeadlineConnection(address, link.port, timeout=seconds)
        return DeadlineTLSConnection(
            address,
            link.port,
            timeout=seconds,
            cert_reqs="CERT_REQUIRED",
            ca_certs=self.ca_file or DEFAULT_CA_BUNDLE_PATH,
            server_hostname=link.host,
        )

    def _judged(self, link: Link, deadline: Deadline) -> list[str]:
        """Return all addresses of the link's name. Raises AddressRefused when any of them is not open.

        A name that leads inside by one answer may lead there by the next.
        """
        addresses = self._looked_up(link, deadline.remaining())
        if not addresses or not all(is_open(ip_address(address), self.trusted) for address in addresses):
            raise AddressRefused
        return list(dict.fromkeys(addresses))

    def _looked_up(self, link: Link, seconds: float) -> Sequence[str]:
        """Return what the resolver answers within so many seconds.

        A resolver obeys no time of its own, so it gets a thread.
        """
        answers: SimpleQueue[Sequence[str] | Exception] = SimpleQueue()
        threading.Thread(target=self._look_up, args=(link, answers), name="resolver", daemon=True).start()
        try:
            answer = answers.get(timeout=seconds)
        except Empty:
            raise TimeoutError from None
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _look_up(self, link: Link, answers: "SimpleQueue[Sequence[str] | Exception]") -> None:
        try:
            answers.put(self.resolve(link.host, link.port))
        except (OSError, ValueError) as error:
            answers.put(error)


@contextmanager
def _translate_errors(host: str) -> Iterator[None]:
    """Turn all that sockets, TLS and HTTP raise into FetchFailed, with words for a person.

    A name that nobody knows becomes AddressRefused. What this machine is out of stays an OSError: it says nothing of
    the host.
    """
    try:
        yield
    except (OSError, HTTPError, HTTPException, ValueError) as error:
        if short := shortage_in(error):
            raise short from error
        raise _translated(error, host) from error


def _translated(error: Exception, host: str) -> FetchFailed | AddressRefused:
    if isinstance(error, socket.gaierror):
        if error.errno in _UNKNOWN:
            return AddressRefused()
        return FetchFailed(f"The name {host} cannot be looked up just now.")
    if isinstance(error, UnicodeError):
        return AddressRefused()
    if isinstance(error, ssl.SSLCertVerificationError):
        return FetchFailed(f"The certificate of {host} is not one to trust: {error.verify_message}.")
    if isinstance(error, ssl.SSLError):
        return FetchFailed(f"{host} speaks no TLS that can be understood.")
    if isinstance(error, TimeoutError) or "imed out" in str(error):
        return FetchFailed(f"{host} took too long.")
    return FetchFailed(f"{host} cannot be reached, or broke off.")
