"""A description as programs are told of it: the same JSON for scripts, exports and the shell."""

from describer.serializers.rows import serialize
from describer.serializers.schema import DescriptionList, DescriptionOut, DescriptionSet

__all__ = ("DescriptionList", "DescriptionOut", "DescriptionSet", "serialize")
