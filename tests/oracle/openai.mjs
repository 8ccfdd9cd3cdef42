// The official client of OpenAI against our own server: node openai.mjs URL MODEL KEY. Prints "ok - " and "not ok - " lines.
import OpenAI from "openai";
import assert from "node:assert/strict";

const [baseURL, model, apiKey] = process.argv.slice(2);
const client = new OpenAI({baseURL, apiKey, maxRetries: 0});
const messages = [{role: "user", content: "Who are you?"}];
let failures = 0;

async function test(name, run) {
  try {
    await run();
    console.log(`ok - openai client: ${name}`);
  } catch (error) {
    failures++;
    console.log(`not ok - openai client: ${name}: ${String(error.message).split("\n").slice(0, 3).join(" ")}`);
  }
}

await test("lists the models", async () => {
  const names = [];
  for await (const one of client.models.list()) names.push(one.id);
  assert.deepEqual(names, [model]);
  assert.equal((await client.models.retrieve(model)).id, model);
});

await test("chats, with log-probabilities", async () => {
  const r = await client.chat.completions.create({model, messages, temperature: 0, logprobs: true, top_logprobs: 3});
  const {message, finish_reason, logprobs} = r.choices[0];
  assert.equal(finish_reason, "stop");
  assert.equal(message.role, "assistant");
  assert.equal(logprobs.content.map(t => t.token).join(""), message.content);
  assert.equal(Buffer.from(logprobs.content.flatMap(t => t.bytes)).toString(), message.content);
  for (const t of logprobs.content) {
    assert.equal(t.top_logprobs.length, 3);
    assert.equal(t.top_logprobs[0].token, t.token);
  }
  assert.equal(r.usage.total_tokens, r.usage.prompt_tokens + r.usage.completion_tokens);
  assert.equal(r.usage.completion_tokens, logprobs.content.length);
});

await test("streams what it also answers whole", async () => {
  const ask = {model, messages, seed: 11, temperature: 1.2, max_completion_tokens: 60, stop: ["zebra"]};
  const whole = await client.chat.completions.create(ask);
  let text = "", usage, finish;
  for await (const part of await client.chat.completions.create({...ask, stream: true, stream_options: {include_usage: true}})) {
    text += part.choices[0]?.delta?.content ?? "";
    finish = part.choices[0]?.finish_reason ?? finish;
    usage = part.usage ?? usage;
  }
  assert.equal(text, whole.choices[0].message.content);
  assert.equal(finish, whole.choices[0].finish_reason);
  assert.deepEqual(usage, whole.usage);
});

await test("gives several answers, the same for the same seed", async () => {
  const ask = {model, messages, n: 4, seed: 3, temperature: 1.5, max_tokens: 40};
  const [a, b] = [await client.chat.completions.create(ask), await client.chat.completions.create(ask)];
  assert.deepEqual(a.choices, b.choices);
  assert.equal(new Set(a.choices.map(c => c.message.content)).size > 1, true);
  const free = await client.chat.completions.create({model, messages, temperature: 1.5, max_tokens: 40});
  const again = await client.chat.completions.create({model, messages, temperature: 1.5, max_tokens: 40, seed: free.seed});
  assert.equal(free.choices[0].message.content, again.choices[0].message.content);
});

await test("keeps to a JSON schema", async () => {
  const schema = {type: "object", properties: {name: {type: "string", maxLength: 12}, age: {type: "integer"}},
                  required: ["name", "age"], additionalProperties: false};
  const r = await client.chat.completions.create({model, messages, temperature: 1, seed: 1, max_tokens: 200,
    response_format: {type: "json_schema", json_schema: {name: "person", strict: true, schema}}});
  assert.equal(r.choices[0].finish_reason, "stop");
  const said = JSON.parse(r.choices[0].message.content);
  assert.deepEqual(Object.keys(said), ["name", "age"]);
  assert.equal(Number.isInteger(said.age), true);
});

await test("scores a prompt by its echo", async () => {
  const prompt = "The mill stands by the r\u00edver";
  const r = await client.completions.create({model, prompt, max_tokens: 0, echo: true, logprobs: 2});
  const {text, logprobs} = r.choices[0];
  assert.equal(text, prompt);
  assert.equal(logprobs.token_logprobs[0], null);
  assert.equal(logprobs.token_logprobs.slice(1).every(v => v < 0), true);
  const at = logprobs.text_offset;
  assert.equal(at.every((v, i) => i === 0 || v >= at[i - 1]), true);
  logprobs.tokens.forEach((t, i) => {
    if (i && !t.startsWith("bytes:")) assert.equal([...prompt].slice(at[i], at[i] + [...t].length).join(""), t);
  });
});

await test("completes lists of texts and of token ids", async () => {
  const r = await client.completions.create({model, prompt: ["The mill", "The river"], n: 2, max_tokens: 5, seed: 4});
  assert.deepEqual(r.choices.map(c => c.index), [0, 1, 2, 3]);
  const ids = await client.completions.create({model, prompt: [5, 6, 7], max_tokens: 5, temperature: 0});
  assert.equal(ids.usage.prompt_tokens, 3);
});

await test("gives embeddings, as numbers and as the client asks for them", async () => {
  const input = ["the mill", "the river"];
  const packed = await client.embeddings.create({model, input});
  const plain = await client.embeddings.create({model, input, encoding_format: "float"});
  for (let i = 0; i < 2; i++) {
    assert.deepEqual([...packed.data[i].embedding].map(Math.fround), plain.data[i].embedding.map(Math.fround));
    const length = Math.hypot(...plain.data[i].embedding);
    assert.equal(Math.abs(length - 1) < 1e-5, true);
  }
});

await test("tells errors as the client knows them", async () => {
  const of = async (run, kind, code) => {
    const error = await run().then(() => null, e => e);
    assert.ok(error instanceof kind, `${error?.constructor?.name}, expected ${kind.name}`);
    assert.equal(error.code, code);
  };
  await of(() => client.chat.completions.create({model: "gpt-9", messages}), OpenAI.NotFoundError, "model_not_found");
  await of(() => client.chat.completions.create({model, messages, temperature: -1}), OpenAI.BadRequestError, "invalid_value");
  await of(() => client.chat.completions.create({model, messages, tools: [{type: "function", function: {name: "f"}}]}),
           OpenAI.BadRequestError, "unsupported_parameter");
  await of(() => new OpenAI({baseURL, apiKey: "wrong", maxRetries: 0}).models.list(), OpenAI.AuthenticationError, "invalid_api_key");
});

await test("leaves a stream in the middle", async () => {
  const stream = await client.completions.create({model, prompt: "The", max_tokens: 400, temperature: 5, n: 20, stream: true});
  let parts = 0;
  for await (const part of stream) if (part && ++parts === 5) break;
  assert.equal(parts, 5);
  assert.equal((await client.completions.create({model, prompt: "The", max_tokens: 1})).choices.length, 1);
});

process.exit(failures ? 1 : 0);
