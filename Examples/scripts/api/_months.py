"""Imported by scripts beside it; a name that begins with an underscore is never a route."""
import calendar
from datetime import date


def parse(text):
    """(year, month) of "2026-11"; ValueError for anything else."""
    year, _, month = text.partition("-")
    return date(int(year), int(month), 1)


def days(first):
    """How many days the month that begins on `first` has."""
    return calendar.monthrange(first.year, first.month)[1]
