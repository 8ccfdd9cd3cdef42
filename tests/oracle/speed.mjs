// Our speed beside llama.cpp's, on the same files, in turns:
// node speed.mjs BASANITE [--repeat N] [--threads N] [--compute TYPE] FILE.gguf...
// Each round asks both for the cases of `basanite bench generate`; a row is the median of the rounds, its ratio the median
// of the rounds' ratios. With more work on the machine than it has processors only the ratio by processor time tells.
import {execFileSync} from "node:child_process";
import {basename} from "node:path";
import {getLlama, LlamaLogLevel} from "node-llama-cpp";

const files = [], options = {repeat: 3, threads: 1, compute: "auto"};
const [program, ...words] = process.argv.slice(2);
for (let i = 0; i < words.length; i++) {
    if (words[i] === "--compute") options.compute = words[++i];
    else if (words[i].startsWith("--")) options[words[i].slice(2)] = +words[++i];
    else files.push(words[i]);
}
// Lengths as in `basanite bench generate`. One question stands for any number: llama.cpp takes each by itself, its text
// once for all its choices, as its own llama-perplexity does.
const TEXT = 256, PROMPT = 8, ANSWER = 16, SEQUENCES = 32, SHOTS = 240, QUESTION = 40, CHOICES = 4, CHOICE = 4;

const llama = await getLlama({build: "never", gpu: false, logLevel: LlamaLogLevel.error, maxThreads: options.threads});
const median = (values) => {
    const sorted = [...values].sort((a, b) => a - b), n = sorted.length;
    return (sorted[(n - 1) >> 1] + sorted[n >> 1]) / 2;
};

// Texts that are the same in every run; which they are does not matter.
let state = 1;
const random = (n, vocabulary) => Array.from({length: n}, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor(state / 2 ** 32 * vocabulary);
});

async function timed(units, work) {
    const cpu = process.cpuUsage(), start = performance.now();
    await work();
    const used = process.cpuUsage(cpu), seconds = (performance.now() - start) / 1e3;
    return {value: units / seconds, cpu: units * 1e6 / (used.user + used.system)};
}

const greedy = {temperature: 0};
// Logits of every position and the likeliest token there: the least that scoring is.
const scored = (ids) => ids.map((id) => [id, {generateNext: {token: true, options: greedy}}]);

async function answer(sequence, prompt, n) {
    let made = 0;
    for await (const _ of sequence.evaluate(prompt, {...greedy, yieldEogToken: true})) if (++made === n) break;
    return made;
}

async function answers(contexts, vocabulary) {
    const prompts = contexts.map(() => random(PROMPT, vocabulary)), n = contexts.length;
    await Promise.all(contexts.map((s, i) => s.clearHistory().then(() => s.evaluateWithoutGeneratingNewTokens(prompts[i]))));
    // The prompts are in; what follows costs one token each at a time.
    return timed(n * ANSWER, () => Promise.all(contexts.map((s) => answer(s, random(1, vocabulary), ANSWER))));
}

// One context at a time; flash attention is on, which is faster.
async function theirs(path) {
    const model = await llama.loadModel({modelPath: path}), vocabulary = model.fileInfo.metadata.tokenizer.ggml.tokens.length;
    const some = {threads: options.threads, flashAttention: true, batchSize: 512};
    const one = await model.createContext({...some, contextSize: 1024}), sequence = one.getSequence(), rows = [];
    await sequence.evaluateWithoutGeneratingNewTokens(random(64, vocabulary));
    await sequence.clearHistory();
    rows.push(await timed(TEXT, () => sequence.evaluateWithoutGeneratingNewTokens(random(TEXT, vocabulary))));
    await sequence.clearHistory();
    rows.push(await timed(TEXT, () => sequence.controlledEvaluate(scored(random(TEXT, vocabulary)))));
    await sequence.clearHistory();
    rows.push(await timed(1, async () => {
        const text = random(SHOTS + QUESTION, vocabulary);
        await sequence.evaluateWithoutGeneratingNewTokens(text.slice(0, -1));
        for (let i = 0; i < CHOICES; i++) {
            await sequence.controlledEvaluate(scored([text.at(-1), ...random(CHOICE - 1, vocabulary)]));
            await sequence.eraseContextTokenRanges([{start: text.length - 1, end: sequence.nextTokenIndex}]);
        }
    }));
    rows.push(await answers([sequence], vocabulary));
    await one.dispose();
    const many = await model.createContext({...some, contextSize: 64, sequences: SEQUENCES});
    rows.push(await answers(Array.from({length: SEQUENCES}, () => many.getSequence()), vocabulary));
    await many.dispose();
    await model.dispose();
    return rows;
}

function ours(path) {
    const said = execFileSync(program, ["bench", "generate", "--json", "--repeat", "1", "--threads", `${options.threads}`, "--compute", options.compute,
        "--subject", path]);
    return JSON.parse(said).map((row) => ({name: row.case, unit: row.unit, value: row.value, cpu: row.per_cpu, share: row.per_cpu * options.threads / row.floor}));
}

const number = (value) => value.toFixed(value < 10 ? 2 : 1).padStart(9);
console.log(`${options.threads} threads, ${options.repeat} rounds; /s of processor time, /s of the clock; share of what the machine allows`);
console.log(`${"model".padEnd(12)} ${"case".padEnd(24)} ${["ours", "llama.cpp", "ratio", "ours", "llama.cpp", "ratio", "share"].map((s) => s.padStart(9)).join("")}`);
for (const path of files) {
    const rounds = [];
    for (let r = 0; r < options.repeat; r++) {
        const first = r % 2 ? await theirs(path) : ours(path), second = r % 2 ? ours(path) : await theirs(path);
        rounds.push(r % 2 ? [second, first] : [first, second]);
    }
    for (const [i, row] of rounds[0][0].entries()) {
        const of = (side, key) => rounds.map((round) => round[side][i][key]);
        const columns = ["cpu", "value"].flatMap((key) => [median(of(0, key)), median(of(1, key)), median(rounds.map(([a, b]) => a[i][key] / b[i][key]))]);
        console.log(`${basename(path, ".gguf").padEnd(12)} ${row.name.padEnd(24)} ${[...columns, median(of(0, "share"))].map(number).join("")}`);
    }
}
await llama.dispose();
