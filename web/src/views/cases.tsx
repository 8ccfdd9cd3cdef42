// Assurance cases: the tree of claims with what the solvers say of each step, and its source, checked while one types.
import { useEffect, useRef, useState } from "preact/hooks";
import { type CaseChecked, type CaseLine, type CaseNode, type Json, type NodeReport, get } from "../api";
import type { View } from "../app";
import { placeIn, placeOfFault, Source, useEdited } from "../editor";
import { useLoad } from "../load";
import { Badge, Choice, Heading, Problem, Soft, Waiting } from "../parts";
import { go } from "../place";
import { number } from "../words";

const kinds: Record<string, "good" | "bad" | "soft"> = { holds: "good", refuted: "bad", vacuous: "bad", error: "bad", unknown: "bad", skipped: "soft" };
const words: Record<string, string> = {
  holds: "holds",
  refuted: "does not follow",
  vacuous: "contradicts itself",
  unknown: "not decided",
  error: "cannot be read",
  skipped: "not checked",
};
const support: Record<string, string> = { yes: "supported", open: "open", no: "not supported" };

const shown = (j: Json | undefined): string => (j === undefined || j === null ? "" : typeof j === "string" ? j : JSON.stringify(j));

interface Known {
  nodes: Map<string, CaseNode>;
  reports: Map<string, NodeReport>;
}

// What speaks against a step, in the words of the case.
function Counterexample({ report, known }: { report: NodeReport; known: Known }) {
  const list = report.counterexample ?? [];
  if (list.length === 0) return null;
  const from = [...new Set(list.flatMap((c) => c.from ?? []))].filter((id) => id !== report.id);
  return (
    <div class="against">
      <p>All that supports it can be true, and it still fails, where</p>
      <ul>
        {list.map((c) => (
          <li key={c.symbol}>
            <code>
              {c.symbol} = {shown(c.exact)}
            </code>
            {c.decimal !== undefined && shown(c.decimal) !== shown(c.exact) && <Soft> about {shown(c.decimal)}</Soft>}
          </li>
        ))}
      </ul>
      {from.length > 0 && (
        <>
          {from.map((id) => (
            <p key={id} class="small">
              <strong>{id}</strong> {known.nodes.get(id)?.text}
            </p>
          ))}
        </>
      )}
      {report.fails !== undefined && <p class="small">fails: {Array.isArray(report.fails) ? report.fails.map(shown).join("; ") : shown(report.fails)}</p>}
    </div>
  );
}

interface TreeProps {
  known: Known;
  text: string;
  set: (text: string) => void;
  fresh: boolean; // what is known was read from this text
  goTo: (node: CaseNode) => void;
}

type Quotes = "" | "'" | '"';
const written = (formula: string, quotes: Quotes): string =>
  quotes === '"' ? JSON.stringify(formula).slice(1, -1) : quotes === "'" ? formula.replaceAll("'", "''") : formula;

// Where a formula stands in the source as it was read; folded over lines, or escaped otherwise, it cannot be edited in the
// tree.
function standsAt(text: string, line: CaseLine): { at: number; quotes: Quotes } | undefined {
  const at = line.line ? placeIn(text, line.line, line.column) : -1;
  if (at < 0) return undefined;
  const before = text[at - 1];
  const quotes: Quotes = before === '"' || before === "'" ? before : "";
  return text.startsWith(written(line.text, quotes), at) ? { at, quotes } : undefined;
}

// While one types, the source is ahead of what was checked: what stands there is kept here until both agree again.
function Formula({ node, line, n, props }: { node: CaseNode; line: CaseLine; n: number; props: TreeProps }) {
  const [draft, setDraft] = useState<string>();
  const there = useRef<{ text: string; at: number; quotes: Quotes }>(undefined);
  if (props.fresh) {
    const place = standsAt(props.text, line);
    there.current = place && { ...place, text: line.text };
  }
  useEffect(() => {
    if (props.fresh) setDraft(undefined);
  }, [props.fresh, line.text]);
  const spot = there.current;
  if (!spot) return <code>{line.text}</code>;
  const edit = (value: string) => {
    const was = written(spot.text, spot.quotes);
    there.current = { ...spot, text: value };
    setDraft(value);
    props.set(props.text.slice(0, spot.at) + written(value, spot.quotes) + props.text.slice(spot.at + was.length));
  };
  return (
    <input
      class="formula"
      aria-label={`formula ${n + 1} of ${node.id}`}
      value={draft ?? line.text}
      onInput={(e) => edit(e.currentTarget.value)}
      spellcheck={false}
    />
  );
}

function Node({ id, props, depth, path }: { id: string; props: TreeProps; depth: number; path: string[] }) {
  const { known, goTo } = props;
  const node = known.nodes.get(id);
  const report = known.reports.get(id);
  const [open, setOpen] = useState(depth < 3 || report?.yellow === true);
  if (!node) return null;
  const children = [...node.supported_by, ...node.in_context_of];
  const again = path.includes(id);
  const status = report?.status ?? "skipped";
  return (
    <li class={report?.yellow ? "yellow" : ""} data-node={id}>
      <div class="node">
        <p>
          <button type="button" class="plain" onClick={() => goTo(node)} title="go to its place in the source">
            {node.id}
          </button>{" "}
          {status !== "skipped" && <Badge text={words[status] ?? status} kind={kinds[status]} />}{" "}
          {report && <Badge text={support[report.supported] ?? report.supported} kind={report.supported === "yes" ? "good" : report.supported === "no" ? "bad" : "soft"} />}{" "}
          {report?.yellow && <Badge text="touched by a fault" kind="soft" />} {node.origin !== "human" && <Badge text={node.origin === "model" ? "drafted, not reviewed" : "drafted, reviewed"} kind="soft" />}{" "}
          <Soft>
            {node.kind}
            {node.supported_by.length > 1 && node.join === "or" && ", one of these is enough"}
            {node.undeveloped && ", to be developed"}
          </Soft>
        </p>
        <p dir="auto">{node.text}</p>
        {node.needs && (
          <p class="small">
            waits for <code>{`${node.needs.figure} ${node.needs.op} ${number(node.needs.target)}`}</code>
          </p>
        )}
        {report?.why && <p class="small">{report.why}</p>}
        {node.formal.map((line, i) => (
          <div key={i} class="formal">
            <Formula node={node} line={line} n={i} props={props} />
          </div>
        ))}
        {report?.error?.message && <Problem text={report.error.message} />}
        {status === "unknown" && <p class="small">{report?.missing ?? report?.reason}</p>}
        {report && <Counterexample report={report} known={known} />}
        {report?.clash !== undefined && <p class="small">These contradict one another: {shown(report.clash)}</p>}
      </div>
      {children.length > 0 &&
        !again &&
        (open ? (
          <ul>
            {children.map((c) => (
              <Node key={c} id={c} props={props} depth={depth + 1} path={[...path, id]} />
            ))}
          </ul>
        ) : (
          <button type="button" class="plain" onClick={() => setOpen(true)}>
            {children.length} below
          </button>
        ))}
    </li>
  );
}

function Verdict({ said }: { said: CaseChecked }) {
  const r = said.report;
  if (!r) return null;
  return (
    <p class="verdict" role="status">
      <Badge text={r.accepted ? "accepted" : "not accepted"} kind={r.accepted ? "good" : "bad"} />{" "}
      {Object.entries(r.counts)
        .filter(([, n]) => n > 0)
        .map(([s, n]) => `${words[s] ?? s}: ${n}`)
        .join(", ")}
      {r.unused.length > 0 && `; ${r.unused.length === 1 ? "one line is" : `${r.unused.length} lines are`} used by no step`}{" "}
      <Soft>
        {said.solved} of {said.theorems} theorems solved anew
        {said.seconds !== undefined && said.seconds > 0 && ` in ${Math.ceil(said.seconds * 1000)} ms`}
      </Soft>
    </p>
  );
}

function OneCase({ name }: { name: string }) {
  const edited = useEdited<CaseChecked>("case", name);
  const [last, setLast] = useState<CaseChecked>();
  const [at, setAt] = useState<{ line: number; column: number; turn: number }>();
  const fault = edited.said?.fault;
  if (edited.said && !fault && edited.said !== last) setLast(edited.said);
  const goTo = (place: { line: number; column: number } | undefined) =>
    place && setAt((was) => ({ line: place.line, column: place.column, turn: (was?.turn ?? 0) + 1 }));
  const text = edited.text;
  if (text === undefined || (!last && fault === undefined))
    return edited.error !== undefined ? <Problem text={edited.error} /> : <Waiting />;
  const known: Known | undefined = last && {
    nodes: new Map((last.nodes ?? []).map((n) => [n.id, n])),
    reports: new Map((last.report?.nodes ?? []).map((n) => [n.id, n])),
  };
  return (
    <>
      <div class="tools">
        <button type="button" disabled={!edited.changed} onClick={() => void edited.save()}>
          Save
        </button>
        <button type="button" disabled={!edited.changed} onClick={edited.reload}>
          Take back
        </button>
        <Soft>{edited.checking ? "checking" : edited.changed ? "checked, not saved" : "checked"}</Soft>
      </div>
      {edited.error !== undefined && <Problem text={edited.error} />}
      {fault !== undefined ? (
        <div class="verdict">
          <Problem text={fault} />
          {placeOfFault(fault) && (
            <button type="button" onClick={() => goTo(placeOfFault(fault))}>
              Go there
            </button>
          )}
        </div>
      ) : (
        last && <Verdict said={last} />
      )}
      <div class="edit">
        <div class={fault !== undefined ? "stale" : ""}>
          {known && last?.root && (
            <ul class="tree" aria-label="the case">
              <Node id={last.root} props={{ known, text, set: edited.set, goTo, fresh: !edited.checking && fault === undefined }} depth={0} path={[]} />
            </ul>
          )}
          {last?.report && last.report.unused.length > 0 && (
            <details>
              <summary>Lines that no step uses</summary>
              <ul>
                {last.report.unused.map((u) => (
                  <li key={`${u.node} ${u.line}`}>
                    {u.node}: <code>{u.text}</code>
                  </li>
                ))}
              </ul>
            </details>
          )}
        </div>
        <Source label={`source of ${name}`} text={text} set={edited.set} at={at} />
      </div>
    </>
  );
}

export function CasesView({ place }: View) {
  const list = useLoad((signal) => get<string[]>("cases", {}, signal), []);
  const name = place.args.get("name") ?? list.value?.[0] ?? "";
  return (
    <>
      <Heading title={name ? `Case ${name}` : "Cases"}>
        <div class="tools">
          <Choice label="case" value={name} options={list.value ?? [name]} change={(v) => go("cases", { name: v }, true)} />
        </div>
      </Heading>
      {list.error !== undefined && <Problem text={list.error} />}
      {list.value?.length === 0 && <p>There are no cases (.yaml, .json) in the folder.</p>}
      {name && <OneCase key={name} name={name} />}
    </>
  );
}
