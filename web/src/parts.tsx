// Pieces that several views use.
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import type { Loaded } from "./load";

export function Heading({ title, children }: { title: string; children?: ComponentChildren }) {
  useEffect(() => {
    document.title = `${title} · basanite`;
  }, [title]);
  return (
    <header class="heading">
      <h1>{title}</h1>
      {children}
    </header>
  );
}

export const Waiting = ({ lines = 8 }: { lines?: number }) => (
  <div class="waiting" style={{ height: `${lines * 2.2}rem` }} role="status">
    loading
  </div>
);

// What is loaded; before that a space of some height, so that nothing moves when it comes.
export function Shown<T>({
  of,
  lines = 8,
  children,
}: {
  of: Loaded<T>;
  lines?: number;
  children: (value: T) => ComponentChildren;
}) {
  return (
    <>
      {of.error !== undefined && <Problem text={of.error} />}
      {of.value !== undefined ? (
        children(of.value)
      ) : of.error === undefined ? (
        <Waiting lines={lines} />
      ) : null}
    </>
  );
}

export const Problem = ({ text }: { text: string }) => (
  <p class="problem" role="alert">
    {text}
  </p>
);

export const Soft = ({ children }: { children: ComponentChildren }) => <span class="soft">{children}</span>;

// A wide thing in a narrow window: it scrolls by itself, also by keyboard.
export const Wide = ({ label, children }: { label: string; children: ComponentChildren }) => (
  <div class="wide" role="region" aria-label={label} tabIndex={0}>
    {children}
  </div>
);

export function Badge({ text, kind }: { text: string; kind?: "good" | "bad" | "soft" | undefined }) {
  return <span class={`badge ${kind ?? ""}`}>{text}</span>;
}

export function Choice({
  label,
  value,
  options,
  change,
}: {
  label: string;
  value: string;
  options: readonly (string | readonly [string, string])[];
  change: (value: string) => void;
}) {
  return (
    <label class="field">
      <span>{label}</span>
      <select value={value} onChange={(e) => change(e.currentTarget.value)}>
        {options.map((o) => {
          const [v, shown] = typeof o === "string" ? [o, o] : o;
          return (
            <option key={v} value={v}>
              {shown}
            </option>
          );
        })}
      </select>
    </label>
  );
}
