#!/bin/sh
# Makes this checkout ready: `deploy/setup/setup.sh run|test|check`. Fast when there is nothing to do.
set -eu
cd "$(dirname "$0")/../.."

purpose=${1:-}
case $purpose in
run | test | check) ;;
*)
    echo "usage: deploy/setup/setup.sh run|test|check" >&2
    exit 2
    ;;
esac

[ "$purpose" = check ] || sh deploy/setup/debian.sh "$purpose"
sh deploy/setup/python.sh
[ "$purpose" != test ] || sh deploy/setup/node.sh
