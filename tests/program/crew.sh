#!/bin/sh
# Several processes under mpirun answer one run: its record is that of one process, a process that dies is named and the run
# goes on from what was answered, and what one of them lacks is told once. crew.sh BASANITE SOURCE_ROOT
. "$(dirname "$0")/lib.sh"
mpi_or_skip crew
tiny_model "$scratch/tiny.gguf" || { not_ok crew "no model could be made"; finish; }
ROWS=300
awk -v n=$ROWS 'BEGIN {
    for (i = 0; i < n; i++)
        printf "{\"id\": \"q%d\", \"question\": \"Who lives in house %d?\", \"answer\": \"the mill\", \"gold\": %d, \"kind\": \"%s\"}\n",
            i, i, i % 2, i % 3 ? "low" : "high"
}' >"$scratch/many.jsonl"

# with N COMMAND...: by so many processes.
with() {
    n=$1
    shift
    if [ "$n" -gt 1 ]; then mpirun -np "$n" "$@"; else "$@"; fi
}
# rows RECORD: items, asks and plan, which have no times.
rows() {
    for table in items asks; do "$BASANITE" record export r --table $table --record "$1"; done
    "$BASANITE" record query "select task, position, item, ask, samples, seed from plans order by task, position" --record "$1"
}

# same NAME OPTION...: 1, 2 and 3 processes end with the same record.
same() {
    test_of=$1
    shift
    for n in 1 2 3; do
        expect "$test_of with $n" 0 "^run r" with $n "$BASANITE" run "$@" --record "$scratch/$n.db" --run r --threads $((n % 2 + 1)) --quiet
        for part in figures chain answers rows; do
            $part "$scratch/$n.db" r >"$scratch/$part.$n"
            [ $n -gt 1 ] || continue
            check "$test_of: $part of $n processes are those of one" "they differ" cmp -s "$scratch/$part.1" "$scratch/$part.$n"
        done
        expect "$test_of: the record of $n processes is sound" 0 "^verified: " "$BASANITE" record verify --record "$scratch/$n.db"
    done
    check "$test_of: something is compared" "no answers" test "$(wc -l <"$scratch/answers.1")" -gt 10
    rm -f "$scratch"/?.db*
}
same model asked --subject "$scratch/tiny.gguf" --limit 40
same samples small --subject "$scratch/tiny.gguf" --limit 20 --batch 7
same baselines asked --subject script:oracle --limit 9 --baselines
same "stopping early" asked --subject script:uniform --limit 100 --sequential --gate "acc >= 0.2"
cat >"$scratch/judged.yaml" <<'END'
task: judged
dataset_path: many.jsonl
id: id
output_type: generate_until
doc_to_text: "{{question}}"
doc_to_target: "{{answer}}"
scorer: honesty
metric_list: [acc, fallback_rate]
END
same "with a judge" judged.yaml --subject "script:constant,text=By the river." --judge script:mute,text=0.8 --limit 20

# Many subjects: the chain of each run.
echo '["script:uniform", {"subject": "script:oracle", "name": "right"}]' >"$scratch/list.json"
for n in 1 2; do
    expect "many subjects with $n" 0 "^  r-right +script:oracle" with $n "$BASANITE" run asked --subject "@$scratch/list.json" --limit 20 \
        --record "$scratch/list$n.db" --run r --quiet
    "$BASANITE" record query "select run, kind, ref, hash from evidence order by run, seq" --record "$scratch/list$n.db" >"$scratch/list$n"
done
check "many subjects: the evidence of 2 processes is that of one" "they differ" cmp -s "$scratch/list1" "$scratch/list2"

# ---- score

awk 'BEGIN { for (i = 0; i < 40; i++) printf "{\"id\": \"s%d\", \"prompt\": \"the mill stands by %d\", \"choices\": [\" house\", \" the river %d\"]}\n", i, i, i % 7 }' \
    >"$scratch/asks.jsonl"
score() { # NAME EXTENSION OPTION...
    test_of=$1 end=$2
    shift 2
    for n in 1 2 3; do
        with $n "$BASANITE" score "$scratch/asks.jsonl" --subject "$scratch/tiny.gguf" "$@" --quiet --out "$scratch/scored$n$end" \
            >"$scratch/said" 2>&1
        code=$?
        check "score $test_of with $n" "exit code $code: $(cat "$scratch/said")" test $code -eq 0
        [ $n -gt 1 ] || continue
        check "score $test_of: the bytes of $n processes are those of one" "they differ" cmp -s "$scratch/scored1$end" "$scratch/scored$n$end"
        [ ! -e "$scratch/scored1$end.jsonl" ] || check "score $test_of: what stands beside them, too, of $n" "they differ" \
            cmp -s "$scratch/scored1$end.jsonl" "$scratch/scored$n$end.jsonl"
    done
    check "score $test_of: something is compared" "no bytes" test "$(wc -c <"$scratch/scored1$end")" -gt 1000
}
score "of continuations" .jsonl
score "of likeliest tokens" .jsonl --top 3
score "of hidden states" .act --hidden all --pool each

# ---- killed, stopped, gone on with by another number

run="run asked --subject $scratch/tiny.gguf --run r --threads 1 --batch 16 --quiet"
answered() { value "$scratch/killed.db" "select count(*) from answers"; }
expect "one process, undisturbed" 0 "^run r" "$BASANITE" $run --record "$scratch/whole.db"
for part in figures chain answers; do $part "$scratch/whole.db" r >"$scratch/whole.$part"; done
mpirun -np 2 "$BASANITE" $run --record "$scratch/killed.db" >"$scratch/said" 2>&1 &
launcher=$!
wait_for 60 sh -c "[ \"\$('$BASANITE' record query 'select count(*) from answers' --record '$scratch/killed.db' | tail -n 1)\" -ge 32 ]"
kill -9 "$(pgrep -P $launcher -n)"
wait $launcher
check "a killed process ends all" "exit code $?" test $? -ne 0
check "a killed process is told by name" "$(cat "$scratch/said")" grep -Eq "process rank [01] .*exited on signal 9" "$scratch/said"
kept=$(answered)
check "what was answered is kept" "$kept answers" test "$kept" -ge 32 -a "$kept" -lt $((ROWS * 2))
mpirun -np 3 "$BASANITE" $run --record "$scratch/killed.db" >"$scratch/said" 2>&1 &
launcher=$!
wait_for 60 sh -c "[ \"\$('$BASANITE' record query 'select count(*) from answers' --record '$scratch/killed.db' | tail -n 1)\" -gt $kept ]"
kill -INT $launcher
wait $launcher
check "interrupted, more is kept" "$kept, then $(answered)" test "$(answered)" -gt "$kept"
expect "gone on with by one process" 0 "^run r" "$BASANITE" $run --record "$scratch/killed.db" --resume
for part in figures chain answers; do
    $part "$scratch/killed.db" r >"$scratch/killed.$part"
    check "then the $part of the undisturbed run" "they differ" cmp -s "$scratch/whole.$part" "$scratch/killed.$part"
done

# ---- faults

mkdir "$scratch/here" "$scratch/there"
cp "$scratch/tiny.gguf" "$scratch/here/model.gguf"
run="run asked --subject model.gguf --record $scratch/fault.db --limit 8 --quiet"
expect "a process without the model is told by name" 3 "process 1 of 2: .*model.gguf" \
    mpirun -np 1 --wdir "$scratch/here" "$BASANITE" $run : -np 1 --wdir "$scratch/there" "$BASANITE" $run
"$BASANITE" convert "$scratch/tiny.gguf" "$scratch/there/model.gguf" --format gguf,type=q8_0 >"$scratch/said" 2>&1
expect "a process with another model is told by name" 3 "process 1 of 2: subject 'model.gguf' is another one here" \
    mpirun -np 1 --wdir "$scratch/here" "$BASANITE" $run : -np 1 --wdir "$scratch/there" "$BASANITE" $run
expect "an error of the first process is told once" 2 "no such file or kind|expected|unknown" mpirun -np 3 "$BASANITE" run asked \
    --subject nosuch:thing --record "$scratch/fault.db"
expect "a gate that fails ends all with its code" 1 "gate" mpirun -np 2 "$BASANITE" run asked --subject script:mute --limit 30 \
    --record "$scratch/gate.db" --gate "acc >= 0.9"
echo '{"id": "none of them", "text": "yes"}' >"$scratch/none.jsonl"
expect "a worker's failed answers are the run's" 4 "every item of run" mpirun -np 2 "$BASANITE" run asked --subject "replay:$scratch/none.jsonl" \
    --record "$scratch/fault.db" --quiet
finish
