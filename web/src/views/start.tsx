// Starting work, and watching it.
import { useState } from "preact/hooks";
import { get, type Kind, post, type Work } from "../api";
import type { View } from "../app";
import { useLoad } from "../load";
import { Badge, Choice, Heading, Problem, Shown, Soft } from "../parts";
import { link } from "../place";
import { duration, time } from "../words";

type Values = Record<string, string | boolean>;
const usual: Values = { suite: "demo", subject: "pocket", limit: "40" };

function body(kind: Kind, values: Values) {
  const words = Object.fromEntries(kind.words.map((w) => [w, String(values[w] ?? "")]));
  const flags: Record<string, string | number | boolean> = {};
  for (const f of kind.flags) {
    const v = values[f.name];
    if (f.kind === "switch" ? v === true : v !== undefined && v !== "")
      flags[f.name] = f.kind === "count" || f.kind === "real" ? Number(v) : (v as string | boolean);
  }
  return { command: kind.command, words, flags };
}

function Form({ kinds, started }: { kinds: Kind[]; started: () => void }) {
  const [command, setCommand] = useState(kinds[0]?.command ?? "");
  const [values, setValues] = useState<Values>(usual);
  const [problem, setProblem] = useState<string>();
  const kind = kinds.find((k) => k.command === command);
  if (!kind) return null;
  const set = (name: string, value: string | boolean) => setValues((v) => ({ ...v, [name]: value }));
  const start = async (e: Event) => {
    e.preventDefault();
    setProblem(undefined);
    try {
      await post("work/start", body(kind, values));
      started();
    } catch (why) {
      setProblem(why instanceof Error ? why.message : String(why));
    }
  };
  return (
    <form onSubmit={start} class="start">
      <Choice label="what" value={command} options={kinds.map((k): [string, string] => [k.command, `${k.command}: ${k.summary}`])} change={setCommand} />
      <div class="grid">
        {kind.words.map((w) => (
          <label key={w} class="field">
            <span>
              <strong>{w}</strong>
            </span>
            <input required value={String(values[w] ?? "")} onInput={(e) => set(w, e.currentTarget.value)} />
          </label>
        ))}
        {kind.flags.map((f) =>
          f.kind === "switch" ? (
            <label key={f.name} class="field inline">
              <input type="checkbox" checked={values[f.name] === true} onChange={(e) => set(f.name, e.currentTarget.checked)} />
              <span>
                <strong>{f.name}</strong> {f.help}
              </span>
            </label>
          ) : (
            <label key={f.name} class="field">
              <span>
                <strong>{f.name}</strong>
                <br />
                {f.help}
              </span>
              <input
                inputMode={f.kind === "text" ? "text" : "decimal"}
                pattern={f.kind === "count" ? "[0-9]*" : f.kind === "real" ? "[0-9]*\\.?[0-9]*" : undefined}
                value={String(values[f.name] ?? "")}
                onInput={(e) => set(f.name, e.currentTarget.value)}
              />
            </label>
          ),
        )}
      </div>
      {problem !== undefined && <Problem text={problem} />}
      <button type="submit">Start</button>
    </form>
  );
}

function Said({ id, live }: { id: number; live: boolean }) {
  const said = useLoad((signal) => get<{ said: string }>("work/said", { id }, signal), [id, live], () => (live ? 1000 : 0));
  return (
    <Shown of={said} lines={3}>
      {(s) => <pre tabIndex={0}>{s.said || "(nothing said yet)"}</pre>}
    </Shown>
  );
}

const isLive = (w: Work) => w.state === "running" || w.state === "stopping";

function OneWork({ work, changed }: { work: Work; changed: () => void }) {
  const [open, setOpen] = useState(false);
  const run = work.words[work.words.indexOf("--run") + 1];
  const named = work.words.includes("--run");
  return (
    <li class="work">
      <p>
        <Badge
          text={work.state === "done" && work.exit !== 0 ? `ended with ${work.exit}` : work.state}
          kind={work.state === "done" ? (work.exit === 0 ? "good" : "bad") : work.state === "failed" ? "bad" : "soft"}
        />{" "}
        <code>basanite {work.words.join(" ")}</code>{" "}
        <Soft>
          {time(work.started)}
          {work.ended > 0 && `, took ${duration(work.ended - work.started)}`}
        </Soft>{" "}
        {named && work.state === "done" && <a href={link("figures", { run })}>figures of {run}</a>}
      </p>
      <div class="tools">
        {isLive(work) && (
          <button type="button" disabled={work.state === "stopping"} onClick={() => void post("work/stop", { id: work.id }).then(changed, changed)}>
            Stop
          </button>
        )}
        <details onToggle={(e) => setOpen(e.currentTarget.open)}>
          <summary>what it says</summary>
          {open && <Said id={work.id} live={isLive(work)} />}
        </details>
      </div>
    </li>
  );
}

export function StartView({ about }: View) {
  const kinds = useLoad((signal) => get<Kind[]>("work/kinds", {}, signal), []);
  const work = useLoad(
    (signal) => get<Work[]>("work", {}, signal),
    [],
    (list) => (list?.some(isLive) ? 500 : 4000),
  );
  return (
    <>
      <Heading title="Start" />
      <p class="small soft">
        The program starts itself with these words and writes to {about.record}; progress stands at <a href={link("runs")}>Runs</a>. What would leave this machine
        is started from the command line.
      </p>
      <Shown of={kinds} lines={14}>
        {(k) => <Form kinds={k} started={work.again} />}
      </Shown>
      <h2>Started here</h2>
      <Shown of={work} lines={2}>
        {(list) =>
          list.length === 0 ? (
            <p>Nothing yet.</p>
          ) : (
            <ul class="works">
              {list.map((w) => (
                <OneWork key={w.id} work={w} changed={work.again} />
              ))}
            </ul>
          )
        }
      </Shown>
    </>
  );
}
