"""A wind tunnel for cluster schedulers."""

from ._windtunnel import __version__

__all__ = ["__version__"]

try:
    import gymnasium as _gymnasium  # noqa: F401
except ImportError:
    pass
else:
    from . import envs

    envs.register()
