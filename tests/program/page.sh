#!/bin/sh
# The page of a large run in a browser: items are shown, found and set side by side; nothing is fetched. page.sh BASANITE ROOT
. "$(dirname "$0")/lib.sh"
cd "$scratch" || exit 1

awk 'BEGIN { for (i = 0; i < 3000; i++)
    printf "{\"id\":\"q%d\",\"question\":\"Is door %d red?\",\"answer\":\"%s\"}\n", i, i, i % 3 ? "door" : "roof" }' >doors.jsonl
cat >doors.yaml <<'END'
task: doors
dataset_path: doors.jsonl
id: id
output_type: generate_until
doc_to_text: question
doc_to_target: answer
scorer: "match,mode=contains"
metric_list: [exact_match]
END
"$BASANITE" run doors.yaml --subject script:echo --record doors.db --run echo --quiet >said 2>&1 &&
    "$BASANITE" run doors.yaml --subject "script:constant,text=window" --record doors.db --run window --quiet >said 2>&1 &&
    "$BASANITE" report echo window --record doors.db --format html --out page.html >said 2>&1 ||
    { not_ok page "no page: $(tail -n 1 said)"; finish; }
check "a page of 6,000 samples is small" "$(wc -c <page.html) bytes" test "$(wc -c <page.html)" -lt 1500000
"$BASANITE" report echo window --record doors.db --format html --out again.html
check "the same record gives the same page" "other bytes" cmp -s page.html again.html

browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome)
[ -n "$browser" ] || { skip "the page in a browser" "no chromium here (make deps-dev)"; finish; }
# What a browser makes of the page, with a script of ours behind its own: the policy of a page would forbid it, so only this copy
# allows it.
visit() { # NAME SCRIPT
    sed "s/script-src 'sha256-[^']*'/script-src 'unsafe-inline'/" page.html >"$1.html"
    printf '<script>setTimeout(() => { %s }, 1500)</script>\n' "$2" >>"$1.html"
    "$browser" --headless --no-sandbox --disable-gpu --virtual-time-budget=20000 --dump-dom "file://$PWD/$1.html" 2>browser.log |
        sed 's/<script.*//' >"$1.dom"
}
"$browser" --headless --no-sandbox --disable-gpu --virtual-time-budget=10000 --dump-dom "file://$PWD/page.html" 2>browser.log >first.dom
if ! grep -q "</html>" first.dom; then
    skip "the page in a browser" "the browser does not start here"
    finish
fi
check "the script runs under the page's policy and shows all samples" "$(grep -o 'role="status"[^/]*' first.dom)" \
    grep -q '1 to 50 of 3,000 samples' first.dom
visit found 'const i = document.querySelector(".tools input"); i.value = "door 2718 "; i.dispatchEvent(new Event("input"));'
check "words are found in a far pack" "$(grep -o 'role="status"[^/]*' found.dom)" grep -q '1 to 1 of 1 found among 3,000 samples' found.dom
visit differ 'const i = document.querySelector("input[type=checkbox]"); i.checked = true; i.dispatchEvent(new Event("change"));'
check "verdicts that differ are found" "$(grep -o 'role="status"[^/]*' differ.dom)" \
    grep -q "1 to 50 of 2,000 found among 3,000 samples" differ.dom
visit sides 'document.querySelector("#items details").open = true;'
check "the answers of two runs stand side by side" "no two sides" sh -c 'grep -q "class=\"sides\"" sides.dom && grep -q "Is door 0 red" sides.dom'
finish
