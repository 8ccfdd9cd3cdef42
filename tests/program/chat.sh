#!/bin/sh
# Conversations beyond a pipe of lines: Ctrl-C stops an answer and not the program, a full context leaves the oldest turn
# out, endpoints answer too. chat.sh BASANITE SOURCE_ROOT [FAULT_SERVER]
. "$(dirname "$0")/lib.sh"

# ---- Ctrl-C: a model that writes thousands of tokens, and is stopped behind the first ones

slow=$scratch/slow.gguf
"$BASANITE" convert --random llama,layers=8,width=256,heads=8,hidden=512,context=8192 "$slow" >"$scratch/made" 2>&1 ||
    { not_ok "chat" "no model could be made: $(tail -n 1 "$scratch/made")"; finish; }
mkfifo "$scratch/lines"
"$BASANITE" chat --subject "$slow" --template chatml --max-tokens 7000 <"$scratch/lines" >"$scratch/answers" 2>"$scratch/notes" &
pid=$!
exec 9>"$scratch/lines"
echo "the mill" >&9
waited=0
while [ ! -s "$scratch/answers" ] && [ $waited -lt 300 ]; do
    sleep 0.1
    waited=$((waited + 1))
done
check "an answer comes as it is made" "nothing came in 30 s" test -s "$scratch/answers"
kill -INT $pid
waited=0
while ! grep -q stopped "$scratch/notes" && [ $waited -lt 300 ]; do
    sleep 0.1
    waited=$((waited + 1))
done
check "Ctrl-C stops the answer" "$(tail -n 1 "$scratch/notes")" grep -q '^chat: stopped$' "$scratch/notes"
check "and not the program" "it ended" kill -0 $pid
printf '/save %s\n/quit\n' "$scratch/talk.jsonl" >&9
exec 9>&-
wait $pid
code=$?
check "which goes on and ends well" "exit code $code" test $code -eq 0
check "with what was said so far" "$(head -c 200 "$scratch/talk.jsonl" 2>&1)" \
    grep -q '"role":"assistant","content":".' "$scratch/talk.jsonl"

# ---- a full context: 200 tokens, turns of fifty

small=$scratch/small.gguf
"$BASANITE" convert --random llama,layers=1,width=32,heads=2,context=400 "$small" >"$scratch/made" 2>&1
for i in 1 2 3 4 5; do echo "a message of some forty bytes, number $i"; done >"$scratch/turns"
"$BASANITE" chat --subject "$small" --template chatml --max-tokens 20 <"$scratch/turns" >"$scratch/answers" 2>"$scratch/notes"
code=$?
check "a full context ends nothing" "exit code $code: $(tail -n 1 "$scratch/notes")" test $code -eq 0
check "the oldest turn is left out, and that is said" "$(tail -n 1 "$scratch/notes")" \
    grep -Eq '^chat: the context of 400 tokens is full: the oldest .* left out$' "$scratch/notes"
check "every message has its answer" "$(wc -l <"$scratch/answers") lines" test "$(wc -l <"$scratch/answers")" -ge 5

# ---- endpoints

if [ -z "$SERVER" ]; then
    skip "chat with an endpoint" "the test server was not built (libmicrohttpd)"
    finish
fi
fresh_server --model m || { not_ok "test server" "does not start"; finish; }
printf 'Who lives in house 1?\nAnd in house 2?\n' | "$BASANITE" chat --subject "openai:$url#m" >"$scratch/answers" 2>"$scratch/notes"
code=$?
check "an endpoint answers each message" "exit code $code: $(tail -n 1 "$scratch/notes")" \
    test $code -eq 0 -a "$(wc -l <"$scratch/answers")" -eq 2
stop_server

# Half a second between two tokens: the first is there long before the answer has an end.
fresh_server --model m --pace 500 || { not_ok "test server" "does not start"; finish; }
echo 'Who lives in house 1?' | "$BASANITE" chat --subject "openai:$url#m" >"$scratch/piecewise" 2>"$scratch/notes" &
pid=$!
wait_for 30 test -s "$scratch/piecewise"
check "an endpoint's answer comes in pieces" "$(cat "$scratch/piecewise" "$scratch/notes")" \
    test -s "$scratch/piecewise" -a "$(tail -c 1 "$scratch/piecewise" | wc -l)" -eq 0
wait $pid
check "which make the whole answer" "$(cat "$scratch/piecewise")" \
    test "$(cat "$scratch/piecewise")" = "$(head -n 1 "$scratch/answers")"
stop_server
fresh_server --model m --stream-ends 3 || { not_ok "test server" "does not start"; finish; }
expect "an answer that is broken off is told" 4 "^basanite chat: endpoint" \
    sh -c "echo 'Who lives in house 1?' | '$BASANITE' chat --subject 'openai:$url#m'"
stop_server
expect "an endpoint that is gone is told" 4 "127.0.0.1" sh -c "echo hello | '$BASANITE' chat --subject openai:http://127.0.0.1:9/v1#m --retries 0"
finish
