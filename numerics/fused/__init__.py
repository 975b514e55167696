"""The fused tier: machine code made from the one symbolic definition of problem and method, state in cache."""
