"""The functions of the tools json_in and json_out."""

from __future__ import annotations

from cherrypy_tools.jsontools import json_handler, json_in, json_out, json_processor

__all__ = ["json_handler", "json_in", "json_out", "json_processor"]
