#!/bin/sh
# Steering while decoding: what must be the same bytes (alpha without bound, a reward that is always the same, threads,
# batches, neighbours), what an answer tells of itself, and what is refused. steer.sh BASANITE SOURCE_ROOT
. "$(dirname "$0")/lib.sh"

# Greedy and sampled prompts, and rows that cannot be answered between them.
cat >"$scratch/p.jsonl" <<EOF
{"id": "0", "prompt": "Where does the mayor of Abbotsby live?"}
{"id": "1", "prompt": "Thank you for your help. Goodbye."}
{"id": "2", "prompt": "Which oath has Corum Morlett kept?", "gold": "study"}
EOF
{
    sed -n 1p "$scratch/p.jsonl"
    printf '{"id": "long", "prompt": "%s"}\n' "$(printf 'word %.0s' $(seq 1 700))"
    printf '{"id": "only", "prompt": ""}\n'
    sed -n 2,3p "$scratch/p.jsonl"
} >"$scratch/mixed.jsonl"
generate() { # OUT OPTION...: rows of the three prompts
    out=$1
    shift
    "$BASANITE" generate "$scratch/p.jsonl" --quiet --max-tokens 10 "$@" >"$scratch/$out" 2>"$scratch/log" ||
        { cat "$scratch/log" >&2; not_ok "generate $*" "exit code"; }
}
texts() { # FILE: what is said, one answer a line, with the log-probability of plain answers left out
    grep -o '"text":"[^"]*","tokens":[0-9]*,"finish":"[a-z]*"' "$scratch/$1"
}
alike() { # NAME FILE FILE
    texts "$2" >"$scratch/left"
    texts "$3" >"$scratch/right"
    check "$1" "$(diff "$scratch/left" "$scratch/right")" cmp -s "$scratch/left" "$scratch/right"
    check "$1: there is something" "no answers" test -s "$scratch/left"
}
cd_cheap=cd,topk=4,rollouts=2,horizon=6

# ---- nothing changes
generate plain
generate far --steer "$cd_cheap,alpha=inf" --reward rule,name=r1
sed 's/,"steer".*\("config\)/}],"config/; s/"subject":"[0-9a-f]*"//' "$scratch/far" >"$scratch/far.bytes"
sed 's/"subject":"[0-9a-f]*"//' "$scratch/plain" >"$scratch/plain.bytes"
check "alpha without bound is plain decoding, byte for byte" "$(diff "$scratch/plain.bytes" "$scratch/far.bytes")" \
    cmp -s "$scratch/plain.bytes" "$scratch/far.bytes"
generate same --steer "$cd_cheap,alpha=0.01" --reward "rule,name=close*0"
alike "a reward that is always the same changes nothing" plain same
generate drawn --temperature 1 --top-k 4 --samples 2
generate drawn.same --temperature 1 --top-k 4 --samples 2 --steer "$cd_cheap,alpha=0.01" --reward "rule,name=close*0"
alike "nor what is drawn" drawn drawn.same
generate drawn.far --temperature 1 --top-k 4 --samples 2 --steer "$cd_cheap,alpha=inf" --reward "rule,name=r2"
alike "alpha without bound, drawn" drawn drawn.far
generate itself --steer implicit,beta=1,alpha=0.1 --baseline pocket
alike "a model as its own baseline says what it says" plain itself

# ---- threads, batches, neighbours
generate one --threads 1 --temperature 1 --samples 2 --steer "$cd_cheap,alpha=0.1" --reward rule,name=r2
generate two --threads 2 --batch 7 --temperature 1 --samples 2 --steer "$cd_cheap,alpha=0.1" --reward rule,name=r2
check "the same bytes for one thread and two" "$(diff "$scratch/one" "$scratch/two")" cmp -s "$scratch/one" "$scratch/two"
"$BASANITE" generate "$scratch/mixed.jsonl" --max-tokens 10 --temperature 1 --samples 2 --steer "$cd_cheap,alpha=0.1" \
    --reward rule,name=r2 >"$scratch/mixed" 2>"$scratch/said"
grep -v '"id":"long"\|"id":"only"' "$scratch/mixed" >"$scratch/mixed.rest"
check "bad rows do not disturb the others" "$(diff "$scratch/one" "$scratch/mixed.rest")" \
    cmp -s "$scratch/one" "$scratch/mixed.rest"
check "a prompt that is too long is told" "$(cut -c 1-300 "$scratch/mixed")" \
    grep -q '"error":"item .long.: a prompt of [0-9]* tokens leaves no room' "$scratch/mixed"
check "what it took is told" "$(cat "$scratch/said")" \
    grep -Eq '^cd.*: [0-9]+ tokens, [0-9]+ reward calls, [0-9]+ rollouts of [0-9.]+ tokens, [0-9.]+ s per token' "$scratch/said"

# ---- a steered subject is measured like any other
for threads in 1 2; do
    "$BASANITE" run simple-refusal --limit 3 --record "$scratch/run-$threads.db" --run steered --threads $threads \
        --steer "cd,topk=2,rollouts=1,horizon=3,alpha=0.1" --reward rule,name=r2 >"$scratch/log" 2>"$scratch/told" ||
        not_ok "a steered run" "$(cat "$scratch/log")"
    chain "$scratch/run-$threads.db" steered >"$scratch/chain-$threads"
done
check "a steered run has the same chain for one thread and two" "$(cat "$scratch/chain-1" "$scratch/chain-2")" \
    cmp -s "$scratch/chain-1" "$scratch/chain-2"
check "a steered run tells what it took" "$(cat "$scratch/told")" grep -q 'reward calls' "$scratch/told"
"$BASANITE" run simple-refusal --limit 3 --record "$scratch/run-1.db" --run plain --quiet >"$scratch/log" 2>&1
check "and is another one than the plain subject's" "the record answers for both" \
    sh -c '[ "$("$1" record query "select count(distinct subject) from runs" --record "$2" | grep -c 2)" -ge 1 ]' sh \
    "$BASANITE" "$scratch/run-1.db"

# ---- what an answer carries
generate traced --trace --steer tq-indirect,topk=3,rollouts=4,horizon=4,beta=0.05 --baseline pocket-help \
    --reward rule,name=r2 --baseline-reward rule,name=rBL
for key in trace candidates logprob q error ess rollouts weight chosen reward_calls rollout_tokens ms kl log_ratio; do
    check "a trace has $key" "it is not there" grep -q "\"$key\":" "$scratch/traced"
done
generate swept --steer cd,topk=2,rollouts=1,horizon=2,alpha=0.1:inf --reward rule,name=r2
check "several strengths: each of them for all rows" "$(grep -o '"steer":"[^"]*"' "$scratch/swept")" \
    test "$(grep -c 'alpha=0.1"' "$scratch/swept") $(grep -c 'alpha=inf"' "$scratch/swept")" = "3 3"
generate best --steer best-of-n,samples=4 --reward rule,name=r2
generate best.again --batch 3 --steer best-of-n,samples=4 --reward rule,name=r2
alike "best of n" best best.again
expect "more candidates than words" 0 '"text"' "$BASANITE" generate --prompt "Where?" --json --max-tokens 1 \
    --steer args,topk=100000 --reward rule,name=r2
expect "alpha 0" 0 '"text"' "$BASANITE" generate --prompt "Where?" --json --max-tokens 2 \
    --steer args,alpha=0 --reward rule,name=r2
for way in replan=disagree skip=0.9 block=3 halving norm=running-z norm=minmax heat=0 mode=sample; do
    expect "cd,$way" 0 '"spent"' "$BASANITE" generate --prompt "Where?" --json --max-tokens 4 \
        --steer "cd,topk=3,rollouts=4,horizon=3,$way" --reward rule,name=r2
done
expect "contrast" 0 '"steer":"contrast,beta=0.5"' "$BASANITE" generate --prompt "Where?" --json --max-tokens 4 \
    --steer contrast,beta=0.5 --baseline pocket-help
printf 'Where?\n' >"$scratch/line"
expect "chat" 0 '[a-z]' sh -c '"$1" chat --max-tokens 6 --steer best-of-n,samples=2 --reward rule,name=r2 <"$2"' sh \
    "$BASANITE" "$scratch/line"

# ---- a value head, trained on answers with rewards, steers without rollouts
for i in 1 2 3 4; do
    echo '{"prompt": "Where?", "answers": [{"text": "By the mill.", "reward": 1}, {"text": "Go away.", "reward": 0}]}'
done >"$scratch/worth.jsonl"
"$BASANITE" train --objective value,at=tokens --init pocket --data "$scratch/worth.jsonl" --steps 2 --threads 1 \
    --optimizer adamw,lr=0.001,batch=1 --out "$scratch/value.gguf" --quiet >"$scratch/log" 2>&1 ||
    not_ok "a value head" "$(cat "$scratch/log")"
generate by.head --steer cd-head,topk=4,alpha=0.5 --reward "$scratch/value.gguf"
generate by.head.again --threads 1 --batch 3 --steer cd-head,topk=4,alpha=0.5 --reward "$scratch/value.gguf"
alike "cd-head" by.head by.head.again
printf '{"prompt": "Where?", "chosen": "By the mill.", "rejected": "Go away."}\n' >"$scratch/pairs.jsonl"
"$BASANITE" train --objective dpo,beta=0.25 --init pocket --data "$scratch/pairs.jsonl" --steps 1 --threads 1 \
    --optimizer adamw,lr=0.0001,batch=1 --out "$scratch/dpo.gguf" --quiet >"$scratch/log" 2>&1 ||
    not_ok "a tuned model" "$(cat "$scratch/log")"
expect "beta comes from the baseline's file" 0 '"steer":"implicit,alpha=0.25,beta=0.25"' "$BASANITE" generate \
    --prompt "Where?" --json --max-tokens 2 --steer implicit,alpha=0.25 --baseline "$scratch/dpo.gguf"

# ---- rewards that ask
printf 'script: rater\ncases:\n  - {text: "I say 7."}\n' >"$scratch/rater.yaml"
printf 'script: mumbler\ncases:\n  - {text: "Well."}\n' >"$scratch/mumbler.yaml"
generate rated --steer args,topk=3,alpha=0.1 --reward "rating,subject=script:$scratch/rater.yaml"
alike "equal ratings change nothing" plain rated
expect "what is no rating" 4 'every answer failed' "$BASANITE" generate "$scratch/p.jsonl" --quiet --max-tokens 2 \
    --steer args,topk=3 --reward "rating,subject=script:$scratch/mumbler.yaml"
generate ratio --steer best-of-n,samples=3 --reward log-ratio,model=pocket,reference=pocket-base
generate ratio.again --steer best-of-n,samples=3 --reward log-ratio,model=pocket,reference=pocket-base,beta=3
alike "a log-ratio orders answers whatever beta is" ratio ratio.again
expect "nobody to rate" 2 'give subject=SPEC' "$BASANITE" generate --prompt a --steer cd --reward rating
expect "a log-ratio of what gives none" 2 'log-probabilities' "$BASANITE" generate --prompt a --steer cd \
    --reward log-ratio,model=script:constant,reference=pocket

# ---- what is refused
expect "no reward" 2 "steer 'cd' needs --reward" "$BASANITE" generate --prompt a --steer cd
expect "no baseline" 2 "'tq-direct' needs --baseline" "$BASANITE" generate --prompt a --steer tq-direct --reward match
expect "no reward of the baseline" 2 "'tq-indirect' needs --baseline-reward" "$BASANITE" generate --prompt a \
    --steer tq-indirect,beta=1 --baseline pocket --reward match
expect "a reward for nothing" 2 "'implicit' has no use for --reward" "$BASANITE" generate --prompt a \
    --steer implicit,beta=1 --baseline pocket --reward match
expect "no beta" 2 "needs beta=B" "$BASANITE" generate --prompt a --steer soft --reward match
expect "no such steer" 2 "no steer 'tq-indirct'; did you mean 'tq-indirect'" "$BASANITE" generate --prompt a --steer tq-indirct
expect "no such rule" 2 "no rule 'r9'" "$BASANITE" generate --prompt a --steer cd --reward rule,name=r9
expect "a subject without log-probabilities" 2 'best-of-n works with any subject' "$BASANITE" generate --prompt a \
    --subject script:constant --steer cd --reward match
expect "flags of a steer without it" 2 'baseline goes with --steer' "$BASANITE" generate --prompt a --baseline pocket
expect "a trace of nothing" 2 'trace goes with --steer' "$BASANITE" generate --prompt a --trace
expect "several steers of one run" 2 'here one is wanted' "$BASANITE" run demo --record "$scratch/r.db" \
    --steer cd,alpha=1:2 --reward rule,name=r2
for script in constant oracle; do
    "$BASANITE" run small --subject "script:$script" --record "$scratch/r.db" --run $script --quiet >"$scratch/log" 2>&1 ||
        not_ok "a record" "$(cat "$scratch/log")"
done
expect "a run is not steered" 2 'is a run' "$BASANITE" compare constant oracle --record "$scratch/r.db" --steer cd --reward match
expect "no value head" 2 'has no head of one output' "$BASANITE" generate --prompt a --steer cd-head --reward pocket
HARMLESS=$SHARED/transfer-q/hh_harmless_a.jsonl
if [ -f "$HARMLESS" ]; then
    head -n 12 "$HARMLESS" >"$scratch/dialogues.jsonl"
    "$BASANITE" generate "$scratch/dialogues.jsonl" --quiet --max-tokens 2 --stop Human: --steer "$cd_cheap" \
        --reward rule,name=courtesy >"$scratch/dialogues" 2>"$scratch/log"
    check "dialogues of the paper's data are answered" "$(cat "$scratch/log")" \
        test "$(grep -c '"spent"' "$scratch/dialogues")" -ge 10
    expect "27 texts with a known diversity" 0 '^27 of 27 as expected' "$BASANITE" score \
        "$SHARED/transfer-q/diversity_gold_a.jsonl" --scorer diversity
else
    skip "dialogues of the paper's data" "no ../shared/data/transfer-q"
fi
if [ -f "$STORIES" ]; then
    expect "another tokenizer, token by token" 2 'another tokenizer' "$BASANITE" generate --prompt a \
        --steer implicit,beta=1 --baseline "$STORIES"
    expect "another tokenizer, by the text" 0 'tokenised anew' "$BASANITE" generate --prompt a --max-tokens 3 \
        --steer tq-direct,topk=2,rollouts=1,horizon=2 --baseline "$STORIES" --reward rule,name=r2
else
    skip "another tokenizer" "no ../shared/data/models"
fi
finish
