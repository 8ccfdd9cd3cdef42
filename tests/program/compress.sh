#!/bin/sh
# basanite compress as people use it: every codec on a small model, the file read back and looked through weight by weight; the
# same bytes for any threads; what is refused, and that nothing is left then. compress.sh BASANITE SOURCE_ROOT
. "$(dirname "$0")/lib.sh"
cd "$scratch" || exit 1

awk 'BEGIN { srand(3); split("the a mill river door house stands by red old keeps town who which", w, " ")
    for (i = 0; i < 300; i++) { printf "{\"text\": \""; for (j = 0; j < 12; j++) printf "%s ", w[int(rand() * 14) + 1]; print "\"}" } }' >calib.jsonl
"$BASANITE" convert --random llama,layers=2,width=64,hidden=128,heads=4,head_size=16,context=64 small.gguf --format gguf,type=f32 --quiet ||
    { not_ok compress "no model could be made"; finish; }

# levels GROUP MOST FILE: the most different values in a group of consecutive weights of the blocks' matrices, and the share of zeros.
cat >look.py <<'P'
import sys, json, struct
def tensors(path):
    n = int.from_bytes(open(path + '/model.safetensors', 'rb').read(8), 'little')
    data = open(path + '/model.safetensors', 'rb').read()
    head = json.loads(data[8:8 + n])
    for name, t in head.items():
        if name == '__metadata__': continue
        a, b = t['data_offsets']
        size = {'F32': 4, 'F16': 2}[t['dtype']]
        form = {4: 'f', 2: 'e'}[size]
        yield name, t['shape'], struct.unpack('<%d%s' % ((b - a) // size, form), data[8 + n + a:8 + n + b])
path, group, of = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
most, zeros, count, worst = 0, 0, 0, of
for name, shape, v in tensors(path):
    if '_proj' not in name: continue
    for at in range(0, len(v), group): most = max(most, len(set(v[at:at + group])))
    for at in range(0, len(v), of): worst = min(worst, sum(x == 0 for x in v[at:at + of]))
    zeros += sum(x == 0 for x in v); count += len(v)
print('levels', most, 'zeros %.4f' % (zeros / count), 'least', worst)
P

# try NAME SPEC LEVELS-GROUP PATTERN: compresses, reads back, looks.
try() {
    if ! "$BASANITE" compress small.gguf "$1.gguf" --codec "$2" --data calib.jsonl --window 64 --format gguf,type=f32 >"$1.said" 2>&1; then
        not_ok "compress: $2" "$(tail -n 1 "$1.said")"
        return
    fi
    if ! "$BASANITE" convert "$1.gguf" "$1" --format hf,type=f32 --quiet >said 2>&1; then not_ok "compress: $2 reads back" "$(cat said)"; return; fi
    if command -v python3 >/dev/null; then
        python3 look.py "$1" "$3" 4 >"$1.look"
        check "compress: $2 has what it promises" "$(cat "$1.look")" grep -Eq "$4" "$1.look"
    else
        skip "compress: $2 has what it promises" "python3 is not installed"
    fi
    expect "compress: $2 can be run" 0 '.' "$BASANITE" generate --subject "$1.gguf" --prompt "the mill" --max-tokens 4
}
try rtn rtn,bits=3,group=32 32 '^levels [5678] '
try gptq gptq,bits=3,group=32 32 '^levels [5678] '
try gptq-row gptq,bits=2,group=0,sym=no 64 '^levels [34] '
try gptq-static gptq,bits=2,group=32,act,static 32 '^levels [34] '
try awq awq,bits=3,group=32 32 '^levels [5678] '
try magnitude magnitude,pattern=2of4 32 'zeros 0.5000 least 2$'
try wanda wanda,pattern=2of4 32 'zeros 0.5000 least 2$'
try sparsegpt sparsegpt,pattern=2of4 32 'zeros 0.5000 least 2$'
try wanda-share wanda,share=0.75 32 'zeros 0.7500 '
try sparsegpt-share sparsegpt,share=0.75 32 'zeros 0.75'
try q8_0 q8_0 32 '^levels'

# The same bytes.
for codec in gptq,bits=3,group=32,act awq,bits=3,group=32 sparsegpt,share=0.5 wanda,share=0.5; do
    for threads in 1 3; do
        "$BASANITE" compress small.gguf "t$threads.gguf" --codec "$codec" --data calib.jsonl --threads $threads --quiet || break
    done
    check "compress: $codec gives the same bytes for any threads" "they differ" cmp -s t1.gguf t3.gguf
done
"$BASANITE" compress small.gguf s2.gguf --codec gptq,group=32 --data calib.jsonl --samples 4 --seed 2 --quiet
"$BASANITE" compress small.gguf s3.gguf --codec gptq,group=32 --data calib.jsonl --samples 4 --seed 3 --quiet
if cmp -s s2.gguf s3.gguf; then not_ok "compress: another seed is another sample" "the same bytes"; else ok "compress: another seed is another sample"; fi

# A grid writes a folder; what is skipped stays.
expect "compress: a grid is a folder" 0 'grid/gptq-bits3-group32.gguf: .* bits a weight' "$BASANITE" compress small.gguf grid --codec gptq,bits=2:3,group=32 --codec q8_0 --data calib.jsonl
check "compress: each cell has its file" "$(ls grid)" test "$(ls grid | tr '\n' ' ')" = "gptq-bits2-group32.gguf gptq-bits3-group32.gguf q8_0.gguf "
expect "compress: all skipped is the model itself" 0 'every tensor skipped' "$BASANITE" compress small.gguf kept.gguf --codec rtn,bits=2,group=32 --skip '*' --format gguf,type=f32
"$BASANITE" convert small.gguf small-hf --format hf,type=f32 --quiet && "$BASANITE" convert kept.gguf kept-hf --format hf,type=f32 --quiet
check "compress: skipped tensors keep their bits" "they differ" cmp -s small-hf/model.safetensors kept-hf/model.safetensors
expect "compress: rows say what they lost" 0 'blk.1.ffn_down.weight .*error [0-9.e-]+ of the output, [0-9.]+ of rtn' "$BASANITE" compress small.gguf v.gguf --codec gptq,group=32 --data calib.jsonl --verbose
expect "compress: JSON" 0 '"tensor": "blk.0.attn_q.weight"' "$BASANITE" compress small.gguf j.gguf --codec rtn,group=32 --json

# Weights learn inside the cells of a codec: another model, the same once it is rounded.
"$BASANITE" train --objective lm --init random,layers=2,width=32,heads=2,hidden=64,context=64 --data calib.jsonl --steps 2 --format f32 --out first.gguf --quiet >said 2>&1
expect "train --within: weights move" 0 "first|moved" "$BASANITE" train --objective lm --init first.gguf --data calib.jsonl --steps 8 --optimizer adamw,lr=0.02 --within rtn,bits=3,group=32 --format f32 --out moved.gguf
for model in first moved; do
    "$BASANITE" convert $model.gguf $model-hf --format hf,type=f32 --quiet
    "$BASANITE" compress $model.gguf $model-3.gguf --codec rtn,bits=3,group=32 --format gguf,type=f32 --quiet && "$BASANITE" convert $model-3.gguf $model-3-hf --format hf,type=f32 --quiet
    "$BASANITE" compress $model.gguf $model-4.gguf --codec rtn,bits=4,group=32 --format gguf,type=f32 --quiet && "$BASANITE" convert $model-4.gguf $model-4-hf --format hf,type=f32 --quiet
done
if cmp -s first-hf/model.safetensors moved-hf/model.safetensors; then not_ok "train --within: other weights" "the same bytes"; else ok "train --within: other weights"; fi
check "train --within: rounded by the codec they are the same" "they differ" cmp -s first-3-hf/model.safetensors moved-3-hf/model.safetensors
if cmp -s first-4-hf/model.safetensors moved-4-hf/model.safetensors; then not_ok "train --within: rounded otherwise they differ" "the same bytes"; else ok "train --within: rounded otherwise they differ"; fi
for bad in "gptq,bits=3,group=32:2:gives a weight no cell" "rtn,group=48:3:no whole groups" "rtn,bits=2%3:2:expected a whole number|not a"; do
    spec=${bad%%:*} rest=${bad#*:}
    expect "train --within $spec is refused" "${rest%%:*}" "${rest#*:}" "$BASANITE" train --objective lm --init first.gguf --data calib.jsonl --steps 1 --within "$spec" --format f32 --out bad.gguf
done
expect "train --within writes f32 alone" 2 "give --format f32" "$BASANITE" train --objective lm --init first.gguf --data calib.jsonl --steps 1 --within rtn,group=32 --out bad.gguf
expect "train --within has no adapters" 2 "adapters have none" "$BASANITE" train --objective lm --init first.gguf --lora r=2 --data calib.jsonl --steps 1 --within rtn,group=32 --format f32 --out bad.gguf
check "train --within: what is refused leaves nothing" "$(ls bad* 2>/dev/null)" test -z "$(ls bad* 2>/dev/null)"

# Other architectures run through blocks as they run whole.
for arch in qwen3 gemma2 gemma3 phi3 gpt2 olmo2 smollm3 qwen2; do
    "$BASANITE" convert --random $arch,layers=2,width=64,hidden=128 $arch.gguf --quiet >said 2>&1 || { not_ok "compress: $arch" "$(cat said)"; continue; }
    expect "compress: $arch by gptq" 0 "bits a weight" "$BASANITE" compress $arch.gguf $arch-small.gguf --codec gptq,group=32 --codec awq,group=32 --data calib.jsonl --samples 4 --window 64
done

# Refusals: one line, the exit code, and no file.
refuse() { # NAME CODE PATTERN ARGUMENT...
    refused_name=$1 refused_code=$2 refused_pattern=$3
    shift 3
    expect "compress: refuses $refused_name" "$refused_code" "$refused_pattern" "$BASANITE" compress "$@"
    check "compress: $refused_name leaves nothing" "$(ls | grep '^no')" test -z "$(ls | grep '^no')"
}
refuse "an unknown codec" 2 "did you mean 'gptq'" small.gguf no.gguf --codec gtpq
refuse "no codec" 2 "give --codec" small.gguf no.gguf
refuse "an unknown key" 2 "no key 'bit'" small.gguf no.gguf --codec rtn,bit=3
refuse "rows that are no whole groups" 3 "'blk.0.attn_q.weight': rows of 64 values are no whole groups of 48" small.gguf no.gguf --codec rtn,group=48
refuse "rows that are no whole blocks" 3 "'blk.0.attn_q.weight': rows of 64 values are no whole blocks of 256" small.gguf no.gguf --codec q4_k
refuse "no text" 2 "give --data" small.gguf no.gguf --codec gptq,group=32
echo '{"text": "the mill"}' >short.jsonl
refuse "too short a text" 3 "less than one window of 64" small.gguf no.gguf --codec gptq,group=32 --data short.jsonl
refuse "singular moments" 3 "tensor 'blk.0.attn_q.weight': .*singular" small.gguf no.gguf --codec gptq,group=32,damp=0 --data calib.jsonl --samples 1 --window 32
head -c 20000 small.gguf >cut.gguf
cp small.gguf broken.gguf
printf '\000\000\300\177' | dd of=broken.gguf bs=1 seek=$(($(wc -c <small.gguf) - 4)) conv=notrunc 2>/dev/null
refuse "weights that are no numbers" 3 "tensor 'blk.1.ffn_down.weight' holds NaN" broken.gguf no.gguf --codec rtn,group=32
refuse "a file that is cut" 3 "cut.gguf" cut.gguf no.gguf --codec rtn,group=32
"$BASANITE" convert --random mixtral,layers=1,width=64 moe.gguf --quiet >said 2>&1
refuse "experts" 3 "experts" moe.gguf no.gguf --codec rtn,group=32
refuse "another format" 2 "compress writes gguf" small.gguf no.gguf --codec rtn,group=32 --format hf
finish
