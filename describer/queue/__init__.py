"""Rules over rows: turn, claim, lease, retry, sweep, and the doorbell. The database is the truth."""

from .caller import Caller, wait_here
from .claim import claim
from .doorbell import ring
from .gate import narrow, widen
from .lease import Run, leases
from .pause import must_wait, open_endpoint, pause_endpoint, pause_reason, send_ahead
from .retry import Verdict, backoff, judge, put_off
from .sweep import hand_all_back, hand_back_held, sweep
from .turn import ahead, next_turn

__all__ = (
    "Caller",
    "Run",
    "Verdict",
    "ahead",
    "backoff",
    "claim",
    "hand_all_back",
    "hand_back_held",
    "judge",
    "leases",
    "must_wait",
    "narrow",
    "next_turn",
    "open_endpoint",
    "pause_endpoint",
    "pause_reason",
    "put_off",
    "ring",
    "send_ahead",
    "sweep",
    "wait_here",
    "widen",
)
