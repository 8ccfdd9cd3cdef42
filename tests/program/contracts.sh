#!/bin/sh
# Contracts: the known answers of the public samples. contracts.sh BASANITE SOURCE_ROOT
. "$(dirname "$0")/lib.sh"
FILES=$SHARED/iaudit

# finds FILE RULE LINES: the lines at which a rule finds something.
finds() {
    found=$("$BASANITE" formal scan "$FILES/not_so_smart/$1" --only "$2" 2>/dev/null | sed -n "s/^[a-z]* *$2 .*\.sol:\([0-9]*\): .*/\1/p" | tr '\n' ' ')
    if [ "$found" = "$3" ]; then ok "contracts: $1: $2"; else not_ok "contracts: $1: $2" "found at '$found', expected '$3'"; fi
}

# Found and alarmed by class, and the confidence of each rule from them.
samples() {
    "$BASANITE" formal scan "$FILES/swc_samples.jsonl" --format json >"$scratch/swc.json" 2>/dev/null
    tr -d ' \n' <"$scratch/swc.json" | sed 's/.*"labelled"://' >"$scratch/labelled"
    part() { sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p" "$scratch/labelled" | head -n 1; }
    head=$(sed 's/"classes".*//' "$scratch/labelled")
    number() { echo "$head" | sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p"; }
    check "contracts: 66 rows, 47 vulnerable and 19 safe" "$head" test "$(number rows) $(number vulnerable) $(number safe)" = "66 47 19"
    check "contracts: at least 70% of what is covered is found" "$head" test $((100 * $(number found))) -ge $((70 * $(number covered_vulnerable)))
    check "contracts: alarms on at most 20% of the safe twins" "$head" test $((100 * $(number alarms))) -le $((20 * $(number covered_safe)))
    check "contracts: classes without a rule are named" "not the thirteen" grep -q \
        '"uncovered":\["SWC-100","SWC-103","SWC-108","SWC-110","SWC-117","SWC-124","SWC-125","SWC-129","SWC-131","SWC-132","SWC-133","SWC-135","SWC-136"\]' "$scratch/labelled"
    tr '{' '\n' <"$scratch/labelled" | sed -n 's/.*"rule":"\([a-z-]*\)".*"found":\([0-9]*\).*"alarms":\([0-9]*\).*/\1 \2 \3/p' |
        awk '{ h[$1] += $2; n[$1] += $2 + $3 } END { for (r in h) printf "%s %.6f\n", r, (h[r] + 1) / (n[r] + 2) }' | sort >"$scratch/measured"
    tr -d ' \n' <"$scratch/swc.json" | sed 's/.*"confidence":{\([^}]*\)}.*/\1/' | tr ',' '\n' | tr -d '"' | tr ':' ' ' |
        awk '{ printf "%s %.6f\n", $1, $2 }' | sort >"$scratch/kept"
    join "$scratch/measured" "$scratch/kept" | awk '$2 == $3 { same++ } END { print same + 0, NR }' >"$scratch/same"
    check "contracts: the confidence that is kept is the measured one" "$(cat "$scratch/same")" test "$(cat "$scratch/same")" = "12 12"
}

if [ -d "$FILES/not_so_smart" ]; then
    finds PrivateBank.sol reentrancy "32 "
    finds Reentrancy.sol reentrancy "17 "
    finds Unprotected.sol access "21 "
    finds auction.sol dos-loop "16 "
    finds incorrect_constructor.sol wrong-constructor "13 "
    finds integer_overflow_1.sol overflow "7 "
    samples
    expect "contracts: the findings of Web3Bugs load" 0 "^273 rows of 1 files or tasks: 0 errors" "$BASANITE" data lint "$FILES/web3bugs_findings.csv"
    sed "s/,S6-4,/,S7-4,/" "$FILES/web3bugs_findings.csv" >"$scratch/labels.csv"
    expect "contracts: a label that is none is named" 3 "bug-labels +.*labels.csv:6: .S7-4. is no label of a bug" "$BASANITE" data lint "$scratch/labels.csv"
else
    skip "contracts" "the samples are not beside this tree (../shared/data)"
fi

# The functions that another parser sees, by their bytes.
oracle=$ROOT/tests/oracle
if ! [ -d "$FILES/not_so_smart" ]; then
    skip "contracts: the other parser" "the samples are not beside this tree (../shared/data)"
elif ! [ -d "$oracle/node_modules/@solidity-parser/parser" ]; then
    skip "contracts: the other parser" "it is not installed; make oracle brings it"
else
    "$BASANITE" formal parse "$FILES/swc_samples.jsonl" >"$scratch/parsed.jsonl" 2>/dev/null
    expect "contracts: at least 95% of the functions that another parser sees" 0 "functions have the same span" \
        node "$oracle/solidity.mjs" "$scratch/parsed.jsonl" "$FILES/swc_samples.jsonl"
fi

# The world's contracts, where the bug, its line and its twin are known.
"$BASANITE" world make --part contracts --split test --count 400 --out "$scratch/world" >/dev/null 2>&1
"$BASANITE" formal scan "$scratch/world/items/contracts-test.jsonl" >"$scratch/twins" 2>/dev/null
check "contracts: twins of the world" "$(tail -n 4 "$scratch/twins")" grep -q "^twins of which both are right: 200 of 200" "$scratch/twins"
check "contracts: lines of the world" "$(tail -n 4 "$scratch/twins")" grep -q "^found at the line of the fault: 200 of 200" "$scratch/twins"
expect "contracts: planted bugs are recovered" 0 "^19 ok, 0 missed" "$BASANITE" calibrate contract --repeat 150
sed 's/"lines":\[[0-9]*/"lines":[1/; s/"class":"access"/"class":"overflow"/' "$scratch/world/items/contracts-test.jsonl" >"$scratch/wrong.jsonl"
"$BASANITE" formal scan "$scratch/wrong.jsonl" >"$scratch/wrong" 2>/dev/null
check "contracts: wrong labels are not met" "$(tail -n 4 "$scratch/wrong")" sh -c '! grep -q "^twins of which both are right: 200 of 200" "$1"' sh "$scratch/wrong"

# Five votes an item, none of which there is: all items failed, however many asks that took.
mkdir -p "$scratch/own/iaudit"
for i in 1 2 3; do
    printf '{"swc": "SWC-10%s", "name": "c%s.sol", "source": "contract C%s {}", "label": "safe", "lines": []}\n' $i $i $i
done >"$scratch/own/iaudit/swc_samples.jsonl"
printf '{"id": "nobody", "text": "The label is safe."}\n' >"$scratch/nobody.jsonl"
for method in vote once; do
    expect "contracts: a run of which every item failed is an error, --method $method" 4 "every item of run .* failed" env BASANITE_PATH="$scratch/own" \
        "$BASANITE" run iaudit --subject "replay:$scratch/nobody.jsonl" --method $method --record "$scratch/nobody.db" --fresh --quiet
done

# The checkers as a subject of the suites: votes, twins.
export BASANITE_PATH="$SHARED"
verdicts() { # FILE SUITE NAME OPTION...: a figure of the whole
    file=$1 suite=$2 name=$3
    shift 3
    "$BASANITE" formal solve "$file" --domain contract --out "$scratch/verdicts.jsonl" --quiet 2>/dev/null
    "$BASANITE" run "$suite" --subject "replay:$scratch/verdicts.jsonl" --record "$scratch/verdicts.db" --fresh --quiet --bootstrap 20 "$@" >"$scratch/said" 2>&1
    value "$scratch/verdicts.db" "select cast(round(value * n) as integer) || ' of ' || n from figures where grp = '' and name = '$name' order by run desc limit 1"
}
check "contracts: the checkers on the world's pairs" "$(verdicts "$scratch/world/items/contracts-test.jsonl" pocket-iaudit/contracts group_exact,of=2)" \
    test "$(verdicts "$scratch/world/items/contracts-test.jsonl" pocket-iaudit/contracts group_exact,of=2)" = "200 of 200"
if [ -d "$FILES/not_so_smart" ]; then
    check "contracts: the checkers on 66 samples: of 47 vulnerable ones 26 are called so" "$(verdicts "$FILES/swc_samples.jsonl" iaudit recall --method vote)" \
        test "$(verdicts "$FILES/swc_samples.jsonl" iaudit recall --method vote)" = "26 of 47"
    check "contracts: and of 29 called so 26 are" "$(verdicts "$FILES/swc_samples.jsonl" iaudit precision --method once)" \
        test "$(verdicts "$FILES/swc_samples.jsonl" iaudit precision --method once)" = "26 of 29"
else
    skip "contracts: the checkers on 66 samples" "no $FILES"
fi
printf '%s\n' '{"text": "The label is safe.\n=====\nThe label is vulnerable.", "gold": "vulnerable"}' '{"text": "Who knows?", "gold": "safe"}' >"$scratch/votes.jsonl"
expect "contracts: a tie is vulnerable, no vote is unread" 0 '^score +50[.]0 %' "$BASANITE" score "$scratch/votes.jsonl" --scorer votes
printf '%s\n' '{"text": "The label is safe.", "gold": "perhaps"}' >"$scratch/votes.jsonl"
expect "contracts: a gold that is no label" 3 "item '1' has no gold label" "$BASANITE" score "$scratch/votes.jsonl" --scorer votes
expect "contracts: one label" 2 "expected of=A.B" "$BASANITE" score "$scratch/votes.jsonl" --scorer votes,of=safe
printf 'contract V { }\n' >"$scratch/v.sol"
expect "contracts: files are scanned, not solved" 2 "formal solve takes rows of JSON" "$BASANITE" formal solve "$scratch/v.sol" --domain contract

# Scanned twice, by one thread and by two: the same bytes.
mkdir -p "$scratch/many" || exit 1
i=0
while [ $i -lt 40 ]; do
    sed "s/Vault/Vault$i/g" >"$scratch/many/v$i.sol" <<'END'
pragma solidity ^0.4.24;
contract Vault { mapping(address => uint) credit;
    function take(uint n) public { require(credit[msg.sender] >= n); require(msg.sender.call.value(n)()); credit[msg.sender] -= n; } }
END
    i=$((i + 1))
done
"$BASANITE" formal scan "$scratch/many" --threads 1 >"$scratch/one" 2>/dev/null
"$BASANITE" formal scan "$scratch/many" --threads 2 >"$scratch/two" 2>/dev/null
check "contracts: the same bytes by any number of threads" "they differ" cmp -s "$scratch/one" "$scratch/two"
check "contracts: every file of a folder is scanned" "$(tail -n 1 "$scratch/one")" grep -q "^contract: 40 files, 40 errors" "$scratch/one"
finish
