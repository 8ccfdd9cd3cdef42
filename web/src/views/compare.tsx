// Two runs: what changed, with intervals, and the samples that flipped, both answers side by side.
import { useState } from "preact/hooks";
import { type CompareRow, type Comparison, type Flip, get, type Run } from "../api";
import type { View } from "../app";
import { Forest, scaleOfChanges } from "../forest";
import { useLoad } from "../load";
import { Badge, Choice, Heading, Shown, Soft, Wide } from "../parts";
import { go } from "../place";
import { arrow, count, interval, number } from "../words";
import { ItemPanel } from "./item";

function Changes({ rows, a, b }: { rows: CompareRow[]; a: string; b: string }) {
  const whole = rows.filter((r) => !r.group && r.test !== "flips");
  const byUnit = (unit: string | null) => scaleOfChanges(whole.filter((r) => r.unit === unit));
  return (
    <Wide label="What changed">
      <table class="figures">
        <thead>
          <tr>
            <th scope="col">figure</th>
            <th scope="col" class="number">
              {a}
            </th>
            <th scope="col" class="number">
              {b}
            </th>
            <th scope="col" class="number">
              change
            </th>
            <th scope="col">interval</th>
            <th scope="col" class="number">
              from, to
            </th>
            <th scope="col" class="number">
              p
            </th>
            <th scope="col">pairs</th>
          </tr>
        </thead>
        <tbody>
          {whole.map((r) => (
            <tr key={`${r.test} ${r.task} ${r.name}`}>
              <th scope="row">
                <Soft>{r.task}</Soft> {r.name} {arrow(r.direction)}
              </th>
              <td class="number">{number(r.a)}</td>
              <td class="number">{number(r.b)}</td>
              <td class="number">
                <strong>{number(r.value)}</strong>
              </td>
              <td class="forest">{r.value !== null && <Forest value={r.value} lo={r.lo} hi={r.hi} scale={byUnit(r.unit)} />}</td>
              <td class="number range">{interval(r.lo, r.hi) || <Soft>{r.null_reason}</Soft>}</td>
              <td class="number">{number(r.p_corrected ?? r.p)}</td>
              <td class="pairs">
                {count(r.n)}
                {r.counts && (
                  <Soft>
                    {" "}
                    {r.counts.gained} better, {r.counts.lost} worse
                  </Soft>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Wide>
  );
}

const PAGE = 25;

function Sides({ flip, a, b }: { flip: Flip; a: string; b: string }) {
  return (
    <div class="sides">
      {[a, b].map((run, i) => (
        <div key={run}>
          <h4>{run}</h4>
          <ItemPanel run={run} task={flip.task} position={flip.position[i as 0 | 1]} sample={flip.sample} />
        </div>
      ))}
    </div>
  );
}

function OneFlip({ flip, a, b }: { flip: Flip; a: string; b: string }) {
  const [open, setOpen] = useState(false);
  const better = (flip.value[1] ?? 0) > (flip.value[0] ?? 0);
  return (
    <details onToggle={(e) => setOpen(e.currentTarget.open)}>
      <summary>
        <Badge text={better ? "better" : "worse"} kind={better ? "good" : "bad"} /> {flip.item} <Soft>{flip.task}</Soft>{" "}
        <Soft>
          {flip.label[0] ?? number(flip.value[0])} → {flip.label[1] ?? number(flip.value[1])}
        </Soft>
      </summary>
      {open && <Sides flip={flip} a={a} b={b} />}
    </details>
  );
}

function Flips({ a, b, tasks }: { a: string; b: string; tasks: string[] }) {
  const [task, setTask] = useState("");
  const [way, setWay] = useState("");
  const [from, setFrom] = useState(0);
  const flips = useLoad(
    (signal) => get<{ rows: Flip[]; n: number }>("flips", { a, b, task, way, from, most: PAGE }, signal),
    [a, b, task, way, from],
  );
  const change = (set: (v: string) => void) => (v: string) => {
    set(v);
    setFrom(0);
  };
  return (
    <section>
      <h2>Samples that flipped</h2>
      <div class="tools">
        <Choice label="task" value={task} options={[["", "all tasks"], ...tasks.map((t): [string, string] => [t, t])]} change={change(setTask)} />
        <Choice
          label="which way"
          value={way}
          options={[
            ["", "both ways"],
            ["worse", "got worse"],
            ["better", "got better"],
          ]}
          change={change(setWay)}
        />
      </div>
      <Shown of={flips}>
        {(f) => (
          <>
            <p class="status" role="status">
              {f.n === 0 ? "none" : `${count(from + 1)} to ${count(from + f.rows.length)} of ${count(f.n)}`}
            </p>
            {f.rows.map((flip) => (
              <OneFlip key={`${flip.task} ${flip.item} ${flip.sample}`} flip={flip} a={a} b={b} />
            ))}
            <div class="tools">
              {from > 0 && (
                <button type="button" onClick={() => setFrom(Math.max(0, from - PAGE))}>
                  Previous
                </button>
              )}
              {from + f.rows.length < f.n && (
                <button type="button" onClick={() => setFrom(from + PAGE)}>
                  Next
                </button>
              )}
            </div>
          </>
        )}
      </Shown>
    </section>
  );
}

function Compared({ a, b }: { a: string; b: string }) {
  const made = useLoad((signal) => get<Comparison>("compare", { a, b }, signal), [a, b]);
  return (
    <Shown of={made}>
      {(c) => (
        <>
          {c.notes.map((n) => (
            <p key={n} class="note">
              {n}
            </p>
          ))}
          <Changes rows={c.rows} a={a} b={b} />
          <Flips key={`${a} ${b}`} a={a} b={b} tasks={[...new Set(c.rows.map((r) => r.task))]} />
        </>
      )}
    </Shown>
  );
}

export function CompareView({ place }: View) {
  const runs = useLoad((signal) => get<Run[]>("runs", {}, signal), []);
  const a = place.args.get("a") ?? "";
  const b = place.args.get("b") ?? "";
  const names = (runs.value ?? []).map((r) => r.name);
  const options = (label: string): [string, string][] => [["", label], ...names.map((n): [string, string] => [n, n])];
  return (
    <>
      <Heading title={a && b ? `${a} and ${b}` : "Compare two runs"}>
        <div class="tools">
          <Choice label="base" value={a} options={options("choose a run")} change={(v) => go("compare", { a: v, b }, true)} />
          <Choice label="compared with it" value={b} options={options("choose a run")} change={(v) => go("compare", { a, b: v }, true)} />
        </div>
      </Heading>
      {a && b ? a === b ? <p>These are the same run.</p> : <Compared a={a} b={b} /> : <p>Choose two runs of the same suite.</p>}
    </>
  );
}
