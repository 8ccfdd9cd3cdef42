#!/bin/sh
# Several processes under mpirun end with the bytes of one; faults in one of them end all, by name. mpi.sh BASANITE SOURCE_ROOT
. "$(dirname "$0")/lib.sh"
mpi_or_skip mpi

tiny_model "$scratch/tiny.gguf" || { not_ok mpi "no model could be made"; finish; }
awk 'BEGIN { for (i = 0; i < 40; i++) printf "{\"prompt\": \"who keeps house %d?\", \"chosen\": \"the miller of town %d\", \"rejected\": \"nobody at all\"}\n", i, i % 7 }' \
    >"$scratch/pairs.jsonl"

# log FILE: without times.
log() { sed 's/,"seconds":[^,]*,"tokens_per_second":[^,]*,"gflops":[^,}]*//' "$1"; }

# same NAME STEPS OPTION...: 1, 2 and 3 processes.
same() {
    test_of=$1
    shift
    for n in 1 2 3; do
        launch=
        [ $n -gt 1 ] && launch="mpirun -np $n"
        expect "$test_of with $n" 0 "steps \(from 0\)" $launch "$BASANITE" train "$@" --run same --threads $((n % 2 + 1)) --fresh \
            --out "$scratch/out$n.gguf"
        [ $n -gt 1 ] || continue
        check "$test_of: the model of $n processes is that of one" "they differ" cmp -s "$scratch/out1.gguf" "$scratch/out$n.gguf"
        log "$scratch/out1.log.jsonl" >"$scratch/log1"
        log "$scratch/out$n.log.jsonl" >"$scratch/log"
        check "$test_of: the log of $n processes is that of one" "$(diff "$scratch/log1" "$scratch/log" | head -n 3)" \
            cmp -s "$scratch/log1" "$scratch/log"
    done
    rm -f "$scratch"/out*
}
same lm --objective lm --init random,layers=1,width=32,heads=2,context=32 --data "$scratch/corpus.jsonl" --valid "$scratch/corpus.jsonl" \
    --steps 12 --every 5 --optimizer adamw,batch=7,micro=1
same dpo --objective dpo,fall=0 --init "$scratch/tiny.gguf" --data "$scratch/pairs.jsonl" --valid "$scratch/pairs.jsonl" --lora r=2 \
    --template none --steps 6 --every 3 --optimizer adamw,batch=6,micro=2
awk 'BEGIN { for (i = 0; i < 12; i++) printf "{\"prompt\": \"the mill stands by %d\", \"gold\": \"the\"}\n", i }' >"$scratch/prompts.jsonl"
same grpo --objective grpo,n=3,max_tokens=4,inner=2 --init "$scratch/tiny.gguf" --data "$scratch/prompts.jsonl" --reward match --template none \
    --steps 3 --every 1 --optimizer adamw,batch=5,micro=2
same dp --objective lm --init "$scratch/tiny.gguf" --data "$scratch/corpus.jsonl" --steps 4 --every 2 --seed 81985529216486895 \
    --optimizer adamw,batch=5,dp=8,clip=0.5

# ---- stopped, killed, gone on with by another number

train="train --objective lm --init $scratch/tiny.gguf --data $scratch/corpus.jsonl --steps 80 --every 2 --optimizer adamw,batch=4,micro=1 --run same --quiet"
expect "one process, undisturbed" 0 "80 steps" "$BASANITE" $train --out "$scratch/whole.gguf"
mpirun -np 2 "$BASANITE" $train --out "$scratch/parts.gguf" >"$scratch/said" 2>&1 &
launcher=$!
wait_for 60 test -s "$scratch/parts.checkpoint"
# The newest process of the two: its death ends the other.
victim=$(pgrep -P $launcher -n)
kill -9 "$victim"
wait $launcher
check "a killed process ends all" "exit code $?" test $? -ne 0
check "a killed process is told by name" "$(cat "$scratch/said")" grep -Eq "process rank [01] .*exited on signal 9" "$scratch/said"
check "no process is left" "there is one" test -z "$(pgrep -f "$scratch/parts.gguf")"
mpirun -np 3 "$BASANITE" $train --out "$scratch/parts.gguf" >"$scratch/said" 2>&1 &
launcher=$!
wait_for 60 sh -c "[ \"\$(wc -l <'$scratch/parts.log.jsonl')\" -ge 3 ]"
kill -INT $launcher
wait $launcher
check "interrupted, a checkpoint stays" "$(tail -n 3 "$scratch/said")" test -s "$scratch/parts.checkpoint"
expect "gone on with by one process" 0 "80 steps \(from [1-9]" "$BASANITE" $train --out "$scratch/parts.gguf" --resume
check "then the bytes of an undisturbed training" "they differ" cmp -s "$scratch/whole.gguf" "$scratch/parts.gguf"

# ---- faults

expect "bad data is told once" 3 "corpus.bad.jsonl:2" sh -c "echo '{\"text\": \"a\"}
{\"text\": 5}' >'$scratch/corpus.bad.jsonl'; mpirun -np 2 '$BASANITE' train --objective lm --init '$scratch/tiny.gguf' \
    --data '$scratch/corpus.bad.jsonl' --steps 2 --out '$scratch/bad.gguf'"
expect "one process without the data is told by name" 4 "process 1 of 2: .*nowhere.jsonl" mpirun \
    -np 1 "$BASANITE" $train --out "$scratch/bad.gguf" : \
    -np 1 "$BASANITE" train --objective lm --init "$scratch/tiny.gguf" --data "$scratch/nowhere.jsonl" --steps 2 --out "$scratch/bad.gguf"
expect "other settings are told by name" 2 "process 1 of 2: it reads other settings" mpirun \
    -np 1 "$BASANITE" $train --out "$scratch/bad.gguf" : -np 1 "$BASANITE" $train --seed 9 --out "$scratch/bad.gguf"
check "nothing is written then" "a model is there" test ! -e "$scratch/bad.gguf"
expect "a command that cannot be shared" 2 "several processes cannot share its work" mpirun -np 2 "$BASANITE" record list
expect "idle processes are told" 0 "a step has 1 pass, so 1 of 2 processes wait" mpirun -np 2 "$BASANITE" train --objective lm \
    --init "$scratch/tiny.gguf" --data "$scratch/corpus.jsonl" --steps 1 --optimizer adamw,batch=2,micro=2 --out "$scratch/idle.gguf"
finish
