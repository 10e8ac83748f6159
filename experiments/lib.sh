# shellcheck shell=bash
# lib.sh - what the experiments share. Sourced by each of their scripts, never run.
#
# README.md here says what an experiment is. The functions are in lib/, a part for each
# subject, and a part's head lists what it offers:
#   progress.sh    the progress line, sizes and durations
#   models.sh      which models there are, and what each predicts of itself
#   servers.sh     starting and stopping servers and clients
#   load.sh        the load client and its report
#   accounts.sh    CPU time, memory and tasks, as the kernel accounts for them
#   data.sh        the files in $OUT/data
#   repetition.sh  how often something is measured
#   judge.sh       how a judge is run
#   charts.sh      gnuplot
#   database.sh    a database and an upstream, for servers that ask one
#   postgres.sh    a PostgreSQL server of our own
#   machine.sh     what machine this is, and its cores
#   results.sh     the report and what goes with it
#
# These are set here, or by the caller:
#   ROOT BIN       the tree (we are in it: see env.sh) and its programs
#   EXPERIMENT     the experiment's name
#   OUT            where its results go
#   SCRATCH        a folder of our own that vanishes, from guard() on
#   CREW           how many workers a model with a crew gets
#   CPUS CORES     the kernel's numbers of the cores we may use, and how many these are
#   UNDER          an array: what start_server puts before the server's command
#   CLIENT_UNDER   the same of start_client
#
# These carry a result. It cannot be printed, because $(...) would be another process: its
# children are not ours, a signal waits for its end, and it counts as a process itself.
#   WHY            why the last function that failed did
#   SERVER PORT    start_server(): its pid and its port; SERVER is empty when none runs
#   FROZEN         freeze_server(): for how many ns
#   CLIENT         start_client(): its pid; empty when none runs
#   HELD           hold_connections(): how many it holds
#   FIGURES        wait_for_load(): the load client's report; figures() prints from it
#   FIB FIB_NS     calibrate(): a job's size and how long it takes
#   ROWS           calibrate_rows(): the size of a query
#   SQLITE SQLITE_QUERIES POSTGRES_QUERIES    lay_down_databases(): for --db, --queries
#   UPSTREAM CLERKS           start_clerks(): its address and its pid
#   POSTGRES POSTGRES_PID     start_database(): the same
#   BUSY_TICKS     read_busy_ticks()
#   END_KIB        measure_connection_end()
#   REPETITION     another_repetition(): its number, from 1 on
#   SERVER_CORE CLIENT_CORE   pin_cores(): where they run; nowhere in particular if empty

# shellcheck source=experiments/env.sh
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"

ROOT=.
BIN=${BIN:-$ROOT/bin}
EXPERIMENT=${EXPERIMENT:-$(basename "$HERE")}
OUT=${OUT:-$ROOT/results/$EXPERIMENT}
SCRATCH=
CREW=4                                  # as in the published comparison
mapfile -t CPUS < <(cores)
CORES=${#CPUS[@]}
UNDER=()
CLIENT_UNDER=()
SERVER=
CLIENT=

# shellcheck source=experiments/lib/progress.sh
. "$ROOT/experiments/lib/progress.sh"
# shellcheck source=experiments/lib/models.sh
. "$ROOT/experiments/lib/models.sh"
# shellcheck source=experiments/lib/servers.sh
. "$ROOT/experiments/lib/servers.sh"
# shellcheck source=experiments/lib/load.sh
. "$ROOT/experiments/lib/load.sh"
# shellcheck source=experiments/lib/accounts.sh
. "$ROOT/experiments/lib/accounts.sh"
# shellcheck source=experiments/lib/data.sh
. "$ROOT/experiments/lib/data.sh"
# shellcheck source=experiments/lib/repetition.sh
. "$ROOT/experiments/lib/repetition.sh"
# shellcheck source=experiments/lib/judge.sh
. "$ROOT/experiments/lib/judge.sh"
# shellcheck source=experiments/lib/charts.sh
. "$ROOT/experiments/lib/charts.sh"
# shellcheck source=experiments/lib/database.sh
. "$ROOT/experiments/lib/database.sh"
# shellcheck source=experiments/lib/postgres.sh
. "$ROOT/experiments/lib/postgres.sh"
# shellcheck source=experiments/lib/machine.sh
. "$ROOT/experiments/lib/machine.sh"
# shellcheck source=experiments/lib/results.sh
. "$ROOT/experiments/lib/results.sh"
