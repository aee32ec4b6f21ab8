"""Working days of a month: send {"month": "2026-11"}, or nothing for the current one."""
import logging
from datetime import date, timedelta

from flask import abort

import _months

log = logging.getLogger("report")


def main(request):
    asked = request.get_json(force=True, silent=True) if request.data else {}
    if not isinstance(asked, dict):
        abort(400, 'the body must be a JSON object such as {"month": "2026-11"}')
    try:
        first = _months.parse(asked["month"]) if "month" in asked else date.today().replace(day=1)
    except (ValueError, AttributeError):
        abort(400, f"month must look like 2026-11, not {asked['month']!r}")
    days = [first + timedelta(days=offset) for offset in range(_months.days(first))]
    log.info("report for %s", first.strftime("%Y-%m"))
    return {
        "month": first.strftime("%Y-%m"),
        "days": len(days),
        "working_days": sum(day.weekday() < 5 for day in days),
        "begins_on": first.strftime("%A"),
    }
