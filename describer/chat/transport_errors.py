"""What requests, urllib3 and sockets raise, told as errors of ours: one table, in order of precedence."""

import http.client
import socket
import ssl
from collections.abc import Callable

import requests.exceptions
import urllib3.exceptions

from describer.chat.errors import (
    BadAnswer,
    BadKey,
    ChatError,
    ConnectionFailed,
    ConnectionLost,
    Evidence,
    OutOfHandles,
    Redirected,
    TimedOut,
)
from describer.chat.messages import size_text
from describer.lib.deadline import TooMuchReceived
from describer.lib.limits import WIRE_BYTES
from describer.lib.shortage import causes, shortage_in

RAISED = (
    requests.exceptions.RequestException,
    urllib3.exceptions.HTTPError,
    urllib3.exceptions.ProxySchemeUnsupported,
    http.client.HTTPException,
    OSError,
    MemoryError,
    UnicodeError,
    ValueError,
)
"""All that a call through requests raises when the fault lies outside this program."""

_SLOWLY = 30.0
"""Seconds between tries where only a person can mend it, as with a certificate."""

_SPEAKS_NO_TLS = ("WRONG_VERSION_NUMBER", "UNKNOWN_PROTOCOL", "HTTP_REQUEST", "RECORD_LAYER_FAILURE")

_Make = Callable[[BaseException, str], ChatError]


def _unknown_host(fault: BaseException, host: str) -> ChatError:
    return ConnectionFailed(f"The address {host.rpartition(':')[0] or host} is not known.")


def _no_proxy(fault: BaseException, host: str) -> ChatError:
    return ConnectionFailed(f"The proxy on the way to {host} does not let us through.")


def _no_tls(fault: BaseException, host: str) -> ChatError:
    reason = getattr(fault, "verify_message", "") or str(getattr(fault, "reason", "") or "")
    if any(word in reason for word in _SPEAKS_NO_TLS):
        sentence = f"{host} does not speak TLS; perhaps its address begins with http://."
    elif getattr(fault, "verify_message", ""):
        sentence = f"The certificate of {host} is not valid: {reason.rstrip('.')}."
    else:
        sentence = f"No secure connection to {host} could be made."
    return ConnectionFailed(sentence, Evidence(retry_after=_SLOWLY))


def _not_connected(fault: BaseException, host: str) -> ChatError:
    return ConnectionFailed(f"{host} cannot be reached: nothing answers there.")


def _connection_refused(fault: BaseException, host: str) -> ChatError:
    return ConnectionFailed(f"{host} refuses the connection: nothing listens there.")


def _no_address(fault: BaseException, host: str) -> ChatError:
    return ConnectionFailed("The base URL is not an address that can be asked.", retryable=False)


def _unusable_key(fault: BaseException, host: str) -> ChatError:
    return BadKey("The endpoint's key holds characters that no header can carry; set it again.")


def _too_late(fault: BaseException, host: str) -> ChatError:
    return TimedOut()


def _lost(fault: BaseException, host: str) -> ChatError:
    return ConnectionLost()


def _unreadable_packing(fault: BaseException, host: str) -> ChatError:
    return BadAnswer("The endpoint's answer was packed in a way that cannot be undone.")


def _too_much(fault: BaseException, host: str) -> ChatError:
    return BadAnswer(f"The endpoint's answer takes more than {size_text(WIRE_BYTES)} on its way.")


def _redirected(fault: BaseException, host: str) -> ChatError:
    return Redirected()


_of_requests = requests.exceptions
_of_urllib3 = urllib3.exceptions
TABLE: tuple[tuple[tuple[type[BaseException], ...], _Make], ...] = (
    ((TooMuchReceived,), _too_much),
    ((_of_urllib3.NameResolutionError, socket.gaierror), _unknown_host),
    ((_of_requests.ProxyError, _of_urllib3.ProxyError, _of_requests.InvalidProxyURL), _no_proxy),
    ((_of_urllib3.ProxySchemeUnknown, _of_urllib3.ProxySchemeUnsupported), _no_proxy),
    ((ssl.SSLCertVerificationError,), _no_tls),
    ((_of_urllib3.ReadTimeoutError, _of_requests.ReadTimeout), _too_late),
    ((ConnectionRefusedError,), _connection_refused),
    ((_of_urllib3.ConnectTimeoutError, _of_requests.ConnectTimeout), _not_connected),
    ((_of_urllib3.EmptyPoolError, _of_urllib3.FullPoolError, _of_urllib3.ClosedPoolError), _not_connected),
    ((TimeoutError, _of_urllib3.TimeoutError, _of_requests.Timeout), _too_late),
    ((ssl.SSLError,), _no_tls),
    ((_of_urllib3.SSLError, _of_requests.SSLError), _no_tls),
    ((_of_requests.InvalidURL, _of_requests.MissingSchema, _of_requests.InvalidSchema), _no_address),
    ((_of_requests.URLRequired, _of_urllib3.LocationValueError, _of_urllib3.HostChangedError), _no_address),
    ((_of_requests.InvalidHeader, _of_urllib3.InvalidHeader), _unusable_key),
    (
        (_of_requests.ContentDecodingError, _of_urllib3.DecodeError, _of_requests.InvalidJSONError),
        _unreadable_packing,
    ),
    ((_of_requests.TooManyRedirects,), _redirected),
    (RAISED, _lost),
)


def transport_error(fault: BaseException, host: str = "the endpoint", sent: bool | None = None) -> ChatError:
    """Return the error that `fault` means at `host` ("name:port").

    `sent` False: no byte of the request had left, so nothing was paid, whatever the fault was. True: some
    had. None: not known, as with adapters that use no socket.
    """
    if not sent and shortage_in(fault):
        return OutOfHandles()
    error = _error_in_table(fault, host)
    if sent is False and isinstance(error, ConnectionLost | TimedOut):
        return _not_connected(fault, host)
    if sent and isinstance(error, ConnectionFailed) and isinstance(fault, _of_requests.SSLError):
        return ConnectionLost()
    if sent and isinstance(error, BadKey):
        return ConnectionLost()  # a header of the reply, not ours
    return error


def _error_in_table(fault: BaseException, host: str) -> ChatError:
    """Make the error of the first row that fits any cause; an early row goes before an outer cause."""
    chain = list(causes(fault))
    for types, make in TABLE:
        for cause in chain:
            if isinstance(cause, types):
                return make(cause, host)
    return _lost(fault, host)
