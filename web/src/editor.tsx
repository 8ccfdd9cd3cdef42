// A file of the server's folder that is edited: its text, what is said of it while one types, saving it.
import { useEffect, useRef, useState } from "preact/hooks";
import { type FileText, get, post } from "./api";
import { useSettled } from "./load";

export interface Edited<T> {
  text: string | undefined; // undefined: it is being loaded
  set: (text: string) => void;
  said: T | undefined; // of the newest text that was checked
  checking: boolean;
  error: string | undefined;
  changed: boolean;
  save: () => Promise<void>;
  reload: () => void;
}

// kind: "case" or "policy", as the routes are called.
export function useEdited<T>(kind: string, name: string): Edited<T> {
  const [file, setFile] = useState<FileText>();
  const [text, set] = useState<string>();
  const [said, setSaid] = useState<T>();
  const [checked, setChecked] = useState<string>();
  const [error, setError] = useState<string>();
  const [turn, next] = useState(0);
  const settled = useSettled(text, 120);
  const gone = useRef(new AbortController());
  const fail = (why: unknown) => setError(why instanceof Error ? why.message : String(why));
  useEffect(() => {
    const stop = new AbortController();
    get<FileText>(kind, { name }, stop.signal).then(
      (f) => {
        setFile(f);
        set(f.text);
        setError(undefined);
      },
      (why: unknown) => !stop.signal.aborted && fail(why),
    );
    return () => stop.abort();
  }, [kind, name, turn]);
  // One text is checked at a time; when it comes back, the newest is next.
  const [sent, setSent] = useState<string>();
  useEffect(() => {
    if (settled === undefined || settled === checked || sent !== undefined) return;
    setSent(settled);
    post<T>(`${kind}/check`, { name, text: settled }, gone.current.signal)
      .then((value) => {
        setSaid(value);
        setChecked(settled);
        setError(undefined);
      })
      .catch((why: unknown) => {
        if (gone.current.signal.aborted) return;
        setChecked(settled);
        fail(why);
      })
      .finally(() => !gone.current.signal.aborted && setSent(undefined));
  }, [settled, sent, checked]);
  useEffect(() => () => gone.current.abort(), []);
  const save = async () => {
    if (!file || text === undefined) return;
    try {
      const { digest } = await post<{ digest: string }>(`${kind}/save`, { name, text, was: file.digest });
      setFile({ name, text, digest });
      setError(undefined);
    } catch (why) {
      fail(why);
    }
  };
  const changed = file !== undefined && text !== file.text;
  useEffect(() => {
    if (!changed) return undefined;
    const warn = (e: BeforeUnloadEvent) => e.preventDefault();
    addEventListener("beforeunload", warn);
    return () => removeEventListener("beforeunload", warn);
  }, [changed]);
  return {
    text,
    set,
    said,
    checking: text !== undefined && checked !== text,
    error,
    changed,
    save,
    reload: () => next((n) => n + 1),
  };
}

let known: { text: string; starts: number[] } = { text: "", starts: [0] };

// Where lines begin; kept for the newest text, which is asked about for each formula of a case.
function startsOf(text: string): number[] {
  if (known.text === text) return known.starts;
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  known = { text, starts };
  return starts;
}

// Byte columns, as the program counts, to places in a text; -1: there is no such place.
export function placeIn(text: string, line: number, column: number): number {
  const start = startsOf(text)[line - 1];
  if (start === undefined) return -1;
  let at = start;
  const end = text.indexOf("\n", at);
  const whole = text.slice(at, end < 0 ? undefined : end);
  let bytes = 1;
  for (const c of whole) {
    if (bytes >= column) break;
    bytes += new TextEncoder().encode(c).length;
    at += c.length;
  }
  return at;
}

// "NAME:12:3: what" of a message.
export function placeOfFault(message: string): { line: number; column: number } | undefined {
  const found = /:(\d+):(\d+)[:\s]/.exec(message);
  return found ? { line: Number(found[1]), column: Number(found[2]) } : undefined;
}

export function Source({
  label,
  text,
  set,
  at,
}: {
  label: string;
  text: string;
  set: (text: string) => void;
  at?: { line: number; column: number; turn: number } | undefined; // to go to
}) {
  const box = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    if (!at || !box.current) return;
    const from = placeIn(text, at.line, at.column);
    if (from < 0) return;
    const end = text.indexOf("\n", from);
    box.current.focus();
    box.current.setSelectionRange(from, end < 0 ? text.length : end);
    const lines = text.split("\n").length;
    box.current.scrollTop = (box.current.scrollHeight * Math.max(0, at.line - 4)) / lines;
  }, [at?.turn]);
  return (
    <label class="field source">
      <span>{label}</span>
      <textarea ref={box} spellcheck={false} wrap="off" value={text} onInput={(e) => set(e.currentTarget.value)} rows={26} />
    </label>
  );
}
