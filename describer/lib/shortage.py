"""What this machine is out of for a moment: file handles, memory. No other side is at fault, and it passes."""

import errno
import os
import socket
from collections.abc import Iterator

_OUT_OF = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS})
# What a caller's hanging up looks like, and a file that is not there: they say nothing of this machine.
_OF_OTHERS = frozenset({None, errno.ENOENT, errno.ENODATA, errno.EPIPE, errno.ECONNRESET})


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


def shortage_in(fault: BaseException) -> OSError | None:
    """Return the cause by which this machine could not even try, or None where the other side is at fault."""
    for cause in causes(fault):
        if isinstance(cause, socket.gaierror):
            if cause.errno in (socket.EAI_SYSTEM, socket.EAI_MEMORY) or not _has_handle():
                return OSError(errno.EMFILE, os.strerror(errno.EMFILE))
        elif isinstance(cause, MemoryError):
            return OSError(errno.ENOMEM, os.strerror(errno.ENOMEM))
        elif isinstance(cause, OSError) and cause.errno in _OUT_OF:
            return cause
    return None


def refused_by_machine(fault: BaseException | None) -> bool:
    """Tell whether the machine refuses now what it does at other times: a file, a handle, memory."""
    if isinstance(fault, OSError):
        return fault.errno not in _OF_OTHERS
    return isinstance(fault, MemoryError)


def _has_handle() -> bool:
    """Tell whether a file can be opened. A name's look-up does not say that it could open none."""
    try:
        os.close(os.open(os.devnull, os.O_RDONLY))
    except OSError:
        return False
    return True
