// What llama.cpp makes of grammars: node grammar.mjs FOLDER ASK.json, ASK.json being {"grammars": [{"source", "texts"}],
// "speed": {"models": ["a.gguf", ...], "source", "tokens": N, "rounds": N} or null}, names in FOLDER. Prints {"grammars": [{"error"} or
// {"accepts": [true or false for each text]}], "speed": [ms of processor time that the grammar adds to a token, per model]}: medians over
// rounds with and without the grammar in turn, of N tokens each at temperature 1.
import {readFileSync} from "node:fs";
import {join} from "node:path";
import {getLlama, LlamaLogLevel, LlamaGrammarEvaluationState} from "node-llama-cpp";

const [folder, askPath] = process.argv.slice(2);
const {grammars, speed} = JSON.parse(readFileSync(askPath, "utf8"));
const llama = await getLlama({build: "never", gpu: false, logLevel: LlamaLogLevel.disabled});

const answers = [];
for (const {source, texts} of grammars) {
    try {
        const grammar = await llama.createGrammar({grammar: source});
        answers.push({accepts: texts.map((text) => grammar._testText(text))});
    } catch (error) {
        answers.push({error: String(error)});
    }
}

const median = (list) => list.sort((a, b) => a - b)[list.length >> 1];

async function measure(modelPath) {
    const model = await llama.loadModel({modelPath});
    const context = await model.createContext({contextSize: 512, threads: 1, flashAttention: false});
    const sequence = context.getSequence();
    const grammar = await llama.createGrammar({grammar: speed.source});
    const times = [[], []];
    for (let round = 0; round < speed.rounds * 2; round++) {
        await sequence.clearHistory();
        const options = {temperature: 1, seed: 1 + (round >> 1), yieldEogToken: true};
        if (round % 2) options.grammarEvaluationState = new LlamaGrammarEvaluationState({model, grammar});
        let n = 0, started = process.cpuUsage();
        for await (const id of sequence.evaluate([1], options)) {
            if (n++ === 0) started = process.cpuUsage(); // the prompt is not counted
            if (model.isEogToken(id) || n > speed.tokens) break;
        }
        const {user, system} = process.cpuUsage(started);
        if (n > 1) times[round % 2].push((user + system) / 1000 / (n - 1));
    }
    await context.dispose();
    await model.dispose();
    return median(times[1]) - median(times[0]);
}

const found = [];
for (const name of speed?.models ?? []) found.push(await measure(join(folder, name)));
process.stdout.write(JSON.stringify({grammars: answers, speed: found}) + "\n");
await llama.dispose();
