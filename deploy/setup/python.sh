#!/bin/sh
# Makes .venv and puts exactly the packages of requirements-dev.txt into it. PYTHON=… chooses the interpreter.
set -eu

environment=.venv
stamp=$environment/installed
log=""

say() { printf 'set-up: %s\n' "$*" >&2; }

stop() {
    [ -z "$log" ] || {
        grep -v -e '^WARNING' -e '^ *$' "$log" | tail -n 5 >&2 || true
        rm -f "$log"
    }
    say "$1"
    exit 1
}

# The folder's name belongs to it: programs in an environment name their interpreter by its full path.
wanted() { printf '%s %s\n' "$(cat requirements.txt requirements-dev.txt | sha256sum | cut -d ' ' -f 1)" "$(pwd)"; }

find_python() {
    for candidate in ${PYTHON:-python3 python3.11 python3.12 python3.13 python3.14}; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return 0
        fi
    done
    return 1
}

make_environment() {
    python=$(find_python) || stop "Python 3.11 or later is needed; install it (Debian 12: apt-get install python3 python3-venv) or name it with PYTHON=/path/to/python3"
    "$python" -c 'import venv, ensurepip' 2>/dev/null || install_venv_module "$python"
    say "making $environment with $("$python" --version)"
    rm -rf "$environment"
    "$python" -m venv "$environment" >&2 || stop "Python could not make $environment in $(pwd): see above"
}

# Debian cuts the venv module out of Python into a package of its own, named after the version.
install_venv_module() {
    package=$("$1" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
    say "missing: $package (Python's own tool for separate environments)"
    prefix=""
    if [ "$(id -u)" -ne 0 ]; then
        prefix="sudo -n"
    fi
    # Word splitting is meant.
    # shellcheck disable=SC2086
    if command -v apt-get >/dev/null && $prefix apt-get -q update >/dev/null 2>&1 &&
        $prefix env DEBIAN_FRONTEND=noninteractive apt-get -q -y install --no-install-recommends "$package" >/dev/null 2>&1; then
        return 0
    fi
    stop "it could not be installed; do this: sudo apt-get update && sudo apt-get install $package, then run the same command again"
}

# uv itself comes by pip, in the one version and with the hashes that requirements-dev.txt names.
install_uv() {
    wanted_uv=$(awk '/^uv==/ { on = 1 } on { print } on && !/\\$/ { exit }' requirements-dev.txt)
    list=$(mktemp)
    printf '%s\n' "$wanted_uv" >"$list"
    "$environment/bin/python" -m pip install -q --disable-pip-version-check --require-hashes --no-deps -r "$list" >"$log" 2>&1 && status=0 || status=$?
    rm -f "$list"
    return "$status"
}

install_packages() {
    log=$(mktemp)
    say "installing the Python packages of requirements-dev.txt (about a minute the first time)"
    if install_uv && "$environment/bin/uv" pip sync -q --python "$environment/bin/python" --require-hashes requirements-dev.txt >>"$log" 2>&1; then
        rm -f "$log"
        return 0
    fi
    # uv reads no pip configuration; where only pip knows the mirror, pip does it all.
    "$environment/bin/python" -m pip install -q --disable-pip-version-check --require-hashes --no-deps -r requirements-dev.txt >>"$log" 2>&1 ||
        stop "the Python packages could not be installed; check the network (or set PIP_INDEX_URL to your mirror), then run the same command again"
    rm -f "$log"
}

usable() { [ -x "$environment/bin/python" ] && "$environment/bin/python" -c '' 2>/dev/null; }

moved() { [ -f "$stamp" ] && [ "$(cut -d ' ' -f 2- "$stamp")" != "$(pwd)" ]; }

state=$(wanted)
if usable && [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$state" ]; then
    exit 0
fi
if moved || ! usable; then
    make_environment
fi
install_packages
printf '%s\n' "$state" >"$stamp"
