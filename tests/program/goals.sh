#!/bin/sh
# Profiles against the published data they were made from: every figure of the known answers, and what one deleted link
# changes. goals.sh BASANITE SOURCE_ROOT
. "$(dirname "$0")/lib.sh"

policy=$scratch/begun.policy.yaml
"$BASANITE" goals init --profile nist-genai,owasp-llm-2025,eu-ai-act --as-of 2026-11-29 --out "$policy" || {
    not_ok goals "no policy could be begun"
    finish
}

# of PROFILE KEY: a number of the JSON of goals check.
of() {
    tr -d ' \n' <"$scratch/check.json" | sed "s/.*{\"profile\":\"$1\"\([^}]*\)}.*/\1/" | tr , '\n' |
        sed -n "s/^\"$2\":\([0-9]*\)$/\1/p"
}
is() { # PROFILE KEY EXPECTED
    found=$(of "$1" "$2")
    check "$1: $2 is $3" "found '$found'" test "$found" = "$3"
}
check_policy() {
    "$BASANITE" goals check "$policy" --json --out "$scratch/check.json" 2>"$scratch/said" ||
        { not_ok "goals check" "$(tail -n 1 "$scratch/said")"; finish; }
}
known_answers() {
    is nist-genai actions 159
    is nist-genai items_reached 12
    is nist-genai items_reached_as_published 10
    is owasp-llm-2025 items 10
    is atlas-nist pairs 162
    is eu-ai-act requirements 9
}

check_policy
known_answers
built_in=$(of nist-genai actions_unlinked)

if [ -f "$SHARED/sfma/nist_rmf_genai_actions_dev.json" ]; then
    BASANITE_PATH=$SHARED
    check_policy
    known_answers
    is nist-genai actions_unlinked "$built_in"
    for row in complai_requirement_to_tasks:'^ "':9 owasp_llm_2025:'"id":':10 nist_rmf_genai_risks:'"id":':12; do
        file=$SHARED/sfma/${row%%:*}.json expected=${row##*:} pattern=${row#*:}
        check "${row%%:*} has $expected" "another number" test "$(grep -c "${pattern%:*}" "$file")" = "$expected"
    done
    # An action of one risk loses it: one more action reaches none.
    mkdir -p "$scratch/less/sfma"
    tr -d '\n' <"$SHARED/sfma/nist_rmf_genai_actions_dev.json" |
        sed 's/"hasRelatedRisk": \[ *"[a-z-]*" *\]/"hasRelatedRisk": []/' >"$scratch/less/sfma/nist_rmf_genai_actions_dev.json"
    BASANITE_PATH=$scratch/less
    check_policy
    is nist-genai actions_unlinked $((built_in + 1))
    is nist-genai actions 159
else
    skip "published data" "they are not here"
fi
finish
