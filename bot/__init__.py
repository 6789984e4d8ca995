"""The process: settings, web server, relay and command line; the only package that knows every other one."""

from coaching import zones as zones  # before anything else can read a zone: the pinned rules count
