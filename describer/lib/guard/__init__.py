"""The one door to addresses that people name: nobody gets through it to what lies inside the admin's network.

A link is checked, its name looked up, every answer judged, and the very address that was judged is the one connected
to. Nothing of the machine goes along: no proxy, no login of a .netrc, no cookie. Redirects are for the caller to
follow, each as a new link. Plain Python.
"""

from describer.lib.guard.addresses import Network, is_open
from describer.lib.guard.door import Answer, Door
from describer.lib.guard.errors import DoorError, Failed, Refused
from describer.lib.guard.link import LONGEST, PORTS, Link, host_of

__all__ = (
    "LONGEST",
    "PORTS",
    "Answer",
    "Door",
    "DoorError",
    "Failed",
    "Link",
    "Network",
    "Refused",
    "host_of",
    "is_open",
)
