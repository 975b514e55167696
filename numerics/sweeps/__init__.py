"""Sweeps: a grid of simulations cut into shards, computed by any executor, kept in a ledger that survives anything.

`plan` says what is asked, `shards` cuts it, `work` computes one shard, `partials` adds partial results in a fixed tree,
`ledger` commits them (SQLite), `run` is the loop, `executors` names places to compute, `results` reads the answer.
"""
