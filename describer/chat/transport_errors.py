"""What requests, urllib3 and sockets raise, told as errors of ours: one table, in order of precedence."""

import http.client
import socket
import ssl
from collections.abc import Callable, Iterator

import requests.exceptions
import urllib3.exceptions

from describer.chat.errors import (
    BadAnswer,
    BadKey,
    ChatError,
    ConnectionFailed,
    ConnectionLost,
    Evidence,
    Redirected,
    TimedOut,
)

RAISED = (
    requests.exceptions.RequestException,
    urllib3.exceptions.HTTPError,
    urllib3.exceptions.ProxySchemeUnsupported,
    http.client.HTTPException,
    OSError,
    UnicodeError,
    ValueError,
)
"""All that a call through requests raises when the fault lies outside this program."""

SLOWLY = 30.0
"""Seconds between tries where only a person can mend it, as with a certificate."""

SPEAKS_NO_TLS = ("WRONG_VERSION_NUMBER", "UNKNOWN_PROTOCOL", "HTTP_REQUEST", "RECORD_LAYER_FAILURE")

Make = Callable[[BaseException, str], ChatError]


def unknown_host(fault: BaseException, host: str) -> ChatError:
    return ConnectionFailed(f"The address {host.rpartition(':')[0] or host} is not known.")


def no_proxy(fault: BaseException, host: str) -> ChatError:
    return ConnectionFailed(f"The proxy on the way to {host} does not let us through.")


def no_tls(fault: BaseException, host: str) -> ChatError:
    reason = getattr(fault, "verify_message", "") or str(getattr(fault, "reason", "") or "")
    if any(word in reason for word in SPEAKS_NO_TLS):
        sentence = f"{host} does not speak TLS; perhaps its address begins with http://."
    elif getattr(fault, "verify_message", ""):
        sentence = f"The certificate of {host} is not valid: {reason.rstrip('.')}."
    else:
        sentence = f"No secure connection to {host} could be made."
    return ConnectionFailed(sentence, Evidence(retry_after=SLOWLY))


def not_connected(fault: BaseException, host: str) -> ChatError:
    return ConnectionFailed(f"{host} cannot be reached: nothing answers there.")


def connection_refused(fault: BaseException, host: str) -> ChatError:
    return ConnectionFailed(f"{host} refuses the connection: nothing listens there.")


def no_address(fault: BaseException, host: str) -> ChatError:
    return ConnectionFailed("The base URL is not an address that can be asked.", retryable=False)


def unusable_key(fault: BaseException, host: str) -> ChatError:
    return BadKey("The endpoint's key holds characters that no header can carry; set it again.")


def too_late(fault: BaseException, host: str) -> ChatError:
    return TimedOut()


def lost(fault: BaseException, host: str) -> ChatError:
    return ConnectionLost()


def unreadable_packing(fault: BaseException, host: str) -> ChatError:
    return BadAnswer("The endpoint's answer was packed in a way that cannot be undone.")


def redirected(fault: BaseException, host: str) -> ChatError:
    return Redirected()


of_requests = requests.exceptions
of_urllib3 = urllib3.exceptions
TABLE: tuple[tuple[tuple[type[BaseException], ...], Make], ...] = (
    ((of_urllib3.NameResolutionError, socket.gaierror), unknown_host),
    ((of_requests.ProxyError, of_urllib3.ProxyError, of_requests.InvalidProxyURL), no_proxy),
    ((of_urllib3.ProxySchemeUnknown, of_urllib3.ProxySchemeUnsupported), no_proxy),
    ((ssl.SSLCertVerificationError,), no_tls),
    ((of_urllib3.ReadTimeoutError, of_requests.ReadTimeout), too_late),
    ((ConnectionRefusedError,), connection_refused),
    ((of_urllib3.ConnectTimeoutError, of_requests.ConnectTimeout), not_connected),
    ((of_urllib3.EmptyPoolError, of_urllib3.FullPoolError, of_urllib3.ClosedPoolError), not_connected),
    ((TimeoutError, of_urllib3.TimeoutError, of_requests.Timeout), too_late),
    ((ssl.SSLError,), no_tls),
    ((of_urllib3.SSLError, of_requests.SSLError), no_tls),
    ((of_requests.InvalidURL, of_requests.MissingSchema, of_requests.InvalidSchema), no_address),
    ((of_requests.URLRequired, of_urllib3.LocationValueError, of_urllib3.HostChangedError), no_address),
    ((of_requests.InvalidHeader, of_urllib3.InvalidHeader), unusable_key),
    (
        (of_requests.ContentDecodingError, of_urllib3.DecodeError, of_requests.InvalidJSONError),
        unreadable_packing,
    ),
    ((of_requests.TooManyRedirects,), redirected),
    (RAISED, lost),
)


def transport_error(fault: BaseException, host: str = "the endpoint", sent: bool | None = None) -> ChatError:
    """Return the error that `fault` means at `host` ("name:port").

    `sent` False: no byte of the request had left, so nothing was paid, whatever the fault was. True: some
    had. None: not known, as with adapters that use no socket.
    """
    error = error_in_table(fault, host)
    if sent is False and isinstance(error, ConnectionLost | TimedOut):
        return not_connected(fault, host)
    if sent and isinstance(error, ConnectionFailed) and isinstance(fault, of_requests.SSLError):
        return ConnectionLost()
    return error


def error_in_table(fault: BaseException, host: str) -> ChatError:
    """Make the error of the first row that fits any cause; an early row goes before an outer cause."""
    chain = list(causes(fault))
    for types, make in TABLE:
        for cause in chain:
            if isinstance(cause, types):
                return make(cause, host)
    return lost(fault, host)


def causes(fault: BaseException) -> Iterator[BaseException]:
    """Yield the exception and those it wraps, however each library keeps them, outermost first."""
    waiting: list[object] = [fault]
    seen: set[int] = set()
    while waiting:
        cause = waiting.pop(0)
        if not isinstance(cause, BaseException) or id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        waiting += [*cause.args, getattr(cause, "reason", None), cause.__cause__, cause.__context__]
