// Curves of trainings.
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { type Curve, get, type Training } from "../api";
import type { View } from "../app";
import { useLoad } from "../load";
import { Choice, Heading, Shown, Soft } from "../parts";
import { go } from "../place";
import { count, duration, number } from "../words";

const colour = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function options(curve: Curve, width: number): uPlot.Options {
  const ink = colour("--soft");
  const axis = { stroke: ink, grid: { stroke: colour("--line") }, ticks: { stroke: colour("--line") } };
  const band = { stroke: colour("--range"), width: 1, dash: [3, 3], points: { show: false } };
  return {
    width,
    height: 260,
    legend: { show: false },
    cursor: { y: false },
    scales: { x: { time: false } },
    axes: [{ ...axis, label: "step", labelSize: 18 }, { ...axis, size: 64 }],
    series: [
      {},
      { label: curve.name, stroke: colour("--accent"), width: 2 },
      ...(curve.lo ? [{ label: "from", ...band }, { label: "to", ...band }] : []),
    ],
  };
}

function Plot({ curve }: { curve: Curve }) {
  const at = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const box = at.current;
    if (!box) return undefined;
    const data: uPlot.AlignedData = curve.lo && curve.hi ? [curve.x, curve.y, curve.lo, curve.hi] : [curve.x, curve.y];
    let plot = new uPlot(options(curve, box.clientWidth), data, box);
    const resized = new ResizeObserver(() => plot.setSize({ width: box.clientWidth, height: 260 }));
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const again = () => {
      plot.destroy();
      plot = new uPlot(options(curve, box.clientWidth), data, box);
    };
    resized.observe(box);
    dark.addEventListener("change", again);
    return () => {
      resized.disconnect();
      dark.removeEventListener("change", again);
      plot.destroy();
    };
  }, [curve]);
  const known = curve.y.filter((y): y is number => y !== null);
  return (
    <figure>
      <figcaption>
        <h3>{curve.name}</h3>
        <Soft>
          {count(curve.points)} points, first {number(known[0])}, last {number(known[known.length - 1])}, least {number(Math.min(...known))}, most{" "}
          {number(Math.max(...known))}
        </Soft>
      </figcaption>
      <div class="plot" ref={at} aria-hidden="true" />
    </figure>
  );
}

function Log({ name }: { name: string }) {
  const log = useLoad((signal) => get<Training>("training", { name }, signal), [name], () => 5000);
  return (
    <Shown of={log} lines={16}>
      {(t) => (
        <>
          <p>
            {count(t.steps)} steps{t.seconds !== null && `, ${duration(t.seconds * 1e9)} in the last sitting`}
            {t.unit && `, loss in ${t.unit}`} <Soft>{t.products}</Soft>
          </p>
          <div class="plots">
            {t.curves.map((c) => (
              <Plot key={c.name} curve={c} />
            ))}
          </div>
        </>
      )}
    </Shown>
  );
}

export function TrainingView({ place }: View) {
  const list = useLoad((signal) => get<string[]>("trainings", {}, signal), []);
  const name = place.args.get("name") ?? list.value?.[0] ?? "";
  return (
    <>
      <Heading title="Trainings">
        <div class="tools">
          <Choice label="log" value={name} options={list.value ?? [name]} change={(v) => go("training", { name: v }, true)} />
        </div>
      </Heading>
      <Shown of={list} lines={2}>
        {(names) => (names.length === 0 ? <p>There are no logs (.log.jsonl) in the folder.</p> : null)}
      </Shown>
      {name && <Log key={name} name={name} />}
    </>
  );
}
