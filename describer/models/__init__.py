"""The rows, one file per word family. Transitions are verbs here, and conditional updates."""

from .attempt import Attempt
from .choice import Choice
from .description import Description, Lane, Status, Via
from .endpoint import Endpoint
from .image import Image, SentCopy
from .person import ApiKey, User
from .shown import DescriptionImage, DescriptionLink
from .usage_day import UsageDay
from .worker import Worker

__all__ = (
    "ApiKey",
    "Attempt",
    "Choice",
    "Description",
    "DescriptionImage",
    "DescriptionLink",
    "Endpoint",
    "Image",
    "Lane",
    "SentCopy",
    "Status",
    "UsageDay",
    "User",
    "Via",
    "Worker",
)
