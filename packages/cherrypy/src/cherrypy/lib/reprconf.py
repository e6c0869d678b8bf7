"""Configuration files with Python values, and namespaces."""

from __future__ import annotations

from cherrypy_core.config import BaseConfig as Config
from cherrypy_core.config import NamespaceSet
from cherrypy_core.configfile import as_dict
from cherrypy_core.iniparser import Parser
from cherrypy_core.unrepr import attributes, modules, unrepr

__all__ = ["Config", "NamespaceSet", "Parser", "as_dict", "attributes", "modules", "unrepr"]
