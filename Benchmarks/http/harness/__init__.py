"""The HTTP benchmark: starts each server, checks its answers, loads it with wrk and tables the figures."""
