// Policies: their source, and from clause to figure what decides each goal, checked while one types.
import { useState } from "preact/hooks";
import { get, type PolicyChecked, type PolicyReport } from "../api";
import type { View } from "../app";
import { placeOfFault, Source, useEdited } from "../editor";
import { useLoad } from "../load";
import { Badge, Choice, Heading, Problem, Soft, Waiting, Wide } from "../parts";
import { go } from "../place";
import { count, number } from "../words";

function Matrix({ report }: { report: PolicyReport }) {
  return (
    <Wide label="From clause to figure">
      <table>
        <thead>
          <tr>
            <th scope="col">goal</th>
            <th scope="col">clause</th>
            <th scope="col">attribute</th>
            <th scope="col">figure</th>
            <th scope="col">what is run</th>
            <th scope="col" class="number">
              items
            </th>
            <th scope="col" class="number">
              least n
            </th>
            <th scope="col" class="number">
              passes at
            </th>
          </tr>
        </thead>
        <tbody>
          {report.goals.flatMap((g) => {
            const rows = report.matrix.filter((r) => r.goal === g.id);
            const head = (
              <>
                <th scope="row">
                  {g.id} {g.hard && <Badge text="hard" kind="soft" />} {g.waived_by && <Badge text={`waived by ${g.waived_by}`} kind="soft" />}
                </th>
                <td>{g.clause}</td>
                <td>{g.attribute}</td>
              </>
            );
            if (rows.length === 0)
              return [
                <tr key={g.id}>
                  {head}
                  <td colSpan={5}>{g.path === "nothing" && !g.waived_by ? <Badge text="nothing decides it" kind="bad" /> : <Soft>{g.path}</Soft>}</td>
                </tr>,
              ];
            return rows.map((r, i) => (
              <tr key={`${g.id} ${i}`}>
                {i === 0 ? (
                  head
                ) : (
                  <td colSpan={3}>
                    <Soft>{g.id}, too</Soft>
                  </td>
                )}
                <td>
                  <code>
                    {r.figure}
                    {r.place && `(${r.place})`} {r.op} {number(r.target)}
                    {r.upper !== null && ` to ${number(r.upper)}`}
                  </code>
                </td>
                <td>{r.run}</td>
                <td class="number">{r.items === null ? "" : count(r.items)}</td>
                <td class="number">{r.least_n === null ? "" : count(r.least_n)}</td>
                <td class="number">{r.passes_at === null ? "" : count(r.passes_at)}</td>
              </tr>
            ));
          })}
        </tbody>
      </table>
    </Wide>
  );
}

function Said({ report }: { report: PolicyReport }) {
  const c = report.coverage;
  return (
    <>
      <p>
        <Badge text={`${c.executable} of ${c.active} goals can be decided`} kind={c.executable === c.active ? "good" : "bad"} />{" "}
        <Soft>
          {c.measured} by figures, {c.refined} by what refines them, {c.documents} by documents, {c.waived} waived
        </Soft>
      </p>
      <p class="small">
        gate <code>{report.gate}</code>
      </p>
      {report.conflicts.map((x) => (
        <div key={x.goals.join()} class="note">
          <p>
            These cannot be met together: <strong>{x.goals.join(", ")}</strong>
            {x.ties.length > 0 && `, since ${x.ties.join("; ")}`}
          </p>
          {x.nearest.map((m) => (
            <p key={`${m.goal} ${m.figure} ${m.end}`}>
              nearest that can: {m.goal} <code>{m.figure}</code>, {m.end} {number(m.to)} instead of {number(m.from)}
            </p>
          ))}
        </div>
      ))}
      {report.conflicts_not_looked_for && <p class="note">Contradictions were not looked for: {report.conflicts_not_looked_for}</p>}
      {report.orphans.length > 0 && (
        <details open>
          <summary>What lacks something: {report.orphans.length}</summary>
          <ul>
            {report.orphans.map((o) => (
              <li key={o}>{o}</li>
            ))}
          </ul>
        </details>
      )}
      <h2>From clause to figure</h2>
      <Matrix report={report} />
    </>
  );
}

function OnePolicy({ name }: { name: string }) {
  const edited = useEdited<PolicyChecked>("policy", name);
  const [at, setAt] = useState<{ line: number; column: number; turn: number }>();
  const said = edited.said;
  const fault = said?.exit ? placeOfFault(said.said) : undefined;
  const text = edited.text;
  if (text === undefined) return edited.error !== undefined ? <Problem text={edited.error} /> : <Waiting key="text" />;
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
      <div class="verdict" role="status">
        {said && said.exit === 0 && <Badge text="consistent, and all of it can be decided" kind="good" />}
        {said && said.exit !== 0 && <Problem text={said.said.replace(/^basanite[^:]*: /, "")} />}
        {fault && (
          <button type="button" onClick={() => setAt((was) => ({ ...fault, turn: (was?.turn ?? 0) + 1 }))}>
            Go there
          </button>
        )}
      </div>
      <Source label={`source of ${name}`} text={text} set={edited.set} at={at} />
      {said ? said.report && <Said report={said.report} /> : <Waiting key="report" />}
    </>
  );
}

export function PoliciesView({ place }: View) {
  const list = useLoad((signal) => get<string[]>("policies", {}, signal), []);
  const name = place.args.get("name") ?? list.value?.[0] ?? "";
  return (
    <>
      <Heading title={name ? `Policy ${name}` : "Policies"}>
        <div class="tools">
          <Choice label="policy" value={name} options={list.value ?? [name]} change={(v) => go("policies", { name: v }, true)} />
        </div>
      </Heading>
      {list.error !== undefined && <Problem text={list.error} />}
      {list.value?.length === 0 && <p>There are no policies (.yaml) in the folder.</p>}
      {name && <OnePolicy key={name} name={name} />}
    </>
  );
}
