// Runs against figures: formats of one model beside one another, or models.
import { type Figures, get, type Run } from "../api";
import type { View } from "../app";
import { type Loaded, useLoad } from "../load";
import { Heading, Shown, Soft, Wide } from "../parts";
import { go, link } from "../place";
import { arrow, interval, number } from "../words";
import { linesOf } from "./figures";

// Against the first run: beyond its interval for the better or the worse.
function verdict(value: number | null, base: { lo: number | null; hi: number | null; direction: string | null } | undefined): string {
  if (value === null || !base || base.lo === null || base.hi === null) return "";
  const up = base.direction === "up" ? 1 : base.direction === "down" ? -1 : 0;
  if (up === 0 || (value >= base.lo && value <= base.hi)) return "";
  return (value > base.hi ? up : -up) > 0 ? "good" : "bad";
}

function Table({ runs, all }: { runs: Figures[]; all: boolean }) {
  const tasks = new Set<string>();
  const lines = linesOf(runs).filter((l) => {
    if (l.group) return false;
    const first = !tasks.has(l.task);
    tasks.add(l.task);
    return all || first;
  });
  return (
    <Wide label="Runs and figures">
      <table class="matrix">
        <thead>
          <tr>
            <th scope="col">run</th>
            {lines.map((l) => (
              <th key={`${l.task} ${l.name}`} scope="col">
                <Soft>{l.task}</Soft> {l.name} {arrow(l.cells.find((c) => c)?.direction ?? null)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {runs.map((run, at) => (
            <tr key={run.run}>
              <th scope="row">
                <a href={link("figures", { run: run.run })}>{run.run}</a> <Soft>{run.subject}</Soft>
              </th>
              {lines.map((l) => {
                const f = l.cells[at];
                const said = at > 0 ? verdict(f?.value ?? null, l.cells[0]) : "";
                return (
                  <td key={`${l.task} ${l.name}`} class={`number ${said}`}>
                    {f ? number(f.value) : "–"}
                    {said && <span class="hidden"> {said === "good" ? "better" : "worse"}</span>}
                    {said && <span aria-hidden="true">{said === "good" ? " +" : " −"}</span>}
                    <br />
                    <Soft>{f && interval(f.lo, f.hi)}</Soft>
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </Wide>
  );
}

export function MatrixView({ place }: View) {
  const runs = useLoad((signal) => get<Run[]>("runs", {}, signal), []);
  const chosen = place.args.getAll("run");
  const all = place.args.get("all") === "1";
  const figures = useLoad<Figures[]>(
    (signal) => (chosen.length ? get<Figures[]>("figures", { run: chosen }, signal) : Promise.resolve([])),
    [chosen],
  );
  // Both at once, so that nothing moves when the second comes.
  const both: Loaded<[Run[], Figures[]]> = {
    value: runs.value && figures.value ? [runs.value, figures.value] : undefined,
    error: runs.error ?? figures.error,
    busy: runs.busy || figures.busy,
    again: figures.again,
  };
  const set = (next: string[]) => go("matrix", { run: next, all: all ? "1" : undefined }, true);
  return (
    <>
      <Heading title="Runs side by side">
        <div class="tools">
          <label class="field inline">
            <input type="checkbox" checked={all} onChange={() => go("matrix", { run: chosen, all: all ? undefined : "1" }, true)} />
            <span>all figures, not just the first of each task</span>
          </label>
        </div>
      </Heading>
      <Shown of={both}>
        {([list, some]) => (
          <>
          <fieldset class="chips">
            <legend>Runs; the first one chosen is what the others are held against</legend>
            {list.map((r) => (
              <label key={r.id}>
                <input
                  type="checkbox"
                  checked={chosen.includes(r.name)}
                  onChange={() => set(chosen.includes(r.name) ? chosen.filter((n) => n !== r.name) : [...chosen, r.name])}
                />
                <span>{r.name}</span>
              </label>
            ))}
          </fieldset>
          {some.length > 0 && <Table runs={some} all={all} />}
      {some.length > 1 && <p class="small soft">Coloured: outside the interval of the first run. Whether a change is more than chance, Compare tests pair by pair.</p>}
          </>
        )}
      </Shown>
    </>
  );
}
