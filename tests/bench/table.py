"""The table that the bench prints: what, figure, what it is held against, and their ratio."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One figure. `ideal` is a yardstick taken in the same run; without one, `limit` is a fixed bound in the same unit."""

    goal: str
    what: str
    figure: float
    unit: str
    ideal: float | None = None
    limit: str = ""

    def __str__(self) -> str:
        ideal = f"{self.ideal:,.2f}" if self.ideal else "-"
        ratio = f"{self.figure / self.ideal:.2f} x" if self.ideal else "-"
        number = f"{self.figure:,.2f} {self.unit}"
        return f"{self.goal:5} {self.what:58} {number:>16} {ideal:>9} {ratio:>8}  {self.limit}"


HEAD = f"{'goal':5} {'what':58} {'figure':>16} {'ideal':>9} {'ratio':>8}  reached when"
