"""Environments for agents, registered with Gymnasium by ``import windtunnel`` if that is installed.

``windtunnel/BatchQueue-v0`` asks an agent which waiting job goes next. The documentation is in
``docs/environments.md``.
"""

import gymnasium

from .batch_queue import BatchQueueEnv
from .batch_queue_vector import BatchQueueVectorEnv

__all__ = ["BatchQueueEnv", "BatchQueueVectorEnv", "register"]


def register() -> None:
    """Register the environments with Gymnasium, unless they are already."""
    if "windtunnel/BatchQueue-v0" not in gymnasium.registry:
        gymnasium.register(
            id="windtunnel/BatchQueue-v0",
            entry_point="windtunnel.envs:BatchQueueEnv",
            vector_entry_point="windtunnel.envs:BatchQueueVectorEnv",
        )
