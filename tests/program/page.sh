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
# What a browser makes of a page. A loaded machine sometimes gets half a page or none from it, so it is asked up to three times for a
# whole one; what stands in a whole page is taken as it is.
browse() { # ADDRESS DOM
    tries=0
    until [ $tries -eq 3 ]; do
        tries=$((tries + 1))
        rm -rf profile
        "$browser" --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --user-data-dir="$PWD/profile" --dump-dom "$1" \
            2>browser.log | sed 's/<script.*//' >"$2"
        grep -q "</html>" "$2" && return 0
    done
    return 1
}
# Base64 of the SHA-256 of a file, as a page's policy names a script.
script_hash() {
    sha256sum "$1" | cut -c 1-64 | sed 's/../& /g' | tr ' ' '\n' |
        while read -r byte && [ -n "$byte" ]; do printf "\\$(printf %o "0x$byte")"; done | base64
}
# The page with a script of ours behind its own, let in by name; all else is under the page's policy. A frame that stays open holds
# the page's load, and with it the dump, until the page says what the pattern (of JavaScript) fits and then, after the action, what
# the second one fits; a page that does not say it in two minutes is taken as it is then. Nothing hangs on how fast the machine is.
visit() { # NAME FIRST [ACTION THEN]
    cat >"$1.js" <<END
const hold = document.body.appendChild(document.createElement("iframe")).contentDocument;
hold.open();
const says = async (pattern) => {
  const status = () => (document.querySelector("[role=status]") || document.body).textContent;
  while (!pattern.test(status()) && performance.now() < 120000) await new Promise((go) => setTimeout(go, 20));
};
(async () => { await says(/$2/); ${3:-} await says(/${4:-.}/); hold.close(); })();
END
    sed "s|script-src '[^']*'|& 'sha256-$(script_hash "$1.js")'|" page.html >"$1.html"
    { printf '<script>'; cat "$1.js"; printf '</script>\n'; } >>"$1.html"
    browse "file://$PWD/$1.html" "$1.dom" || not_ok "$1 in a browser" "no whole page in three tries: $(tail -n 1 browser.log)"
}
said() { grep -o 'role="status"[^/]*' "$1.dom" || echo "no list of samples"; }
all='1 to 50 of 3,000 samples$'

echo '<!DOCTYPE html><title>empty</title>' >empty.html
browse "file://$PWD/empty.html" empty.dom || { skip "the page in a browser" "the browser does not start here"; finish; }
visit first "$all"
check "the script runs under the page's policy and shows all samples" "$(said first)" \
    grep -q '1 to 50 of 3,000 samples' first.dom
visit found "$all" 'const i = document.querySelector(".tools input"); i.value = "door 2718 "; i.dispatchEvent(new Event("input"));' \
    'found among 3,000 samples$'
check "words are found in a far pack" "$(said found)" grep -q '1 to 1 of 1 found among 3,000 samples' found.dom
visit differ "$all" \
    'const i = document.querySelector("input[type=checkbox]"); i.checked = true; i.dispatchEvent(new Event("change"));' \
    'found among 3,000 samples$'
check "verdicts that differ are found" "$(said differ)" \
    grep -q "1 to 50 of 2,000 found among 3,000 samples" differ.dom
visit sides "$all" 'document.querySelector("#items details").open = true;
    const full = () => [...document.querySelectorAll(".sides > div")].filter((side) => side.children.length > 1).length;
    while (full() < 2 && performance.now() < 120000) await new Promise((go) => setTimeout(go, 20));'
check "the answers of two runs stand side by side" "no two sides" sh -c \
    'grep -q "class=\"sides\"><div><h4>echo</h4>.*Is door 0 red" sides.dom && grep -q "<div><h4>window</h4>" sides.dom'
finish
