"""A description as programs are told of it: the same JSON for scripts, exports and the shell."""

from .rows import described
from .schema import DescriptionList, DescriptionOut, DescriptionSet

__all__ = ("DescriptionList", "DescriptionOut", "DescriptionSet", "described")
