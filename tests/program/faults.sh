#!/bin/sh
# A run against an endpoint that fails loses nothing, asks nothing twice, and ends with the figures of a run against one
# that does not. faults.sh BASANITE SOURCE_ROOT [FAULT_SERVER]
. "$(dirname "$0")/lib.sh"
if [ -z "$SERVER" ]; then
    skip "failing endpoints" "the test server was not built (libmicrohttpd)"
    finish
fi
ITEMS=${ITEMS:-40} # of each of two tasks
awk -v n="$ITEMS" 'BEGIN {
    for (i = 0; i < n; i++)
        printf "{\"id\": \"q%d\", \"question\": \"Who lives in house %d?\", \"answer\": \"the mill\", \"gold\": %d, \"kind\": \"%s\"}\n",
            i, i, i % 2, i % 3 ? "low" : "high"
}' >"$scratch/many.jsonl"

run() { # RECORD OPTION...
    record=$1
    shift
    "$BASANITE" run asked --subject "openai:$url#m" --record "$record" --run r "$@"
}
# Once each: every item of both tasks has one answer and one score, and none failed.
complete() {
    [ "$(value "$1" "select count(*) from answers where finish != 'error'")" = $((2 * ITEMS)) ] &&
        [ "$(value "$1" "select count(*) from scores")" = $((2 * ITEMS)) ] &&
        [ "$(value "$1" "select count(*) from plans")" = $((2 * ITEMS)) ] &&
        "$BASANITE" record verify --record "$1" >/dev/null
}
same_figures() {
    figures "$1" r >"$scratch/these"
    cmp -s "$scratch/these" "$scratch/clean.figures"
}

# ---- without faults: what everything is compared with

fresh_server --model m || { not_ok "test server" "does not start"; finish; }
expect "run without faults" 0 "^run r" run "$scratch/clean.db" --quiet
figures "$scratch/clean.db" r >"$scratch/clean.figures"
asked=$(counted requests)
check "one request per answer and choice, beside the probes" "$asked requests" \
    test "$asked" -ge $((3 * ITEMS)) -a "$asked" -le $((3 * ITEMS + 4))
stop_server

# ---- 30% of the requests fail, in six ways

for seed in ${SEEDS:-1}; do
    fresh_server --model m --fail 0.3 --seed "$seed" --hang 4 --retry-after 0
    expect "30% faults, seed $seed: the run ends well" 0 "^run r" run "$scratch/faults$seed.db" --quiet --timeout 1.5
    check "30% faults, seed $seed: no item lost or scored twice" "answers or scores are missing" complete "$scratch/faults$seed.db"
    check "30% faults, seed $seed: figures of the run without faults" "they differ" same_figures "$scratch/faults$seed.db"
    requests=$(counted requests) failed=$(counted failed)
    check "30% faults, seed $seed: asked $requests times for $asked asks and $failed failures" "too often" \
        test "$requests" -le $((asked + failed)) -a "$failed" -gt $((requests / 6))
    six=0
    for kind in 429 500 timeout html badjson truncated; do [ "$(counted $kind)" -gt 0 ] && six=$((six + 1)); done
    check "30% faults, seed $seed: all six kinds came" "only $six of them" test $six -eq 6
    stop_server
done

# ---- an endpoint that cannot be used when the run begins

first_words="endpoint 'http://127.0.0.1:[0-9]*/v1'"
for kind in "html|.*a web page .HTML. came back, expected JSON.*" "badjson|.*JSON: .* expected near end.*" "truncated|.*" "timeout|.*no answer within 0.3 s.*" "429|.*status 429.*" "500|.*status 500.*"; do
    fresh_server --model m --fail 1 --faults "${kind%%|*}" --hang 1 --retry-after 0
    expect "only ${kind%%|*} from the start" 4 "$first_words${kind#*|}" run "$scratch/none.db" --quiet --timeout 0.3 --retries 1
    stop_server
done
url=http://127.0.0.1:9/v1
expect "nobody listens" 4 "$first_words.*is it running" run "$scratch/none.db" --quiet --retries 0

# ---- an endpoint that goes wrong in the middle, and is mended

# break_off NAME PATTERN SERVER_OPTION...: the run ends with 4 and one message; on the same port a good server completes it.
break_off() {
    broken=$1 pattern=$2 record=$scratch/$1.db
    shift 2
    fresh_server --model m --fail-after 40 --fail 1 "$@"
    bad=$port
    expect "$broken in the middle: stops with a message" 4 "$pattern" run "$record" --quiet --timeout 0.3 --retries 1
    stop_server
    kept=$(value "$record" "select count(*) from answers where finish != 'error'")
    check "$broken in the middle: keeps $kept answers" "they are lost" test "$kept" -gt 0
    fresh_server --model m --port "$bad"
    expect "$broken in the middle: --resume completes it" 0 "^run r" run "$record" --quiet --resume
    check "$broken in the middle: nothing lost" "answers or scores are missing" complete "$record"
    check "$broken in the middle: same figures" "they differ" same_figures "$record"
    check "$broken in the middle: what was answered is not asked again" "$(counted requests) requests for $asked less $kept" \
        test "$(counted requests)" -le $((asked - kept + 2))
    stop_server
}
for kind in ${KINDS:-html timeout 429}; do # and badjson truncated 500
    case $kind in
    timeout) says="no answer within 0.3 s" ;;
    429 | 500) says="status $kind" ;;
    html) says="a web page" ;;
    *) says=endpoint ;;
    esac
    break_off "$kind" "$says.*seems to be down.*give the same command again" --faults "$kind" --hang 1 --retry-after 0
done

# The server goes away while it is being asked.
fresh_server --model m --delay 20
run "$scratch/gone.db" --quiet --retries 1 >"$scratch/said" 2>&1 &
running=$!
wait_for 10 sh -c "[ \$(sed 's/.*\"requests\":\([0-9]*\).*/\1/' '$stats') -gt 40 ]"
stop_server
wait $running
check "server that goes away: exit code 4" "another one" test $? -eq 4
check "server that goes away: one message that says so" "$(cat "$scratch/said")" \
    grep -q "^basanite run: endpoint .*seems to be down.*give the same command again" "$scratch/said"
fresh_server --model m --port "$port"
expect "server that comes back: --resume completes the run" 0 "^run r" run "$scratch/gone.db" --quiet --resume
check "server that comes back: nothing lost" "answers or scores are missing" complete "$scratch/gone.db"
check "server that comes back: same figures" "they differ" same_figures "$scratch/gone.db"
stop_server

# A server that is too busy for a while and says for how long is waited for.
fresh_server --model m --fail 1 --faults 429 --fail-after 30 --fail-for 3 --retry-after 1
expect "429 for three seconds is waited out" 0 "^run r" run "$scratch/busy.db" --quiet
check "429 for three seconds: nothing lost" "answers or scores are missing" complete "$scratch/busy.db"
check "429 for three seconds: same figures, $(counted 429) refusals" "they differ" same_figures "$scratch/busy.db"
stop_server
finish
