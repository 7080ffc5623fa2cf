"""Rules over rows: turn, claim, lease, gate, retry, pause, sweep, and the doorbell. The database is the truth.

`process` is what this process holds of the queue: leases, claims, suspects, rounds.
"""

from describer.engine.queue.doorbell import ring
from describer.engine.queue.gate import narrow, widen
from describer.engine.queue.left import leave, settle_left
from describer.engine.queue.pause import (
    confirm_pause,
    must_wait,
    note_false_alarm,
    open_endpoint,
    pause_endpoint,
    pause_reason,
    send_ahead,
)
from describer.engine.queue.process import process
from describer.engine.queue.retry import Verdict, backoff, judge, put_off
from describer.engine.queue.run import Run, Waiter
from describer.engine.queue.sweep import hand_all_back, hand_back, hand_back_held, sweep
from describer.engine.queue.turn import ahead, next_turn
from describer.engine.queue.waiting import wait_inline

__all__ = (
    "Waiter",
    "Run",
    "Verdict",
    "ahead",
    "backoff",
    "confirm_pause",
    "hand_all_back",
    "hand_back",
    "hand_back_held",
    "judge",
    "leave",
    "must_wait",
    "narrow",
    "note_false_alarm",
    "next_turn",
    "open_endpoint",
    "pause_endpoint",
    "pause_reason",
    "process",
    "put_off",
    "ring",
    "send_ahead",
    "settle_left",
    "sweep",
    "wait_inline",
    "widen",
)
