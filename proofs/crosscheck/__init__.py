"""The cross-check: what was proved against what is computed, for each theorem, problem and setting."""
