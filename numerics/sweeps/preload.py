"""What the server that workers are forked from loads once: everything that a shard needs, without starting a thread.

Only that server imports this module. Ctrl-C reaches it too, and it must not answer with a traceback of its imports; it
ends with the process that it serves. Workers take the default back (`executors.begin_worker`).
"""

import signal

signal.signal(signal.SIGINT, signal.SIG_IGN)

import numerics.engine  # noqa: E402
import numerics.registry  # noqa: E402
import numerics.sweeps.partials  # noqa: E402
import numerics.sweeps.work  # noqa: E402, F401
