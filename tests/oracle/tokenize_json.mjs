// Tokenizes texts with Hugging Face's library: node tokenize_json.mjs tokenizer.json TEXTS.json, TEXTS.json being a list of
// strings. Prints a list of lists of ids, without the tokens that a post-processor adds.
import {readFileSync} from "node:fs";
import {createRequire} from "node:module";

const {Tokenizer} = createRequire(import.meta.url)("tokenizers");
const [path, textsPath] = process.argv.slice(2);
const tokenizer = Tokenizer.fromString(readFileSync(path, "utf8"));
const all = [];
for (const text of JSON.parse(readFileSync(textsPath, "utf8")))
    all.push((await tokenizer.encode(text, null, {addSpecialTokens: false})).getIds());
process.stdout.write(JSON.stringify(all) + "\n");
