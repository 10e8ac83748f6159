# shellcheck shell=bash
# postgres.sh - a PostgreSQL server of our own, for tests and experiments.
#
#   find_postgres                 is it installed? False, and WHY says so
#   start_postgres [FOLDER]       starts one. Sets POSTGRES, its address for --db, and
#                                 POSTGRES_PID, its first process. Its socket and its data
#                                 are in that folder, which anybody may write to and which
#                                 stays; if there are data, it goes on with them. Without,
#                                 in a folder of its own. False, and WHY says why
#   halt_postgres, resume_postgres    in between; the address is the same
#   ask_postgres SQL              as psql answers it, a line for each row
#   stop_postgres
#
# It listens at that socket and nowhere else, so a second one may run beside it. A folder
# of its own is below TMPDIR, and is removed with it. It ends with the shell that has
# started it, even if that is killed. It is fast and forgets: nothing is kept if the
# machine fails. env.sh comes first.

POSTGRES_PID=
POSTGRES_HOME=
POSTGRES_AS=()

# What PostgreSQL is told: to write to disk when it likes, and to leave the cores alone
# when nobody asks. Compiling a query takes longer than the queries here.
postgres_settings=(-c fsync=off -c full_page_writes=off -c synchronous_commit=off
    -c jit=off -c autovacuum=off -c wal_level=minimal -c max_wal_senders=0
    -c max_connections=200 -c shared_buffers=16MB -c listen_addresses=)

# Debian has a folder for each version, and none of them is in PATH. The newest will do.
find_postgres() {
    local initdb
    initdb=$(printf '%s\n' /usr/lib/postgresql/*/bin/initdb | sort -V | tail -n 1)
    POSTGRES_BIN=${initdb%/*}
    # shellcheck disable=SC2034  # for our caller
    [ -x "$initdb" ] || { WHY="there is no PostgreSQL: make deps-dev" && return 1; }
}

# PostgreSQL refuses to run as root, so for root the user nobody runs it.
as_nobody() {
    POSTGRES_AS=()
    if [ "$(id -u)" -eq 0 ]; then
        POSTGRES_AS=(setpriv --reuid=nobody --regid="$(id -g nobody)" --clear-groups)
        chown nobody "$POSTGRES_HOME"
    fi
}

# It wants to know the folder that it is called from, and ours may be closed to nobody.
postgres_program() {
    (cd "$POSTGRES_HOME" && exec "${POSTGRES_AS[@]}" "$POSTGRES_BIN/$1" "${@:2}")
}

# initdb takes seconds. Below tests/with-postgres there are data already, in RELAY_PG.
postgres_data() {
    if [ -n "${RELAY_PG:-}" ]; then
        cp -a "$RELAY_PG" "$POSTGRES_AT/data"
    else
        postgres_program initdb -D "$POSTGRES_AT/data" -U relay -A trust -E UTF8 \
            --no-locale --no-sync --no-instructions --wal-segsize=1
    fi
}

postgres_is_up() {
    local tries=300
    until "$POSTGRES_BIN/pg_isready" -q -h "$1" -U relay -d postgres; do
        kill -0 "$POSTGRES_PID" 2>/dev/null && [ $((tries -= 1)) -gt 0 ] || return 1
        sleep 0.05
    done
}

start_postgres() {
    find_postgres || return
    POSTGRES_HOME=$(mktemp -u "$TMPDIR/relayrace.XXXXXX") || return
    LITTER+=("$POSTGRES_HOME")
    mkdir -m 700 "$POSTGRES_HOME"
    as_nobody
    POSTGRES_AT=${1:-$POSTGRES_HOME}
    POSTGRES=postgres://relay@/postgres?host=$(jq -rn --arg f "$POSTGRES_AT" '$f | @uri')
    if [ ! -d "$POSTGRES_AT/data" ] && ! postgres_data >"$POSTGRES_HOME/log" 2>&1; then
        postgres_complains
        return 1
    fi
    resume_postgres
}

resume_postgres() {
    local setpriv=("${POSTGRES_AS[@]}" setpriv --pdeathsig INT)
    (cd "$POSTGRES_HOME" && exec "${setpriv[@]}" "$POSTGRES_BIN/postgres" \
        -D "$POSTGRES_AT/data" "${postgres_settings[@]}" \
        -c unix_socket_directories="\"${POSTGRES_AT//\"/\"\"}\"") \
        </dev/null >>"$POSTGRES_HOME/log" 2>&1 &
    POSTGRES_PID=$!
    if ! postgres_is_up "$POSTGRES_AT"; then
        postgres_complains
        stop_postgres
        return 1
    fi
}

# shellcheck disable=SC2034
postgres_complains() {
    WHY="PostgreSQL does not start: $(sed -n '/FATAL\|rror\|could not/p' \
        "$POSTGRES_HOME/log" | tail -n 1)"
}

ask_postgres() {
    "$POSTGRES_BIN/psql" -qAtX -v ON_ERROR_STOP=1 -d "$POSTGRES" \
        -c 'SET client_min_messages = warning' -c "$1"
}

# Its clients are told to go: a fast shutdown.
halt_postgres() {
    if [ -n "$POSTGRES_PID" ]; then
        kill -INT "$POSTGRES_PID" 2>/dev/null || true
        wait "$POSTGRES_PID" || true
        POSTGRES_PID=
    fi
}

stop_postgres() {
    halt_postgres
    [ -z "$POSTGRES_HOME" ] || rm -rf "$POSTGRES_HOME"
    POSTGRES_HOME=
}
