// Where in the page one is: #/VIEW?ARGUMENTS. Links are plain links, so that back, forward and new tabs work.
import { useEffect, useState } from "preact/hooks";

export interface Place {
  view: string;
  args: URLSearchParams;
}

export function placeOf(hash: string): Place {
  const [path, query] = hash.replace(/^#\/?/, "").split("?", 2);
  return { view: path || "runs", args: new URLSearchParams(query ?? "") };
}

export type LinkArgs = Record<string, string | number | readonly string[] | undefined | null>;

export function link(view: string, args: LinkArgs = {}): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(args))
    for (const one of Array.isArray(value) ? value : [value])
      if (one !== undefined && one !== null && one !== "") query.append(name, String(one));
  const text = query.toString();
  return `#/${view}${text ? `?${text}` : ""}`;
}

export function go(view: string, args: LinkArgs = {}, instead = false): void {
  const to = link(view, args);
  if (!instead) location.hash = to;
  else {
    history.replaceState(null, "", to);
    dispatchEvent(new HashChangeEvent("hashchange"));
  }
}

export function usePlace(): Place {
  const [hash, set] = useState(location.hash);
  useEffect(() => {
    const changed = () => set(location.hash);
    addEventListener("hashchange", changed);
    return () => removeEventListener("hashchange", changed);
  }, []);
  return placeOf(hash);
}
