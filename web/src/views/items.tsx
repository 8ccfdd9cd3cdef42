// Samples of a run, filtered by the server and shown a page at a time.
import { useEffect, useRef, useState } from "preact/hooks";
import { get, type Row, type Rows, type Run } from "../api";
import type { View } from "../app";
import { useLoad, useSettled } from "../load";
import { Badge, Choice, Heading, Problem, Shown, Soft } from "../parts";
import { go, link } from "../place";
import { count, number } from "../words";

const states: [string, string][] = [
  ["any", "any state"],
  ["missing", "not answered yet"],
  ["failed", "failed"],
  ["unscored", "not scored"],
  ["unread", "not understood"],
  ["cut", "cut off"],
];

export function Marks({ row }: { row: Pick<Row, "answered" | "failed" | "scored" | "label" | "value" | "parsed" | "finish" | "harmful"> }) {
  const right = row.value === null ? undefined : row.value >= 1 ? "good" : row.value <= 0 ? "bad" : undefined;
  return (
    <span class="marks">
      {!row.answered && <Badge text="not answered yet" kind="soft" />}
      {row.failed && <Badge text="failed" kind="bad" />}
      {row.answered && !row.failed && !row.scored && <Badge text="not scored" kind="soft" />}
      {row.label && <Badge text={row.label} kind={right} />}
      {row.scored && row.value !== null && <Soft>{number(row.value)}</Soft>}
      {row.parsed === "fail" && <Badge text="not understood" kind="bad" />}
      {row.parsed === "fallback" && <Badge text="read by a fallback" kind="soft" />}
      {row.finish === "length" && <Badge text="cut off" kind="soft" />}
      {row.harmful && <Badge text="harmful" kind="soft" />}
    </span>
  );
}

interface Wanted {
  run: string;
  task: string;
  state: string;
  label: string;
  find: string;
}

// What is found so far. The server looks for a moment at a time; `more` goes on.
function useRows(wanted: Wanted, from: number, most: number) {
  const [rows, setRows] = useState<Row[]>([]);
  const [end, setEnd] = useState({ next: from, looked: 0, all: false, busy: true });
  const [error, setError] = useState<string>();
  const stop = useRef<AbortController>(undefined);
  const look = async (at: number, had: Row[], looked: number, enough: number) => {
    const mine = new AbortController();
    stop.current?.abort();
    stop.current = mine;
    let found = had;
    let seen = looked;
    let next = at;
    setEnd((e) => ({ ...e, busy: true }));
    try {
      for (;;) {
        const part = await get<Rows>("items", { ...wanted, from: next, most: Math.max(1, enough - found.length) }, mine.signal);
        if (mine.signal.aborted) return;
        found = [...found, ...part.rows];
        seen += part.looked;
        next = part.next;
        const done = part.all || found.length >= enough;
        setRows(found);
        setEnd({ next, looked: seen, all: part.all, busy: !done });
        if (done) return;
      }
    } catch (why) {
      if (mine.signal.aborted) return;
      setError(why instanceof Error ? why.message : String(why));
      setEnd((e) => ({ ...e, busy: false }));
    }
  };
  useEffect(() => {
    setError(undefined);
    setRows([]);
    setEnd({ next: from, looked: 0, all: false, busy: true });
    if (wanted.task) void look(from, [], 0, most);
    return () => stop.current?.abort();
  }, [JSON.stringify(wanted), from]);
  return { rows, ...end, error, more: () => void look(end.next, rows, end.looked, rows.length + most) };
}

export function List({ rows, run, task }: { rows: Row[]; run: string; task: string }) {
  return (
    <ol class="items">
      {rows.map((r) => (
        <li key={`${r.position} ${r.sample}`}>
          <a href={link("item", { run, task, position: r.position, sample: r.sample })}>
            <span class="id">
              {r.id}
              {r.sample > 0 && <Soft> sample {r.sample}</Soft>}
            </span>
            <Marks row={r} />
            {r.group && <Soft>{r.group}</Soft>}
            <span class="said" dir="auto">
              {r.text ?? (r.answered ? "hidden: harmful" : "")}
            </span>
          </a>
        </li>
      ))}
    </ol>
  );
}

function Filter({ wanted, tasks }: { wanted: Wanted; tasks: string[] }) {
  const [find, setFind] = useState(wanted.find);
  const settled = useSettled(find, 250);
  const labels = useLoad(
    (signal) => (wanted.task ? get<[string, number][]>("labels", { run: wanted.run, task: wanted.task }, signal) : Promise.resolve([])),
    [wanted.run, wanted.task],
  );
  const change = (part: Partial<Wanted>) => go("items", { ...wanted, ...part }, true);
  useEffect(() => {
    if (settled !== wanted.find) change({ find: settled });
  }, [settled]);
  return (
    <div class="tools">
      <Choice label="task" value={wanted.task} options={tasks} change={(task) => change({ task, label: "" })} />
      <Choice label="state" value={wanted.state} options={states} change={(state) => change({ state })} />
      <Choice
        label="label"
        value={wanted.label}
        options={[["", "any label"], ...(labels.value ?? []).map(([l, n]): [string, string] => [l, `${l} (${count(n)})`])]}
        change={(label) => change({ label })}
      />
      <label class="field">
        <span>find</span>
        <input
          type="search"
          value={find}
          placeholder="in id, prompt, answer"
          onInput={(e) => setFind(e.currentTarget.value)}
          data-find
        />
      </label>
    </div>
  );
}

// "/" goes to the search field, j and k to the next and the previous sample.
export function useKeys() {
  useEffect(() => {
    const pressed = (e: KeyboardEvent) => {
      const at = e.target as HTMLElement;
      if (e.ctrlKey || e.metaKey || e.altKey || /^(INPUT|TEXTAREA|SELECT)$/.test(at.tagName)) return;
      if (e.key === "/") {
        e.preventDefault();
        document.querySelector<HTMLInputElement>("[data-find]")?.focus();
      }
      if (e.key !== "j" && e.key !== "k") return;
      const all = [...document.querySelectorAll<HTMLAnchorElement>(".items a")];
      const now = all.indexOf(document.activeElement as HTMLAnchorElement);
      all[Math.min(all.length - 1, Math.max(0, now + (e.key === "j" ? 1 : -1)))]?.focus();
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, []);
}

const PAGE = 50;

export function ItemsView({ place }: View) {
  const run = place.args.get("run") ?? "";
  const known = useLoad((signal) => get<Run>("run", { run }, signal), [run]);
  const tasks = known.value?.plan.map((t) => t.task) ?? [];
  const wanted: Wanted = {
    run,
    task: place.args.get("task") ?? tasks[0] ?? "",
    state: place.args.get("state") ?? "any",
    label: place.args.get("label") ?? "",
    find: place.args.get("find") ?? "",
  };
  const from = Number(place.args.get("from") ?? 0) || 0;
  const rows = useRows(wanted, from, PAGE);
  const planned = known.value?.plan.find((t) => t.task === wanted.task)?.samples ?? 0;
  const filtered = wanted.state !== "any" || wanted.label !== "" || wanted.find !== "";
  useKeys();
  return (
    <>
      <Heading title={`Samples of ${run}`}>
        <a class="small" href={link("figures", { run })}>
          its figures
        </a>
      </Heading>
      <Filter key={`${run} ${wanted.task}`} wanted={wanted} tasks={tasks.length ? tasks : [wanted.task]} />
      {rows.error !== undefined && <Problem text={rows.error} />}
      {known.error !== undefined && <Problem text={known.error} />}
      <p class="status" role="status">
        {count(rows.rows.length)} {filtered ? "found, " : "shown, "}
        {rows.all ? "these are all" : `${count(from + rows.looked)} of ${planned ? count(planned) : "…"} looked at`}
        {rows.busy ? " …" : ""}
      </p>
      {rows.rows.length === 0 && rows.busy ? (
        <Shown of={{ value: undefined, error: undefined, busy: true, again: () => undefined }} lines={20}>
          {() => null}
        </Shown>
      ) : (
        <List rows={rows.rows} run={run} task={wanted.task} />
      )}
      {!rows.all && !rows.busy && (
        <button type="button" onClick={rows.more}>
          More
        </button>
      )}
    </>
  );
}
