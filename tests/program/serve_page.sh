#!/bin/sh
# `basanite serve --page` from outside: who may come in, what is answered, work that is started, its end; and the page in a
# browser where one is here. serve_page.sh BASANITE SOURCE_ROOT
. "$(dirname "$0")/lib.sh"
cd "$scratch" || exit 1
area=work # of the routes that start, stop and show commands

awk 'BEGIN { for (i = 0; i < 400; i++)
    printf "{\"id\":\"q%d\",\"question\":\"Is door %d red?%s\",\"answer\":\"%s\",\"harmful\":%s}\n",
        i, i, i == 9 ? " <img src=x onerror=alert(1)><script>alert(2)</script>" : "", i % 3 ? "door" : "roof",
        i == 7 ? "true" : "false" }' >doors.jsonl
cat >doors.yaml <<'END'
task: doors
dataset_path: doors.jsonl
id: id
output_type: generate_until
doc_to_text: question
doc_to_target: answer
labels: {harmful: harmful}
scorer: "match,mode=contains"
metric_list: [exact_match]
END
awk 'BEGIN { for (i = 0; i < 60000; i++) printf "{\"id\":\"q%d\",\"question\":\"Is door %d red?\",\"answer\":\"door\"}\n", i, i }' >many.jsonl
sed -e 's/doors/many/' -e '/^labels/d' doors.yaml >many.yaml
"$BASANITE" run doors.yaml --subject script:echo --record doors.db --run echo --quiet >said 2>&1 &&
    "$BASANITE" run doors.yaml --subject "script:constant,text=a roof" --record doors.db --run roof --quiet >said 2>&1 ||
    { not_ok "a record" "$(tail -n 1 said)"; finish; }
# What quotes trusted text, and a training.
cat >copied.jsonl <<'END'
{"id":"all","question":"The mill stands by the river and the door of the house is red.","answer":"mill"}
{"id":"half","question":"Nobody knows <b>why</b>, but the mill stands by the river and the door, as some say.","answer":"mill"}
{"id":"none","question":"Something else altogether, of which no document tells a word.","answer":"mill"}
END
echo '{"id":"d1","text":"Long ago: the mill stands by the river and the door of the house is red. That is all."}' >trusted.jsonl
sed -e 's/doors/copied/' -e '/^labels/d' -e 's/^scorer:.*/scorer: "quip,index=trusted.idx,details"/' \
    -e 's/exact_match/quip/' doors.yaml >copied.yaml
"$BASANITE" quote index trusted.jsonl --out trusted.idx --quiet >said 2>&1 &&
    "$BASANITE" run copied.yaml --subject script:echo --record doors.db --run copied --quiet >said 2>&1 ||
    { not_ok "a run that quotes" "$(tail -n 1 said)"; finish; }
mkdir logs
awk 'BEGIN { for (i = 0; i < 60; i++) printf "{\"text\": \"the mill stands by the river and the door of house %d is red\"}\n", i }' >corpus.jsonl
"$BASANITE" train --objective lm --init random,layers=2,width=32,heads=2 --data corpus.jsonl --steps 12 --threads 1 \
    --out logs/tiny.gguf --quiet >said 2>&1 || { not_ok "a training" "$(tail -n 1 said)"; finish; }
# A case.
mkdir cases
cat >cases/cart.yaml <<'END'
G1:
  text: The cart stands before the wall
  supportedBy: [S1]
  reason: arith
  formal: ["v * t + 2 <= 12"]
S1:
  text: By its speed and by its brakes
  supportedBy: [G2, G3]
G2:
  text: The cart is slow
  supportedBy: [Sn1]
  reason: arith
  formal: ["0 <= v", 'v <= 2']
G3:
  text: The brakes answer in time <img src=x onerror=alert(1)><script>alert(2)</script>
  supportedBy: [Sn2, Sn3]
  formal:
    - 0 <= t
    - t <= 5
Sn1:
  text: Measured speed
  formal: ["v = 1.5"]
Sn2:
  text: Most doors are told right
  needs: {figure: exact_match(doors), op: ">=", target: 0.6}
Sn3:
  text: The time was measured on the track
  formal: ["t = 4"]
END
echo 'no case' >cases/notes.txt
ln -s ../doors.yaml cases/link.yaml
# A policy.
mkdir policies
cp "$ROOT/policies/helpdesk.policy.yaml" policies/
before=$("$BASANITE" record query "select count(*), sum(length(text)) from answers where run <= 3" --record doors.db)

# page OPTION...: sets $url, $token, $base, $port and $server.
page() {
    n_servers=$((${n_servers:-0} + 1))
    "$BASANITE" serve --page --port 0 "$@" >"url.$n_servers" 2>"serve.$n_servers" &
    server=$!
    servers="$servers $server"
    wait_for 20 test -s "url.$n_servers" || { cat "serve.$n_servers" >&2; return 1; }
    url=$(cat "url.$n_servers")
    token=${url#*token=}
    base=${url%%/\?*}
    port=${base##*:}
}
# status CODE NAME CURL_ARGUMENT...: what the server says to it. The body stays in `body`.
status() {
    status_code=$1 status_name=$2
    shift 2
    found=$(curl -s -o body -w '%{http_code}' --max-time 60 "$@")
    check "$status_name" "status $found instead of $status_code: $(head -c 300 body)" sh -c 'echo "$1" | grep -qx "$2"' - "$found" "$status_code"
}
allowed() { status "$1" "$2" -H "Authorization: Bearer $token" "$3"; }
# told PATTERN: the body fits.
told() { check "$1" "$(head -c 300 body)" grep -Eq "$2" body; }
send() { # CODE NAME PATH JSON
    status "$1" "$2" -H "Authorization: Bearer $token" -H 'Content-Type: application/json' -d "$4" "$base/api/$3"
}

page --record doors.db --trainings logs --cases cases --policies policies --timeout 5 || { not_ok "serve --page starts" "$(cat "serve.$n_servers")"; finish; }
check "the URL with its token stands on stdout" "$url" \
    sh -c 'printf %s "$1" | grep -Eq "^http://127\.0\.0\.1:[0-9]+/\?token=[0-9a-f]{48}$"' - "$url"
check "the token stands nowhere else" "$(cat "serve.$n_servers")" sh -c '! grep -q "$1" "$2"' - "$token" "serve.$n_servers"
hex=$(printf '%04X' "$port")
check "it listens on 127.0.0.1 alone" "$(grep ":$hex " /proc/net/tcp /proc/net/tcp6)" sh -c \
    'grep -q "0100007F:$1 00000000:0000 0A" /proc/net/tcp && ! grep " 00000000:$1 .* 0A" /proc/net/tcp && ! grep ":$1 .* 0A" /proc/net/tcp6' - "$hex"

status 403 "no runs without the token" "$base/api/runs"
check "the refusal tells nothing" "$(cat body)" sh -c '! grep -Eq "echo|$1" body' - "$token"
status 403 "no runs with a wrong token" -H "Authorization: Bearer ${token%?}x" "$base/api/runs"
status 403 "no runs with a part of the token" -H "Authorization: Bearer ${token%????}" "$base/api/runs"
status 403 "a token in the address opens nothing" "$base/api/runs?token=$token"
status 403 "no work without the token" -H 'Content-Type: application/json' -d '{"command":"run"}' "$base/api/${area}/start"
allowed 200 "runs with the token" "$base/api/runs"
told "both runs are listed" '"name":"roof".*"name":"echo"'
for host in evil.example "evil.example:$port" "127.0.0.1.evil.example" ""; do
    status 403 "the host '$host' is refused" -H "Host: $host" -H "Authorization: Bearer $token" "$base/api/runs"
done
status 200 "localhost is this machine" -H "Host: localhost:$port" -H "Authorization: Bearer $token" "$base/api/runs"
for origin in http://evil.example "http://127.0.0.1:1" null "https://127.0.0.1:$port"; do
    status 403 "the origin '$origin' is refused" -H "Origin: $origin" -H "Authorization: Bearer $token" "$base/api/runs"
done
status 403 "a request from another site is refused" -H 'Sec-Fetch-Site: cross-site' "$base/"
status 200 "its own origin is not" -H "Origin: $base" -H "Authorization: Bearer $token" "$base/api/runs"

status 200 "the page itself" -D head "$base/"
told "the page is HTML with one script of its own" '<script type="module"[^>]* src="./page.js"></script>'
for line in "content-security-policy: default-src 'none'" "x-content-type-options: nosniff" "referrer-policy: no-referrer" \
    "x-frame-options: deny" "cache-control: no-store"; do
    check "header $line" "$(cat head)" grep -iq "^$line" head
done
check "no header lets other sites in" "$(cat head)" sh -c '! grep -iq "access-control" head'
status 200 "its script" "$base/page.js"
status 200 "its licences" "$base/licences.txt"
told "the licences name what the page holds" 'preact.*MIT'
for path in /../../../etc/passwd /..%2f..%2fetc%2fpasswd //etc/passwd /page.js/ /.. /index.htm /web/dist/page.js; do
    status 404 "nothing at $path" --path-as-is "$base$path"
done
allowed 404 "no such route" "$base/api/../runs" --path-as-is
allowed 404 "no such run" "$base/api/run?run=none"
allowed 400 "an argument is missing" "$base/api/run"
allowed 400 "an argument is no number" "$base/api/items?run=echo&task=doors&from=-1"
allowed 400 "an argument is no UTF-8" "$base/api/run?run=%ff"
allowed 404 "a quote is a name like any other" "$base/api/run?run=x%27%20or%201=1--"
status 405 "no DELETE" -X DELETE -H "Authorization: Bearer $token" "$base/api/runs"
status 405 "no OPTIONS: other sites get no leave" -X OPTIONS -H "Authorization: Bearer $token" "$base/api/runs"
status 405 "runs are not posted" -H "Authorization: Bearer $token" -H 'Content-Type: application/json' -d '{}' "$base/api/runs"
allowed 405 "work is not started by GET" "$base/api/${area}/start"
status 415 "a form is no JSON" -H "Authorization: Bearer $token" -d 'command=run' "$base/api/${area}/start"
send 400 "a list is no request" work/start '[]'
send 400 "half a JSON is none" work/start '{"command":'
send 400 "an unknown command" work/start '{"command":"train","words":{},"flags":{}}'
send 400 "a flag in a value" work/start '{"command":"run","words":{"suite":"--out=x"},"flags":{}}'
send 400 "a place in the network" work/start \
    '{"command":"run","words":{"suite":"demo"},"flags":{"subject":"openai:http://127.0.0.1:9/v1"}}'
head -c 21000000 /dev/zero | tr '\0' ' ' >long
status 413 "a body that is too long" -H "Authorization: Bearer $token" -H 'Content-Type: application/json' -H 'Expect:' \
    --data-binary @long "$base/api/${area}/start"
check "nothing was started" "$(ls)" test ! -e x

allowed 200 "figures" "$base/api/figures?run=echo&run=roof"
told "figures have intervals" '"name":"exact_match".*"lo":0\.[0-9]+,"hi":0\.[0-9]+,"n":400'
allowed 200 "a page of samples" "$base/api/items?run=echo&task=doors&most=3&from=5"
told "samples from the fifth" '^\{"rows":\[\{"id":"q5",.*"id":"q6",.*"id":"q7".*\],"next":8,"looked":3,"all":false\}'
told "a harmful text is hidden" '"id":"q7"[^}]*"text":null,"harmful":true'
allowed 200 "a harmful sample" "$base/api/item?run=echo&task=doors&position=7"
check "none of its texts is sent" "$(cat body)" sh -c '! grep -q "door 7" body'
allowed 200 "a harmful sample, asked for" "$base/api/item?run=echo&task=doors&position=7&show=1"
told "its texts are sent then" 'door 7'
allowed 403 "nor are its tokens" "$base/api/pieces?run=echo&task=doors&position=7"
allowed 200 "samples by label and words" "$base/api/items?run=echo&task=doors&label=correct&find=DOOR%2025"
told "words are found in either case" '"id":"q25".*"id":"q250".*"all":true'
allowed 200 "samples of a state" "$base/api/items?run=echo&task=doors&state=failed"
told "none failed" '^\{"rows":\[\],"next":399,"looked":400,"all":true\}'
allowed 400 "no such state" "$base/api/items?run=echo&task=doors&state=happy"
allowed 404 "no such sample" "$base/api/item?run=echo&task=doors&position=4000"
allowed 200 "labels" "$base/api/labels?run=echo&task=doors"
told "labels are counted" '\["correct",266\],\["wrong",134\]'
allowed 200 "a comparison" "$base/api/compare?a=echo&b=roof"
told "it tells what changed" '"name":"exact_match"[^}]*"a":0\.665[^}]*"b":0\.335.*"flips":400'
allowed 200 "what flipped" "$base/api/flips?a=echo&b=roof&way=better&from=130"
told "better ones by the page" '"n":134\}'

allowed 200 "logs of trainings" "$base/api/trainings"
told "the log is listed" '^\["tiny.log.jsonl"\]$'
allowed 200 "a training" "$base/api/training?name=tiny.log.jsonl"
told "its curve" '"steps":12,.*"name":"loss","points":[1-9]'
allowed 404 "no file beside the logs" "$base/api/training?name=tiny.gguf"
allowed 404 "no file outside" "$base/api/training?name=..%2fdoors.db"
allowed 200 "what is quoted" "$base/api/item?run=copied&task=copied&position=1"
told "where, to the byte" '"stretches":\[\{"byte":[0-9]+,'

# Cases: read, checked, saved if nobody else changed them; nothing outside of the folder.
allowed 200 "cases of the folder" "$base/api/cases"
told "no links, no other files" '^\["cart.yaml"\]$'
allowed 200 "a case" "$base/api/case?name=cart.yaml"
was=$(sed 's/.*"digest":"\([0-9a-f]*\)".*/\1/' body)
for name in ..%2fdoors.yaml notes.txt link.yaml %2fetc%2fpasswd cart.yaml%00; do
    allowed '40[04]' "no case $name" "$base/api/case?name=$name"
done
case_text() { sed -e ':a' -e 's/\\/\\\\/g; s/"/\\"/g' cases/cart.yaml | sed "$1" | awk '{ printf "%s\\n", $0 }'; }
check_case() { # NAME SED PATTERN
    send 200 "$1" case/check "{\"name\":\"cart.yaml\",\"text\":\"$(case_text "$2")\"}"
    told "$1: the verdict" "$3"
}
check_case "a case is checked" '' '"accepted":false.*"why":"exact_match of doors is 0\.335 .*violated .run roof.'
check_case "a target that is met" 's/0\.6}/0.2}/' '"accepted":true.*"unused":.*,"theorems":2,"solved":[02],'
check_case "an edit solves what it touches alone" 's/0\.6}/0.2}/; s/v = 1.5/v = 1.25/' '"accepted":true.*,"theorems":2,"solved":1,'
check_case "a bound that does not do" 's/0\.6}/0.2}/; s/v <= 2/v <= 3/' \
    '"accepted":false.*"id":"G1"[^}]*"status":"refuted","supported":"no","yellow":true.*"symbol":"v","exact":'
check_case "half a case is told with its place" 's/\[S1\]/[S9]/' '^\{"fault":"cart.yaml:3:17: .*S9'
send 404 "a case that is not there" case/check '{"name":"other.yaml","text":"G1: {text: x}"}'
send 400 "a case without a text" case/check '{"name":"cart.yaml"}'
send 409 "no saving over a change" case/save '{"name":"cart.yaml","text":"G1: {text: x}","was":"0"}'
send 409 "no saving elsewhere" case/save '{"name":"../x.yaml","text":"G1: {text: x}","was":"0"}'
cp cases/cart.yaml kept
send 200 "a case is saved" case/save "{\"name\":\"cart.yaml\",\"text\":\"G1: {text: x}\",\"was\":\"$was\"}"
check "it stands in its file" "$(cat cases/cart.yaml)" grep -qx 'G1: {text: x}' cases/cart.yaml
check "nothing else was written" "$(ls cases)" test "$(ls cases | wc -l)" -eq 3
cp kept cases/cart.yaml

# Policies: what `goals check` says of the text in the editor.
allowed 200 "policies of the folder" "$base/api/policies"
told "the policy is listed" '^\["helpdesk.policy.yaml"\]$'
allowed 200 "a policy" "$base/api/policy?name=helpdesk.policy.yaml"
policy_text() { sed -e "$1" -e 's/\\/\\\\/g; s/"/\\"/g' policies/helpdesk.policy.yaml | awk '{ printf "%s\\n", $0 }'; }
check_policy() { # NAME SED PATTERN
    send 200 "$1" policy/check "{\"name\":\"helpdesk.policy.yaml\",\"text\":\"$(policy_text "$2")\"}"
    told "$1: what is said" "$3"
}
check_policy "a policy is checked" '' '^\{"exit":0,"said":"[^"]*","report":\{"policy":"helpdesk".*"coverage":.*"matrix":\[\{'
check_policy "a fault is told with its place, by the name of the file" 's/^gate:.*/gate: met(/; $a\
nonsense: 1' \
    '^\{"exit":3,"said":"basanite goals: helpdesk.policy.yaml:[0-9]+:[0-9]+: .*","report":null\}'
send 404 "a policy that is not there" policy/check '{"name":"other.yaml","text":"policy: x"}'
check "no text is left behind" "$(ls "${TMPDIR:-/tmp}"/basanite-page-*/file-* 2>/dev/null)" \
    sh -c '! ls "${TMPDIR:-/tmp}"/basanite-page-*/file-* >/dev/null 2>&1'

# Work: the program itself, watched by the record that it writes, and stopped.
runs() { curl -s -H "Authorization: Bearer $token" "$base/api/runs"; }
work() { curl -s -H "Authorization: Bearer $token" "$base/api/work"; }
send 200 "work is started" work/start '{"command":"run","words":{"suite":"many.yaml"},"flags":{"subject":"script:echo","run":"many"}}'
under_way() { runs | grep -Eq '"name":"many".*"state":"running".*"answered":[1-9]'; }
check "a run that another process writes is seen to go on" "$(runs | head -c 400)" wait_for 60 under_way
send 200 "work is stopped" work/stop '{"id":1}'
stopped() { work | grep -q '"state":"stopped"'; }
check "it ends" "$(work)" wait_for 20 stopped
check "the run was interrupted, and is whole" "$(runs | head -c 400)" sh -c 'printf %s "$1" | grep -q "\"name\":\"many\".*\"state\":\"interrupted\""' - "$(runs)"
send 200 "quick work is started" work/start '{"command":"run","words":{"suite":"doors.yaml"},"flags":{"subject":"script:echo","run":"again","limit":20}}'
finished() { work | grep -q '"id":2[^}]*"state":"done","exit":0'; }
check "it comes to its end" "$(work)" wait_for 60 finished
allowed 200 "what it said" "$base/api/${area}/said?id=2"
told "its table" 'exact_match'

send 200 "a certificate is begun" work/start \
    '{"command":"certify","words":{"policy":"policies/helpdesk.policy.yaml"},"flags":{"until":"set","as-of":"2026-08-02"}}'
certified() { work | grep -q '"id":3[^}]*"state":"done","exit":0'; }
check "it comes to its end" "$(work)" wait_for 120 certified
send 400 "no acts from the page" work/start '{"command":"certify","words":{"policy":"helpdesk"},"flags":{"act":true}}'

# Who says nothing whole is cut after --timeout seconds (5), and holds nobody up.
( { printf 'GET /api/runs HTTP/1.1\r\nHost: 127.0.0.1\r\n'; for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do printf 'X-%s: y\r\n' "$i"; sleep 1; done; } |
    curl -s --max-time 14 "telnet://127.0.0.1:$port" >slow.out 2>&1; echo "$?" >slow.rc ) &
slow=$!
began=$(date +%s)
allowed 200 "others are answered meanwhile" "$base/api/runs"
wait $slow
check "who dribbles is cut" "after $(($(date +%s) - began)) seconds, $(cat slow.rc)" test "$(cat slow.rc)" -ne 28

# Its end: children go with it, nothing but answers of these runs was written.
send 200 "work is under way" work/start '{"command":"run","words":{"suite":"many.yaml"},"flags":{"subject":"script:echo","run":"third"}}'
third() { runs | grep -Eq '"name":"third".*"state":"running"'; }
wait_for 60 third
kill -TERM "$server"
wait "$server"
check "it ends cleanly" "exit code $?" test $? -eq 0
check "children end with it" "a run goes on" sh -c '"$1" record query "select state from runs where name = \"third\"" --record doors.db | grep -q interrupted' - "$BASANITE"
after=$("$BASANITE" record query "select count(*), sum(length(text)) from answers where run <= 3" --record doors.db)
check "the record has what it had" "$before, then $after" test "$before" = "$after"
check "nothing was printed" "$(cat "serve.$n_servers")" test "$(grep -vc '^serving ' "serve.$n_servers")" -eq 0

# No record yet, a port that is taken, flags that do not fit.
page --record none.db
allowed 200 "a record that is not there has no runs" "$base/api/runs"
told "no runs" '^\[\]$'
check "nor is it made" "none.db is there" test ! -e none.db
expect "a port that is taken" 4 'cannot listen on 127.0.0.1, port' "$BASANITE" serve --page --record none.db --port "$port"
expect "one of two" 2 'say what to serve' "$BASANITE" serve
expect "not both" 2 'say what to serve' "$BASANITE" serve --page --api
echo "no record" >other.db
page --record other.db
allowed 400 "a file that is no record" "$base/api/runs"
told "it is named" 'no record'

# In a browser.
web=$ROOT/tests/web
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome)
[ -n "$browser" ] && command -v node >/dev/null || { skip "the page in a browser" "no chromium or node here (make deps-dev)"; finish; }
[ -d "$web/node_modules" ] || { skip "the page in a browser" "npm packages are not installed (npm ci in tests/web)"; finish; }
page --record doors.db --trainings logs --cases cases --policies policies
node "$web/page.mjs" "$browser" "$url" >browser 2>&1 || failures=$((failures + 1))
cat browser
check "the browser's tests ran to their end" "$(tail -n 2 browser)" grep -q '^ok - the page in a browser: all of it ran' browser
finish
