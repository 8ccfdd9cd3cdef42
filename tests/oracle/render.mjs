// Renders chat templates with Hugging Face's library: node render.mjs FOLDER CONVERSATIONS.json, the file being
// {"text_arguments": [templates that want the arguments of a call as JSON text], "conversations": [{name, variables}]}. Prints {"FILE.jinja": [{"text"} or {"error"}, one for each conversation]}.
import {readdirSync, readFileSync} from "node:fs";
import {join} from "node:path";
import {Template} from "@huggingface/jinja";

const [folder, list] = process.argv.slice(2);
const {conversations, text_arguments} = JSON.parse(readFileSync(list, "utf8"));
const variablesFor = (file, {variables}) => {
    const copy = structuredClone(variables);
    for (const {function: call} of text_arguments.includes(file) ? copy.messages.flatMap(m => m.tool_calls ?? []) : [])
        call.arguments = JSON.stringify(call.arguments);
    return copy;
};
const all = {};
for (const file of readdirSync(folder).filter(name => name.endsWith(".jinja")).sort()) {
    const template = new Template(readFileSync(join(folder, file), "utf8"));
    all[file] = conversations.map(conversation => {
        try {
            return {text: template.render(variablesFor(file, conversation))};
        } catch (error) {
            return {error: String(error.message)};
        }
    });
}
process.stdout.write(JSON.stringify(all) + "\n");
