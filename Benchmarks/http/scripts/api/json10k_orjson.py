"""Sums the amounts of a posted report with orjson."""

import orjson


def main(request):
    rows = orjson.loads(request.get_data())["rows"]
    answer = {"rows": len(rows), "total": sum(row["amount"] for row in rows)}
    return orjson.dumps(answer), {"Content-Type": "application/json"}
