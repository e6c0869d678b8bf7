"""The process bus: `Bus`, and the one of the default site."""

from __future__ import annotations

from cherrypy import engine as bus
from cherrypy_wspbus import Bus, ChannelFailures, states

__all__ = ["Bus", "ChannelFailures", "bus", "max_files", "states"]

max_files = Bus.max_cloexec_files
