#!/bin/sh
# Model files described, and bad ones refused with their reason: info.sh BASANITE SOURCE_ROOT
. "$(dirname "$0")/lib.sh"

bytes() { printf '%b' "$1" >"$2"; } # TEXT FILE

expect "info: a file that is not there" 4 "cannot open" "$BASANITE" info "$scratch/none.gguf"
bytes '' "$scratch/empty.gguf"
expect "info: an empty file" 3 'empty.gguf' "$BASANITE" info "$scratch/empty.gguf"
bytes 'GGUF\003\0\0\0\377\377\377\377\377\377\377\177' "$scratch/huge.gguf"
expect "info: counts beyond the file" 3 'huge.gguf: byte' "$BASANITE" info "$scratch/huge.gguf"
bytes 'GGUF\011\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0' "$scratch/nine.gguf"
expect "info: an unknown version of GGUF" 3 'version 9' "$BASANITE" info "$scratch/nine.gguf"
bytes '\377\377\377\377\377\377\377\177{"a":1}' "$scratch/long.safetensors"
expect "info: a header beyond the file" 3 'long.safetensors' "$BASANITE" info "$scratch/long.safetensors"
echo 'hello' | tee "$scratch/words.txt" >"$scratch/words"
expect "info: no model at all" 3 'no model file that is known here, expected GGUF' "$BASANITE" info "$scratch/words"
expect "info: no vocabulary at all" 3 'no tokenizer that is known: expected GGUF' "$BASANITE" info "$scratch/words.txt"
mkdir "$scratch/folder"
expect "info: a folder without a model" 3 'no config.json' "$BASANITE" info "$scratch/folder"

models=$SHARED/models
if [ ! -d "$models" ]; then
    skip "info: files of other programs" "no ../shared/data/models"
    finish
fi
stories=$models/stories260K
prompt='1:"<s>" 346:" He" 306:"ll" 414:"o"'
for file in stories260K-v3.gguf tinyllamas-stories-260k-f32.gguf stories260K.bin model.safetensors .; do
    expect "info: $file, first prompt as tokens" 0 "$prompt" "$BASANITE" info "$stories/$file"
done
expect "info: GGUF 1 is read" 0 '^  version +1$' "$BASANITE" info "$stories/tinyllamas-stories-260k-f32.gguf"
expect "info: tensors" 0 '"name":"output_norm.weight","type":"F32","shape":\[64\]' "$BASANITE" info "$STORIES" --tensors
expect "info: special tokens" 0 '"id":1,"text":"<s>","type":"control"' "$BASANITE" info "$STORIES" --tokenizer
expect "info: a prompt" 0 '1:"<s>" 346:" He"' "$BASANITE" info "$STORIES" --prompt "He"
expect "info: as JSON" 0 '"parameters": ?260032' "$BASANITE" info "$STORIES" --json
expect "info: a vocabulary alone" 0 'no tensors in this file' \
    "$BASANITE" info "$models/vocab-gguf/ggml-vocab-gpt-2.gguf"
expect "info: a tokenizer.json alone" 0 '^  pre +gpt-2$' "$BASANITE" info "$models/tokenizers/gpt2-hf/tokenizer.json"
expect "info: tensors of an unknown model" 0 'no config.json beside it' \
    "$BASANITE" info "$models/container-fixtures/mnist.safetensors"
expect "info: tensors beyond the end" 3 "tiny.gguf: byte .* 'test.weight.0'" \
    "$BASANITE" info "$models/container-fixtures/tiny.gguf"
expect "info: a pickle is listed" 0 '"name":"tok_embeddings.weight","type":"f32","shape":.512,64.' \
    "$BASANITE" info "$models/container-fixtures/demo_rand_params.pth"
expect "info: a NumPy array" 3 'NumPy array' "$BASANITE" info "$models/container-fixtures/test.npy"
expect "info: a file from before GGUF" 3 'before GGUF' "$BASANITE" info "$models/tiny-rwkv/tiny-rwkv-4v0-660K-FP32.bin"

head -c 500000 "$STORIES" >"$scratch/cut.gguf"
expect "info: a file that is cut short" 3 'cut.gguf: byte' "$BASANITE" info "$scratch/cut.gguf"
LC_ALL=C sed \
    's/\x05\x00\x00\x00\x00\x00\x00\x00llama/\x05\x00\x00\x00\x00\x00\x00\x00lxama/' \
    "$STORIES" >"$scratch/other.gguf"
expect "info: an unknown architecture is described" 0 "architecture 'lxama' is not built; known: llama" \
    "$BASANITE" info "$scratch/other.gguf"
expect "an unknown architecture does not run" 3 "architecture 'lxama' is not built; known: llama" \
    "$BASANITE" generate --subject "$scratch/other.gguf" --prompt a

# Slips of a template are warnings.
mkdir "$scratch/own" && cp "$models/tokenizers/gpt2-hf/tokenizer.json" "$scratch/own"
printf '%s' '<|nowhere|>{% for m in messages %}{{ m.content }}{% endfor %}' >"$scratch/own/chat_template.jinja"
expect "info: marks that are no tokens" 0 "'<\|nowhere\|>', which is no token" \
    "$BASANITE" info "$scratch/own/tokenizer.json"
expect "info: a template without an opening" 0 'no opening for the answer' \
    "$BASANITE" info "$scratch/own/tokenizer.json"
printf '%s' '{% for m in messages %}' >"$scratch/own/chat_template.jinja"
expect "info: a template that does not work" 0 'does not work: .*:1:' "$BASANITE" info "$scratch/own/tokenizer.json"
finish
