// One sample whole: what was asked, how the subject read it, what it answered, token by token, and why it was judged so.
import { useEffect, useState } from "preact/hooks";
import { get, type Item, type Json, type Token } from "../api";
import type { View } from "../app";
import { useLoad } from "../load";
import { Badge, Heading, Shown, Soft, Wide } from "../parts";
import { go, link } from "../place";
import { quotedOf } from "../quoted";
import { number } from "../words";
import { Marks } from "./items";

type Obj = { [key: string]: Json };
const isObj = (j: Json | undefined): j is Obj => typeof j === "object" && j !== null && !Array.isArray(j);
const words = (j: Json | undefined): string => (typeof j === "string" ? j : JSON.stringify(j ?? null, null, 2));

const Text = ({ text }: { text: string }) => (
  <pre dir="auto" tabIndex={0}>
    {text === "" ? <Soft>(empty)</Soft> : text}
  </pre>
);

function Messages({ messages }: { messages: Json | undefined }) {
  if (messages === undefined || messages === null) return null;
  if (!Array.isArray(messages)) return <Text text={words(messages)} />;
  return (
    <>
      {messages.map((m, i) =>
        isObj(m) ? (
          <div key={i} class="message">
            <h4>{words(m.role)}</h4>
            <Text text={words(m.content)} />
          </div>
        ) : (
          <Text key={i} text={words(m)} />
        ),
      )}
    </>
  );
}

const shownToken = (text: string) => text.replace(/\n/g, "⏎\n").replace(/^ | $/g, "·");

function Tokens({ tokens }: { tokens: Token[] }) {
  return (
    <Wide label="Prompt tokens">
      <p class="tokens">
        {tokens.map((t, i) => (
          <span key={i} class={`token shade${i % 2}`} title={`token ${i}, id ${t.id}`}>
            {shownToken(t.text)}
          </span>
        ))}
      </p>
    </Wide>
  );
}

// How surprising: 0 none (certain) to 9 (below e^-9).
const heat = (logprob: number) => Math.min(9, Math.max(0, Math.round(-logprob)));

interface Pieces {
  tokens: Token[] | null; // null: the subject's tokenizer is not at hand
}

// The record keeps a number for each token; where the answer ends up as so many tokens again, these are theirs.
function Heat({ item, run }: { item: Item; run: string }) {
  const numbers = Array.isArray(item.logprobs) ? item.logprobs.filter((n): n is number => typeof n === "number") : [];
  const pieces = useLoad<Pieces | null>(
    (signal) =>
      item.text && numbers.length > 0
        ? get<Pieces>("pieces", { run, task: item.task, position: item.position, sample: item.sample, show: 1 }, signal).catch(() => null)
        : Promise.resolve(null),
    [run, item.task, item.position, item.sample, item.text],
  );
  if (numbers.length === 0) return null;
  const names = pieces.value?.tokens ?? [];
  const named = names.length === numbers.length || names.length + 1 === numbers.length;
  const sum = numbers.reduce((a, b) => a + b, 0);
  return (
    <section>
      <h3>Token by token</h3>
      <p class="small">
        log-probability {number(sum)} over {numbers.length} tokens, {number(sum / numbers.length)} each; the redder, the less likely
        {!named && !pieces.busy && "; the tokens' texts are not in the record and could not be made again"}
      </p>
      <Wide label="Tokens of the answer with log-probabilities">
        <ol class="heat">
          {numbers.map((n, i) => (
            <li key={i} class={`heat${heat(n)}`}>
              <span class="piece">{named ? shownToken(names[i]?.text ?? "(end)") : i + 1}</span>
              <span class="logprob" title={String(n)}>
                {n > -0.005 ? "0.00" : n.toFixed(2)}
              </span>
            </li>
          ))}
        </ol>
      </Wide>
    </section>
  );
}

function Choices({ item }: { item: Item }) {
  const list = isObj(item.want) && Array.isArray(item.want.choices) ? item.want.choices : [];
  const scored = Array.isArray(item.logprobs) ? item.logprobs.filter(isObj) : [];
  if (list.length === 0) return null;
  const best = Math.max(...scored.map((s) => (typeof s.logprob === "number" ? s.logprob : Number.NEGATIVE_INFINITY)));
  const right = isObj(item.gold) && typeof item.gold.index === "number" ? item.gold.index : -1;
  return (
    <Wide label="Choices with log-probabilities">
      <table>
        <thead>
          <tr>
            <th scope="col">choice</th>
            <th scope="col" class="number">
              log-probability
            </th>
            <th scope="col" class="number">
              tokens
            </th>
            <th scope="col" class="number">
              each
            </th>
            <th scope="col">marks</th>
          </tr>
        </thead>
        <tbody>
          {list.map((c, i) => {
            const s = scored[i];
            const logprob = typeof s?.logprob === "number" ? s.logprob : null;
            const n = typeof s?.tokens === "number" ? s.tokens : 0;
            return (
              <tr key={i}>
                <td dir="auto">{words(c)}</td>
                <td class="number">{number(logprob)}</td>
                <td class="number">{n || ""}</td>
                <td class="number">{logprob !== null && n ? number(logprob / n) : ""}</td>
                <td>
                  {i === right && <Badge text="right" kind="good" />} {logprob !== null && logprob === best && <Badge text="likeliest" kind="soft" />}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </Wide>
  );
}

function Answer({ item }: { item: Item }) {
  const quoted = quotedOf(item.evidence, item.text);
  if (item.failed) return <Text text={item.error ?? "(hidden)"} />;
  if (!item.answered) return <p>Not answered yet.</p>;
  if (isObj(item.want) && Array.isArray(item.want.choices) && item.want.choices.length) return <Choices item={item} />;
  if (quoted?.pieces)
    return (
      <>
        <pre dir="auto" tabIndex={0}>
          {quoted.pieces.map((p, i) => (p.quoted ? <mark key={i}>{p.text}</mark> : p.text))}
        </pre>
        <p class="small">
          {number(quoted.share)} of its windows stand in the trusted text{quoted.normalised && "; shown as it was normalised"}
        </p>
      </>
    );
  return <Text text={item.text ?? ""} />;
}

const Evidence = ({ title, value }: { title: string; value: Json | undefined }) =>
  value === undefined || value === null ? null : (
    <details>
      <summary>{title}</summary>
      <Text text={JSON.stringify(value, null, 2)} />
    </details>
  );

export function ItemPanel({ run, task, position, sample, prompt = true }: { run: string; task: string; position: number; sample: number; prompt?: boolean }) {
  const [show, setShow] = useState(false);
  const item = useLoad(
    (signal) => get<Item>("item", { run, task, position, sample, show: show ? 1 : undefined }, signal),
    [run, task, position, sample, show],
  );
  return (
    <Shown of={item} lines={14}>
      {(it) =>
        it.harmful && !show ? (
          <div class="panel">
            <p>
              <Marks row={it} />
            </p>
            <p>
              The data calls this item harmful, so its texts are hidden (answer: sha256 <code>{it.digest.slice(0, 12)}</code>).
            </p>
            <button type="button" onClick={() => setShow(true)}>
              Show them
            </button>
          </div>
        ) : (
          <div class="panel">
            <p>
              <Marks row={it} /> {it.person && <Badge text={`a person: ${it.person}`} />}
            </p>
            {prompt && (
              <section>
                <h3>Asked</h3>
                <Messages messages={it.messages} />
              </section>
            )}
            {prompt && it.tokens && it.tokens.length > 0 && (
              <details>
                <summary>As the subject read it: {it.tokens.length} tokens</summary>
                <Tokens tokens={it.tokens} />
              </details>
            )}
            <section>
              <h3>{it.failed ? "Failed" : "Answered"}</h3>
              <Answer item={it} />
            </section>
            <Heat item={it} run={run} />
            <Evidence title="Expected" value={it.gold} />
            <Evidence title="Evidence of the scorer" value={it.evidence} />
            <p class="small soft">
              {it.tokens_in > 0 && `${it.tokens_in} tokens asked, `}
              {it.tokens_out > 0 && `${it.tokens_out} answered, `}
              {it.ms !== null && `${number(it.ms, 1)} ms, `}ask <code>{it.ask?.slice(0, 12)}</code>, item <code>{it.item?.slice(0, 12)}</code>
              {it.source && `, from ${it.source}`}
            </p>
          </div>
        )
      }
    </Shown>
  );
}

export function ItemView({ place }: View) {
  const run = place.args.get("run") ?? "";
  const task = place.args.get("task") ?? "";
  const position = Number(place.args.get("position") ?? 0) || 0;
  const sample = Number(place.args.get("sample") ?? 0) || 0;
  const at = (to: number) => link("item", { run, task, position: to, sample: 0 });
  useEffect(() => {
    const pressed = (e: KeyboardEvent) => {
      if (e.ctrlKey || e.metaKey || e.altKey || /^(INPUT|TEXTAREA|SELECT)$/.test((e.target as HTMLElement).tagName)) return;
      if (e.key === "j") go("item", { run, task, position: position + 1, sample: 0 });
      if (e.key === "k" && position > 0) go("item", { run, task, position: position - 1, sample: 0 });
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, [run, task, position]);
  return (
    <>
      <Heading title={`${task}, sample ${position}${sample ? `, answer ${sample}` : ""}`}>
        <div class="tools">
          {position > 0 && (
            <a class="button" href={at(position - 1)}>
              Previous
            </a>
          )}
          <a class="button" href={at(position + 1)}>
            Next
          </a>
          <a class="button" href={link("items", { run, task, from: position })}>
            In the list
          </a>
          <Soft>of {run}; keys j and k</Soft>
        </div>
      </Heading>
      <ItemPanel key={`${run} ${task} ${position} ${sample}`} run={run} task={task} position={position} sample={sample} />
    </>
  );
}
