// Loading what a view shows, and loading it again while something goes on.
import { useEffect, useRef, useState } from "preact/hooks";

export interface Loaded<T> {
  value: T | undefined;
  error: string | undefined;
  busy: boolean;
  again: () => void;
}

// The last value stays while the next one is on its way. every: milliseconds until it is asked again; 0: never.
export function useLoad<T>(
  load: (signal: AbortSignal) => Promise<T>,
  keys: readonly unknown[],
  every: (value: T | undefined) => number = () => 0,
): Loaded<T> {
  const [state, set] = useState<{ value?: T; error?: string; busy: boolean; keys: string }>({ busy: true, keys: "" });
  const [turn, next] = useState(0);
  const latest = useRef({ load, every });
  latest.current = { load, every };
  const key = JSON.stringify(keys);
  useEffect(() => {
    const stop = new AbortController();
    let timer = 0;
    set((s) => (s.keys === key ? { ...s, busy: true } : { busy: true, keys: key }));
    const turnOver = (value: T | undefined) => {
      const pause = latest.current.every(value);
      if (pause > 0) timer = window.setTimeout(tick, pause);
    };
    const tick = () => {
      if (document.hidden) {
        timer = window.setTimeout(tick, 1000);
        return;
      }
      latest.current.load(stop.signal).then(
        (value) => {
          if (stop.signal.aborted) return;
          set({ value, busy: false, keys: key });
          turnOver(value);
        },
        (why: unknown) => {
          if (stop.signal.aborted) return;
          set((s) => ({ ...s, error: why instanceof Error ? why.message : String(why), busy: false, keys: key }));
          turnOver(undefined);
        },
      );
    };
    tick();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [key, turn]);
  const current = state.keys === key;
  return {
    value: current ? state.value : undefined,
    error: current ? state.error : undefined,
    busy: !current || state.busy,
    again: () => next((n) => n + 1),
  };
}

// A value that has not changed for a while.
export function useSettled<T>(value: T, milliseconds: number): T {
  const [settled, set] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => set(value), milliseconds);
    return () => clearTimeout(timer);
  }, [value, milliseconds]);
  return settled;
}
