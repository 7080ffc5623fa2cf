"""The rows, one file per word family. Transitions are verbs here, and conditional updates."""

from .attempt import Attempt
from .choice import Choice
from .description import Description, Lane, Status, Via
from .endpoint import Endpoint
from .image import Image, SentCopy
from .person import ApiKey, Scope, User
from .shown import DescriptionImage, DescriptionLink
from .transcript import Transcript
from .usage_day import UsageDay
from .webhook import Webhook, WebhookDelivery
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
    "Scope",
    "SentCopy",
    "Status",
    "Transcript",
    "UsageDay",
    "User",
    "Via",
    "Webhook",
    "WebhookDelivery",
    "Worker",
)
