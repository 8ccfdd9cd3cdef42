// Numbers and times as people read them.
export function number(value: number | null | undefined, digits = 3): string {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  if (Number.isInteger(value) && Math.abs(value) < 1e6) return String(value);
  const size = Math.abs(value);
  if (size !== 0 && (size < 0.001 || size >= 1e6)) return value.toExponential(2);
  return value.toFixed(size >= 100 ? 1 : digits);
}

export const count = (n: number): string => n.toLocaleString("en-US");

export function time(ns: number): string {
  return ns ? new Date(ns / 1e6).toISOString().slice(0, 16).replace("T", " ") : "";
}

export function duration(ns: number): string {
  const s = Math.max(0, Math.round(ns / 1e9));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
}

export const interval = (lo: number | null, hi: number | null): string =>
  lo === null || hi === null ? "" : `${number(lo)} to ${number(hi)}`;

export const arrow = (direction: string | null): string =>
  direction === "up" ? "↑" : direction === "down" ? "↓" : "";
export const arrowWords = (direction: string | null): string =>
  direction === "up" ? "more is better" : direction === "down" ? "less is better" : "";
