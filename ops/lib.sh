# shellcheck shell=bash
# What the scripts of ops/ share. To be sourced by bash, after `set -euo pipefail`.

# The repository.
ROOT=$(cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/.." && pwd -P)

# Exit code where something is missing that the script may not install.
readonly MISSING=2
# How long a child may take to stop when asked, before it is killed.
readonly STOP_SECONDS_MAX=15

child=
scratch=
# A function that stops what the script started besides $child, before its directory goes.
stop_first=

say() {
    printf '== %s\n' "$*" >&2
}

missing() {
    printf 'missing: %s\n' "$*" >&2
    exit "$MISSING"
}

# From here on, however the script ends, what it started is stopped and its directory is gone.
clean_up_at_exit() {
    trap 'clean_up' EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
    scratch=$(mktemp -d "${TMPDIR:-/tmp}/banso-ops.XXXXXX")
}

clean_up() {
    trap '' HUP INT TERM
    stop_child
    if [ -n "$stop_first" ]; then
        "$stop_first" || true
    fi
    if [ -n "$scratch" ]; then
        rm -rf -- "$scratch"
        scratch=
    fi
}

# Puts a command in the script's place, so that Ctrl-C and the exit code are the command's own.
hand_over_to() {
    clean_up
    trap - EXIT HUP INT TERM
    exec "$@"
}

# Runs a command in a session of its own and waits for it; whatever of the session is left is stopped then.
# Its exit code is the command's.
run() {
    local code=0
    printf '   %s\n' "$*" >&2
    # A child in the background of a script would ignore Ctrl-C, and so would all its children.
    setsid env --default-signal=INT,QUIT "$@" </dev/null &
    child=$!
    wait "$child" || code=$?
    if [ -n "$(pids_of_session "$child")" ]; then
        say "stopping what it left running"
    fi
    stop_child
    return "$code"
}

stop_child() {
    local session=$child waited=0
    child=
    if [ -z "$session" ] || [ -z "$(pids_of_session "$session")" ]; then
        return 0
    fi
    # The leader's group first: a test runner stops its own tests, each in a group of its own.
    kill -TERM -- "-$session" 2>/dev/null || signal_session TERM "$session"
    while [ -n "$(pids_of_session "$session")" ] && [ "$waited" -lt $((STOP_SECONDS_MAX * 10)) ]; do
        sleep 0.1
        waited=$((waited + 1))
    done
    signal_session KILL "$session"
}

signal_session() {
    local pid
    for pid in $(pids_of_session "$2"); do
        kill "-$1" "$pid" 2>/dev/null || true
    done
}

# The processes of a session that still run. From /proc, because a small machine has no `ps`.
pids_of_session() {
    local stat line rest state session _
    for stat in /proc/[0-9]*/stat; do
        { read -r line <"$stat"; } 2>/dev/null || continue
        # pid (command, which may hold anything) state ppid pgrp session …
        rest=${line##*) }
        read -r state _ _ session _ <<<"$rest"
        if [ "$session" = "$1" ] && [ "$state" != Z ]; then
            printf '%s\n' "${line%% *}"
        fi
    done
}

need_cargo() {
    local home=${CARGO_HOME:-${HOME:-}/.cargo}
    if ! command -v cargo >/dev/null && [ -x "$home/bin/cargo" ]; then
        PATH=$home/bin:$PATH
    fi
    command -v cargo >/dev/null ||
        missing "cargo. Install Rust with rustup (https://rustup.rs), then run this again"
    cargo --version >/dev/null || missing "a Rust toolchain. Run: rustup default stable"
}

# A part of the toolchain that rustup can leave out: need_component clippy cargo clippy
need_component() {
    local component=$1
    shift
    if "$@" --version >/dev/null 2>&1; then
        return 0
    fi
    if [ "$(id -u)" -eq 0 ] && command -v rustup >/dev/null; then
        say "installing $component with rustup"
        rustup component add "$component" >&2 || missing "$component: rustup could not install it"
    else
        missing "$component. Run: rustup component add $component"
    fi
}

# SQLite is compiled from its C source, and rustc links through cc.
need_c_compiler() {
    if has_c_compiler; then
        return 0
    fi
    if [ "$(id -u)" -ne 0 ]; then
        missing "a C compiler (cc with the C library's headers). On Debian, as root: apt-get install gcc libc6-dev"
    fi
    command -v apt-get >/dev/null ||
        missing "a C compiler (cc with the C library's headers), and apt-get, with which this script would install it"
    say "no C compiler here: installing gcc and libc6-dev with apt-get"
    apt_get update
    apt_get install --yes --no-install-recommends gcc libc6-dev
    has_c_compiler || missing "a C compiler: cc does not work although gcc and libc6-dev are installed"
}

has_c_compiler() {
    command -v cc >/dev/null &&
        printf '#include <stdio.h>\nint main(void) { return puts("") < 0; }\n' |
        cc -x c -o "$scratch/probe" - 2>/dev/null
}

apt_get() {
    DEBIAN_FRONTEND=noninteractive apt-get -q "$@" </dev/null >&2 ||
        missing "what apt-get $1 should have brought (see above)"
}
