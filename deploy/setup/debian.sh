#!/bin/sh
# Installs the Debian packages that are missing: `debian.sh run|test`. Asks nothing; prints what and why.
set -eu

fonts=${GATEWAY_FONTS_FOLDER:-/usr/share/fonts/truetype/liberation2}
missing=""  # packages without which the purpose cannot be met
wished=""   # packages for which something else stands in

say() { printf 'set-up: %s\n' "$*" >&2; }

have() { command -v "$1" >/dev/null 2>&1; }

have_softhsm() {
    have softhsm2-util || return 1
    for module in /usr/lib/softhsm/libsofthsm2.so /usr/lib/*/softhsm/libsofthsm2.so /usr/lib64/pkcs11/libsofthsm2.so; do
        [ -f "$module" ] && return 0
    done
    return 1
}

have_postgresql() {
    for program in /usr/lib/postgresql/*/bin/initdb; do
        [ -x "$program" ] && return 0
    done
    have initdb
}

need() {
    say "missing: $1 ($2)"
    missing="$missing $1"
}

wish() {
    say "missing: $1 ($2)"
    wished="$wished $1"
}

look_for_run() {
    [ -f "$fonts/LiberationSerif-Regular.ttf" ] || need fonts-liberation2 "letters for receipts and stamps, with all of Vietnamese"
    have_softhsm || wish softhsm2 "a software token that holds the signing keys as a USB token does"
    { have pdfsig && have pdftoppm; } || wish poppler-utils "reads the signed PDF with another program than ours"
}

look_for_test() {
    [ -f "$fonts/LiberationSerif-Regular.ttf" ] || need fonts-liberation2 "letters for receipts and stamps, with all of Vietnamese"
    have_softhsm || need softhsm2 "a software token; the tests sign with it"
    { have pdfsig && have pdftoppm && have pdftotext; } || need poppler-utils "the tests read signed PDFs with it"
    have qpdf || need qpdf "the tests check PDFs with it"
    have xmlsec1 || need xmlsec1 "the tests check XML signatures with it"
    have openssl || need openssl "the tests check signatures with it"
    have chromium || need chromium "the tests look at the pages in it"
    have node || wish nodejs "the tests ask other people's payment packages, which run in it"
    have npm || wish npm "installs those packages, pinned by hashes"
    [ -n "${DATABASE_URL:-}" ] || have_postgresql || need postgresql "the tests run on SQLite and on PostgreSQL"
}

# How to become root without being asked anything; empty output and failure if there is no way.
root_prefix() {
    [ "$(id -u)" -ne 0 ] || return 0
    have sudo && sudo -n true 2>/dev/null || return 1
    echo "sudo -n"
}

install_packages() {
    prefix=$(root_prefix) || {
        say "not root, and sudo is absent or would ask for a password"
        return 1
    }
    have apt-get || {
        say "this machine has no apt-get, so it is not Debian"
        return 1
    }
    log=$(mktemp)
    say "installing with apt-get:$1"
    apt="$prefix env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Acquire::Retries=1 -o Acquire::http::Timeout=20"
    # Where one of the machine's package sources is broken, update fails although the others have what is wanted.
    $apt update >"$log" 2>&1 || true
    # Word splitting is meant: a list of packages.
    # shellcheck disable=SC2086
    if $apt install --no-install-recommends $1 >>"$log" 2>&1; then
        rm -f "$log"
        return 0
    fi
    say "apt-get could not install them; it said:"
    grep -E '^(E|W|Err|Temporary)' "$log" | tail -n 5 >&2 || tail -n 5 "$log" >&2
    rm -f "$log"
    return 1
}

"look_for_$1"
[ -n "$missing$wished" ] || exit 0
if install_packages "$missing$wished"; then
    exit 0
fi
if [ -n "$missing" ]; then
    say "cannot go on without:$missing"
    say "do this: sudo apt-get update && sudo apt-get install$missing$wished, then run the same command again"
    exit 1
fi
say "going on without:$wished (keys stay in PKCS#12 files where the software token is missing; tests that need one of these skip)"
say "for the real thing: sudo apt-get update && sudo apt-get install$wished"
