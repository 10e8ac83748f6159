# shellcheck shell=bash
# database.sh - what servers ask where they have real work: a database, an upstream.
#
#   lay_down_databases            sets SQLITE, an empty database, and two files of
#                                 queries: SQLITE_QUERIES has `rows`, which makes as many
#                                 rows as it is told and counts them; POSTGRES_QUERIES has
#                                 `type`, a point query through an index, and `wait`,
#                                 which waits as many ms as it is told
#   start_database                a PostgreSQL of our own, see postgres.sh. False, and WHY
#                                 says why, where it or the driver for it is missing
#   calibrate_rows MODEL MS       finds how many rows take so long; sets ROWS
#   start_clerks N                an upstream that serves N at a time, see clerks.c; sets
#                                 UPSTREAM, its address, and CLERKS, its pid
#   stop_clerks
#
# What is not stopped ends with us: see env.sh.

CLERKS=

# All is there that a query needs: SQLite takes an empty file for a database, and
# PostgreSQL has tables about itself.
# shellcheck disable=SC2034
lay_down_databases() {
    SQLITE=$SCRATCH/empty.sqlite
    SQLITE_QUERIES=$SCRATCH/sqlite.queries
    POSTGRES_QUERIES=$SCRATCH/postgres.queries
    : >"$SQLITE"
    cat >"$SQLITE_QUERIES" <<'SQL'
rows: WITH RECURSIVE row(i) AS (
        SELECT 1 UNION ALL SELECT i + 1 FROM row WHERE i < CAST($1 AS INTEGER))
    SELECT count(*) FROM row
SQL
    cat >"$POSTGRES_QUERIES" <<'SQL'
type: SELECT typname FROM pg_type WHERE oid = CAST($1 AS oid)
wait: SELECT pg_sleep(CAST($1 AS float8) / 1000)
SQL
}

# shellcheck disable=SC2119
start_database() {
    WHY="there is no bin/postgres.so: make deps-dev all"
    [ -e "$BIN/postgres.so" ] && start_postgres
}

# By the shortest of a few smaller ones.
calibrate_rows() {
    ROWS=100000
    if ! start_model "$1" 1 --db "$SQLITE" --queries "$SQLITE_QUERIES" ||
        ! run_load "http://127.0.0.1:$PORT/job/sql:rows:$ROWS" -n 5; then
        die "bin/$1: $WHY"
    fi
    ROWS=$(mawk -v ns="$(figures .service_ns.min)" -v ms="$2" -v rows="$ROWS" \
        'BEGIN { printf "%.0f", rows * ms * 1e6 / ns }')
    stop_server
}

# ---- an upstream ----

# shellcheck disable=SC2034
start_clerks() {
    local server=$SERVER port=${PORT:-} status=0
    if start_server clerks --quiet --workers "$1"; then
        CLERKS=$SERVER UPSTREAM=http://127.0.0.1:$PORT
    else
        status=1
    fi
    SERVER=$server PORT=$port
    return "$status"
}

stop_clerks() {
    local server=$SERVER
    SERVER=$CLERKS CLERKS=
    stop_server
    SERVER=$server
}
