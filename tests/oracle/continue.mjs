// Goes on from prompts with llama.cpp, always with the likeliest token: node continue.mjs MODEL.gguf PROMPTS.json,
// PROMPTS.json being {"tokens": N, "prompts": [[ids], ...], "adapter": "FILE.lora.gguf" or null}. Prints a list of lists of ids, each at most N long and without
// the end token. Keys and values are kept in 32 bit, as ours are; one thread, since several wait for one another in loops.
import {readFileSync} from "node:fs";
import {getLlama, LlamaLogLevel} from "node-llama-cpp";

const [modelPath, promptsPath] = process.argv.slice(2);
const {tokens: most, prompts, adapter} = JSON.parse(readFileSync(promptsPath, "utf8"));
const llama = await getLlama({build: "never", gpu: false, logLevel: LlamaLogLevel.error});
const model = await llama.loadModel({modelPath});
const context = await model.createContext({
    contextSize: 512, threads: 1, flashAttention: false, experimentalKvCacheKeyType: "F32", experimentalKvCacheValueType: "F32",
    ...(adapter ? {lora: adapter} : {}),
});
const sequence = context.getSequence();
const all = [];
for (const prompt of prompts) {
    await sequence.clearHistory();
    const ids = [];
    for await (const id of sequence.evaluate(prompt, {temperature: 0, yieldEogToken: true})) {
        if (model.isEogToken(id)) break;
        ids.push(id);
        if (ids.length === most) break;
    }
    all.push(ids);
}
process.stdout.write(JSON.stringify(all) + "\n");
await llama.dispose();
