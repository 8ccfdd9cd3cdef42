// All runs of the record, with those under way.
import { useState } from "preact/hooks";
import { get, type Run } from "../api";
import type { View } from "../app";
import { useLoad } from "../load";
import { Badge, Heading, Shown, Wide } from "../parts";
import { go, link } from "../place";
import { count, duration, time } from "../words";

const samples = (run: Run) => run.plan.reduce((n, t) => n + t.samples, 0);

function State({ run }: { run: Run }) {
  const all = samples(run);
  const done = (run.answered ?? 0) + (run.failed ?? 0);
  if (run.state !== "running")
    return <Badge text={run.state} kind={run.state === "done" ? "good" : "bad"} />;
  return (
    <span class="progress">
      <progress max={all || 1} value={done} aria-label={`progress of ${run.name}`} />
      <span>
        {count(done)} of {count(all)}
      </span>
    </span>
  );
}

export function RunsView({ about }: View) {
  const runs = useLoad(
    (signal) => get<Run[]>("runs", {}, signal),
    [],
    (value) => (value?.some((r) => r.state === "running") ? 700 : 3000),
  );
  const [chosen, choose] = useState<string[]>([]);
  const toggle = (name: string) =>
    choose((now) => (now.includes(name) ? now.filter((n) => n !== name) : [...now, name]));
  return (
    <>
      <Heading title="Runs">
        <div class="tools">
          <a class="button" href={link("start")}>
            Start a run
          </a>
          <button
            type="button"
            disabled={chosen.length !== 2}
            onClick={() => go("compare", { a: chosen[0], b: chosen[1] })}
          >
            Compare two
          </button>
          <button type="button" disabled={chosen.length === 0} onClick={() => go("matrix", { run: chosen })}>
            Side by side
          </button>
        </div>
      </Heading>
      <Shown of={runs}>
        {(list) =>
          list.length === 0 ? (
            <p>
              {about.there ? "The record has no runs yet." : `There is no record '${about.record}' yet.`}{" "}
              <a href={link("start")}>Start one</a>, or: <code>basanite run demo --record {about.record}</code>
            </p>
          ) : (
            <Wide label="Runs">
              <table class="runs">
                <thead>
                  <tr>
                    <th scope="col">
                      <span class="hidden">chosen</span>
                    </th>
                    <th scope="col">run</th>
                    <th scope="col">suite</th>
                    <th scope="col">subject</th>
                    <th scope="col">state</th>
                    <th scope="col" class="number">
                      samples
                    </th>
                    <th scope="col">started (UTC)</th>
                    <th scope="col">took</th>
                  </tr>
                </thead>
                <tbody>
                  {list.map((run) => (
                    <tr key={run.id}>
                      <td>
                        <input
                          type="checkbox"
                          aria-label={`choose ${run.name}`}
                          checked={chosen.includes(run.name)}
                          onChange={() => toggle(run.name)}
                        />
                      </td>
                      <th scope="row">
                        <a href={link("figures", { run: run.name })}>{run.name}</a>
                      </th>
                      <td>{run.suite}</td>
                      <td title={run.subject.spec ?? ""}>{run.subject.name}</td>
                      <td class="state">
                        <State run={run} />
                      </td>
                      <td class="number">
                        <a href={link("items", { run: run.name, task: run.plan[0]?.task })}>{count(samples(run))}</a>
                      </td>
                      <td>{time(run.started)}</td>
                      <td>{run.ended ? duration(run.ended - run.started) : ""}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </Wide>
          )
        }
      </Shown>
    </>
  );
}
