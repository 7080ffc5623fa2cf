"""Short secrets that lie in rows, so that whoever reads or searches the rows cannot tell them.

Each is laid under a pad that is used once, HMAC-SHA512 by the key over 16 random bytes, and a tag tells whether the key is
the right one. A cipher's library would do the same for texts of any length; for one block this is all there is to it.
"""

import base64
import hashlib
import hmac
import secrets

LONGEST = 64  # bytes of a secret: one block of the pad
_MARK = "sealed1:"
_SALT, _TAG = 16, 16


class SealBroken(Exception):
    """What is there was sealed with another key, or is damaged."""


def sealed(secret: str, key: bytes) -> str:
    """Return a secret sealed: another text each time. Raises ValueError for one longer than LONGEST bytes."""
    plain, salt = secret.encode(), secrets.token_bytes(_SALT)
    if len(plain) > LONGEST:
        raise ValueError(f"a secret of more than {LONGEST} bytes")
    body = salt + _padded(plain, salt, key)
    return _MARK + base64.b64encode(body + _tag(body, key)).decode()


def is_sealed(text: str) -> bool:
    return text.startswith(_MARK)


def opened(text: str, key: bytes) -> str:
    """Return the secret in a sealed text. Raises SealBroken."""
    try:
        whole = base64.b64decode(text.removeprefix(_MARK), validate=True)
        body, tag = whole[:-_TAG], whole[-_TAG:]
        if not hmac.compare_digest(tag, _tag(body, key)):
            raise SealBroken
        return _padded(body[_SALT:], body[:_SALT], key).decode()
    except ValueError as error:
        raise SealBroken from error


def _padded(data: bytes, salt: bytes, key: bytes) -> bytes:
    pad = hmac.digest(key, b"pad" + salt, hashlib.sha512)
    return bytes(one ^ other for one, other in zip(data, pad, strict=False))


def _tag(body: bytes, key: bytes) -> bytes:
    return hmac.digest(key, b"tag" + body, hashlib.sha256)[:_TAG]
