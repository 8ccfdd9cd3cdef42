// The frame: where one can go, and the view that the address names.
import type { ComponentType } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { type About, get } from "./api";
import { useLoad } from "./load";
import { Problem } from "./parts";
import { link, type Place, usePlace } from "./place";
import { CasesView } from "./views/cases";
import { CompareView } from "./views/compare";
import { FiguresView } from "./views/figures";
import { ItemView } from "./views/item";
import { ItemsView } from "./views/items";
import { MatrixView } from "./views/matrix";
import { PoliciesView } from "./views/policies";
import { QuotesView } from "./views/quotes";
import { RunsView } from "./views/runs";
import { StartView } from "./views/start";
import { TrainingView } from "./views/training";

export interface View {
  place: Place;
  about: About;
}

// shown: whether it stands among the links, by what the server was started with.
// of: the link that is marked in a view without one.
const views: Record<string, { title?: string; of?: string; view: ComponentType<View>; shown?: (about: About) => boolean }> = {
  runs: { title: "Runs", view: RunsView },
  figures: { of: "runs", view: FiguresView },
  items: { of: "runs", view: ItemsView },
  item: { of: "runs", view: ItemView },
  compare: { title: "Compare", view: CompareView },
  matrix: { title: "Side by side", view: MatrixView },
  quotes: { title: "Quotes", view: QuotesView },
  cases: { title: "Cases", view: CasesView, shown: (a) => a.cases },
  policies: { title: "Policies", view: PoliciesView, shown: (a) => a.policies },
  training: { title: "Trainings", view: TrainingView, shown: (a) => a.trainings },
  start: { title: "Start", view: StartView },
};

export function App() {
  const place = usePlace();
  const about = useLoad((signal) => get<About>("about", {}, signal), []);
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  const here = views[place.view];
  useEffect(() => {
    if (!first.current) main.current?.focus({ preventScroll: true });
    first.current = false;
    scrollTo(0, 0);
  }, [place.view]);
  // The frame comes with what stands in it, so that nothing moves when more links come.
  if (!about.value && about.error === undefined) return null;
  return (
    <>
      <a
        class="skip"
        href="#main"
        onClick={(e) => {
          e.preventDefault();
          main.current?.focus();
        }}
      >
        Skip to content
      </a>
      <div class="top">
        <a class="mark" href={link("runs")}>
          basanite
        </a>
        <nav aria-label="Views">
          {Object.entries(views).map(
            ([name, v]) =>
              v.title &&
              (!v.shown || (about.value && v.shown(about.value))) && (
                <a key={name} href={link(name)} aria-current={place.view === name ? "page" : here?.of === name ? "true" : undefined}>
                  {v.title}
                </a>
              ),
          )}
        </nav>
      </div>
      <main id="main" ref={main} tabIndex={-1}>
        {about.error !== undefined && <Problem text={about.error} />}
        {about.value &&
          (here ? <here.view place={place} about={about.value} /> : <Problem text={`There is no view '${place.view}'.`} />)}
      </main>
      <footer>
        {about.value && (
          <>
            basanite {about.value.version} · {about.value.record} ·{" "}
          </>
        )}
        <a href="/licences.txt">licences</a>
      </footer>
    </>
  );
}
