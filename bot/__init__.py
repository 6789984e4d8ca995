"""The process: settings, web server, relay and command line; the only package that knows every other one."""
