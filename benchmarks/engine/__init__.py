"""How fast the engine is, beside what one could write by hand and what others offer. `adoptproof bench` runs it."""
