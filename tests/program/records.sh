#!/bin/sh
# Two runs on one record at once, and a disk that is full: nothing is lost, and who cannot go on says so.
# records.sh BASANITE SOURCE_ROOT
. "$(dirname "$0")/lib.sh"

tiny_model "$scratch/tiny.gguf" || { not_ok records "no model could be made"; finish; }
awk 'BEGIN {
    for (i = 0; i < 150; i++)
        printf "{\"id\": \"q%d\", \"question\": \"Who lives in house %d?\", \"answer\": \"the mill\", \"gold\": %d, \"kind\": \"%s\"}\n",
            i, i, i % 2, i % 3 ? "low" : "high"
}' >"$scratch/many.jsonl"
run() { # RECORD NAME OPTION...
    record=$1 run_name=$2
    shift 2
    "$BASANITE" run asked --subject "$scratch/tiny.gguf" --record "$record" --run "$run_name" --threads 1 --quiet "$@"
}
expect "a run by itself" 0 "^run r" run "$scratch/alone.db" r
figures "$scratch/alone.db" r >"$scratch/alone.figures"
chain "$scratch/alone.db" r >"$scratch/alone.chain"
expect "a list with columns as wide as their names" 0 "^r    done   asked  .*/tiny\.gguf$" "$BASANITE" record list --record "$scratch/alone.db"
total=$(value "$scratch/alone.db" "select count(*) from answers")
as_alone() { # RECORD RUN
    figures "$1" "$2" | cmp -s - "$scratch/alone.figures" && chain "$1" "$2" | cmp -s - "$scratch/alone.chain" &&
        "$BASANITE" record verify "$2" --record "$1" >/dev/null
}

# ---- two at once

# The same work twice: the second is refused, says by whom, and loses nothing.
"$BASANITE" run asked --subject "$scratch/tiny.gguf" --record "$scratch/same.db" --run r --threads 1 --quiet --batch 4 \
    >"$scratch/first" 2>&1 &
first=$!
wait_for 30 test -s "$scratch/same.db"
wait_for 30 sh -c "[ \"\$('$BASANITE' record query 'select count(*) from scores' --record '$scratch/same.db' | tail -n 1)\" -ge 4 ]"
run "$scratch/same.db" r >"$scratch/second" 2>&1
code=$?
wait $first
check "the same run twice at once: the first ends well" "$(tail -n 1 "$scratch/first")" test $? -eq 0
if [ $code -eq 4 ]; then
    check "the same run twice at once: the second is refused, naming the first" "$(cat "$scratch/second")" \
        grep -q "^basanite run: run 'r' of record '.*same.db' is being written by process $first; wait for it" "$scratch/second"
else
    check "the same run twice at once: the second ends well" "code $code, $(cat "$scratch/second")" test $code -eq 0
fi
check "the same run twice at once: figures and chain of a run by itself" "they differ" as_alone "$scratch/same.db" r

# Two runs of one record: both end well.
run "$scratch/two.db" a --batch 4 >"$scratch/first" 2>&1 &
first=$!
run "$scratch/two.db" b --batch 4 --fresh >"$scratch/second" 2>&1
code=$?
wait $first
check "two runs at once: the first ends well" "$(tail -n 1 "$scratch/first")" test $? -eq 0
check "two runs at once: the second ends well" "$(tail -n 1 "$scratch/second")" test $code -eq 0
check "two runs at once: the first has the figures and the chain of a run by itself" "they differ" as_alone "$scratch/two.db" a
check "two runs at once: so has the second" "they differ" as_alone "$scratch/two.db" b
check "two runs at once: no answer is there twice" "there are more" \
    test "$(value "$scratch/two.db" "select count(*) from answers")" = "$total"

# ---- a full disk

# full NAME RECORD: the record is on a disk that was full when the run was begun, and is not any more.
full() {
    check "$1: exit code 4" "$code: $(tail -n 1 "$scratch/said")" test "$code" -eq 4
    check "$1: one message, with the record and what to do" "$(cat "$scratch/said")" \
        grep -Eq "^basanite run: .*record '.*': .*(full|disk I/O error).*free some space" "$scratch/said"
    if "$BASANITE" record verify --record "$2" >"$scratch/verified" 2>&1 || grep -Eq "is empty|no runs" "$scratch/verified"; then
        ok "$1: the record can be read"
    else
        not_ok "$1: the record can be read" "$(cat "$scratch/verified")"
    fi
    expect "$1: with room again the same command goes on" 0 "^run r" run "$2" r
    check "$1: figures and chain of a run by itself" "they differ" as_alone "$2" r
}

# Files may not grow beyond a limit: writing fails as on a full disk (EFBIG; ulimit counts blocks of 512 bytes).
for blocks in 100 400; do
    record=$scratch/limit$blocks.db
    (ulimit -f $blocks; run "$record" r --batch 16) >"$scratch/said" 2>&1
    code=$?
    full "files of at most $((blocks / 2)) KiB" "$record"
done

if mkdir "$scratch/small" && mount -t tmpfs -o size=300k none "$scratch/small" 2>/dev/null; then
    run "$scratch/small/r.db" r --batch 16 >"$scratch/said" 2>&1
    code=$?
    mount -o remount,size=64m "$scratch/small"
    full "a full disk" "$scratch/small/r.db"
    umount "$scratch/small"
else
    skip "a full disk" "no file system can be mounted here"
fi
finish
