// What answers quote from trusted text: each with its quoted parts marked.
import { get, type Item, type Rows, type Run } from "../api";
import type { View } from "../app";
import { useLoad } from "../load";
import { Choice, Heading, Shown, Soft } from "../parts";
import { go, link } from "../place";
import { quotedOf } from "../quoted";
import { number } from "../words";

const PAGE = 10;

interface Page {
  items: Item[];
  next: number;
  all: boolean;
}

async function load(run: string, task: string, from: number, signal: AbortSignal): Promise<Page> {
  const rows = await get<Rows>("items", { run, task, from, most: PAGE }, signal);
  const items = await Promise.all(
    rows.rows.map((r) => get<Item>("item", { run, task, position: r.position, sample: r.sample }, signal)),
  );
  return { items, next: rows.next, all: rows.all };
}

function Quote({ run, item }: { run: string; item: Item }) {
  const quoted = quotedOf(item.evidence, item.text);
  return (
    <article class="quote">
      <h3>
        <a href={link("item", { run, task: item.task, position: item.position, sample: item.sample })}>{item.id}</a>{" "}
        <Soft>
          {quoted ? `${number(quoted.share)} quoted, longest run ${number(quoted.longest)} characters` : "no evidence of quotes"}
        </Soft>
      </h3>
      {item.harmful && item.text === null ? (
        <p>Hidden: the data calls it harmful.</p>
      ) : (
        <pre dir="auto" tabIndex={0}>
          {quoted?.pieces ? quoted.pieces.map((p, i) => (p.quoted ? <mark key={i}>{p.text}</mark> : p.text)) : item.text}
        </pre>
      )}
    </article>
  );
}

export function QuotesView({ place }: View) {
  const runs = useLoad((signal) => get<Run[]>("runs", {}, signal), []);
  const run = place.args.get("run") ?? "";
  const plan = runs.value?.find((r) => r.name === run)?.plan ?? [];
  const task = place.args.get("task") ?? plan[0]?.task ?? "";
  const from = Number(place.args.get("from") ?? 0) || 0;
  const page = useLoad<Page | undefined>(
    (signal) => (run && task ? load(run, task, from, signal) : Promise.resolve(undefined)),
    [run, task, from],
  );
  return (
    <>
      <Heading title="Quotes">
        <div class="tools">
          <Choice
            label="run"
            value={run}
            options={[["", "choose a run"], ...(runs.value ?? []).map((r): [string, string] => [r.name, r.name])]}
            change={(v) => go("quotes", { run: v }, true)}
          />
          <Choice label="task" value={task} options={plan.length ? plan.map((t) => t.task) : [task]} change={(v) => go("quotes", { run, task: v }, true)} />
        </div>
      </Heading>
      <p class="small soft">
        Marked is what stands word for word in the trusted text of the run's scorer <code>quip</code>; with its option <code>details</code> every stretch is
        known to the byte.
      </p>
      <Shown of={page}>
        {(p) =>
          p && (
            <>
              {p.items.map((i) => (
                <Quote key={`${i.position} ${i.sample}`} run={run} item={i} />
              ))}
              <div class="tools">
                {from > 0 && (
                  <a class="button" href={link("quotes", { run, task })}>
                    From the beginning
                  </a>
                )}
                {!p.all && (
                  <a class="button" href={link("quotes", { run, task, from: p.next })}>
                    Next
                  </a>
                )}
              </div>
            </>
          )
        }
      </Shown>
    </>
  );
}
