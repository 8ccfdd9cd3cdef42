#!/bin/sh
# A run by way of files: what it asks goes out as requests, responses come in, and the same command goes on until all is
# answered. batch.sh BASANITE SOURCE_ROOT
. "$(dirname "$0")/lib.sh"

cat >"$scratch/mills.jsonl" <<'END'
{"id": "a", "question": "Which stone tries gold?", "answer": "basanite"}
{"id": "b", "question": "What does a mill grind?", "answer": "grain"}
{"id": "c", "question": "Who sells bread?", "answer": "the baker"}
END
cat >"$scratch/mills.yaml" <<'END'
task: mills
dataset_path: mills.jsonl
output_type: generate_until
doc_to_text: question
doc_to_target: answer
generation_kwargs: {until: ["\n"], max_gen_toks: 9}
metric_list: [exact_match]
END
cat >"$scratch/twice.yaml" <<'END'
task: twice
dataset_path: mills.jsonl
output_type: generate_until
methods:
  check:
    steps:
      - {name: own, text: "{{question}}"}
      - {name: sure, text: "{{question}} {{said.own.text}}, really?"}
    answer: "{{said.own.text}}"
doc_to_target: answer
metric_list: [exact_match]
END
run() { # TASK NAME
    "$BASANITE" run "$scratch/$1.yaml" --subject batch:my-model --record "$scratch/r.db" --run "$2" --quiet --bootstrap 20
}
export_requests() { "$BASANITE" record export "$1" --record "$scratch/r.db" --format openai-batch --out "$scratch/requests.jsonl"; }
import() { "$BASANITE" record import "$scratch/responses.jsonl" --record "$scratch/r.db"; }
# answer TEXT [LINES]: a response to each request (to the first LINES).
answer() {
    head -n "${2:-1000}" "$scratch/requests.jsonl" | sed -n 's/^{"custom_id":"\([^"]*\)".*/\1/p' | while read -r id; do
        printf '{"id":"x","custom_id":"%s","response":{"status_code":200,"body":{"choices":[{"message":{"role":"assistant","content":"%s"},"finish_reason":"stop"}],"usage":{"prompt_tokens":5,"completion_tokens":2}}},"error":null}\n' "$id" "$1"
    done >"$scratch/responses.jsonl"
}

# ---- one task

expect "a run whose answers come later says what to do" 4 "run 'one' waits for 3 answers: .basanite record export one --format openai-batch" run mills one
expect "requests go out" 0 "^$" sh -c "'$BASANITE' record export one --record '$scratch/r.db' --format openai-batch --out '$scratch/requests.jsonl'; echo"
check "requests: one for each answer" "$(cat "$scratch/requests.jsonl")" test "$(wc -l <"$scratch/requests.jsonl")" -eq 3
check "requests: what is asked, of which model, how" "$(head -n 1 "$scratch/requests.jsonl")" grep -q \
    '^{"custom_id":"[0-9]*-[0-9a-f]\{32\}-0","method":"POST","url":"/v1/chat/completions","body":{"model":"my-model","messages":\[{"role":"user","content":"Which stone tries gold?"}\],"max_tokens":9,"temperature":0,.*"stop":\["\\n"\]}}$' "$scratch/requests.jsonl"
answer 'basanite\nand more' 2
expect "responses come in" 0 "^run one: 2 answers taken, 0 failed at the endpoint, 0 were known" import
expect "the same responses again change nothing" 0 "^run one: 0 answers taken, 0 failed at the endpoint, 2 were known" import
expect "the same command goes on, and waits for the rest" 4 "run 'one' waits for 1 answers" run mills one
export_requests one
check "requests: only what is missing" "$(cat "$scratch/requests.jsonl")" test "$(wc -l <"$scratch/requests.jsonl")" -eq 1
sed -n 's/^{"custom_id":"\([^"]*\)".*/{"custom_id":"\1","response":{"status_code":500,"body":{"error":{"message":"the mill is closed"}}},"error":null}/p' \
    "$scratch/requests.jsonl" >"$scratch/responses.jsonl"
expect "a request that failed is counted" 0 "0 answers taken, 1 failed at the endpoint" import
check "a request that failed: why is kept" "it is not" test \
    "$(value "$scratch/r.db" "select count(*) from answers where error like '%the mill is closed%'")" -eq 1
export_requests one
answer 'the baker'
expect "the last response" 0 "1 answers taken" import
expect "then the run is done" 0 "^run one" run mills one
check "figures of a run by files" "$(figures "$scratch/r.db" one)" test \
    "$(value "$scratch/r.db" "select printf('%.4f', value) from figures where name = 'exact_match' and run = 1")" = 0.6667
expect "and can be verified" 0 "^verified: .* 3 answers" "$BASANITE" record verify one --record "$scratch/r.db"
expect "nothing is left to send" 3 "run 'one' lacks no answer" export_requests one

# ---- a chain of asks: step after step

expect "a chain waits for its first step" 4 "run 'chain' waits for 3 answers" run twice chain
export_requests chain
answer basanite
import >/dev/null
expect "then for its second one" 4 "run 'chain' waits for 3 answers" run twice chain
export_requests chain
check "the second step holds the first one's answer" "$(cat "$scratch/requests.jsonl")" grep -q 'basanite, really?' "$scratch/requests.jsonl"
answer yes
import >/dev/null
expect "and then is done" 0 "^run chain" run twice chain

# ---- bad files

echo '{"custom_id":"7-0123456789abcdef0123456789abcdef-0","response":{"status_code":200,"body":{}},"error":null}' >"$scratch/responses.jsonl"
expect "responses of another record" 3 "responses.jsonl:1: record '.*r.db' has no ask that this answers" import
echo '{"custom_id":"mine","response":{}}' >"$scratch/responses.jsonl"
expect "an id that nobody wrote" 3 "responses.jsonl:1: custom_id 'mine' is none that" import
printf '{"custom_id":"1-0123456789abcdef0123456789abcdef-0","resp' >"$scratch/responses.jsonl"
expect "a line that is cut" 3 "responses.jsonl:1:" import
cat >"$scratch/chosen.yaml" <<'END'
{task: chosen, dataset_path: mills.jsonl, output_type: multiple_choice, doc_to_text: question, doc_to_choice: ["grain", "basanite", "the baker"], doc_to_target: answer}
END
expect "log-probabilities cannot be had so" 2 "a batch endpoint only writes answers" run chosen chosen
expect "a model must be named" 2 "name the model as the endpoint calls it" "$BASANITE" run "$scratch/mills.yaml" --subject batch: --record "$scratch/r.db"
finish
