#!/bin/sh
# `basanite serve --api` from outside: the figures of a run through it are those of the model itself; bad clients; keys;
# its end. serve.sh BASANITE SOURCE_ROOT SERVE_ABUSE SERVE_SOAK
. "$(dirname "$0")/lib.sh"
ABUSE=$(absolute "$3")
SOAK=$(absolute "$4")
MODEL=$ROOT/pocket/pocket.gguf
if ! [ -f "$MODEL" ]; then skip serve "this source tree has no built-in model"; finish; fi
cd "$scratch" || exit 1

# serve OPTION...: sets $url, $port and $server.
serve() {
    n_servers=$((${n_servers:-0} + 1))
    "$BASANITE" serve --api --port 0 --subject "$MODEL" --threads 2 "$@" >"url.$n_servers" 2>"serve.$n_servers" &
    server=$!
    servers="$servers $server"
    wait_for 20 test -s "url.$n_servers" || { cat "serve.$n_servers" >&2; return 1; }
    url=$(cat "url.$n_servers")
    port=${url%/v1}
    port=${port##*:}
}
# ends CODE SECONDS SIGNAL: sends the signal and waits.
ends() {
    kill "-$3" "$server"
    ended=$(date +%s)
    wait "$server"
    found=$?
    [ $found -eq "$1" ] && [ $(($(date +%s) - ended)) -le "$2" ]
}

serve || { not_ok "serve starts" "$(cat "serve.$n_servers")"; finish; }
case $url in http://127.0.0.1:*/v1) ok "the URL stands on stdout" ;; *) not_ok "the URL stands on stdout" "$url" ;; esac

# A run through the server and one of the model: every figure, to the last digit.
here=$ROOT/pocket/chat.jinja
"$BASANITE" run demo --subject "$MODEL" --limit 25 --record a.db --run direct --quiet >/dev/null 2>&1
"$BASANITE" run demo --subject "openai:$url#pocket.gguf" --template "$here" --limit 25 --record b.db --run served \
    --concurrency 16 --quiet >/dev/null 2>said || not_ok "a run through the server" "$(cat said)"
figures a.db direct >a.figures
figures b.db served >b.figures
check "figures of a run through the server are those of the model" "$(diff a.figures b.figures | head -5)" \
    cmp -s a.figures b.figures
check "there are figures" "a.figures is empty" test "$(grep -c '"value"' a.figures)" -gt 10

# What the engine scores and what echoes say: every digit of every log-probability.
scores() {
    "$BASANITE" record query "select p.task, p.position, a.text, a.logprobs, a.tokens_out from plans p \
join answers a on a.ask = p.ask where p.run = (select id from runs where name = '$2') order by p.task, p.position" --record "$1"
}
scores a.db direct >a.scores
scores b.db served >b.scores
check "log-probabilities through the server are those of the engine, to the last digit" \
    "$(diff a.scores b.scores | head -4)" cmp -s a.scores b.scores
check "there are scored choices" "$(head -3 a.scores)" test "$(grep -c 'demo_noise.*logprob' a.scores)" -gt 20
check "the server ends cleanly" "exit code $?" ends 0 3 TERM

# Bad clients.
serve --queue 3 --timeout 1
"$ABUSE" "$port" pocket.gguf 3 1 >abuse 2>&1 || failures=$((failures + 1))
cat abuse
check "the server ends cleanly after bad clients" "exit code $found" ends 0 3 INT
check "nothing was printed" "$(cat "serve.$n_servers")" test "$(grep -vc '^serving ' "serve.$n_servers")" -eq 0

# A key.
SECRET=correct-horse-battery serve --key-env SECRET
check "no model without the key" "it was taken" \
    sh -c '! OPENAI_API_KEY= "$1" generate --subject "openai:$2#pocket.gguf" --prompt hi --max-tokens 2 --retries 0' - "$BASANITE" "$url" 2>/dev/null
check "with the key it answers" "it does not" \
    sh -c 'OPENAI_API_KEY=correct-horse-battery "$1" generate --subject "openai:$2#pocket.gguf" --prompt hi --max-tokens 2 >/dev/null' - "$BASANITE" "$url"
check "a wrong key is refused" "it was taken" \
    sh -c '! OPENAI_API_KEY=correct-horse-batterx "$1" generate --subject "openai:$2#pocket.gguf" --prompt hi --max-tokens 2 --retries 0' - "$BASANITE" "$url" 2>/dev/null
CLIENT=$ROOT/tests/oracle
if [ -d "$CLIENT/node_modules/openai" ] && command -v node >/dev/null; then
    node "$CLIENT/openai.mjs" "$url" pocket.gguf correct-horse-battery >client 2>&1 || failures=$((failures + 1))
    cat client
    check "openai client: all of it ran" "$(tail -n 2 client)" test "$(grep -c '^ok' client)" -ge 10
else
    skip "the official client of OpenAI" "the npm package openai is not installed (make oracle)"
fi
check "the key is in no message" "$(cat "serve.$n_servers")" sh -c '! grep -q correct-horse "$1"' - "serve.$n_servers"
ends 0 3 TERM
expect "a key that is not set" 2 "named by --key-env, is not set" "$BASANITE" serve --api --port 0 --key-env NOBODY_SET_THIS
expect "what to serve must be said" 2 "say what to serve" "$BASANITE" serve --port 0
expect "only models of this process are served" 2 "needs a model in this process" "$BASANITE" serve --api --port 0 --subject script:constant
serve
expect "a port that is taken" 4 "cannot listen on 127.0.0.1, port $port" "$BASANITE" serve --api --port "$port" --subject "$MODEL"

# Many clients that come and go: every answer is the offline one, and memory does not grow.
"$SOAK" "$MODEL" "$port" "$server" "${SOAK_SECONDS:-10}" 64 >soak 2>&1 || failures=$((failures + 1))
cat soak
check "the server ends cleanly after the soak" "it does not" ends 0 5 TERM
finish
