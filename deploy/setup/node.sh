#!/bin/sh
# Puts the npm packages of tests/payments/providers/node in place, which only the tests use. Never stops a run: tests that
# lack them skip and say so.
set -eu

folder=tests/payments/providers/node
stamp=$folder/node_modules/installed

say() { printf 'set-up: %s\n' "$*" >&2; }

wanted=$(sha256sum <"$folder/package-lock.json" | cut -d ' ' -f 1)
[ ! -f "$stamp" ] || [ "$(cat "$stamp")" != "$wanted" ] || exit 0
if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
    say "Node.js or npm is missing: tests that ask other people's payment packages are skipped"
    exit 0
fi
log=$(mktemp)
say "installing the npm packages vnpay and @payos/node, pinned by hashes, for the tests only"
# Nothing that comes from there may run while it is installed.
if (cd "$folder" && npm ci --ignore-scripts --no-audit --no-fund --fetch-retries=1 --fetch-timeout=20000) >"$log" 2>&1; then
    printf '%s\n' "$wanted" >"$stamp"
else
    say "npm could not install them; tests that ask other people's payment packages are skipped. It said:"
    tail -n 3 "$log" >&2
fi
rm -f "$log"
