// Asking the server. The token comes in the address that the program printed; it moves to the session's storage, so that it
// stands neither in the address bar nor in the history.

const KEY = "basanite-token";

export function takeToken(): void {
  const here = new URL(location.href);
  const token = here.searchParams.get("token");
  if (!token) return;
  sessionStorage.setItem(KEY, token);
  here.searchParams.delete("token");
  history.replaceState(null, "", here);
}

export class Refused extends Error {
  constructor(
    message: string,
    readonly status: number,
  ) {
    super(message);
  }
}

export type Args = Record<string, string | number | readonly string[] | undefined>;

function address(path: string, args: Args): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(args))
    for (const one of Array.isArray(value) ? value : [value])
      if (one !== undefined && one !== "") query.append(name, String(one));
  const text = query.toString();
  return `/api/${path}${text ? `?${text}` : ""}`;
}

async function ask<T>(url: string, init: RequestInit): Promise<T> {
  const headers = new Headers(init.headers);
  headers.set("Authorization", `Bearer ${sessionStorage.getItem(KEY) ?? ""}`);
  const reply = await fetch(url, { ...init, headers, credentials: "omit" }).catch((why: unknown) => {
    if (why instanceof DOMException && why.name === "AbortError") throw why;
    throw new Refused("The server does not answer. Is `basanite serve --page` still running?", 0);
  });
  const body = (await reply.json().catch(() => null)) as { error?: { message?: string } } | null;
  if (!reply.ok) throw new Refused(body?.error?.message ?? `status ${reply.status}`, reply.status);
  return body as T;
}

export const get = <T>(path: string, args: Args = {}, signal?: AbortSignal): Promise<T> =>
  ask<T>(address(path, args), signal ? { signal } : {});

export const post = <T>(path: string, body: unknown, signal?: AbortSignal): Promise<T> =>
  ask<T>(address(path, {}), {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "Content-Type": "application/json" },
    ...(signal ? { signal } : {}),
  });

// ---- what the server says

export interface About {
  version: string;
  record: string;
  there: boolean;
  cases: boolean;
  policies: boolean;
  trainings: boolean;
}
export interface Run {
  id: number;
  name: string;
  suite: string | null;
  command: string;
  seed: number;
  build: string;
  started: number;
  ended: number;
  state: string;
  subject: { name: string | null; spec: string | null; digest: string | null };
  plan: { task: string; items: number; samples: number }[];
  answered?: number;
  failed?: number;
}
export interface Figure {
  name: string;
  task: string;
  group: string;
  value: number | null;
  lo: number | null;
  hi: number | null;
  n: number;
  method: string | null;
  unit: string | null;
  direction: string | null;
  parsed: number | null;
  errors: number;
  null_reason?: string;
}
export interface Figures {
  run: string;
  state: string;
  suite: string | null;
  subject: string | null;
  figures: Figure[];
}
export interface Row {
  id: string;
  position: number;
  sample: number;
  group: string;
  answered: boolean;
  failed: boolean;
  text: string | null;
  harmful: boolean;
  finish: string | null;
  value: number | null;
  label: string;
  parsed: string | null;
  scored: boolean;
}
export interface Rows {
  rows: Row[];
  next: number;
  looked: number;
  all: boolean;
}
export interface Token {
  id: number;
  text: string;
}
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export interface Item {
  id: string;
  task: string;
  position: number;
  sample: number;
  group: string;
  text: string | null;
  harmful: boolean;
  answered: boolean;
  failed: boolean;
  digest: string;
  error: string | null;
  finish: string | null;
  value: number | null;
  label: string;
  parsed: string | null;
  scored: boolean;
  messages?: Json;
  want?: Json;
  gold?: Json;
  evidence?: Json;
  logprobs?: Json;
  tokens?: Token[] | null;
  tokens_in: number;
  tokens_out: number;
  ms: number | null;
  person: string;
  ask: string | null;
  item: string | null;
  source: string;
}
export interface CompareRow {
  test: string;
  task: string;
  name: string;
  group: string;
  a: number | null;
  b: number | null;
  value: number | null;
  lo: number | null;
  hi: number | null;
  p: number | null;
  p_corrected: number | null;
  detectable: number | null;
  n: number;
  method: string | null;
  unit: string | null;
  direction: string | null;
  verdict: string | null;
  null_reason: string | null;
  first: boolean;
  counts?: { gained: number; lost: number; both: number; neither: number };
}
export interface Comparison {
  a: string;
  b: string;
  rows: CompareRow[];
  notes: string[];
  flips: number;
}
export interface Flip {
  task: string;
  item: string;
  sample: number;
  position: [number, number];
  value: [number | null, number | null];
  label: [string | null, string | null];
}
export interface Curve {
  name: string;
  points: number;
  x: number[];
  y: (number | null)[];
  lo?: (number | null)[];
  hi?: (number | null)[];
}
export interface Training {
  name: string;
  steps: number;
  seconds: number | null;
  unit: string;
  products: string;
  curves: Curve[];
}
export interface Kind {
  command: string;
  summary: string;
  words: string[];
  flags: { name: string; kind: "switch" | "count" | "real" | "text"; help: string }[];
}
export interface Work {
  id: number;
  words: string[];
  state: "running" | "stopping" | "done" | "stopped" | "failed";
  exit: number;
  started: number;
  ended: number;
}
export interface CaseLine {
  text: string;
  line: number;
  column: number;
}
export interface CaseNode {
  id: string;
  kind: string;
  text: string;
  supported_by: string[];
  in_context_of: string[];
  challenges: string[];
  join: string;
  reason: string;
  formal: CaseLine[];
  origin: string;
  undeveloped: boolean;
  law: boolean;
  line: number;
  column: number;
  needs?: { figure: string; op: string; target: number };
}
export interface NodeReport {
  id: string;
  kind: string;
  status: string;
  supported: string;
  yellow: boolean;
  by?: string;
  reason?: string;
  error?: { node?: string; line?: number; column?: number; message?: string };
  used?: { node: string; line: number; text: string }[];
  clash?: Json;
  counterexample?: { symbol: string; exact?: Json; decimal?: Json; from?: string[] }[];
  fails?: Json;
  why?: string;
  missing?: string;
  belief?: number;
  disbelief?: number;
}
export interface CaseReport {
  accepted: boolean;
  supported: string;
  counts: Record<string, number>;
  nodes: NodeReport[];
  unused: { node: string; line: number; text: string }[];
  undeveloped: Json;
  formalised_share: number | null;
}
export interface CaseChecked {
  fault?: string;
  root?: string;
  nodes?: CaseNode[];
  report?: CaseReport;
  theorems?: number;
  solved?: number;
  seconds?: number;
}
export interface FileText {
  name: string;
  text: string;
  digest: string;
}
export interface PolicyClause {
  goal: string;
  clause: string;
  attribute: string;
  figure: string;
  place: string;
  op: string;
  target: number | null;
  upper: number | null;
  tol: number | null;
  unit: string;
  run: string;
  items: number | null;
  least_n: number | null;
  passes_at: number | null;
}
export interface PolicyReport {
  policy: string;
  gate: string;
  coverage: { active: number; executable: number; measured: number; refined: number; documents: number; waived: number };
  goals: {
    id: string;
    level: number;
    kind: string;
    clause: string;
    attribute: string;
    severity: number;
    hard: boolean;
    path: string;
    waived_by?: string | null;
  }[];
  matrix: PolicyClause[];
  orphans: string[];
  conflicts: { goals: string[]; ties: string[]; nearest: { goal: string; figure: string; end: string; from: number; to: number }[] }[];
  conflicts_not_looked_for?: string | null;
}
export interface PolicyChecked {
  exit: number;
  said: string;
  report: PolicyReport | null;
}
