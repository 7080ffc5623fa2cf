"""The built-in offline endpoint, for trying the site without a key: the real client and wire, no network, no model."""

from describer.sandbox.adapter import SANDBOX_MODEL, SandboxAdapter

SANDBOX_URL = "sandbox://describer/v1"

__all__ = ["SANDBOX_MODEL", "SANDBOX_URL", "SandboxAdapter"]
