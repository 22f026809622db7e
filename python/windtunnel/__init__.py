"""A wind tunnel for cluster schedulers."""

from ._windtunnel import __version__

__all__ = ["__version__"]
