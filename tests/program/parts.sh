#!/bin/sh
# Pictures and sounds in messages: files are converted and sent, what is missing or broken is an error of its row, subjects
# without eyes and ears are refused by name, and the record keeps digests. parts.sh BASANITE SOURCE_ROOT [FAULT_SERVER]
. "$(dirname "$0")/lib.sh"
if [ -z "$SERVER" ]; then
    skip "parts" "the test server was not built"
    finish
fi
cd "$scratch" || exit 1

# A tenth of a second of noise in 8 bits, stereo, 48,000 values a second; a picture of two pixels.
{
    printf 'RIFF\244\045\000\000WAVEfmt \020\000\000\000\001\000\002\000\200\273\000\000\000\167\001\000\002\000\010\000data\200\045\000\000'
    yes 'aZ' | head -c 9600
} >said.wav
printf '\211\120\116\107\015\012\032\012\000\000\000\015\111\110\104\122\000\000\000\002\000\000\000\001\010\002\000\000\000\173\100\350\335\000\000\000\017\111\104\101\124\170\234\143\370\317\300\300\360\237\001\000\007\377\001\377\001\177\211\247\000\000\000\000\111\105\116\104\256\102\140\202' >seen.png
head -c 200 said.wav >cut.wav
cat >asks.jsonl <<'END'
{"id": "both", "messages": [{"role": "user", "content": [{"type": "text", "text": "What is it?"}, {"type": "input_audio", "input_audio": {"file": "said.wav"}}, {"type": "image_url", "image_url": {"url": "seen.png"}}]}]}
{"id": "missing", "messages": [{"role": "user", "content": [{"type": "input_audio", "input_audio": {"file": "gone.wav"}}]}]}
{"id": "cut", "messages": [{"role": "user", "content": [{"type": "input_audio", "input_audio": {"file": "cut.wav"}}]}]}
{"id": "swapped", "messages": [{"role": "user", "content": [{"type": "input_audio", "input_audio": {"file": "seen.png"}}]}]}
END
fresh_server --model ear || { not_ok "parts" "no server"; finish; }

"$BASANITE" generate asks.jsonl --subject "openai:$url#ear" --out answers.jsonl >out 2>err
check "a sound goes out as WAV of 16,000 values a second, one channel, 16 bits, a picture as it is" "$(cat answers.jsonl err)" \
    grep -q 'wav of 16000 values a second, 1 channel, 16 bits, 3244 bytes png of 72 bytes' answers.jsonl
check "a sound that is not there is an error of its row" "$(cat answers.jsonl)" grep -q 'gone.wav' answers.jsonl
check "so is one that was cut" "$(cat answers.jsonl)" grep -q 'cut.wav: cut short: its data are 9600 bytes, 156 are there' answers.jsonl
check "and a picture in its place" "$(cat answers.jsonl)" grep -q 'seen.png: expected a WAV' answers.jsonl

tiny_model tiny.gguf >/dev/null 2>&1
"$BASANITE" generate asks.jsonl --subject tiny.gguf --template chatml >out 2>err
code=$?
check "a model without eyes and ears is refused by name" "$code: $(cat err)" grep -q "needs .*vision.*'tiny'\|needs vision, which subject" err
check "as a usage error" "exit code $code" test $code -eq 2

# ---- a task

cat >rows.jsonl <<'END'
{"id": "r1", "clip": "said.wav", "said": "ferry"}
{"id": "r2", "clip": "gone.wav", "said": "mill"}
END
cat >task.yaml <<'END'
task: clips
dataset_path: rows.jsonl
id: id
output_type: generate_until
doc_to_audio: clip
doc_to_text: "Write down what is said."
doc_to_target: said
scorer: wer
metric_list: [wer]
END
"$BASANITE" run task.yaml --subject "openai:$url#ear" --record clips.db --run one --json --quiet >run.json 2>err
check "a task sends the files that its rows name" "$(cat run.json err)" grep -q '"errors": *1' run.json
"$BASANITE" record query "select messages from asks" --record clips.db >kept 2>err
check "the record keeps the file's name and digest" "$(cat kept err)" grep -q 'said.wav.*sha256\|sha256.*said.wav' kept
check "and not its bytes" "$(wc -c <clips.db)" sh -c "! grep -aq UklGR clips.db"
"$BASANITE" run task.yaml --subject tiny.gguf --template chatml --record clips.db --run deaf --quiet >out 2>err
code=$?
check "a task refuses who cannot hear" "$code: $(cat err)" grep -q "needs audio, which subject 'tiny" err
sed 's/^doc_to_audio.*/needs: [sight]/' task.yaml >odd.yaml
"$BASANITE" run odd.yaml --subject script:mute --dry-run >out 2>err
check "needs are named" "$(cat err)" grep -q "'sight': expected logprobs, scores, chat, vision or audio" err

# ---- pairs: a method whose steps hear different recordings

cat >pairs.jsonl <<'END'
{"id": "p1", "clean": "said.wav", "noisy": "said.wav"}
END
cat >pairs.yaml <<'END'
task: pairs
dataset_path: pairs.jsonl
id: id
output_type: generate_until
methods:
  both:
    steps:
      - {name: clean, text: "Write it down.", audio: clean}
      - {name: noisy, text: "Write down what is said.", audio: noisy}
    answer: "{{said.clean.text}}\n----\n{{said.noisy.text}}"
scorer: wer,pair=yes
metric_list: [wer, same_answer]
END
"$BASANITE" run pairs.yaml --subject "openai:$url#ear" --record clips.db --run pairs --quiet >out 2>err
check "steps hear recordings of their own" "$(cat out err)" grep -q '^ *same_answer.*100' out
stop_server
finish
