// A point with its interval on a common scale, drawn as a picture whose words stand beside it in the table.
interface Scale {
  lo: number;
  hi: number;
  zero?: number | undefined; // where a line stands
}

export function scaleOf(points: { value: number | null; lo: number | null; hi: number | null }[], share: boolean): Scale {
  if (share) return { lo: 0, hi: 1 };
  const all = points.flatMap((p) => [p.value, p.lo, p.hi]).filter((v): v is number => v !== null && Number.isFinite(v));
  if (all.length === 0) return { lo: 0, hi: 1 };
  const lo = Math.min(...all);
  const hi = Math.max(...all);
  const room = hi > lo ? (hi - lo) * 0.08 : Math.abs(hi) * 0.1 || 1;
  return { lo: lo - room, hi: hi + room };
}

// Around nothing changed.
export function scaleOfChanges(points: { value: number | null; lo: number | null; hi: number | null }[]): Scale {
  const all = points.flatMap((p) => [p.value, p.lo, p.hi]).filter((v): v is number => v !== null && Number.isFinite(v));
  const most = Math.max(1e-9, ...all.map(Math.abs)) * 1.08;
  return { lo: -most, hi: most, zero: 0 };
}

const WIDTH = 240;
const HEIGHT = 18;

export function Forest({
  value,
  lo,
  hi,
  scale,
  kind = 0,
}: {
  value: number | null;
  lo: number | null;
  hi: number | null;
  scale: Scale;
  kind?: number;
}) {
  const x = (v: number) => 4 + ((Math.min(scale.hi, Math.max(scale.lo, v)) - scale.lo) / (scale.hi - scale.lo)) * (WIDTH - 8);
  return (
    <svg class={`forest kind${kind % 6}`} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} width={WIDTH} height={HEIGHT} aria-hidden="true">
      <line class="axis" x1={4} x2={WIDTH - 4} y1={HEIGHT - 2} y2={HEIGHT - 2} />
      {scale.zero !== undefined && <line class="zero" x1={x(scale.zero)} x2={x(scale.zero)} y1={0} y2={HEIGHT} />}
      {lo !== null && hi !== null && (
        <>
          <line class="range" x1={x(lo)} x2={x(hi)} y1={8} y2={8} />
          <line class="range" x1={x(lo)} x2={x(lo)} y1={4} y2={12} />
          <line class="range" x1={x(hi)} x2={x(hi)} y1={4} y2={12} />
        </>
      )}
      {value !== null && <circle class="point" cx={x(value)} cy={8} r={4} />}
    </svg>
  );
}
