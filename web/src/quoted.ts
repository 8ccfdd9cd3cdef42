// Which parts of an answer are quoted from trusted text, by what the scorer quip left as evidence.
import type { Json } from "./api";

export interface Piece {
  text: string;
  quoted: boolean;
}
export interface Quoted {
  share: number | null;
  longest: number | null; // characters
  pieces: Piece[] | undefined; // undefined: the evidence does not say where
  normalised: boolean; // the pieces are of the normalised text
}

type Obj = { [key: string]: Json };
const isObj = (j: Json | undefined): j is Obj => typeof j === "object" && j !== null && !Array.isArray(j);
const num = (j: Json | undefined): number | null => (typeof j === "number" ? j : null);

function cut<T>(length: number, spans: [number, number][], part: (from: number, to: number) => T, make: (t: T, quoted: boolean) => Piece): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  for (const [from, to] of [...spans].sort((a, b) => a[0] - b[0])) {
    const start = Math.max(at, Math.min(from, length));
    const end = Math.min(to, length);
    if (end <= start) continue;
    if (start > at) pieces.push(make(part(at, start), false));
    pieces.push(make(part(start, end), true));
    at = end;
  }
  if (at < length) pieces.push(make(part(at, length), false));
  return pieces;
}

function byBytes(text: string, spans: [number, number][]): Piece[] {
  const bytes = new TextEncoder().encode(text);
  const decoder = new TextDecoder();
  return cut(bytes.length, spans, (f, t) => decoder.decode(bytes.subarray(f, t)), (t, quoted) => ({ text: t, quoted }));
}

function byCharacters(text: string, spans: [number, number][]): Piece[] {
  const characters = [...text];
  return cut(characters.length, spans, (f, t) => characters.slice(f, t).join(""), (t, quoted) => ({ text: t, quoted }));
}

const pairs = (list: Json | undefined): [number, number][] =>
  Array.isArray(list)
    ? list.flatMap((s): [number, number][] =>
        Array.isArray(s) && typeof s[0] === "number" && typeof s[1] === "number" ? [[s[0], s[1]]] : [],
      )
    : [];

export function quotedOf(evidence: Json | undefined, text: string | null): Quoted | undefined {
  if (!isObj(evidence) || !("quoted_spans" in evidence)) return undefined;
  const out = { share: num(evidence.quip), longest: num(evidence.longest_span_chars), normalised: false };
  const stretches = Array.isArray(evidence.stretches) ? evidence.stretches.filter(isObj) : undefined;
  const raw = stretches?.flatMap((s): [number, number][] =>
    typeof s.byte === "number" && typeof s.end_byte === "number" ? [[s.byte, s.end_byte]] : [],
  );
  if (text !== null && raw?.length) return { ...out, pieces: byBytes(text, raw) };
  const spans = pairs(evidence.quoted_spans);
  if (typeof evidence.doc === "string") return { ...out, pieces: byCharacters(evidence.doc, spans), normalised: true };
  // Without details only the places in the normalised text are known: they fit where nothing was normalised away.
  if (text !== null && num(evidence.normalised_len) === [...text].length) return { ...out, pieces: byCharacters(text, spans) };
  return { ...out, pieces: undefined };
}
