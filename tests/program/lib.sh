# What the tests of the program share. Each is called with BASANITE SOURCE_ROOT [FAULT_SERVER], prints one line per test
# and ends with `finish`. Reads no settings of the user; everything is written in $scratch, which goes at the end.
set -u
absolute() { case $1 in '' | /*) echo "$1" ;; *) echo "$PWD/$1" ;; esac; }
BASANITE=$(absolute "$1")
ROOT=$(absolute "$2")
SERVER=$(absolute "${3:-}")
DATA=$ROOT/tests/program/data
SHARED=$ROOT/../shared/data
STORIES=$SHARED/models/stories260K/stories260K-v3.gguf
failures=0
servers=
scratch=$(mktemp -d) || exit 1
unset BASANITE_RECORD BASANITE_SUBJECT BASANITE_THREADS BASANITE_CONFIG OPENAI_API_KEY
export NO_COLOR=1 BASANITE_PATH="$scratch:$DATA" LC_ALL=C

leave() {
    for pid in $servers; do kill "$pid" 2>/dev/null; done
    rm -rf "$scratch"
}
trap leave EXIT
trap 'exit 130' INT TERM

ok() { echo "ok - $1"; }
skip() { echo "skip - $1: $2"; }
not_ok() { # NAME WHY
    echo "not ok - $1: $2"
    failures=$((failures + 1))
}
finish() { exit $((failures > 0)); }

# check NAME WHY COMMAND...: the command must succeed.
check() {
    test_name=$1 test_why=$2
    shift 2
    if "$@"; then ok "$test_name"; else not_ok "$test_name" "$test_why"; fi
}

# expect NAME CODE PATTERN COMMAND...: the exit code, and a line of the output or of the messages that the pattern
# (extended regular expression) fits. The output stays in $scratch/said.
expect() {
    test_name=$1 test_code=$2 test_pattern=$3
    shift 3
    "$@" >"$scratch/said" 2>&1 </dev/null
    test_found=$?
    if [ $test_found -ne "$test_code" ]; then
        not_ok "$test_name" "exit code $test_found instead of $test_code: $(tail -n 2 "$scratch/said")"
    elif ! grep -Eq -- "$test_pattern" "$scratch/said"; then
        not_ok "$test_name" "no line fits '$test_pattern': $(tail -n 2 "$scratch/said")"
    elif [ "$test_code" -ge 1 ] && [ "$(grep -c '^basanite' "$scratch/said")" -ne 1 ]; then
        not_ok "$test_name" "not exactly one message: $(grep '^basanite' "$scratch/said")"
    else
        ok "$test_name"
    fi
}

# mpi_or_skip NAME: sets mpirun up to run as root, on fewer processors than processes, inside one machine, no core tied to a
# process; ends the script where there is no MPI.
mpi_or_skip() {
    export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1 \
        OMPI_MCA_hwloc_base_binding_policy=none OMPI_MCA_btl=self,vader OMPI_MCA_oob_tcp_if_include=lo \
        OMPI_MCA_btl_vader_single_copy_mechanism=none TMPDIR="$scratch"
    if ! command -v mpirun >/dev/null; then skip "$1" "mpirun is not installed"; finish; fi
    if ! "$BASANITE" doctor mpi >"$scratch/doctor" 2>&1; then skip "$1" "$(tail -n 1 "$scratch/doctor")"; finish; fi
}

# A model of a few hundred kilobytes with weights that no training has shaped.
tiny_model() {
    [ -s "$1" ] && return 0
    awk 'BEGIN { for (i = 0; i < 20; i++) printf "{\"text\": \"the mill stands by the river and the door of house %d is red\"}\n", i }' \
        >"$scratch/corpus.jsonl"
    "$BASANITE" train --objective lm --init random,layers=2,width=32,heads=2 --data "$scratch/corpus.jsonl" --steps 1 \
        --threads 1 --out "$1" --quiet >"$scratch/train.log" 2>&1 || { cat "$scratch/train.log" >&2; return 1; }
}

# figures RECORD RUN: what the run found, without its name, times and command line.
figures() { "$BASANITE" report "$2" --record "$1" --format json | sed -n '/"figures": \[/,$p'; }
# chain RECORD RUN: entries and newest hash of the evidence.
chain() {
    "$BASANITE" record query "select seq, hash from evidence where run = (select id from runs where name = '$2') \
order by seq desc limit 1" --record "$1" | tail -n 1
}
# answers RECORD RUN: every answer with its log-probabilities, in the order of the plan.
answers() {
    "$BASANITE" record query "select p.task, p.position, a.sample, a.text, a.finish, a.tokens_in, a.tokens_out, a.logprobs \
from plans p join answers a on a.ask = p.ask where p.run = (select id from runs where name = '$2') \
order by p.task, p.position, a.sample" --record "$1"
}
# value RECORD "SQL": one value.
value() { "$BASANITE" record query "$2" --record "$1" | sed -n 2p; }

# fresh_server OPTION...: sets $url, $port, $stats and $server (its process). --life ends it should this script be killed.
fresh_server() {
    n_servers=$((${n_servers:-0} + 1))
    stats=$scratch/stats.$n_servers
    echo '{"requests":0,"failed":0}' >"$stats"
    "$SERVER" --port-file "$scratch/port.$n_servers" --stats-file "$stats" --life 300 "$@" >/dev/null 2>"$scratch/server.log" &
    server=$!
    servers="$servers $server"
    tries=0
    while [ ! -s "$scratch/port.$n_servers" ]; do
        tries=$((tries + 1))
        if [ $tries -gt 200 ] || ! kill -0 $server 2>/dev/null; then cat "$scratch/server.log" >&2; return 1; fi
        sleep 0.05
    done
    port=$(cat "$scratch/port.$n_servers")
    url=http://127.0.0.1:$port/v1
}
stop_server() {
    kill "$server" 2>/dev/null
    wait "$server" 2>/dev/null
}
# counted KEY: a number of the newest server's statistics.
counted() { sed "s/.*\"$1\":\([0-9]*\).*/\1/" "$stats"; }

# wait_for SECONDS COMMAND...: until it succeeds.
wait_for() {
    left=$(($1 * 20))
    shift
    until "$@" 2>/dev/null; do
        left=$((left - 1))
        [ $left -gt 0 ] || return 1
        sleep 0.05
    done
}

# Of a page of the docs: prints FILE:LINE, a tab, and the command of each line that shows one; writes the files that the page shows
# to the folder named.
read_page() { # PAGE FOLDER
    awk -v page="${1#"$ROOT"/}" -v folder="$2" '
        function command(line, n) {
            sub(/^[ \t]*(\$ )?/, "", line)
            if (line ~ /^(basanite|make|curl)( |$)/) printf "%s:%d\t%s\n", page, n, line
        }
        /^```/ {
            fenced = !fenced
            name = ""
            shown = fenced && before ~ /`[^` ]+\/[^` ]+`:/ # a file of the source tree, which is not for this folder
            if (fenced && !shown && before ~ /:$/ && match(before, /`[A-Za-z0-9_.-]+\.(jsonl|json|yaml|csv|sol|tsv|dag|txt|jinja|gbnf)`/))
                name = substr(before, RSTART + 1, RLENGTH - 2)
            if (name != "") printf "" > (folder "/" name)
            next
        }
        fenced && shown { next }
        fenced && name != "" { print > (folder "/" name); next }
        fenced { command($0, NR); next }
        /^    / && (blank || indented) { indented = 1; command($0, NR); next }
        !NF { blank = 1; next }
        { indented = blank = 0; before = $0 }
    ' "$1"
}
