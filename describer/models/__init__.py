"""The rows, one file per word family. Transitions are verbs here, and conditional updates."""

from describer.models.attempt import Attempt, CostState
from describer.models.choice import Choice
from describer.models.comparison import Comparison
from describer.models.description import Description
from describer.models.description_image import DescriptionImage, DescriptionLink
from describer.models.endpoint import Endpoint
from describer.models.image import Image, SentCopy
from describer.models.person import ApiKey, Scope, User
from describer.models.preset import Preset
from describer.models.price import Price, Repricing
from describer.models.saved_view import SavedView
from describer.models.search_entry import SearchEntry, SearchGap
from describer.models.share import Share
from describer.models.states import Flag, Lane, Status, Via
from describer.models.streamed_words import StreamedWords
from describer.models.tag import DescriptionTag, Tag
from describer.models.transcript import Transcript
from describer.models.usage_day import UsageDay
from describer.models.webhook import Webhook, WebhookDelivery
from describer.models.worker import Worker

__all__ = (
    "ApiKey",
    "Attempt",
    "Choice",
    "Comparison",
    "CostState",
    "Description",
    "DescriptionImage",
    "DescriptionTag",
    "DescriptionLink",
    "Endpoint",
    "Flag",
    "Image",
    "Lane",
    "Preset",
    "Price",
    "Repricing",
    "SavedView",
    "Scope",
    "SearchEntry",
    "SearchGap",
    "SentCopy",
    "Share",
    "Status",
    "StreamedWords",
    "Tag",
    "Transcript",
    "UsageDay",
    "User",
    "Via",
    "Webhook",
    "WebhookDelivery",
    "Worker",
)
