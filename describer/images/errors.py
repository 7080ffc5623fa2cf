"""The one error of this package.

| code | status | when |
|---|---|---|
| image_empty | 400 | no bytes at all |
| image_damaged | 400 | cut off or scratched: it cannot be decoded to its end |
| no_image | 400 | no picture in what came |
| image_too_large | 413 | more bytes than `Limits.max_bytes` |
| image_too_many_pixels | 413 | more pixels than `Limits.max_pixels`, or than the decode budget holds |
| image_format | 415 | not one of the formats that are taken |
| image_raw | 415 | a camera's raw file |
"""


class ImageError(Exception):
    """A picture that is refused: a stable `code`, an HTTP `status` and a `message` fit for its owner.

    The message names the file and says what to do; it never holds a path or the name of a class.
    """

    def __init__(self, code: str, status: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.message = message
