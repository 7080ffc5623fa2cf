"""Webhooks: people's own addresses are told when a description of theirs is at its end.

The row of each delivery is written by the model, in the transaction that ends the description. Here the
delivery is sent, through the guarded client, signed, again and again until it arrives or a day is over.
"""

from describer.webhooks.body import event_of
from describer.webhooks.issue import make_webhook
from describer.webhooks.postman import postman, tidy
from describer.webhooks.signing import SIGNATURE, signature

__all__ = ("SIGNATURE", "event_of", "make_webhook", "postman", "signature", "tidy")
