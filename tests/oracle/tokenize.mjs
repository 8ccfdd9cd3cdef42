// Tokenizes texts with llama.cpp: node tokenize.mjs MODEL.gguf TEXTS.json, TEXTS.json being a list of strings.
// Prints {"plain": [[ids], ...], "special": [[ids], ...], "mb_per_s"}: without and with the text of special tokens read as
// tokens, and the speed of the plain round over all texts.
import {readFileSync} from "node:fs";
import {getLlama, LlamaLogLevel} from "node-llama-cpp";

const [modelPath, textsPath] = process.argv.slice(2);
const texts = JSON.parse(readFileSync(textsPath, "utf8"));
const llama = await getLlama({build: "never", gpu: false, logLevel: LlamaLogLevel.error});
const model = await llama.loadModel({modelPath, vocabOnly: true});
// The binding takes an empty text for a fault; it has no tokens.
const tokenize = (text, special) => text === "" ? [] : [...model.tokenize(text, special)];
const started = performance.now();
const plain = texts.map((text) => tokenize(text, false));
const seconds = (performance.now() - started) / 1000;
const special = texts.map((text) => tokenize(text, true));
const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
process.stdout.write(JSON.stringify({plain, special, mb_per_s: bytes / 1e6 / seconds}) + "\n");
await model.dispose();
await llama.dispose();
