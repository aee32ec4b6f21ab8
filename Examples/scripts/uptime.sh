#!/bin/sh
# An executable file of any language answers by CGI/1.1: /uptime.sh?units=seconds
read -r up idle </proc/uptime
case "$QUERY_STRING" in
    units=seconds) value="$up s" ;;
    *) value="$(( ${up%.*} / 3600 )) h" ;;
esac
printf 'Content-Type: text/plain\r\n\r\n'
printf 'up %s, asked by %s with %s\n' "$value" "$REMOTE_ADDR" "$REQUEST_METHOD"
