// Figures of one run or of several, as points with their intervals.
import { useState } from "preact/hooks";
import { type Figure, type Figures, get, type Run } from "../api";
import type { View } from "../app";
import { Forest, scaleOf } from "../forest";
import { useLoad } from "../load";
import { Badge, Heading, Shown, Soft, Wide } from "../parts";
import { link } from "../place";
import { arrow, arrowWords, count, interval, number, time } from "../words";

interface Line {
  task: string;
  name: string;
  group: string;
  cells: (Figure | undefined)[];
}

// Equal figures of several runs beside one another, in the order in which they first come.
export function linesOf(runs: Figures[]): Line[] {
  const lines = new Map<string, Line>();
  runs.forEach((run, at) => {
    for (const f of run.figures) {
      const key = JSON.stringify([f.task, f.name, f.group]);
      let line = lines.get(key);
      if (!line) {
        line = { task: f.task, name: f.name, group: f.group, cells: runs.map(() => undefined) };
        lines.set(key, line);
      }
      line.cells[at] = f;
    }
  });
  return [...lines.values()];
}

function FigureRows({ line, runs }: { line: Line; runs: Figures[] }) {
  const cells = line.cells.map((f) => f ?? { value: null, lo: null, hi: null });
  const any = line.cells.find((f) => f);
  const scale = scaleOf(cells, any?.unit === "share");
  const words = arrowWords(any?.direction ?? null);
  return (
    <>
      {runs.map((run, at) => {
        const f = line.cells[at];
        return (
          <tr key={run.run} class={at === 0 ? "first" : ""}>
            {at === 0 && (
              <th scope="rowgroup" rowSpan={runs.length}>
                {line.group && <Soft>{line.group} </Soft>}
                {line.name}{" "}
                <span title={words} aria-label={words || undefined} role={words ? "img" : undefined}>
                  {arrow(any?.direction ?? null)}
                </span>
                {any?.unit && any.unit !== "share" && <Soft> {any.unit}</Soft>}
              </th>
            )}
            {runs.length > 1 && <td class="run">{run.run}</td>}
            <td class="number">{f ? number(f.value) : ""}</td>
            <td class="forest">
              {f && f.value !== null && (any?.unit === "share" || f.lo !== f.hi || runs.length > 1) && <Forest value={f.value} lo={f.lo} hi={f.hi} scale={scale} kind={at} />}
              {f?.null_reason && <Soft>{f.null_reason}</Soft>}
            </td>
            <td class="number range">{f && interval(f.lo, f.hi)}</td>
            <td class="number">{f && count(f.n)}</td>
            <td class="method">{f?.method}</td>
          </tr>
        );
      })}
    </>
  );
}

function Task({ task, lines, runs }: { task: string; lines: Line[]; runs: Figures[] }) {
  const whole = lines.filter((l) => !l.group);
  const groups = lines.filter((l) => l.group);
  const table = (some: Line[], label: string) => (
    <Wide label={label}>
      <table class="figures">
        <thead>
          <tr>
            <th scope="col">figure</th>
            {runs.length > 1 && <th scope="col">run</th>}
            <th scope="col" class="number">
              value
            </th>
            <th scope="col">interval</th>
            <th scope="col" class="number">
              from, to
            </th>
            <th scope="col" class="number">
              n
            </th>
            <th scope="col">method</th>
          </tr>
        </thead>
        <tbody>
          {some.map((l) => (
            <FigureRows key={`${l.name} ${l.group}`} line={l} runs={runs} />
          ))}
        </tbody>
      </table>
    </Wide>
  );
  return (
    <section>
      <h2>
        {task}{" "}
        {runs.map((r) => (
          <a key={r.run} class="small" href={link("items", { run: r.run, task })}>
            samples{runs.length > 1 ? ` of ${r.run}` : ""}
          </a>
        ))}
      </h2>
      {whole.length > 0 && table(whole, `Figures of ${task}`)}
      {groups.length > 0 && (
        <details>
          <summary>{groups.length} figures of groups</summary>
          {table(groups, `Figures of groups of ${task}`)}
        </details>
      )}
    </section>
  );
}

function About({ name }: { name: string }) {
  const run = useLoad((signal) => get<Run>("run", { run: name }, signal), [name]);
  if (!run.value) return <p class="lead waiting-line" />;
  const r = run.value;
  return (
    <p class="lead">
      <Badge text={r.state} kind={r.state === "done" ? "good" : "bad"} /> {r.subject.name} <Soft>seed {r.seed}, started {time(r.started)}</Soft>{" "}
      <code>{r.command}</code>
    </p>
  );
}

export function FiguresView({ place }: View) {
  const names = place.args.getAll("run");
  const [find, setFind] = useState("");
  const figures = useLoad(
    (signal) => get<Figures[]>("figures", { run: names }, signal),
    [names],
    (value) => (value?.some((r) => r.state === "running") ? 1500 : 0),
  );
  const wanted = find.trim().toLowerCase();
  const fits = (l: Line) => !wanted || `${l.task} ${l.name} ${l.group}`.toLowerCase().includes(wanted);
  return (
    <>
      <Heading title={`Figures of ${names.join(", ")}`}>
        <div class="tools">
          <label class="field">
            <span>find a figure</span>
            <input type="search" value={find} onInput={(e) => setFind(e.currentTarget.value)} />
          </label>
        </div>
      </Heading>
      {names.length === 1 && <About name={names[0] ?? ""} />}
      <Shown of={figures}>
        {(runs) => {
          const lines = linesOf(runs).filter(fits);
          const tasks = [...new Set(lines.map((l) => l.task))];
          if (lines.length === 0)
            return <p>{wanted ? "No figure of that name." : "No figures yet: they are computed when a task is complete."}</p>;
          return tasks.map((t) => <Task key={t} task={t} lines={lines.filter((l) => l.task === t)} runs={runs} />);
        }}
      </Shown>
    </>
  );
}
