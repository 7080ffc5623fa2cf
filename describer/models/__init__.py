"""The rows, one file per word family. Transitions are verbs here, and conditional updates."""

from .attempt import Attempt
from .description import Choice, Description, DescriptionImage, Lane, Status, Via
from .endpoint import Endpoint
from .image import Image, SentCopy
from .person import ApiKey, User
from .usage_day import UsageDay

__all__ = (
    "ApiKey",
    "Attempt",
    "Choice",
    "Description",
    "DescriptionImage",
    "Endpoint",
    "Image",
    "Lane",
    "SentCopy",
    "Status",
    "UsageDay",
    "User",
    "Via",
)
