#!/bin/sh
# Installs the oracles of tests/oracle where they are missing and runs the tests that need them: oracle.sh BUILD
set -eu
build=$1
folder=tests/oracle
if [ ! -f $folder/node_modules/node-llama-cpp/package.json ] || [ ! -f $folder/node_modules/tokenizers/package.json ] || [ ! -f $folder/node_modules/@huggingface/jinja/package.json ] ||
    [ ! -f $folder/node_modules/openai/package.json ] || [ ! -f $folder/node_modules/@cyclonedx/cyclonedx-library/package.json ] ||
    [ ! -f $folder/node_modules/@solidity-parser/parser/package.json ]; then
    command -v npm >/dev/null || { echo "oracle: npm is missing; install Debian's nodejs and npm, or Node.js with its own npm" >&2; exit 4; }
    # Versions are those of package-lock.json. Without scripts, llama.cpp is not compiled; packages of other machines are
    # left out, which `npm ci` takes for a fault of the lock file where a registry does not have them all.
    (cd $folder && npm install --ignore-scripts --omit=optional --no-save --no-audit --no-fund)
fi
tests=$build/tests/unit/lm
ninja -C "$build" --quiet src/cli/basanite tests/unit/lm/test_lm_tokenizer_oracle tests/unit/lm/test_lm_model_oracle tests/unit/lm/test_lm_template_oracle \
    tests/unit/lm/test_lm_arch_oracle tests/unit/lm/test_lm_grammar_oracle tests/server/serve_abuse tests/server/serve_soak
"$tests/test_lm_tokenizer_oracle" "$PWD"
"$tests/test_lm_template_oracle" "$PWD"
"$tests/test_lm_grammar_oracle" "$PWD"
"$tests/test_lm_model_oracle" "$PWD"
sh tests/program/tutorial.sh "$build/src/cli/basanite" "$PWD"
sh tests/program/serve.sh "$build/src/cli/basanite" "$PWD" "$build/tests/server/serve_abuse" "$build/tests/server/serve_soak"
sh tests/program/formats.sh "$build/src/cli/basanite" "$PWD"
sh tests/program/contracts.sh "$build/src/cli/basanite" "$PWD"
exec "$tests/test_lm_arch_oracle" "$PWD"
