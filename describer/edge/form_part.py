"""How large the part of a multipart form is that is just coming in, and the name of its file."""

import re

_PART_HEADERS = 2048  # a part's headers and the line before the next boundary are not the file's
_FILE_NAME = re.compile(rb'filename="([^"\r\n]*)"')


class FormPart:
    """Counts the bytes since the last boundary of a multipart body, also where a boundary is cut by two chunks."""

    def __init__(self, boundary: bytes) -> None:
        self.boundary = boundary
        self.tail = b""
        self.head = b""
        self.size = 0

    def grown_by(self, chunk: bytes) -> int:
        """Return the part's size after this chunk, in bytes.

        The largest part within one chunk is the chunk: that is small.
        """
        if not self.boundary:
            return 0
        window = self.tail + chunk
        begin = window.rfind(self.boundary) + len(self.boundary)
        if begin < len(self.boundary):  # none there
            self.size += len(chunk)
        else:
            self.size = len(window) - begin
            self.head = b""
        if self.size:
            self.head = (self.head or window[begin:])[:_PART_HEADERS]
        self.tail = window[-(len(self.boundary) - 1) :]
        return self.size - _PART_HEADERS

    @property
    def file_name(self) -> str:
        """Return the name in the part's headers, its last path part only, or ""."""
        match = _FILE_NAME.search(self.head)
        if match is None:
            return ""
        name = match[1].decode("utf-8", "replace")
        return name.replace("\\", "/").rpartition("/")[2][:255]


def boundary_of(content_type: bytes) -> bytes:
    """Return the boundary of a multipart form; b"" of any other body."""
    kind, _, rest = content_type.partition(b";")
    if kind.strip().lower() != b"multipart/form-data":
        return b""
    for option in rest.split(b";"):
        name, _, value = option.strip().partition(b"=")
        if name.lower() == b"boundary":
            return b"--" + value.strip(b'" ')
    return b""
