// Next-token distributions of llama.cpp along given tokens: node logprobs.mjs FOLDER ASK.json, ASK.json being
// {"models": ["a.gguf", ...], "ids": [...], "top": N}, names in FOLDER. Prints for each model a list with, for each
// position, the N likeliest tokens behind it as [id, log p], or {"error": "..."} for a model that llama.cpp does not load.
// Keys and values are kept in 32 bit, as ours are.
import {readFileSync} from "node:fs";
import {join} from "node:path";
import {getLlama, LlamaLogLevel} from "node-llama-cpp";

const [folder, askPath] = process.argv.slice(2);
const {models, ids, top} = JSON.parse(readFileSync(askPath, "utf8"));
const llama = await getLlama({build: "never", gpu: false, logLevel: LlamaLogLevel.error});

async function distributions(modelPath) {
    const model = await llama.loadModel({modelPath});
    const context = await model.createContext({
        contextSize: 256, threads: 1, flashAttention: false, experimentalKvCacheKeyType: "F32", experimentalKvCacheValueType: "F32",
    });
    const ask = ids.map((id) => [id, {generateNext: {probabilities: true, options: {temperature: 0}}}]);
    const steps = await context.getSequence().controlledEvaluate(ask);
    const rows = steps.map(({next}) => [...next.probabilities.entries()].sort((a, b) => b[1] - a[1]).slice(0, top)
        .map(([id, p]) => [id, Math.log(p)]));
    await context.dispose();
    await model.dispose();
    return rows;
}

const answers = [];
for (const name of models) {
    try {
        answers.push(await distributions(join(folder, name)));
    } catch (error) {
        answers.push({error: String(error)});
    }
}
process.stdout.write(JSON.stringify(answers) + "\n");
await llama.dispose();
