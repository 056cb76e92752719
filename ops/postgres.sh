# shellcheck shell=bash
# A throwaway PostgreSQL for tests. To be sourced behind lib.sh, after `clean_up_at_exit`.

# The oldest PostgreSQL that banso runs on.
readonly POSTGRES_MAJOR_MIN=15
# How long a server may take to start or to stop.
readonly POSTGRES_WAIT_SECONDS_MAX=60
# Free ports that are tried before a start is given up.
readonly POSTGRES_PORTS_TRIED_MAX=20

postgres_bin=
postgres_user=
postgres_dir=

# Finds PostgreSQL, or installs it as root, and says where its programs are: in $postgres_bin, and in BANSO_PG_BIN
# for tests that start servers of their own.
need_postgres() {
    have_postgres
    export BANSO_PG_BIN=$postgres_bin
}

have_postgres() {
    if find_postgres; then
        command -v openssl >/dev/null || missing "openssl, which makes the test server's certificate"
        return 0
    fi
    local how="PostgreSQL $POSTGRES_MAJOR_MIN or newer (initdb, pg_ctl, postgres). Name its directory in BANSO_PG_BIN"
    if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
        missing "$how, or on Debian, as root: apt-get install postgresql"
    fi
    say "no PostgreSQL here: installing it with apt-get"
    # Without the cluster that Debian's package would make and start.
    mkdir -p /etc/postgresql-common
    if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
        printf 'create_main_cluster = false\n' >/etc/postgresql-common/createcluster.conf
    fi
    apt_get update
    apt_get install --yes --no-install-recommends postgresql
    find_postgres || missing "$how: the package of this distribution is older"
}

find_postgres() {
    local directory
    if [ -n "${BANSO_PG_BIN:-}" ]; then
        is_postgres "$BANSO_PG_BIN" ||
            missing "PostgreSQL $POSTGRES_MAJOR_MIN or newer in BANSO_PG_BIN=$BANSO_PG_BIN"
        postgres_bin=$BANSO_PG_BIN
        return 0
    fi
    for directory in "$(dirname -- "$(command -v postgres || echo /nowhere/postgres)")" \
        /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /opt/homebrew/opt/postgresql*/bin; do
        if is_postgres "$directory"; then
            postgres_bin=$directory
            return 0
        fi
    done
    return 1
}

is_postgres() {
    local version
    [ -x "$1/initdb" ] && [ -x "$1/pg_ctl" ] && version=$("$1/postgres" --version 2>/dev/null) || return 1
    # postgres (PostgreSQL) 15.13 (Debian …)
    version=${version#*(PostgreSQL) }
    version=${version%%[!0-9]*}
    [ -n "$version" ] && [ "$version" -ge "$POSTGRES_MAJOR_MIN" ]
}

# Starts a cluster in a directory of its own, on a loopback port and a socket, and exports
# BANSO_TEST_POSTGRES, the URL of its superuser, and BANSO_TEST_POSTGRES_CA, its certificate. It is as durable as one in production: fsync stays on.
start_postgres() {
    local password port tried
    postgres_user=$(unprivileged_user)
    # Not in $scratch, which may stand in a directory that the server's user must not enter.
    postgres_dir=$(mktemp -d /tmp/banso-postgres.XXXXXX)
    password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
    (umask 077 && printf '%s\n' "$password" >"$postgres_dir/password")
    # Who proves itself by this certificate is this server.
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 \
        -subj "/CN=banso test server" \
        -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -addext basicConstraints=critical,CA:FALSE \
        -keyout "$postgres_dir/key.pem" -out "$scratch/postgres.pem" 2>"$scratch/openssl.log" || {
        cat "$scratch/openssl.log" >&2
        say "openssl made no certificate"
        return 1
    }
    cp "$scratch/postgres.pem" "$postgres_dir/certificate.pem"
    chmod 600 "$postgres_dir/key.pem"
    if [ "$(id -u)" -eq 0 ]; then
        chown -R "$postgres_user" "$postgres_dir"
    fi
    as_postgres "$postgres_bin/initdb" --pgdata="$postgres_dir/data" --username=postgres \
        --pwfile="$postgres_dir/password" --auth=scram-sha-256 --encoding=UTF8 --locale=C --no-sync \
        >"$scratch/initdb.log" 2>&1 || {
        cat "$scratch/initdb.log" >&2
        say "initdb failed"
        return 1
    }
    for ((tried = 1; tried <= POSTGRES_PORTS_TRIED_MAX; tried++)); do
        port=$((20000 + RANDOM % 12000))
        if port_is_taken "$port"; then
            continue
        fi
        if as_postgres "$postgres_bin/pg_ctl" start --wait --timeout="$POSTGRES_WAIT_SECONDS_MAX" --silent \
            --pgdata="$postgres_dir/data" --log="$postgres_dir/log" \
            --options="-c listen_addresses=127.0.0.1 -c port=$port -c unix_socket_directories=$postgres_dir -c max_connections=400 -c fsync=on -c synchronous_commit=on -c ssl=on -c ssl_cert_file=$postgres_dir/certificate.pem -c ssl_key_file=$postgres_dir/key.pem" \
            >/dev/null 2>&1; then
            export BANSO_TEST_POSTGRES_CA=$scratch/postgres.pem
            export BANSO_TEST_POSTGRES="postgresql://postgres:$password@127.0.0.1:$port/postgres"
            say "PostgreSQL $("$postgres_bin/postgres" --version | sed 's/.*PostgreSQL) //') on 127.0.0.1:$port"
            return 0
        fi
        # Somebody else took the port in between: only then is another one worth a try.
        grep -q 'Address already in use' "$postgres_dir/log" || break
    done
    cat "$postgres_dir/log" >&2 || true
    say "PostgreSQL did not start"
    return 1
}

# Stops the server that start_postgres started, and no other, and removes its directory.
stop_postgres() {
    if [ -z "$postgres_dir" ]; then
        return 0
    fi
    if [ -e "$postgres_dir/data/postmaster.pid" ]; then
        as_postgres "$postgres_bin/pg_ctl" stop --wait --timeout="$POSTGRES_WAIT_SECONDS_MAX" \
            --mode=immediate --silent --pgdata="$postgres_dir/data" >/dev/null 2>&1 ||
            say "PostgreSQL in $postgres_dir did not stop"
    fi
    rm -rf -- "$postgres_dir"
    postgres_dir=
}

# The server refuses to run as root.
as_postgres() {
    if [ "$(id -u)" -eq 0 ]; then
        # Its directory is the only one that both may enter for sure.
        (cd -- "$postgres_dir" && exec setpriv --reuid="$postgres_user" --regid="$(id -g "$postgres_user")" \
            --clear-groups env HOME="$postgres_dir" "$@" </dev/null)
    else
        "$@" </dev/null
    fi
}

unprivileged_user() {
    if [ "$(id -u)" -ne 0 ]; then
        id -un
    elif id postgres >/dev/null 2>&1; then
        echo postgres
    else
        echo nobody
    fi
}

port_is_taken() {
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}
