#!/bin/sh
# Succeeds if the service on this machine has an index to answer from.
exec python3 -c '
import sys, urllib.request
with urllib.request.urlopen(f"http://127.0.0.1:{sys.argv[1]}/ready", timeout=5) as reply:
    sys.exit(reply.status != 200)
' "${1:-8765}"
