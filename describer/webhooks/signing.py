"""How a receiver knows that a delivery is ours, and not one of yesterday's sent again."""

import hashlib
import hmac

SIGNATURE = "X-Describer-Signature"


def signature(secret: str, body: bytes, at: int) -> str:
    """Return `t=<unix seconds>,v1=<hex>`.

    The hex digits are the HMAC-SHA256 by the secret over the time, a dot and the body, as they are sent.
    """
    signed = hmac.new(secret.encode(), b"%d." % at + body, hashlib.sha256)
    return f"t={at},v1={signed.hexdigest()}"
