#!/usr/bin/env bash
# Prints the path of a Python that has what a list of requirements names, by default that of the examples:
# "$(ops/python.sh)" tests/examples/python/query_plan.py
# It lives in a virtual environment under the target folder and is made once for each content of the list.
set -euo pipefail
# shellcheck source=ops/lib.sh
source "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/lib.sh"

need_python() {
    if has_python; then
        return 0
    fi
    if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
        missing "Python 3 with venv. On Debian, as root: apt-get install python3 python3-venv"
    fi
    say "no Python with venv here: installing python3 and python3-venv with apt-get"
    {
        DEBIAN_FRONTEND=noninteractive apt-get -q update &&
            DEBIAN_FRONTEND=noninteractive apt-get -q install --yes --no-install-recommends python3 python3-venv
    } </dev/null >&2 || missing "Python 3 with venv: apt-get failed (see above)"
    has_python || missing "Python 3 with venv, although python3 and python3-venv are installed"
}

has_python() {
    command -v python3 >/dev/null && python3 -c 'import venv, ensurepip' 2>/dev/null
}

requirements=$(readlink -f -- "${1:-$ROOT/tests/examples/python/requirements.txt}")
need_python
key=$({ python3 --version && cat -- "$requirements"; } | sha256sum | cut -c1-16)
venvs=${CARGO_TARGET_DIR:-$ROOT/target}/python
venv=$venvs/$key
mkdir -p -- "$venvs"
(
    # Tests run side by side: one of them makes it, the others wait.
    flock 9
    if [ ! -e "$venv/complete" ]; then
        say "installing $(basename -- "$requirements") into $venv (once)"
        rm -rf -- "$venv"
        python3 -m venv "$venv"
        "$venv/bin/python" -m pip install --quiet --no-cache-dir --disable-pip-version-check --only-binary=:all: \
            --requirement "$requirements" >&2
        touch -- "$venv/complete"
    fi
) 9>"$venvs/lock"
printf '%s\n' "$venv/bin/python"
