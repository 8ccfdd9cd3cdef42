#!/bin/sh
# A run that is killed at random moments and started again each time ends with the figures, answers and evidence chain of
# one that nobody disturbed; Ctrl-C loses nothing. ROUNDS is the number of kills. kill.sh BASANITE SOURCE_ROOT
. "$(dirname "$0")/lib.sh"
ROUNDS=${ROUNDS:-8}
ROWS=${ROWS:-$((ROUNDS * 30 + 100))}

tiny_model "$scratch/tiny.gguf" || { not_ok kill "no model could be made"; finish; }
awk -v n="$ROWS" 'BEGIN {
    for (i = 0; i < n; i++)
        printf "{\"id\": \"q%d\", \"question\": \"Who lives in house %d?\", \"answer\": \"the mill\", \"gold\": %d, \"kind\": \"%s\"}\n",
            i, i, i % 2, i % 3 ? "low" : "high"
}' >"$scratch/many.jsonl"

start() { # RECORD
    "$BASANITE" run asked --subject "$scratch/tiny.gguf" --record "$1" --run r --threads 1 --batch 8 --quiet
}
# begin RECORD: in the background; $pid is the program itself.
begin() {
    "$BASANITE" run asked --subject "$scratch/tiny.gguf" --record "$1" --run r --threads 1 --batch 8 --quiet \
        >"$scratch/said" 2>&1 &
    pid=$!
}
seconds() { date +%s.%N; }
state() { value "$1" "select state from runs"; }

# ---- undisturbed

begun=$(seconds)
expect "undisturbed run" 0 "^run r" start "$scratch/whole.db"
needed=$(echo "$begun $(seconds)" | awk '{ print $2 - $1 }')
for part in figures chain answers; do $part "$scratch/whole.db" r >"$scratch/whole.$part"; done
total=$(($(wc -l <"$scratch/whole.answers") - 1)) # without the names of the columns

# ---- kill -9

# Waits are drawn so that a kill lands, on average, a ROUNDS-th part further on; a seed of its own for each round.
hits=0 ends=0 round=0
while [ $round -lt "$ROUNDS" ]; do
    round=$((round + 1))
    begin "$scratch/killed.db"
    sleep "$(awk -v seed=$((round * 7919)) -v s="$needed" -v r="$ROUNDS" 'BEGIN { srand(seed); print 0.03 + rand() * 1.6 * s / r }')"
    if kill -9 $pid 2>/dev/null; then hits=$((hits + 1)); fi
    wait $pid 2>/dev/null
    case $? in
    137) ;;
    0) ends=$((ends + 1)) ;;
    *) not_ok "kill -9, round $round" "started again it fails: $(cat "$scratch/said")" ;;
    esac
    "$BASANITE" record verify --record "$scratch/killed.db" >"$scratch/said" 2>&1 ||
        grep -Eq "does not exist|is empty|no runs" "$scratch/said" ||
        not_ok "kill -9, round $round" "the record is not as it should be: $(cat "$scratch/said")"
done
hits=$((hits - ends))
check "kill -9: $hits of $ROUNDS kills hit a run under way" "too few" test $((hits * 2)) -ge "$ROUNDS"
expect "kill -9, $ROUNDS times: then the run ends well" 0 "^run r" start "$scratch/killed.db"
for part in figures chain answers; do
    $part "$scratch/killed.db" r >"$scratch/killed.$part"
    check "kill -9: the $part of the undisturbed run" "they differ" cmp -s "$scratch/whole.$part" "$scratch/killed.$part"
done
expect "kill -9: the record verifies" 0 "^verified: .* $total answers" "$BASANITE" record verify --record "$scratch/killed.db"
check "kill -9: one run, not one for each start" "there are more" test "$(value "$scratch/killed.db" "select count(*) from runs")" = 1

# ---- Ctrl-C

for signal in INT TERM; do
    record=$scratch/$signal.db
    begin "$record"
    wait_for 30 sh -c "[ \"\$('$BASANITE' record query 'select count(*) from scores' --record '$record' | tail -n 1)\" -ge 8 ]"
    kill -$signal $pid
    wait $pid
    check "SIG$signal: exit code 130" "another one" test $? -eq 130
    check "SIG$signal: one message that says how to go on" "$(cat "$scratch/said")" \
        grep -q "^basanite run: .*interrupted; run 'r' keeps what was answered" "$scratch/said"
    kept=$(value "$record" "select count(*) from answers")
    check "SIG$signal: $kept of $total answers are kept and marked as interrupted" "$(state "$record")" \
        test "$kept" -gt 0 -a "$kept" -lt "$total" -a "$(state "$record")" = interrupted
    expect "SIG$signal: the record verifies as it is" 0 "^verified" "$BASANITE" record verify --record "$record"
    expect "SIG$signal: the same command goes on" 0 "^run r" start "$record"
    chain "$record" r >"$scratch/chain"
    check "SIG$signal: then the evidence chain of the undisturbed run" "another one" cmp -s "$scratch/chain" "$scratch/whole.chain"
done
# ---- a slow model: heard inside of a pass, and what was scored of the batch is kept

awk 'BEGIN { for (i = 0; i < 256; i++)
        printf "{\"id\": \"q%d\", \"question\": \"%d: Who lives in the house with this number, in the street behind the river?\", \"gold\": %d}\n",
            i, i, i % 2 }' >"$scratch/long.jsonl"
cat >"$scratch/slow.yaml" <<'END'
task: slow
dataset_path: long.jsonl
id: id
output_type: multiple_choice
doc_to_text: "{{question}}\n"
doc_to_choice: [the river, the mill]
doc_to_target: "{{gold}}"
metric_list: [acc]
END
"$BASANITE" train --objective lm --init random,layers=12,width=384,heads=6,context=512 --data "$scratch/corpus.jsonl" --steps 1 \
    --threads 2 --out "$scratch/slow.gguf" --quiet >"$scratch/train.log" 2>&1 || not_ok "a slow model" "$(tail -n 1 "$scratch/train.log")"
slow() { # RECORD
    "$BASANITE" run "$scratch/slow.yaml" --subject "$scratch/slow.gguf" --record "$1" --run r --threads 1 --quiet
}
begun=$(seconds)
expect "slow model: undisturbed" 0 "^run r" slow "$scratch/calm.db"
needed=$(echo "$begun $(seconds)" | awk '{ print $2 - $1 }')
chain "$scratch/calm.db" r >"$scratch/calm.chain"
# How long the batch needs depends on who else is at work: should it have ended by then, the next signal comes sooner.
for share in 2 4 8 16; do
    rm -f "$scratch"/slow.db*
    "$BASANITE" run "$scratch/slow.yaml" --subject "$scratch/slow.gguf" --record "$scratch/slow.db" --run r --threads 1 --quiet \
        >"$scratch/said" 2>&1 &
    pid=$!
    wait_for 30 sh -c "[ \"\$('$BASANITE' record query 'select count(*) from plans' --record '$scratch/slow.db' | tail -n 1)\" -ge 256 ]"
    sleep "$(echo "$needed $share" | awk '{ print $1 / $2 }')"
    begun=$(seconds)
    kill -TERM $pid 2>/dev/null
    wait $pid
    [ $? -eq 0 ] || break
done
took=$(echo "$begun $(seconds)" | awk '{ printf "%.2f", $2 - $1 }')
check "slow model: SIGTERM is obeyed after $took s" "more than 2" awk "BEGIN { exit !($took < 2) }"
kept=$(value "$scratch/slow.db" "select count(*) from answers")
check "slow model: $kept of the 256 answers of the batch are kept" "$(cat "$scratch/said")" test "$kept" -gt 0 -a "$kept" -lt 256
expect "slow model: the same command goes on" 0 "^run r" slow "$scratch/slow.db"
chain "$scratch/slow.db" r >"$scratch/chain"
check "slow model: then the evidence chain of the undisturbed run" "another one" cmp -s "$scratch/chain" "$scratch/calm.chain"
finish
