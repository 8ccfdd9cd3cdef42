#!/bin/sh
# Reports for other programs, read by these: a CycloneDX document by CycloneDX's library, XML by a parser, JSON by another
# one than ours; one and several runs, the same bytes each time.
# formats.sh BASANITE SOURCE_ROOT
. "$(dirname "$0")/lib.sh"

record=$scratch/formats.db
for subject in oracle uniform; do
    "$BASANITE" run demo --limit 6 --subject script:$subject --record "$record" --run $subject --quiet >/dev/null 2>"$scratch/run.log" ||
        { not_ok "a run to report" "$(tail -n 1 "$scratch/run.log")"; finish; }
done
"$BASANITE" compare uniform oracle --record "$record" >/dev/null 2>&1

write() { # FORMAT FILE RUN...
    format=$1 file=$2
    shift 2
    "$BASANITE" report "$@" --record "$record" --format "$format" --out "$file"
}
for format in mlbom card annex4 soa oscal otel sarif junit; do
    check "$format of one run" "it was refused" write $format "$scratch/one.$format" uniform
    check "$format of two runs" "it was refused" write $format "$scratch/two.$format" uniform oracle
    write $format "$scratch/again" uniform oracle
    check "$format: the same bytes again" "they differ" cmp -s "$scratch/two.$format" "$scratch/again"
done

if command -v python3 >/dev/null; then
    for format in mlbom oscal otel sarif; do
        check "$format is JSON" "python3 cannot read it" python3 -m json.tool "$scratch/two.$format" "$scratch/said"
    done
    # The fields that build servers read (Jenkins' junit-10.xsd, GitLab, GitHub's reporters): what must be there and what
    # must agree. The list is ours.
    cat >"$scratch/junit.py" <<'PYTHON'
import sys, xml.etree.ElementTree as tree
root = tree.parse(sys.argv[1]).getroot()
assert root.tag == "testsuites" and len(root), root.tag
for suite in root:
    assert suite.tag == "testsuite" and suite.get("name"), suite.tag
    kinds = {"failures": "failure", "errors": "error", "skipped": "skipped"}
    assert int(suite.get("tests")) == len(suite.findall("testcase")), suite.get("name")
    for count, kind in kinds.items():
        assert int(suite.get(count)) == len(suite.findall("testcase/" + kind)), (suite.get("name"), count)
    for case in suite:
        assert case.tag == "testcase" and case.get("name") and case.get("classname"), case.attrib
        assert len([part for part in case if part.tag in kinds.values()]) <= 1, case.get("name")
        assert all(part.get("message") for part in case if part.tag in kinds.values()), case.get("name")
PYTHON
    for runs in one two; do
        check "junit of $runs: the fields that build servers read" "$(python3 "$scratch/junit.py" "$scratch/$runs.junit" 2>&1 | tail -n 1)" \
            python3 "$scratch/junit.py" "$scratch/$runs.junit"
    done
else
    skip "JSON and XML" "python3 is not installed"
fi

oracle=$ROOT/tests/oracle
if ! command -v node >/dev/null; then
    skip "mlbom by CycloneDX's library" "node is not installed"
elif [ ! -f "$oracle/node_modules/@cyclonedx/cyclonedx-library/package.json" ]; then
    skip "mlbom by CycloneDX's library" "the npm package @cyclonedx/cyclonedx-library is not installed (make oracle)"
else
    for runs in one two; do
        expect "mlbom of $runs: CycloneDX's library takes it" 0 "^valid CycloneDX 1.6$" node "$oracle/bom.mjs" "$scratch/$runs.mlbom"
    done
    sed 's/"lowerBound"/"lower"/' "$scratch/one.mlbom" >"$scratch/bad.mlbom"
    expect "mlbom with a field that there is not: it does not" 1 "additionalProperties" sh -c \
        "node '$oracle/bom.mjs' '$scratch/bad.mlbom' || { echo 'basanite: refused'; exit 1; }"
fi
finish
