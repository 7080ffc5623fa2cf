"""How the C library gives memory back, and whether the machine has some to give.

glibc serves a large block by mmap, and returns it when it is freed; but with the first free of such a block it raises
the limit for the next ones, up to 32 MiB, and keeps those for the thread that freed them (mallopt(3)). Eight threads
that each decoded one large picture then hold a gigabyte for nothing. A limit that is set once stays where it is.
"""

import ctypes
import mmap
import sys

_M_MMAP_THRESHOLD = -3
_LIMIT = 4 << 20


def has_memory(size: int) -> bool:
    """Tell whether the machine would give so many bytes now. None of them is touched, so that asking costs no memory."""
    try:
        mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS).close()
    except OSError:
        return False
    return True


def return_large_blocks() -> None:
    """Fix the limit, where the C library has one."""
    if sys.platform == "linux":
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
        if mallopt is not None:
            mallopt(_M_MMAP_THRESHOLD, _LIMIT)
