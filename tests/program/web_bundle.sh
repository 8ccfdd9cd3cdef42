#!/bin/sh
# The built page (web/dist) is what its source makes: built anew where Node.js and the packages are here, and compared.
# web_bundle.sh BASANITE SOURCE_ROOT
. "$(dirname "$0")/lib.sh"
web=$ROOT/web
for file in index.html page.js page.css icon.svg licences.txt; do
    check "the page has $file" "web/dist/$file is missing" test -s "$web/dist/$file"
done
check "the page names no other place" "$(grep -Eo 'https?://[a-zA-Z0-9./-]*' "$web/dist/page.js" "$web/dist/index.html" | sort -u | head -5)" sh -c \
    '! grep -Eo "https?://[a-zA-Z0-9.-]*" "$1/dist/page.js" "$1/dist/index.html" "$1/dist/page.css" | grep -v "http://www.w3.org"' - "$web"
check "no lock file names a registry" "it does" sh -c '! grep -q "\"resolved\"" "$1/web/package-lock.json" "$1/tests/web/package-lock.json"' - "$ROOT"
node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 22 || (a === 22 && b >= 12) || (a === 20 && b >= 19) ? 0 : 1)' \
    2>/dev/null || { skip "the page built anew" "no Node.js of 20.19 or 22.12 or newer here"; finish; }
[ -d "$web/node_modules" ] || { skip "the page built anew" "npm packages are not installed (npm ci in web)"; finish; }
cd "$web" || exit 1
check "types of the page" "$(npx tsc --noEmit 2>&1 | head -3)" npx tsc --noEmit
npx vite build --outDir "$scratch/dist" --emptyOutDir --logLevel warn >"$scratch/said" 2>&1 || not_ok "the page built anew" "$(head -3 "$scratch/said")"
check "the built page is that of its source" "$(diff -rq dist "$scratch/dist" | head -3); make page builds it" diff -r dist "$scratch/dist"
finish
