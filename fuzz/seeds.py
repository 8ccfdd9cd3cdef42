#!/usr/bin/env python3
"""Writes the seeds of the fuzz targets, fuzz/seeds/fuzz_NAME/*: small inputs that reach far into each reader. They are
committed; run `python3 fuzz/seeds.py` in the root of the source tree after a change here."""
import base64
import json
import pathlib
import shutil
import struct
import zlib

ROOT = pathlib.Path("fuzz/seeds")


def write(target, seeds):
    folder = ROOT / f"fuzz_{target}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, data in seeds.items():
        (folder / name).write_bytes(data.encode() if isinstance(data, str) else data)


# ---- GGUF and llama2.c: a model of one layer, width 4, two heads, eight tokens

U32, I32, F32, BOOL, TEXT, ARRAY = 4, 5, 6, 7, 8, 9
WIDTH, HIDDEN, HEADS, TOKENS = 4, 8, 2, 8


class Gguf:
    def __init__(self, version=3):
        self.version = version
        self.entries, self.tensors, self.data = [], [], b""

    def length(self, n):
        return struct.pack("<I" if self.version == 1 else "<Q", n)

    def text(self, s):
        raw = s.encode()
        return self.length(len(raw)) + raw

    def put(self, key, kind, value):
        packed = {U32: lambda v: struct.pack("<I", v), F32: lambda v: struct.pack("<f", v),
                  BOOL: lambda v: struct.pack("<?", v), TEXT: self.text}[kind](value)
        self.entries.append(self.text(key) + struct.pack("<I", kind) + packed)

    def put_array(self, key, kind, values):
        one = {TEXT: self.text, F32: lambda v: struct.pack("<f", v), I32: lambda v: struct.pack("<i", v)}[kind]
        self.entries.append(self.text(key) + struct.pack("<II", ARRAY, kind) + self.length(len(values)) +
                            b"".join(one(v) for v in values))

    def put_tensor(self, name, shape, kind=0):
        count = 1
        for n in shape:
            count *= n
        if kind == 0:
            raw = struct.pack(f"<{count}f", *(0.25 * (i % 7 - 3) for i in range(count)))
        elif kind == 1:
            raw = struct.pack(f"<{count}e", *(0.25 * (i % 7 - 3) for i in range(count)))
        else:  # Q8_0: blocks of 32, one f16 scale each
            raw = (struct.pack("<e", 0.01) + bytes(range(32))) * (count // 32)
        self.tensors.append(self.text(name) + struct.pack("<I", len(shape)) +
                            b"".join(self.length(n) for n in shape) + struct.pack("<IQ", kind, len(self.data)))
        self.data += raw + bytes(-len(raw) % 32)

    def bytes(self):
        head = b"GGUF" + struct.pack("<I", self.version) + self.length(len(self.tensors)) + self.length(len(self.entries))
        head += b"".join(self.entries) + b"".join(self.tensors)
        return head + bytes(-len(head) % 32) + self.data


def shape_keys(g):
    g.put("general.architecture", TEXT, "llama")
    for key, value in (("block_count", 1), ("embedding_length", WIDTH), ("attention.head_count", HEADS),
                       ("attention.head_count_kv", 1), ("feed_forward_length", HIDDEN), ("context_length", 16)):
        g.put("llama." + key, U32, value)
    g.put("llama.attention.layer_norm_rms_epsilon", F32, 1e-5)


def model_tensors(g, kind):
    kv = WIDTH // HEADS
    g.put_tensor("token_embd.weight", [WIDTH, TOKENS], kind)
    g.put_tensor("output_norm.weight", [WIDTH])
    for name, shape in (("attn_norm", [WIDTH]), ("ffn_norm", [WIDTH]), ("attn_q", [WIDTH, WIDTH]), ("attn_k", [WIDTH, kv]),
                        ("attn_v", [WIDTH, kv]), ("attn_output", [WIDTH, WIDTH]), ("ffn_gate", [WIDTH, HIDDEN]),
                        ("ffn_up", [WIDTH, HIDDEN]), ("ffn_down", [HIDDEN, WIDTH])):
        g.put_tensor(f"blk.0.{name}.weight", shape, kind if len(shape) > 1 else 0)


def spm_keys(g):
    g.put("tokenizer.ggml.model", TEXT, "llama")
    g.put_array("tokenizer.ggml.tokens", TEXT, ["<unk>", "<s>", "</s>", "<0x0A>", "▁", "a", "▁a", "b"])
    g.put_array("tokenizer.ggml.scores", F32, [0, 0, 0, 0, -1, -2, -3, -4])
    g.put_array("tokenizer.ggml.token_type", I32, [2, 3, 3, 6, 1, 1, 1, 1])
    g.put("tokenizer.ggml.bos_token_id", U32, 1)
    g.put("tokenizer.ggml.add_bos_token", BOOL, True)
    g.put("tokenizer.chat_template", TEXT, "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}")


def bytes_keys(g):
    g.put("tokenizer.ggml.model", TEXT, "gpt2")
    g.put("tokenizer.ggml.pre", TEXT, "llama-bpe")
    g.put_array("tokenizer.ggml.tokens", TEXT, ["a", "b", "ab", "Ġ", "Ġa", "1", "<e>", "Ã"])
    g.put_array("tokenizer.ggml.merges", TEXT, ["a b", "Ġ a"])
    g.put_array("tokenizer.ggml.token_type", I32, [1, 1, 1, 1, 1, 1, 3, 1])
    g.put("tokenizer.ggml.eos_token_id", U32, 6)


def wordpiece_keys(g):
    g.put("tokenizer.ggml.model", TEXT, "bert")
    g.put_array("tokenizer.ggml.tokens", TEXT, ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "▁mill", "s", "▁a", "."])
    g.put_array("tokenizer.ggml.token_type", I32, [3, 2, 3, 3, 1, 1, 1, 1])


# Another architecture than llama: what its description may ask for, with tensors enough to be read by.
def arch(name, keys, tensors):
    g = Gguf()
    g.put("general.architecture", TEXT, name)
    for key, value in (("block_count", 1), ("embedding_length", WIDTH), ("attention.head_count", HEADS),
                       ("attention.head_count_kv", 1), ("feed_forward_length", HIDDEN), ("context_length", 16)):
        g.put(f"{name}.{key}", U32, value)
    for key, kind, value in keys:
        g.put(f"{name}.{key}", kind, value)
    kv = WIDTH // HEADS
    g.put_tensor("token_embd.weight", [WIDTH, TOKENS])
    g.put_tensor("output_norm.weight", [WIDTH])
    for part, shape in tensors(kv):
        g.put_tensor(part if part.count(".") else f"blk.0.{part}.weight", shape)
    return g.bytes()


RMS = ("attention.layer_norm_rms_epsilon", F32, 1e-5)


def gemma2(kv):
    return [(f"{n}", [WIDTH]) for n in ("attn_norm", "ffn_norm", "post_attention_norm", "post_ffw_norm")] + [
        ("attn_q", [WIDTH, WIDTH]), ("attn_k", [WIDTH, kv]), ("attn_v", [WIDTH, kv]), ("attn_output", [WIDTH, WIDTH]),
        ("ffn_gate", [WIDTH, HIDDEN]), ("ffn_up", [WIDTH, HIDDEN]), ("ffn_down", [HIDDEN, WIDTH])]


def fused(kv):
    return [("attn_norm", [WIDTH]), ("ffn_norm", [WIDTH]), ("attn_qkv", [WIDTH, WIDTH + 2 * kv]),
            ("attn_output", [WIDTH, WIDTH]), ("ffn_up", [WIDTH, 2 * HIDDEN]), ("ffn_down", [HIDDEN, WIDTH])]


def experts(kv):
    return [("attn_norm", [WIDTH]), ("ffn_norm", [WIDTH]), ("attn_q_norm", [kv]), ("attn_k_norm", [kv]),
            ("attn_q", [WIDTH, WIDTH]), ("attn_k", [WIDTH, kv]), ("attn_v", [WIDTH, kv]), ("attn_output", [WIDTH, WIDTH]),
            ("ffn_gate_inp", [WIDTH, 2]), ("ffn_gate_exps", [WIDTH, HIDDEN, 2]), ("ffn_up_exps", [WIDTH, HIDDEN, 2]),
            ("ffn_down_exps", [HIDDEN, WIDTH, 2])]


def shared_expert(kv):
    biases = [(f"blk.0.attn_{n}.bias", [size]) for n, size in (("q", WIDTH), ("k", kv), ("v", kv))]
    return biases + [part for part in experts(kv) if not part[0].endswith("k_norm") and not part[0].endswith("q_norm")] + [
        ("ffn_gate_inp_shexp", [WIDTH]), ("ffn_gate_shexp", [WIDTH, HIDDEN]), ("ffn_up_shexp", [WIDTH, HIDDEN]),
        ("ffn_down_shexp", [HIDDEN, WIDTH])]


def gguf(keys, version=3, kind=0):
    g = Gguf(version)
    shape_keys(g)
    keys(g)
    model_tensors(g, kind)
    return g.bytes()


def blocks():
    g = Gguf()
    g.put("general.architecture", TEXT, "other")
    g.put_tensor("q8", [32, 2], 8)
    return g.bytes()


def llama2c(vocabulary):
    kv = WIDTH // HEADS
    layer = 2 * WIDTH + 2 * WIDTH * WIDTH + 2 * WIDTH * kv + 3 * WIDTH * HIDDEN
    count = abs(vocabulary) * WIDTH * (2 if vocabulary < 0 else 1) + layer + WIDTH + 16 * (WIDTH // HEADS)
    return struct.pack("<7i", WIDTH, HIDDEN, 1, HEADS, 1, vocabulary, 16) + struct.pack(f"<{count}f", *([0.5] * count))


write("gguf", {"spm_v3": gguf(spm_keys), "bytes_v2": gguf(bytes_keys, 2), "wordpiece_f16": gguf(wordpiece_keys, 3, 1),
               "spm_v1": gguf(spm_keys, 1), "no_tokenizer": gguf(lambda g: None), "blocks": blocks(),
               "gemma2": arch("gemma2", [RMS, ("attention.sliding_window", U32, 4), ("attn_logit_softcapping", F32, 50.0),
                                         ("final_logit_softcapping", F32, 30.0), ("attention.sliding_window_pattern", U32, 2)],
                              gemma2),
               "phi3": arch("phi3", [RMS, ("rope.dimension_count", U32, 2), ("rope.scaling.type", TEXT, "yarn"),
                                     ("rope.scaling.factor", F32, 4.0), ("rope.scaling.original_context_length", U32, 8)], fused),
               "qwen3moe": arch("qwen3moe", [RMS, ("expert_count", U32, 2), ("expert_used_count", U32, 1),
                                             ("expert_feed_forward_length", U32, HIDDEN)], experts),
               "qwen2moe": arch("qwen2moe", [RMS, ("expert_count", U32, 2), ("expert_used_count", U32, 1),
                                             ("expert_feed_forward_length", U32, HIDDEN),
                                             ("expert_shared_feed_forward_length", U32, HIDDEN)], shared_expert),
               "llama2c_tied": llama2c(TOKENS), "llama2c_untied": llama2c(-TOKENS)})

# ---- types: a byte that chooses the type, then blocks or values of it

write("types", {"%02d" % t: bytes([t]) + struct.pack("<256f", *[((37 * i + t) % 101 - 50) / 64 for i in range(256)])
                for t in range(22)})

# ---- safetensors: the header, a zero byte, the data

write("safetensors", {
    "two": json.dumps({"__metadata__": {"format": "pt"},
                       "a": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]},
                       "b": {"dtype": "BF16", "shape": [4], "data_offsets": [24, 32]}}).encode() + bytes(33),
    "scalar": json.dumps({"x": {"dtype": "I64", "shape": [], "data_offsets": [0, 8]}}).encode() + bytes(9),
    "empty": b"{}",
    "types": json.dumps({t.lower(): {"dtype": t, "shape": [1], "data_offsets": [8 * i, 8 * i + size]}
                         for i, (t, size) in enumerate([("F64", 8), ("I64", 8), ("F16", 2), ("I8", 1)])}).encode()
    + bytes(40)})

# ---- tokenizer.json

BYTE_LEVEL = {"type": "ByteLevel", "add_prefix_space": False, "use_regex": True}
BPE = {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2, "Ġ": 3, "Ġa": 4, "1": 5, "Ã": 6, "©": 7, "Ã©": 8},
       "merges": ["a b", ["Ġ", "a"], "Ã ©"]}
SPLIT = {"type": "Sequence", "pretokenizers": [
    {"type": "Split", "pattern": {"Regex": "\\p{N}{1,3}|[^\\s\\p{N}]+|\\s+"}, "behavior": "Isolated", "invert": False},
    {"type": "ByteLevel", "add_prefix_space": False, "use_regex": False}]}
SPM = {"added_tokens": [{"id": 1, "content": "<s>", "special": True}],
       "normalizer": {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "▁"},
                                                          {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]},
       "decoder": {"type": "Sequence", "decoders": [{"type": "Replace", "pattern": {"String": "▁"}, "content": " "},
                                                    {"type": "ByteFallback"}, {"type": "Fuse"},
                                                    {"type": "Strip", "content": " ", "start": 1, "stop": 0}]},
       "model": {"type": "BPE", "unk_token": "<unk>", "byte_fallback": True, "fuse_unk": True,
                 "vocab": {"<unk>": 0, "<s>": 1, "<0x64>": 2, "▁": 3, "a": 4, "b": 5, "ab": 6, "▁a": 7},
                 "merges": ["▁ a", "a b"]}}
WORDS = {"normalizer": {"type": "BertNormalizer", "lowercase": True, "strip_accents": None, "clean_text": True,
                        "handle_chinese_chars": True},
         "pre_tokenizer": {"type": "BertPreTokenizer"},
         "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                   "max_input_chars_per_word": 100, "vocab": {"[UNK]": 0, "mill": 1, "##s": 2, "a": 3}}}
write("tokenizer", {
    "byte_level": json.dumps({"pre_tokenizer": BYTE_LEVEL, "model": BPE}),
    "split_nfc": json.dumps({"normalizer": {"type": "NFC"}, "pre_tokenizer": SPLIT, "model": BPE,
                             "added_tokens": [{"id": 9, "content": "<e>", "special": True, "lstrip": True, "rstrip": True}],
                             "post_processor": {"type": "TemplateProcessing", "single": [
                                 {"SpecialToken": {"id": "<e>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
                                 "special_tokens": {"<e>": {"id": "<e>", "ids": [9], "tokens": ["<e>"]}}}}),
    "spm": json.dumps(SPM, ensure_ascii=False), "wordpiece": json.dumps(WORDS)})

# ---- JSON, YAML

write("json", {"all": '{"a":[1,-2.5e-3,true,false,null,"\\u00e9\\ud83d\\ude42\\n"],"b":{"c":{}}}',
               "deep": "[" * 60 + "]" * 60, "big": "[18446744073709551615,1e308,-0.0,123456789012345678901234567890]",
               "bad": '{"a":1,"a":2}', "text": '"\\u0000 \u00e9"'})
write("yaml", {"block": "a: 1\nb:\n  - x\n  - y: 'it''s'\n    z: \"\\u00e9\\t\"\nc: |\n  two\n  lines\nd: >-\n  folded\n  text\n",
               "flow": "{a: [1, 2, {b: null}], 'c d': true, e: !!str 5}\n", "anchors": "a: &x [1, 2]\nb: *x\n",
               "documents": "---\na: 1\n...\n---\nb: 2\n", "comment": "# c\na: # d\n  b\n", "bom": "\ufeffa: b\r\nc: d\r\n",
               "tab": "? k\n: v\n? a: 1\n  b:\t- x\n"})

# ---- what endpoints send: "prompt|border" on the first line, then the reply

write("endpoint", {
    "stream": "|\n: a comment\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"the \"},\"finish_reason\":null}]}\n\n"
              "data: {\"choices\":[{\"text\":\"mill\",\"finish_reason\":\"length\"}]}\n\n"
              "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":2}}\n\ndata: [DONE]\n",
    "chat": '|\n' + json.dumps({"choices": [{"message": {"content": "Ada"}, "finish_reason": "stop", "logprobs": {
        "content": [{"token": "Ada", "logprob": -0.5, "top_logprobs": [{"token": "Bo", "logprob": -0.1}]}]}}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 1}}),
    "echo": "The |mill\n" + json.dumps({"choices": [{"text": "The mill", "finish_reason": "length", "logprobs": {
        "tokens": ["The", " mill"], "token_logprobs": [None, -1.5], "top_logprobs": [None, {" mill": -1.5}],
        "text_offset": [0, 3]}}]}),
    "bytes": "r|é\n" + json.dumps({"choices": [{"text": "ré", "logprobs": {
        "tokens": ["r", "bytes:\\xc3", "bytes:\\xa9"], "token_logprobs": [None, -1, -2], "text_offset": [0, 1, 2]}}]}),
    "parts": '|\n' + json.dumps({"choices": [{"message": {"content": [{"type": "text", "text": "a"}], "refusal": None}}]}),
    "models": '|\n' + json.dumps({"data": [{"id": "m"}, {"id": ""}]}),
    "error": '|\n' + json.dumps({"error": {"message": "slow\ndown", "code": "insufficient_quota"}}),
    "html": "|\n<html><title>502 Bad Gateway</title></html>", "place": "|\nhttp://127.0.0.1:8080/v1#m"})

# ---- bodies of requests to a server: the first byte chooses the route

write("request", {
    "completion": "\0" + json.dumps({"model": "m", "prompt": ["a", "b"], "max_tokens": 4, "temperature": 0.5, "top_p": 0.9,
        "top_k": 5, "n": 2, "seed": 1, "stop": ["x", "yz"], "stream": True, "stream_options": {"include_usage": True},
        "logprobs": 2, "echo": True, "best_of": 2, "user": "u", "suffix": None, "logit_bias": {}}),
    "ids": "\0" + json.dumps({"prompt": [[1, 2], [3], "t"], "presence_penalty": 0, "grammar": "root ::= \"a\" | \"b\""}),
    "chat": "\1" + json.dumps({"messages": [{"role": "developer", "content": "kind"},
        {"role": "user", "content": [{"type": "text", "text": "a"}]},
        {"role": "assistant", "content": None, "tool_calls": [{"id": "1", "function": {"name": "f", "arguments": "{}"}}]},
        {"role": "tool", "content": "4", "tool_call_id": "1"}], "max_completion_tokens": 9, "logprobs": True,
        "top_logprobs": 3, "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {
            "type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}}},
        "tools": [], "tool_choice": "none", "modalities": ["text"]}),
    "embedding": "\2" + json.dumps({"input": ["a", [1, 2]], "encoding_format": "base64", "dimensions": 4}),
    "refused": "\0" + json.dumps({"prompt": "a", "temprature": 1, "frequency_penalty": 0.5}),
    "deep": "\0" + "[" * 3000, "cut": "\1{\"messages\":[{\"role\":\"user\""})

# ---- recorded answers: the first byte chooses name, map and format

write("replay", {
    "jsonl": '\0{"id":"q1","answer":"Ada"}\n\n{"id":2,"answer":"two\\nlines","finish":"length","ms":2.5}\n',
    "samples": '\0{"id":"q","sample":1,"text":"b"}\n{"id":"q","sample":0,"text":"a","task":"t"}\n',
    "scores": '\0{"id":"c","text":"","logprobs":[{"logprob":-1,"tokens":2,"bytes":5,"greedy":true}]}\n',
    "list": '\0[{"example_id":3,"category":"Age","arc_pred_race":"A"}]',
    "named": '\1{"id":"a","arc_completion":"x"}\n{"id":"b","arc_completion":"y"}\n',
    "csv": 'Zid,text\n1,"a ""b"""\n2,c\n', "tsv": "\x1bid\tanswer\n1\tx\n", "mapped": "\x03a,b\nk,v\n"})

# ---- templates: options, source, and behind a zero byte the variables

write("template", {
    "chat": "3{% for m in messages %}{{ '<|' + m['role'] + '|>' }}{{ m.content | trim }}{% if not loop.last %}\n{% endif %}"
            "{% endfor %}{% if add_generation_prompt %}{{ bos_token }}{% endif %}",
    "macro": "0{% macro f(a, b='q') -%} <{{ a }}{{ b }}> {%- endmacro %}{{ f(1) }}{{ f(x, b=[1, 2][0]) }}",
    "namespace": "0{% set ns = namespace(c=0, l=[]) %}{% for i in range(9) if i is odd %}{% set ns.c = ns.c + i %}"
                 "{% if i > 5 %}{% break %}{% endif %}{% else %}none{% endfor %}{{ ns.c }}",
    "filters": "4{{ messages | selectattr('role', 'equalto', 'user') | map(attribute='content') | join(', ') | upper }}"
               "{{ rows | tojson(indent=2) }}{{ 'a-b'.split('-') | reverse | list }}{{ x | round(1) | string | length }}",
    "slices": "0{{ messages[1:][::-1][0]['content'][-4:] }}{{ rows[-1] ~ n // 2 ** 3 % 2 }}{{ not n in [1, 2.5] }}",
    "tests": "0{{ tools is none and n is number and missing is not defined and messages is iterable }}{% raw %}{{ }}{% endraw %}",
    "raise": "2{# c #}{{- raise_exception('no ' ~ n) if n > 2 else dict(a=1).items() }}",
    "block": "1{% set t %}a{{ n }}{% endset %}{% filter upper %}{{ t }}{% endfilter %}{% with q = 1 %}{{ q }}{% endwith %}",
    "given": '4{{ a.b[0].c }}{% for k, v in a.items() %}{{ k }}{% endfor %}\0{"a":{"b":[{"c":"d"}]}}'})

# ---- grammars, and behind a zero byte a text; schemas

write("grammar", {
    "list": 'root ::= item+ # one a line\nitem ::= "- " [^\\r\\n\\x0b\\u2028]{1,9} "\\n"\n\0- ab\n- \u00e9\n',
    "nested": 'root ::= "(" root ")" | "a" root "b" | "a" root "c" | "x"\n\0(aaxbc)',
    "object": 'root ::= "{" (pair ("," pair)*)? "}"\npair ::= "\\"" [a-z]* "\\"" ":" (root | num)\nnum ::= "-"? [0-9]{1,3}\n\0{"a":{"b":-12}}',
    "empty": 'root ::= (a* | "")+ b?{2,3} c\na ::= "x"?\nb ::= | "\\U0001F642"\nc ::= .{0}\n\0xx',
    "left": 'root ::= a\na ::= b* a "x" | "y"\nb ::= "z" |\n',
    "classes": 'root ::= [-+*/] [a\\]^-] [^\\u0400-\\u04FF\\u1000\\u2000-\\U0001FFFF] (\n "a" |\n "b"\n)\n\0+-\u00e9b',
    "counts": 'root ::= ("a" | "aa"){2,300} [ab]{3,} "abc"{2}\n\0aaaaaaaaabababcabc'})
write("schema", {
    "person": '{"type":"object","properties":{"name":{"type":"string","minLength":1,"maxLength":9},"age":{"type":"integer","minimum":-3,'
              '"maximum":130},"ok":{"type":["boolean","null"]}},"required":["name"],"additionalProperties":{"type":"number","exclusiveMinimum":0}}',
    "tree": '{"$ref":"#/$defs/t","$defs":{"t":{"type":"object","properties":{"v":{"enum":[1,"a",null,{"x":[2.5]}]},"next":{"anyOf":'
            '[{"$ref":"#/$defs/t"},{"type":"null"}]}},"required":["v","next"],"additionalProperties":false}}}',
    "lists": '{"type":"array","prefixItems":[{"const":1},{"format":"date"}],"items":{"type":"string","pattern":"^[a-f\\\\d]+$|x.y"},'
             '"minItems":1,"maxItems":4}',
    "choices": '{"oneOf":[{"type":"integer","minimum":0},{"properties":{"k":{"const":"a"}},"required":["k"]},{"properties":{"k":{"const":"b"}},'
               '"required":["k"]}]}',
    "joined": '{"allOf":[{"$ref":"#/definitions/a"},{"properties":{"b":true},"required":["b"]}],"definitions":{"a":{"type":"object",'
              '"properties":{"b":{"maximum":9},"c~/":{"format":"uuid"}}}}}',
    "refused": '{"type":"number","multipleOf":0.1}'})

# ---- task files, and behind a zero byte a row

CHOICE = """task: quiz
version: 1
title: "What is told"
dataset_path: quiz.jsonl
dataset_kwargs: {format: jsonl}
where: "{{ n > 1 }}"
output_type: multiple_choice
doc_to_text: "Q: {{question}}\\nA:"
doc_to_choice: "{{choices}}"
doc_to_target: answer
target_mask: "{{[false, true, false]}}"
permute_choices: yes
num_fewshot: 2
fewshot_config: {sampler: first_n}
groups: [group]
scorer: choice
metric_list: [acc]
"""
GENERATE = """task: ask
dataset_path: [a.csv, b.csv]
dataset_kwargs: {header: yes}
output_type: generate_until
description: "Answer in a word.\\n"
doc_to_text: question
doc_to_target: "{{ [choices[answer], 'none'] }}"
generation_kwargs: {until: ["\\n", "Q:"], max_gen_toks: 8, temperature: 0.5, top_p: 0.9}
repeats: 2
filter_list:
  - name: last
    filter: [{function: regex, pattern: "(\\\\w+)"}, {function: take_first}]
labels: {safe: "{{ label == 'safe' }}"}
cluster: id
pair: pair
lang: "en"
scorer: match
"""
SENTENCES = """task: pairs
dataset_path: p.txt
dataset_kwargs: {format: lines, pattern: "^(?<a>.*) / (?<b>.*)$"}
output_type: loglikelihood
doc_to_text: ""
doc_to_choice: ["{{a}}", "{{b}}"]
doc_to_target: "{{ 0 }}"
scorer: pair
needs: [scores]
"""
CHAIN = """task: mills
dataset_path: rows.jsonl
output_type: generate_until
methods:
  agree:
    options: {tau: 0.5}
    steps:
    - {name: own, text: "own {{n}}"}
    - {name: more, samples: 10, temperature: 1, agrees: own, text: "more {{n}}"}
    - {name: doc, hide: [document], max_gen_toks: 8, text: "doc {{id}}"}
    answer: "{{said.own.text if said.more.confidence >= option.tau else said.doc.text}}"
    signal: more
doc_to_target: gold
split: "{{'valid' if n == 1 else 'test'}}"
scorer: situated,kind=text
metric_list: [acc, {metric: source_regret, twins: true}]
"""
write("task", {"choice": CHOICE, "chain": CHAIN, "generate": GENERATE, "refusal": GENERATE.replace("match", "refusal"),
               "sentences": SENTENCES + '\0{"a":"The mill runs.","b":"The mill sings."}', "unknown": "task: x\nscorrer: y\n"})

# ---- tables and rows: the first byte chooses separator and header, or the format

write("csv", {"plain": "2a,b\n1,2\n", "quoted": '0"a ""b""",c\r\n"two\nlines",\r\n', "tabs": "1a\tb\n\"c\t\n",
              "bom": "2\ufeffx,y\n\n,\n", "short": "0a,b\nc\nd,e", "open": '0a\n"b\n'})
write("dataset", {"jsonl": '\0{"a":1}\n\n{"b":[2]}\n[3]\n', "list": '\1[{"a":"}]"}, {"b":[1,{}]} ,{"c":null}]',
                  "records": '\x0b{"data":{"items":[{"a":1}]}}', "csv": '\x07a,,b\n1,2,3\n', "tsv": "\x03a\tb\n",
                  "lines": "\4one\n\n two \n", "pattern": "\x0ek v w\nkv\n"})

total = sum(f.stat().st_size for f in ROOT.rglob("*") if f.is_file())
# ---- reference materials

MATERIAL = """material: small
family: test
title: Right with p
plant:
  kind: script
  doses: [{p: 1}, {name: half, p: 0.5}]
  values: {rest: 1 - p}
rows:
  count: 4
  columns:
    id: "r{{i}}"
    gold: "{{ i % 2 }}"
    posterior: ["{{ u[0] }}", "{{ 1 - u[0] }}"]
task:
  id: id
  output_type: multiple_choice
  doc_to_text: "Is it so, {{id}}?"
  doc_to_choice: ["No.", "Yes."]
  doc_to_target: gold
  labels: {posterior: "{{posterior}}", kind: "{{gold}}"}
  groups: [kind]
make:
  cases:
    - {when: {kind: 1}, chance: "{p}", take: gold, confidence: 0.9, sharpen: "{p + 1}"}
    - {chance: "{rest}", by: kind, cases: [{take: wrong}, {shares: posterior}]}
    - {shares: [0.3, 0.7]}
figures:
  - {metric: acc, recovers: p, tol: ci}
  - {metric: {metric: ece, bins: 5}, recovers: (p - 0.5) | abs, tol: 0.5}
  - {metric: acc, group: kind=1, recovers: p, tol: ordering}
repeat: 3
"""
write("material", {"script": MATERIAL, "data": MATERIAL.replace("kind: script", "kind: data"),
                   "exact": MATERIAL.replace("kind: script", "kind: exact").split("make:")[0] +
                   "make: 'script:constant,choice={(2 - 2 * p) | int}'\nmetric: acc\nrecovers: none if p < 1 else 0.5\ntol: exact\n",
                   "written": "material: w\nplant: {kind: script, doses: [0, 1]}\nrows: {count: 2, columns: {s: 'x{{i}} of {{dose}}'}}\n"
                   "task: {output_type: generate_until, doc_to_text: s, labels: {source: '{{s}}'}, scorer: copied}\n"
                   "make: {cases: [{label: source, first: '{dose}', then: '~'}]}\nmetric: longest_run\nrecovers: dose\n"
                   "interval: student-t\n"})


# ---- pickles, SentencePiece models, ranks, RWKV's vocabularies

TENSOR = (b"ctorch._utils\n_rebuild_tensor_v2\n((X\7\0\0\0storagectorch\nFloatStorage\nX\1\0\0\0" b"0X\3\0\0\0cpuK\6tQK\0"
          b"K\2K\3\x86K\3K\1\x86\x89}tR")


def stored_zip(name, data):
    head = struct.pack("<HHHHHIIIHH", 20, 0, 0, 0, 0, 0, len(data), len(data), len(name), 0)
    local = b"PK\3\4" + head + name + data
    entry = b"PK\1\2" + struct.pack("<H", 20) + head + struct.pack("<HHHII", 0, 0, 0, 0, 0) + name
    return local + entry + b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(entry), len(local), 0)


STATE = b"\x80\2}q\0(X\1\0\0\0a" + TENSOR + b"X\1\0\0\0b}X\1\0\0\0c" + TENSOR + b"su."
write("pickle", {"plain": STATE, "zip": stored_zip(b"m/data.pkl", STATE),
                 "old": b"\x80\2\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.\x80\2M\xe9\3.\x80\2}." + STATE,
                 "call": b"\x80\4\x8c\5posix\x8c\6system\x93\x94\x8c\4true\x85R}b."})


def varint(n):
    out = b""
    while n > 127:
        out, n = out + bytes([n & 127 | 128]), n >> 7
    return out + bytes([n])


def field(number, data):
    return varint(number << 3 | 2) + varint(len(data)) + data if isinstance(data, bytes) else varint(number << 3) + varint(data)


def piece(form, score, kind=1):
    return field(1, field(1, form.encode()) + varint(2 << 3 | 5) + struct.pack("<f", score) + field(3, kind))


PIECES = b"".join(piece(*p) for p in [("<unk>", 0, 2), ("<s>", 0, 3), ("</s>", 0, 3), ("\u2581", -3), ("a", -4), ("b", -4),
                                      ("ab", -5), ("\u2581a", -3.5), ("<u>", 0, 4), ("ba", -1, 5), ("<0x41>", 0, 6)])
UNITS = [0] * 600
UNITS[0], UNITS[256 ^ 65], UNITS[512] = 256 << 10, 65 | 1 << 8 | (512 ^ 256 ^ 65) << 10, 1 << 31
CHARSMAP = struct.pack("<I600I", 2400, *UNITS) + b"a\0"
write("sentencepiece", {"unigram": PIECES + field(2, field(3, 1)) + field(3, field(2, CHARSMAP)),
                        "bpe": PIECES + field(2, field(3, 2) + field(35, 1)) + field(3, field(4, 0)),
                        "suffix": PIECES + field(2, field(3, 1) + field(24, 1) + field(41, 2 ** 64 - 1))})
write("vocabulary", {"ranks": "YQ== 0\nYg== 1\nYWI= 2\nIGE= 3\nIA== 4\n", "world": "1 'a' 1\n2 'ab' 2\n3 b'\\xc3' 1\n4 '\\n' 1\n",
                     "gap": "YQ== 0\nYmE= 9\n"})

# ---- zip files and logs of other programs


def zstd_frame(data):  # one raw block
    return b"\x28\xb5\x2f\xfd\x20" + bytes([len(data)]) + struct.pack("<I", len(data) << 3 | 1)[:3] + data


def zip_of(members, method=8):
    out, directory = b"", b""
    for name, data in members.items():
        raw = data if isinstance(data, bytes) else json.dumps(data).encode()
        deflater = zlib.compressobj(6, zlib.DEFLATED, -15)
        packed = {0: lambda: raw, 8: lambda: deflater.compress(raw) + deflater.flush(), 93: lambda: zstd_frame(raw)}[method]()
        facts = struct.pack("<HHHHHIIIHH", 20, 0, method, 0, 33, zlib.crc32(raw), len(packed), len(raw), len(name), 0)
        directory += b"PK\1\2" + struct.pack("<H", 20) + facts + struct.pack("<HHHII", 0, 0, 0, 0, len(out)) + name.encode()
        out += b"PK\3\4" + facts + name.encode() + packed
    end = struct.pack("<HHHHIIH", 0, 0, len(members), len(members), len(directory), len(out), 0)
    return out + directory + b"PK\5\6" + end


HEADER = {"version": 2, "status": "success", "eval": {"task": "mill", "model": "m", "scorers": [{"name": "match"}]}}
SAMPLE = {"id": 1, "epoch": 1, "input": "Who?", "target": "A", "choices": ["Lena", "Bo"], "metadata": {"kind": "x"},
          "messages": [{"role": "user", "content": "attachment://aa"}, {"role": "assistant", "content": [{"type": "text", "text": "A"}]}],
          "output": {"choices": [{"stop_reason": "stop"}], "usage": {"input_tokens": 2, "output_tokens": 1}},
          "scores": {"match": {"value": "C"}, "length": {"value": 0.5}}, "attachments": {"aa": "Who?"}}
EVAL = {"header.json": HEADER, "samples/1_epoch_1.json": SAMPLE}
SMALL = {"header.json": b'{"eval":{"task":"t"}}', "samples/1_epoch_1.json": b'{"id":"a","input":"x","error":{"message":"e"}}'}
write("zip", {"deflate": zip_of(EVAL), "stored": zip_of(SMALL, 0), "zstd": zip_of(SMALL, 93), "empty": zip_of({})})
CHOICE = {"doc_id": 0, "doc": {"q": "x"}, "target": "1", "arguments": {"gen_args_0": {"arg_0": "x", "arg_1": " a"}, "gen_args_1": {"arg_0": "x", "arg_1": " b"}},
          "resps": [[["-1.5", "False"]], [["-0.5", "True"]]], "filtered_resps": [["-1.5", "False"], ["-0.5", "True"]], "filter": "none",
          "metrics": ["acc", "bleu"], "acc": 1.0, "bleu": 3.5}
WRITTEN = {"doc_id": 1, "doc": {}, "target": "four", "arguments": [["2+2?", {"until": ["\n"]}]], "resps": [["four"]], "filtered_resps": ["four"],
           "filter": "strict", "metrics": ["exact_match"], "exact_match": 1}
ATTEMPT = {"entry_type": "attempt", "uuid": "u1", "seq": 0, "status": 2, "probe_classname": "mill.Door", "goal": "g",
           "prompt": {"turns": [{"role": "user", "content": {"text": "open", "lang": "en"}}]}, "outputs": [{"text": "no"}, None],
           "detector_results": {"d.A": [0.0, 1.0], "d.B": [0.9, None]}, "notes": {}}
GARAK = [{"entry_type": "start_run setup", "plugins.target_name": "m", "run.eval_threshold": 0.5}, {"entry_type": "init"}, ATTEMPT,
         {"entry_type": "eval", "probe": "mill.Door", "detector": "d.A", "passed": 1, "total": 2}]


def lines(rows):
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


write("log", {"eval": b"\0" + zip_of(EVAL), "eval-zstd": b"\0" + zip_of(SMALL, 93), "inspect": b"\0" + json.dumps(HEADER | {"samples": [SAMPLE]}).encode(),
              "lm-eval": b"\1" + lines([CHOICE, WRITTEN]), "garak": b"\2" + lines(GARAK)})
ID = "3-0123456789abcdef0123456789abcdef-1"
write("batch", {"good": json.dumps({"custom_id": ID, "response": {"status_code": 200, "body": {"choices": [{"message": {"content": "x"}}]}}, "error": None}),
                "failed": json.dumps({"custom_id": ID, "response": {"status_code": 429, "body": {"error": {"message": "slow\n"}}}}),
                "error": json.dumps({"custom_id": ID, "response": None, "error": {"message": "gone"}}), "id": '{"custom_id":"1-2-3"}'})

write("lm_eval", {
    "files": "task: a\ntag: [x]\ndataset_path: json\ndataset_kwargs: {data_files: {test: a.jsonl, train: b.jsonl}, revision: x}\ntest_split: test\n"
             "fewshot_config: {split: train, sampler: first_n}\noutput_type: multiple_choice\ndoc_to_text: q\ndoc_to_choice: [a, b]\ndoc_to_target: g\n",
    "metrics": "task: a\ntag: x\ndataset_path: r.jsonl\noutput_type: generate_until\nmetric_list:\n  - {metric: exact_match, ignore_case: true}\n  - metric: f1\n",
    "text": "task: a\ngroup: x\ndataset_path: text\ndataset_kwargs: {data_files: l.txt}\nprocess_docs: null\n",
    "refused": "task: a\ndataset_name: x\nprocess_docs: f\n", "hub": "task: a\ndataset_name: x\ndataset_path: some/where\n"})

write("case", {
    "gsn": "module: {name: m, brief: b}\nG1: {text: a, supportedBy: [S1], inContextOf: C1, reason: arith, formal: ['x < 1']}\nC1: {}\n"
           "S1: {supportedBy: [Sn1, G2], join: or}\nSn1: {trust: {b: 0.5}, needs: {figure: f, op: '<', target: 2, max_age: 3d}}\n"
           "G2: {undeveloped: true, layer1: x}\nCG1: {challenges: G2}\n",
    "tdt": json.dumps({"format": "tdt-1", "root": "a", "nodes": [{"id": "a", "kind": "goal", "text": "A", "parent": None, "children": ["b"]},
                                                                 {"id": "b", "kind": "law", "parent": "a", "formal": ["p", "q"], "x": 1}]}),
    "cae": json.dumps({"format": "cae-1", "nodes": [{"id": "a", "kind": "claim"}, {"id": "b", "kind": "side-warrant", "supports": "a"}]}),
    "tea": json.dumps({"version": "1.0", "case": {"name": "n"}, "tree": {"id": "u", "type": "GOAL", "name": "G1", "context": ["c"], "assumption": "d", "children": [
        {"id": "v", "type": "EVIDENCE", "name": "E1", "url": "w", "children": []}, {"id": "d", "type": "PROPERTY_CLAIM", "name": "D", "isDefeater": True}]}}),
    "sacm": "<p:ArgumentPackage xmlns:p='s'><e xsi:type='p:Claim' gid='c' name='n'><x/>&#65;</e><e xsi:type='p:ArtifactReference' gid='a'/>"
            "<e xsi:type='p:AssertedEvidence' gid='r' source='a' target='c'/><v:y><![CDATA[z]]></v:y></p:ArgumentPackage>",
    "prolog": "case(name, 'n'). kind(a, goal). text(a, 'x\\ny'). member(a, '{\"join\":\"or\"}').\na :- 'b c', d(1, [2]).\na :- e ; f.\n'b c'.\n",
    "cycle": "G1: {supportedBy: G2}\nG2: {supportedBy: G1}\n"})

write("formula", {
    "arith": "x < s - v * dt\n0 < v <= 1\nv*v = 2*a*x\n(x + 1)^2 != 2.5e-3 / (y - 1)\n",
    "logic": "not p implies q or p and r iff true\nIF x > 1 THEN forall y, z in Int: f(y, z) >= x\nf: (Int, Int) -> Real\n",
    "units": "v [m/s] <= 1\ndt: Real [ms]\nx [m] = v * dt [s]\nF [N] = 3 [kg] * g [m/s2]\nn [items/h] > 0 [%]\n",
    "sets": "A = {a, b} union B \\ C inter D\nforall x in A: x notin B and (A sub B or a in C)\nempty ~= A\n",
    "bad": "r > > 3\n3x\n(((((\n[m\nx ^ 99\nA sub sub B\n"})
write("rules", {
    "release": "authorised(R), R \\= r8\nauthorised(X) :- reviewed(X), passed(X, [unit|T]).\nreviewed(r7)\npassed(r7, [unit, 'it''s'])\n",
    "cycle": "path(a, X)\npath(X, Y) :- path(X, Z), edge(Z, Y)\npath(X, Y) :- edge(X, Y)\nedge(a, b)\nedge(b, a)\n",
    "numbers": "n(X), X >= 3\nn(0)\nn(M) :- n(K), K < 5, M is K + 2 * -1.5e3 // max(2, abs(-(3))) mod 7\n",
    "negation": "fine(X)\nfine(X) :- m(X), \\+ bad(X)\nbad(X) :- member(X, [a, b]), X == a\nm(a)\nm(b)\n",
    "endless": "n(0)\nn(X) :- n(s(X))\n",
    "hostile": "p\np :- shell(ls)\n:- halt\np :- call(X)\np :- a ; b\nopen(x, y)\np :- X\nwin(X) :- \\+ win(X)\n"})

print(f"{total} bytes of seeds")

# ---- logs of agents (first byte: 1 CSV, 0 JSONL, 2 lenient), roads and scenes

write("agents", {
    "wide": "1id,gold,L,L_confidence,A_1,A_1_confidence,A,A_confidence,final,final_confidence\n"
            "1,x,x,1,y,0.9,x,0.5,x,1\n2,y,y,1,y,0.9,unknown,0,x,1\n3,,y,0.2,y,0.9,y,0.5,x,1\n",
    "long": '0{"item":"a","gold":"x","agent":"A","round":1,"answer":"x","confidence":0.5}\n'
            '{"item":"a","agent":"A","round":2,"answer":"y","cost":1}\n{"item":"b","gold":"y","agent":"B","answer":"y"}\n',
    "lenient": "3id,gold,A,A_confidence,B,B_confidence\n1,x,x,95%,y,1\n2,y,pear,1,y,1\n3,x,x,1,x,0\n",
})
LANE = ('<lanelet id="{0}"><leftBound><point><x>0</x><y>3</y></point><point><x>9</x><y>3</y></point></leftBound><rightBound>'
        '<point><x>0</x><y>0</y></point><point><x>9</x><y>0</y></point></rightBound>{1}</lanelet>')
write("drive", {
    "roads": '<commonRoad benchmarkID="b" commonRoadVersion="2020a" timeStepSize="0.1">'
             + LANE.format(1, '<successor ref="2"/><speedLimit>5</speedLimit>') + LANE.format(2, '<predecessor ref="1"/>')
             + '<dynamicObstacle id="4"><type>car</type><shape><rectangle><length>4</length><width>2</width></rectangle></shape>'
             '<initialState/></dynamicObstacle></commonRoad>',
    "scene": json.dumps({"token": "t", "style": "N", "ego": {"pose": [0, 0, 0], "v": 10},
                         "human": [[5 * (i + 1), 0, 0] for i in range(8)], "route": [[-50, 0], [500, 0]],
                         "drivable": [[[-50, -4], [500, -4], [500, 4], [-50, 4]]], "lanes": [[[-50, 0], [500, 0], [500, 4], [-50, 4]]],
                         "tracks": [{"id": "1", "kind": "vehicle", "size": [4, 2], "states": [[30, 0, 0, 0]]}]}),
})

# ---- sources of Solidity: old forms, new forms, assembly, broken ones

write("contract", {
    "old.sol": """pragma solidity ^0.4.11;
contract Owned { address o; function Owned() { o = msg.sender; } modifier only { if (msg.sender != o) throw; _; } }
contract C is Owned { mapping(address => uint) b; uint[] l; event E(uint indexed a);
  function () payable { b[msg.sender] += msg.value; E(msg.value); }
  function take(uint n) only { if (b[msg.sender] >= n) { if (!msg.sender.call.value(n).gas(9)()) throw; b[msg.sender] -= n; } }
  function rest() { var (x, y) = (l.length, now); for (uint i = 0; i < l.length; i++) l[i] = uint(sha3(block.blockhash(block.number - 1))) % 7; suicide(o); }
}
""",
    "new.sol": """pragma solidity >=0.8.4 <0.9.0;
import {A as B} from "./x.sol"; error Bad(uint a); type T is uint; using L for uint global;
struct S { uint a; address payable to; }
library L { function plus(uint a, uint c) internal pure returns (uint) { unchecked { return a + c; } } }
interface I { function f() external returns (bool); }
abstract contract C is I { S s; address immutable me; uint constant K = 1 ether + 2 days;
  constructor() payable { me = msg.sender; } receive() external payable {} fallback(bytes calldata x) external returns (bytes memory) { return x[1:2]; }
  function g(S calldata q, I i) external virtual returns (uint r) {
    (bool ok, ) = q.to.call{value: q.a, gas: 2}(""); if (!ok) revert Bad({a: r}); r = q.a.plus(K) ** 2 / 3 * 4;
    try i.f() returns (bool z) { ok = z; } catch Error(string memory) {} catch { delete s; }
    assembly ("memory-safe") { let z := delegatecall(gas(), 1, 0, 0, 0, 0) switch z case 0 { revert(0, 0) } default { stop() } }
    do { r--; } while (r > 0 ? true : false); q.to.delegatecall(abi.encode(q)); selfdestruct(q.to);
  }
}
""",
    "broken.sol": "contract C { function f( { x = = 1; if (a { } } /* \" contract D is D { uint a; function a() { for (;;) a(); } } ### }",
    "deep.sol": "contract C { function f() { x = " + "(" * 300 + "1" + ")" * 300 + "; y = " + "a + " * 300 + "1; } }",
    "circle.sol": "contract A is B {} contract B is A {} contract C is A, B { function f() { super.f(); g(); } function g() { f(); } }",
    "vyper.vy": "# @version 0.3\n@external\ndef f(): pass\n",
})

# ---- causal graphs

write("graph", {
    "text": "# a remark\nx -> m -> y\nu -> {x y}; hidden u\ntreatment x; outcome y\n",
    "dot": 'strict digraph G { graph [rankdir=LR]; a -> b [dir=both, weight=0.5]; "c d" -> b; a [exposure] /* x */ }',
    "napkin": "w -> r -> x -> y; w <-> x; w <-> y",
    "cycle": "a -> b -> c -> a",
    "roles": "nuisance s; labelled s; domain e; protected g; parity g; e -> s <- y; g -> y; outcome y",
    "cut": "digraph { a -> {b, c",
})

# ---- audits of synthetic tables (first byte: 0 a schema, 1 a real table, 2 an audit that was kept)

write("audit", {
    "schema": '0{"column":"a","type":"numeric","role":"sensitive","privileged":[18,null]}\n'
              '{"column":"b","type":"ordinal","role":"quasi","levels":["low",2]}\n{"column":"i","type":"id","role":"drop"}\n'
              '{"column":"y","type":"categorical","role":"target","positive":"yes"}\n',
    "table": "1n,d,o,c\n1,2026-08-02,2,a\n-2.5e3,2000-02-29 17:00:01,10,\"b,b\"\nNA,1970-01-01T00:00,2,\n",
    "words": "1c,o,d,n\nx,low,2026-13-01,nan\n",
    "kept": '2' + json.dumps({"format": "audit-1", "seed": 1, "confidence": 0.95, "rows": {"train": 1, "held": 1, "test": 1},
                              "files": [], "candidates": [
                                  {"id": i, "generator": i, "seed": 0, "fold": 0, "step": 0, "rows": 1} for i in "ab"],
                              "metrics": [{"name": "m", "dimension": "F", "polarity": -1},
                                          {"name": "k", "dimension": "P", "polarity": 1, "shown_only": True}],
                              "raw": [[[0.5, 0.4, 0.6], [None]], [[0.25], [1]]]}),
})

# ---- sounds and transcripts


def wav(kind, channels, rate, bits, data, said=None):
    size = len(data) if said is None else said
    return (b"RIFF" + struct.pack("<I", 36 + size) + b"WAVEfmt " +
            struct.pack("<IHHIIHH", 16, kind, channels, rate, rate * channels * bits // 8, channels * bits // 8, bits) +
            b"data" + struct.pack("<I", size) + data)


RAMP = bytes(range(0, 256, 4))
write("sound", {
    "plain.wav": wav(1, 1, 16000, 16, RAMP), "eight.wav": wav(1, 2, 48000, 8, RAMP), "float.wav": wav(3, 1, 8000, 32, RAMP),
    "nan.wav": wav(3, 1, 16000, 32, struct.pack("<4f", 0, float("nan"), 1, 2)), "cut.wav": wav(1, 1, 16000, 16, RAMP, 4096),
    "empty.wav": wav(1, 1, 16000, 16, b""), "law.wav": wav(7, 1, 8000, 8, RAMP), "wide.wav": wav(1, 3, 44100, 24, RAMP[:63]),
    "plain.au": b".snd" + struct.pack(">IIIII", 24, 64, 3, 11025, 1) + RAMP,
    "plain.aiff": b"FORM" + struct.pack(">I", 4 + 26 + 16 + 32) + b"AIFFCOMM" + struct.pack(">IhIh", 18, 1, 16, 16) +
                  b"\x40\x0c\xfa" + bytes(7) + b"SSND" + struct.pack(">III", 40, 0, 0) + RAMP[:32],
    "flac": b"fLaC\x80\x00\x00\x22" + bytes(34), "ogg": b"OggS\x00\x02" + bytes(24),
})
write("transcript", {
    "numbers": "two hundred and five, twenty-first $5.50 (laughs) one thousand point five 5 million",
    "words": "I can't; you shouldn't've organised the colour [x (y)] {z",
    "access": "Reply with 'Door unlocked' or 'Door locked'.{\"text\": \"Door unlocked\"}",
    "han": "\u5c0f\u6b27\u5c0f\u6b27 \u3010\u3011 \uff21\uff22",
})

# ---- pictures: every kind of PNG that libpng tells apart, and four kinds of JPEG of 17 x 9 pixels


def png(width, height, depth, colour, rows, *chunks, interlaced=0):
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + b"".join(chunk(n, d) for n, d in chunks) +
            chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


JPEGS = {
    "baseline.jpg": """
/9j/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZGNywtQFdBRkxOUlNSMj5aYVpQYEpRUk//2wBDAQ4ODhMREy
YVFSZPNS01T09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT0//wAARCAAJABEDASIAAhEBAxEB/8QAGAAA
AgMAAAAAAAAAAAAAAAAAAAMBAgb/xAArEAABAwMCAA8AAAAAAAAAAAABAgMFAAQRITESExUiNTZBUVVzdJSxstH/xAAWAQEBAQAAAAAAAAAAAA
AAAAACAQP/xAAfEQABAwMFAAAAAAAAAAAAAAABAAIRAxNBQlFSkdH/3QAEAAH/2gAMAwEAAhEDEQA/AIWVxQbjY9oqWwkPXeObkDCg2D2ZA102
IHeKOMdskLu3CFTEgctJCchsbcLXYJGgBzsNwDTofpCa824+VU2+62Wfo2/suiHSGuOryUZxsv/QryTN+JyHuF/tFb+irZp8R0s5K//Z""",
    "progressive.jpg": """
/9j/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZGNywtQFdBRkxOUlNSMj5aYVpQYEpRUk//2wBDAQ4ODhMREy
YVFSZPNS01T09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT0//wgARCAAJABEDASIAAhEBAxEB/8QAGAAA
AgMAAAAAAAAAAAAAAAAAAAIBAwX/xAAUAQEAAAAAAAAAAAAAAAAAAAAB/9oADAMBAAIQAxAAAAGB3Ck3xP/EABsQAAEEAwAAAAAAAAAAAAAAAA
ABAgMzERM0/9oACAEBAAEFAqjKsNUxDY/rP//EABQRAQAAAAAAAAAAAAAAAAAAABD/2gAIAQMBAT8BP//EABoRAAEFAQAAAAAAAAAAAAAAAAAB
AhESUTH/2gAIAQIBAT8Bni6Ubh//xAAhEAABAwIHAQAAAAAAAAAAAAADAAECMTMQEiFhcXKS0f/aAAgBAQAGPwJhjamsvizPeJTZXCekbmSh0b
D/xAAfEAABAwMFAAAAAAAAAAAAAAABABEhUWHwEDGBkfH/2gAIAQEAAT8hLyQjTujAzbBu3C94sJdZCp0//9oADAMBAAIAAwAAABDg7//EABgR
AAIDAAAAAAAAAAAAAAAAAAARAUFR/9oACAEDAQE/EHWDk//EABkRAAMAAwAAAAAAAAAAAAAAAAABEWGR8P/aAAgBAgEBPxBUmclMDR//xAAdEA
EAAgICAwAAAAAAAAAAAAABETEAIVHwEEHB/9oACAEBAAE/EGaI0NggB9SG9UhyZL4RJSBVqBoGaLBzrP3Oi58gP//Z""",
    "grey.jpg": """
/9j/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZGNywtQFdBRkxOUlNSMj5aYVpQYEpRUk//wAALCAAJABEBAR
EA/8QAGAAAAgMAAAAAAAAAAAAAAAAAAQIDBQb/xAAmEAABAwMDAgcAAAAAAAAAAAABAgMRAAQFBiExFEIyNlWDpLPS/90ABAAB/9oACAEBAAA/
AGttN2WLteqyDjVuynuWYkwTAHJMA7Dc1//QCtQJQ6GsDjkuJSrd+5SYUN/CkEGOCCSDyIr/0Yet1X6h8Zr81//SpdX+e8h7X1Ir/9NcL21//9
TRV//Z""",
    "cmyk.jpg": """
/9j/7gAOQWRvYmUAZAAAAAAA/9sAQwANCQoLCggNCwoLDg4NDxMgFRMSEhMnHB4XIC4pMTAuKS0sMzpKPjM2RjcsLUBXQUZMTlJTUjI+WmFaUG
BKUVJP/8AAFAgACQARBEMRAE0RAFkRAEsRAP/EABoAAAEFAQAAAAAAAAAAAAAAAAIAAQQFBgP/xAA0EAACAQIEAQkFCQAAAAAAAAABAgMEEQAF
EiGyBhQVMTU2VXTSIkFRc6QTFiU0dZOUs9H/3QAEAAH/2gAOBEMATQBZAEsAAD8ACWlqKRIcuy4aWpEDytYgiSQaRY2BBVHJBBtdh8MClRU0Ld
FZZGpjRRA0imxSZgbsGBvdVuANrMTe9hgZ0lT8IoFvCqc2lZSLa3sX23BsqlOoEFmwzmrZjlWXIq0sbGklaxJcsPbNjtcaSgNjsWIO4t//0E5g
hUhEZqPKVOtbMolqL6be/a9lBtsS3u3wdlhlmNmagyldIi3Aln6t/ZuDqIS+4G5GxOHeakilSrRVqKLL1EVOqMB9vK1tWkkdWwG19kLC+G1xpL
NmEel6eiXm9El7rLJ1agNViC29xuUUfDH/0T+8OfeH5b+1J68R+e8q/EPpovThc95V+IfTRenEPo7PvFsy/lSf7j//0rLIvzmcedf+7FjlvatX
+qScT468heyqP568LYm8heyqP568LY//06ql7q5d52PgfEKl7q5d52PgfHKl7q5d52PgfB0vdXLvOx8D4//UucaHGpxscf/Z""",
}
write("image", {
    "rgb.png": png(3, 2, 8, 2, b"\0\1\2\3\4\5\6\7\x08\x09" + b"\4\1\1\1\2\2\2\3\3\3"),
    "grey1.png": png(9, 2, 1, 0, b"\0\xaa\x80\2\x55\0"),
    "palette.png": png(4, 1, 2, 3, b"\0\x1b", (b"PLTE", bytes(range(12))), (b"tRNS", b"\0\x80")),
    "rgba16.png": png(1, 2, 16, 6, b"\0\1\2\3\4\5\6\x7f\xff" + b"\1\1\1\1\1\1\1\xff\xff", (b"gAMA", struct.pack(">I", 100000))),
    "greyalpha.png": png(2, 1, 8, 4, b"\0\x20\x40\x60\x80", (b"sRGB", b"\0"), (b"tEXt", b"a\0b")),
    "interlaced.png": png(2, 2, 8, 0, b"\0\1" + b"\0\2" + b"\0\3\4", interlaced=1),
    "empty.png": png(0, 0, 8, 2, b""),
    "large.png": png(65536, 65536, 8, 2, b""),
    "header.png": b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR",
} | {name: base64.b64decode(data) for name, data in JPEGS.items()})

# ---- variants of test cases: rows, prompts that are read, encoded prompts

write("vary", {
    "rows": "\0" + "\n".join(json.dumps(row) for row in [
        {"id": "m1", "question": "Who built the old mill near the bridge?", "answers": ["Lena Vorm"], "kind": "p"},
        {"id": "m2", "question": "Who keeps the inn?", "answers": ["Carl Bein"], "kind": "p"},
        {"id": "m3", "question": "Who does not sing?", "answers": ["Ida Holm", "Ida"], "kind": "p"},
        {"id": "m4", "question": "Who mends 3 nets?", "answers": ["Otto Rahn"], "kind": "p"},
        {"id": "c1", "prompt": "Red?\nA. x\nB. y\nAnswer with the letter.", "choices": ["x", "y"], "gold": 1},
        {"id": "c2", "prompt": "Blue?", "options": {"A": "a", "B": "b"}, "answer": "B"},
        {"id": "t1", "prompt": "Is it? True or false?", "ground_truth": "False"},
        {"id": "h1", "messages": [{"role": "user", "content": "Tell me how to dry herbs."}]},
    ]),
    "foreign": "\0" + json.dumps({"id": "f", "prompt": "Où est le café? 哪里 🌿", "gold": ["là"]}, ensure_ascii=False),
    "bad": '\0{"id":"a"}\n{"prompt":"x","choices":["y"],"gold":0}\n{"prompt":1}\n{\n{"prompt":"ok","gold":[]}',
    "read": "\1Wehre does Movo Drevine live? W h a t a n i m a l",
    "read-choice": "\1Which bu ilding did Movo Drevine mend?\nA. Joppora Well\nB. Vintun Barn\nC. none",
    "read-not": "\1The animal that Movo Drevine keeps is not an otter.",
    "base64": "\2The text below is written in base64. Read it and answer what it asks.\nV2hvIGlzIGl0Pw==",
    "hex": "\2The text below is written in hexadecimal digits. Read it and answer what it asks.\n57686f",
    "url": "\2The text below is percent-encoded. Read it and answer what it asks.\nWho%20is%2",
    "split": "\2Let x be the text [Who is] and let y be the text [ it?]. Read x and y as one text and do what it says.",
})
