"""This process as the queue sees it: what it runs, what it claims next, what it knows of others, and its rounds."""

from describer.engine.queue.claim import ClaimBatcher
from describer.engine.queue.gate import ShutGates
from describer.engine.queue.inline_line import InlineLine
from describer.engine.queue.lease import Leases, Pulse, Suspects
from describer.engine.queue.rounds import Round
from describer.engine.queue.run import Run


class Process:
    """Everything of the engine that is kept in memory, from the first round to the last.

    start -> takes asks -> stop (begins no more, ends what it holds) -> end (its rounds are over)
    """

    def __init__(self) -> None:
        self.leases = Leases()
        self.claims = ClaimBatcher(self.leases)
        self.pulse = Pulse()
        self.suspects = Suspects()
        self.shut_gates = ShutGates()
        self.inline_line = InlineLine()
        self.left: dict[str, Run] = {}
        self.rounds: dict[str, Round] = {}

    def start(self, *rounds: Round) -> None:
        """Start rounds, each once by its name; none that has ended is started again."""
        for thread in rounds:
            if thread.name not in self.rounds:
                self.rounds[thread.name] = thread
                thread.start()

    def claim(self) -> Run | None:
        """Take the next queued description under a new lease; None when there is none, or this process takes no more."""
        if not self.leases.takes_more:
            return None
        return self.claims.claim()

    def stop(self) -> None:
        """Begin nothing more; what is under way goes on."""
        self.leases.stopping.set()

    def end(self) -> None:
        """End the rounds."""
        for thread in self.rounds.values():
            thread.ended.set()


process = Process()
