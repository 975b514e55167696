"""What the server that workers are forked from loads once: everything that a shard needs, without starting a thread."""

import numerics.engine
import numerics.registry
import numerics.sweeps.partials
import numerics.sweeps.work  # noqa: F401
