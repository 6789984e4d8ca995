"""The process: settings, web server, relay and command line. It is the only package that imports all others."""

from coaching import zones as zones  # Imported first: no zone may be read before the pinned rules are in place.
