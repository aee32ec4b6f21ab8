"""Faults, caused on purpose and looked at from outside."""
