"""The one way to addresses that people name: nobody is led to what lies inside the admin's network.

A link is checked, its name looked up, every answer judged, and the very address that was judged is the one connected
to. Nothing of the machine goes along: no proxy, no login of a .netrc, no cookie. Redirects are for the caller to
follow, each as a new link. Plain Python.
"""

from describer.lib.guard.addresses import Network, is_open
from describer.lib.guard.client import GuardedClient, GuardedResponse
from describer.lib.guard.errors import AddressRefused, FetchFailed, GuardError
from describer.lib.guard.link import LONGEST, PORTS, Link, host_of

__all__ = (
    "LONGEST",
    "PORTS",
    "GuardedResponse",
    "GuardedClient",
    "GuardError",
    "FetchFailed",
    "Link",
    "Network",
    "AddressRefused",
    "host_of",
    "is_open",
)
