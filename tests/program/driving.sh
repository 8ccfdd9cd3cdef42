#!/bin/sh
# Driving: scenes scored, labels of style, roads of strangers; published cases where the files are. driving.sh BASANITE SOURCE_ROOT
. "$(dirname "$0")/lib.sh"
PUBLIC=$SHARED/styledrive

road='"route":[[-50,0],[500,0]],"drivable":[[[-50,-4],[500,-4],[500,4],[-50,4]]]'
plan='[[5,0,0],[10,0,0],[15,0,0],[20,0,0],[25,0,0],[30,0,0],[35,0,0],[40,0,0]]'
slow='[[2,0,0],[4,0,0],[6,0,0],[8,0,0],[10,0,0],[12,0,0],[14,0,0],[16,0,0]]'
ahead='{"id":"1","kind":"vehicle","size":[4.5,2],"states":[[25,0,0,0]]}'
{
    echo "{\"token\":\"a\",\"style\":\"A\",\"ego\":{\"pose\":[0,0,0],\"v\":10},\"human\":$plan,\"prediction\":$plan,$road,\"tracks\":[]}"
    echo "{\"token\":\"n\",\"style\":\"N\",\"ego\":{\"pose\":[0,0,0],\"v\":10},\"human\":$plan,\"prediction\":$plan,$road,\"tracks\":[$ahead]}"
    echo "{\"token\":\"c\",\"style\":\"C\",\"ego\":{\"pose\":[0,0,0],\"v\":4},\"human\":$slow,\"prediction\":$slow,$road,\"tracks\":[]}"
} >"$scratch/scenes.jsonl"
score() { "$BASANITE" score "$scratch/scenes.jsonl" --scorer "$@"; }
expect "driving: a collision costs its scene" 0 '^score +66.7 %' score sm-pdms
expect "driving: by style" 0 '^no_collision +style=N +0.0 %' score sm-pdms --group style
expect "driving: the person's plan has full progress" 0 '^progress +100.0 %' score sm-pdms,who=human
expect "driving: progress less 3 m of 40" 0 '^progress +style=A +78.0 %' score sm-pdms,who=human,shift=3
expect "driving: style-free" 0 'form=pdm' score sm-pdms,form=pdm --json
expect "driving: another group" 2 'no --group but style' score sm-pdms --group type
sed 's/"style":"C"/"style":"X"/' "$scratch/scenes.jsonl" >"$scratch/bad.jsonl"
expect "driving: a scene without a style is named" 3 "bad.jsonl:3: scene 'c': field 'style': expected A, N or C" \
    "$BASANITE" score "$scratch/bad.jsonl" --scorer sm-pdms
expect "driving: with --lenient it is left out" 0 '^score +50.0 %' "$BASANITE" score "$scratch/bad.jsonl" --scorer sm-pdms --lenient
for t in 1 2; do
    "$BASANITE" score "$scratch/scenes.jsonl" --scorer sm-pdms --json --threads $t >"$scratch/by$t"
done
check "driving: the same for any number of threads" "they differ" cmp -s "$scratch/by1" "$scratch/by2"

cat >"$scratch/styles.jsonl" <<'EOF'
{"token": "a", "v_avg": 9, "a_max": 1, "unsafe_ratio": 0.5, "model": "N", "ANC_result": "A"}
{"token": "b", "v_avg": 8, "a_max": 1, "model": "A", "ANC_result": "N"}
{"token": "c", "v_avg": 1, "a_max": 0, "model": "C", "ANC_result": "C"}
EOF
expect "styles: fused" 0 '3 scenes: A 2, N 0, C 1; 2 of 3 as ANC_result says' "$BASANITE" agent label "$scratch/styles.jsonl"
expect "styles: by rule" 0 '"token":"b","label":"N"' "$BASANITE" agent label "$scratch/styles.jsonl" --method rule
expect "styles: no such way" 2 "did you mean 'rule'" "$BASANITE" agent label "$scratch/styles.jsonl" --method rules
printf 'tokens:\n- a\n- b\n' >"$scratch/list.yaml"
expect "styles: as many scenes as tokens" 3 'lists 2 tokens, the labels are of 3 scenes' \
    "$BASANITE" agent label "$scratch/styles.jsonl" --tokens "$scratch/list.yaml"
printf 'tokens:\n- a\n- a\n' >"$scratch/list.yaml"
expect "styles: a token twice" 3 "token 'a' twice" "$BASANITE" agent check "$scratch/list.yaml"
printf '<commonRoad timeStepSize="0.1"><lanelet' >"$scratch/cut.xml"
expect "roads: a file that ends too early" 3 'cut.xml:1:[0-9]+: XML: ' "$BASANITE" agent check "$scratch/cut.xml"
expect "driving: planted faults" 0 '^43 ok, 0 missed, 0 skipped$' env -u BASANITE_PATH "$BASANITE" calibrate styledrive

# ---- the suite: who drives as the person did scores 1, who falls D metres short max(0, 1 - 1.2 (D / ref)^2) of the progress ----

score_of() { # SCRIPT TASK GROUP
    value "$scratch/suite.db" "select printf('%.6f', value) from figures f join runs r on r.id = f.run join subjects s on s.digest = r.subject \
where s.spec = 'script:$1' and task = '$2' and f.name = 'score' and f.grp = '$3' limit 1"
}
for script in human human,shift=1 human,shift=3 mute; do
    "$BASANITE" run styledrive --subject "script:$script" --record "$scratch/suite.db" --quiet --bootstrap 20 >"$scratch/said" 2>&1 ||
        not_ok "styledrive on $script" "$(tail -n 1 "$scratch/said")"
done
check "styledrive: the person drives perfectly, whoever says no plan gets nothing" \
    "$(score_of human styledrive_known '') $(score_of mute styledrive_known '')" \
    test "$(score_of human styledrive_known '') $(score_of mute styledrive_known '')" = "1.000000 0.000000"
for row in 1:3:'below 10 m' 1:5:'below 24 m' 1:6:'below 40 m' 1:7:further 3:3:'below 10 m' 3:5:'below 24 m' 3:6:'below 40 m' 3:7:further; do
    d=${row%%:*} rest=${row#*:}
    ref=${rest%%:*} reach=${rest#*:}
    expected=$(awk -v d="$d" -v r="$ref" 'BEGIN { ep = 1 - 1.2 * (d / r) ^ 2; printf "%.6f", (5 * (ep > 0 ? ep : 0) + 7) / 12 }')
    found=$(score_of "human,shift=$d" styledrive_known "reach=$reach")
    check "styledrive: $d m short, $reach" "found '$found', expected $expected" test "$found" = "$expected"
done
printf '%s\n' '{"token":"a","style":"N","ego":{"pose":[0,0,0],"v":10},"human":[[5,0,0],[10,0,0],[15,0,0],[20,0,0],[25,0,0],[30,0,0],[35,0,0],[40,0,0]],"route":[[-50,0],[500,0]],"drivable":[[[-50,-4],[500,-4],[500,4],[-50,4]]],"tracks":[]}' >"$scratch/scenes.jsonl"
mkdir "$scratch/styledrive" && mv "$scratch/scenes.jsonl" "$scratch/styledrive/scenes.jsonl"
BASANITE_PATH=$scratch "$BASANITE" run styledrive/scenes styledrive/plain --subject script:human,shift=3 --record "$scratch/suite.db" --quiet --bootstrap 20 >/dev/null 2>&1
BASANITE_PATH=$scratch "$BASANITE" run styledrive/scenes styledrive/plain --subject script:human --record "$scratch/suite.db" --quiet --bootstrap 20 >/dev/null 2>&1
is_own() { value "$scratch/suite.db" "select group_concat(printf('%.2f', value)) from (select value from figures f join runs r on r.id = f.run join subjects s on s.digest = r.subject where s.spec = 'script:$1' and f.task in ('styledrive_scenes', 'styledrive_plain') and f.name = 'score' and f.grp = '' order by f.task)"; }
check "styledrive: own scenes, with style and without" "$(is_own human)" test "$(is_own human)" = "1.00,1.00"
check "styledrive: nobody talks his progress away there" "$(is_own human,shift=3)" test "$(is_own human,shift=3)" = "0.00,0.00"

if [ ! -d "$PUBLIC" ]; then skip "driving: published cases" "no $PUBLIC"; finish; fi
expect "driving: published cases" 0 '^57 ok, 0 missed, 1 skipped$' "$BASANITE" calibrate styledrive --gold "$PUBLIC/metric_cases"
expect "driving: the case of a map is skipped by name" 0 'skipped +no_drivable_area_violation .*needs the map' \
    "$BASANITE" calibrate styledrive --gold "$PUBLIC/metric_cases"
expect "roads: 24 cars" 0 '91 lanelets, 24 cars, 938 states' "$BASANITE" agent check "$PUBLIC/USA_Lanker-1_1_T-1.xml"
expect "roads: 9 cars" 0 '79 lanelets, 9 cars, 368 states' "$BASANITE" agent check "$PUBLIC/USA_Peach-4_8_T-1.xml"
expect "driving: tokens" 0 ': 4049 tokens' "$BASANITE" agent check "$PUBLIC/styletest_tokens.yaml"
expect "driving: anchors" 0 ': 20 x 8 x 2' "$BASANITE" agent check "$PUBLIC/kmeans_navsim_traj_20.npy"
head -c 5000 "$PUBLIC/USA_Peach-4_8_T-1.xml" >"$scratch/cut.xml"
expect "roads: a truncated file gives its line" 3 'cut.xml:[0-9]+:[0-9]+: XML: ' "$BASANITE" agent check "$scratch/cut.xml"
finish
