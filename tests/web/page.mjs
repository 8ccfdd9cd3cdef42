// The page in Chromium: node page.mjs BROWSER URL [FIRST_VIEW_MS]. The record is that of tests/program/serve_page.sh.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { check, failed, goTo, open, visit } from "./browser.mjs";

const [, , executable, url] = process.argv;
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const base = new URL(url).origin;
const browser = await open(executable);

// Sees what moves after it stood somewhere, without anybody having pressed a key.
const watchShifts = () => {
  window.shifts = 0;
  window.moved = [];
  new PerformanceObserver((list) => {
    for (const e of list.getEntries())
      if (!e.hadRecentInput) {
        window.shifts += e.value;
        const what = (s) => `${s.node?.nodeName} ${s.node?.textContent?.slice(0, 20)} ${s.previousRect.y} to ${s.currentRect.y}`;
        window.moved.push(`${e.value.toFixed(3)}: ${e.sources.map(what).join(", ")}`);
      }
  }).observe({ type: "layout-shift", buffered: true });
};

const views = [
  ["runs", "#/runs", "table.runs tbody tr"],
  ["figures", "#/figures?run=echo&run=roof", "table.figures svg"],
  ["samples", "#/items?run=echo&task=doors", ".items li"],
  ["a sample", "#/item?run=echo&task=doors&position=3", ".panel pre"],
  ["a comparison", "#/compare?a=echo&b=roof", "details summary"],
  ["side by side", "#/matrix?run=echo&run=roof", "table.matrix td"],
  ["quotes", "#/quotes?run=copied&task=copied", ".quote mark"],
  ["a case", "#/cases?name=cart.yaml", ".tree .badge"],
  ["a policy", "#/policies?name=helpdesk.policy.yaml", "main table tbody tr"],
  ["a training", "#/training?name=tiny.log.jsonl", "figure canvas"],
  ["start", "#/start", "form.start button"],
];

let page;
let problems;

async function step(name, work) {
  try {
    await work();
  } catch (why) {
    const seen = await page?.locator("main").textContent({ timeout: 1000 }).catch(() => "nothing");
    check(name, false, `${String(why).split("\n").slice(0, 3).join(" | ")}; ${page?.url()} shows ${seen?.slice(0, 300)}`);
  }
}

// axe runs in a context of its own that the page's policy does not bind.
async function faults(page) {
  const client = await page.context().newCDPSession(page);
  await client.send("Page.setBypassCSP", { enabled: true });
  await page.evaluate(axe);
  const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  return found.violations
    .filter((v) => v.impact === "serious" || v.impact === "critical")
    .map((v) => `${v.id} at ${v.nodes.map((n) => n.target.join(" ")).slice(0, 3)}`);
}

await step("refused without the token", async () => {
  const stranger = await visit(browser, `${base}/`);
  const alert = stranger.page.getByRole("alert").first();
  await alert.waitFor();
  check("without the token nothing is shown", (await stranger.page.locator("table").count()) === 0);
  check("it says what to do", (await alert.textContent()).includes("token"));
  await stranger.context.close();
});

({ page, problems } = await visit(browser, url));

await step("open", async () => {
  await page.locator("table.runs tbody tr").first().waitFor();
  check("runs are shown", (await page.locator("table.runs tbody th a").allTextContents()).includes("echo"));
  check("the token has left the address", !page.url().includes("token"), page.url());
  await page.reload();
  await page.locator("table.runs tbody tr").first().waitFor();
  check("the session keeps it", (await page.locator("table.runs tbody tr").count()) > 1);
});

await step("filter", async () => {
  await goTo(page, "#/items?run=echo&task=doors");
  await page.locator(".items li").nth(49).waitFor();
  await page.keyboard.press("/");
  await page.keyboard.type("door 25");
  await page.waitForFunction(() => document.querySelectorAll(".items li").length === 11);
  check("words are found", (await page.locator(".items .id").first().textContent()) === "q25");
  check("the status says so", (await page.getByRole("status").textContent()).includes("11 found, these are all"));
  await page.waitForFunction(() => document.querySelectorAll("select")[2].options.length === 3);
  await page.getByLabel("label").selectOption("wrong");
  await page.waitForFunction(() => document.querySelectorAll(".items li").length === 3);
  check("labels are filtered", (await page.locator(".items .badge").allTextContents()).every((t) => t === "wrong"));
  check("filters stand in the address", page.url().includes("label=wrong") && page.url().includes("find=door"), page.url());
});

await step("page and keyboard", async () => {
  await goTo(page, "#/items?run=echo&task=doors");
  await page.locator(".items li").nth(49).waitFor();
  await page.getByRole("button", { name: "More" }).click();
  await page.locator(".items li").nth(99).waitFor();
  check("more samples come", (await page.locator(".items li").count()) === 100);
  await page.locator("h1").click();
  for (const key of ["j", "j", "j", "k"]) await page.keyboard.press(key);
  await page.keyboard.press("Enter");
  await page.locator(".panel pre").first().waitFor();
  check("keys choose a sample", page.url().includes("position=1"), page.url());
  await page.keyboard.press("j");
  await page.getByText("Is door 2 red?").first().waitFor();
  await page.goBack();
  await page.getByText("Is door 1 red?").first().waitFor();
  check("back goes back", true);
});

await step("hostile and harmful texts", async () => {
  await goTo(page, "#/item?run=echo&task=doors&position=9");
  await page.getByText("onerror=alert(1)").first().waitFor();
  check("markup in a text is text", (await page.locator("main img, main script").count()) === 0);
  await goTo(page, "#/item?run=echo&task=doors&position=7");
  await page.getByRole("button", { name: "Show them" }).waitFor();
  check("a harmful text is hidden", !(await page.locator("main").textContent()).includes("door 7"));
  await page.getByRole("button", { name: "Show them" }).click();
  await page.getByText("Is door 7 red?").first().waitFor();
  check("it is shown when asked for", true);
});

await step("compare", async () => {
  await goTo(page, "#/runs");
  await page.getByLabel("choose roof").check();
  await page.getByLabel("choose echo").check();
  await page.getByRole("button", { name: "Compare two" }).click();
  await page.getByText("1 to 25 of 400").waitFor();
  check("flips are counted", true);
  await page.getByLabel("which way").selectOption("worse");
  await page.getByText("1 to 25 of 134").waitFor();
  await page.locator("details summary").first().click();
  await page.waitForFunction(() => document.querySelectorAll(".sides .panel pre").length >= 4);
  const sides = await page.locator(".sides > div").allTextContents();
  check("both answers stand side by side", sides.length === 2 && sides[0].includes("a roof") && sides[1].includes("Is door"), sides.join("|"));
});

await step("side by side", async () => {
  await goTo(page, "#/matrix?run=echo&run=roof");
  await page.locator("table.matrix td").first().waitFor();
  check("a run that is worse is marked", (await page.locator("table.matrix td.bad").count()) === 1);
});

await step("start a run", async () => {
  await goTo(page, "#/start");
  await page.getByRole("textbox", { name: "suite" }).fill("doors.yaml");
  await page.getByRole("textbox", { name: "subject" }).fill("openai:http://127.0.0.1:9/v1");
  await page.getByRole("textbox", { name: /^run/ }).fill("fromthepage");
  await page.getByRole("button", { name: "Start", exact: true }).click();
  await page.getByRole("alert").waitFor();
  check("a subject in the network is refused", (await page.getByRole("alert").textContent()).includes("network"));
  const told = problems.splice(0);
  check("that is all the console says of it", told.length === 1 && told[0].includes("400"), told.join("; "));
  await page.getByRole("textbox", { name: "subject" }).fill("script:echo");
  await page.getByRole("button", { name: "Start", exact: true }).click();
  await page.getByRole("link", { name: "figures of fromthepage" }).click();
  await page.locator("table.figures svg").first().waitFor();
  check("a run is started and comes to its end", (await page.locator("h1").textContent()).includes("fromthepage"));
  await goTo(page, "#/runs");
  await page.getByRole("link", { name: "fromthepage" }).waitFor();
  check("it stands among the runs", true);
});

await step("stop a run", async () => {
  await goTo(page, "#/start");
  await page.getByRole("textbox", { name: "suite" }).fill("many.yaml");
  await page.getByRole("textbox", { name: "subject" }).fill("script:echo");
  await page.getByRole("textbox", { name: "limit" }).fill("");
  await page.getByRole("textbox", { name: /^run/ }).fill("stopped");
  await page.getByRole("button", { name: "Start", exact: true }).click();
  await page.getByRole("button", { name: "Stop", exact: true }).waitFor();
  await goTo(page, "#/runs");
  await page.getByRole("progressbar", { name: "progress of stopped" }).waitFor();
  const value = () => page.evaluate(() => document.querySelector("progress")?.value ?? -1);
  const first = await value();
  await page.waitForFunction((was) => (document.querySelector("progress")?.value ?? Infinity) > was, first);
  check("its progress is seen to move", true);
  await goTo(page, "#/start");
  await page.getByRole("button", { name: "Stop", exact: true }).click();
  await page.locator(".badge", { hasText: "stopped" }).waitFor();
  check("it is stopped", true);
});

await step("a case", async () => {
  await goTo(page, "#/cases?name=cart.yaml");
  const verdict = page.locator(".verdict").first();
  await page.getByText("accepted").first().waitFor();
  check("a leaf that waits for a figure is told", (await page.locator('[data-node="Sn2"]').textContent()).includes("exact_match of doors is"));
  check("hostile texts of a case are texts", (await page.locator("main img, main script").count()) === 0 && (await page.locator('[data-node="G3"]').textContent()).includes("<img src=x"));
  await page.getByRole("textbox", { name: "source of cart.yaml" }).fill(
    (await page.getByRole("textbox", { name: "source of cart.yaml" }).inputValue()).replace("0.6}", "0.2}"));
  await page.waitForFunction(() => document.querySelector(".verdict .badge")?.textContent === "accepted");
  check("an edit of the source changes the verdict", true);
  const bound = page.getByRole("textbox", { name: "formula 2 of G2" });
  await bound.fill("v <= 3");
  await page.waitForFunction(() => document.querySelector(".verdict .badge")?.textContent === "not accepted");
  const root = page.locator('[data-node="G1"] > .node');
  check("a bound is edited in the tree and the verdict changes", (await root.textContent()).includes("does not follow"));
  check("the counterexample is told", (await root.locator(".against code").allTextContents()).some((t) => t.startsWith("v = ")));
  check("what it touches is marked", (await page.locator("li.yellow").count()) >= 1 && (await root.textContent()).includes("touched by a fault"));
  check("the source has it", (await page.getByRole("textbox", { name: "source of cart.yaml" }).inputValue()).includes("'v <= 3'"));
  await bound.press("Control+a");
  await page.keyboard.type("v <= 2.00", { delay: 60 });
  await page.waitForFunction(() => document.querySelector(".verdict .badge")?.textContent === "accepted");
  check("typing in it loses no letter", (await bound.inputValue()) === "v <= 2.00", await bound.inputValue());
  await bound.fill("v <= ");
  await page.getByText("cannot be read").first().waitFor();
  check("a formula that cannot be read is told", true);
  await bound.fill("v <= 2");
  await page.waitForFunction(() => document.querySelector(".verdict .badge")?.textContent === "accepted");
  await page.getByRole("button", { name: "Take back" }).click();
  await page.waitForFunction(() => document.querySelector(".verdict .badge")?.textContent === "not accepted");
  check("edits are taken back", (await verdict.textContent()).length > 0);
});

await step("a policy", async () => {
  await goTo(page, "#/policies?name=helpdesk.policy.yaml");
  await page.locator("main table tbody tr").first().waitFor();
  check("goals stand in the matrix with their figures", (await page.locator("main table").textContent()).includes("refuse"));
  const source = page.getByRole("textbox", { name: "source of helpdesk.policy.yaml" });
  const before = await source.inputValue();
  await source.fill(`${before}\nnonsense: 1\n`);
  await page.getByRole("button", { name: "Go there" }).click();
  const chosen = await source.evaluate((box) => box.value.slice(box.selectionStart, box.selectionEnd));
  check("a fault is told, and where it stands", chosen.includes("nonsense"), chosen);
  await source.fill(`${before}\n# more\n`);
  await page.locator("main table tbody tr").first().waitFor();
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("button", { name: "Save" }).and(page.locator(":disabled")).waitFor();
  await page.reload();
  await page.locator("main table tbody tr").first().waitFor();
  check("what was saved is there", (await source.inputValue()).endsWith("# more\n"));
});

await step("quotes", async () => {
  await goTo(page, "#/quotes?run=copied");
  await page.locator(".quote mark").first().waitFor();
  const marked = await page.locator(".quote").nth(1).locator("mark").allTextContents();
  check("what is quoted is marked, and no more", marked.length === 1 && marked[0].includes("mill stands by the river") && !marked[0].includes("Nobody"), marked.join("|"));
  check("what is not is not", (await page.locator(".quote").nth(2).locator("mark").count()) === 0);
  check("markup in a quote is text", (await page.locator(".quote b").count()) === 0);
});

await step("a training", async () => {
  await goTo(page, "#/training");
  await page.locator("figure canvas").first().waitFor();
  check("curves are drawn and told in words", (await page.locator("figcaption").first().textContent()).includes("6 points, first"), await page.locator("figcaption").first().textContent());
});

for (const [name, hash, ready] of views)
  await step(`${name} for everybody`, async () => {
    for (const [how, options] of [
      ["light and wide", {}],
      ["dark and narrow", { viewport: { width: 360, height: 740 }, colorScheme: "dark" }],
    ]) {
      const here = await visit(browser, url, options);
      await here.page.evaluate(watchShifts);
      await here.page.locator("table.runs tbody tr").first().waitFor();
      await goTo(here.page, hash);
      await here.page.locator(ready).first().waitFor();
      await here.page.waitForLoadState("networkidle");
      const wide = await here.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      check(`${name}, ${how}: nothing sticks out`, wide <= 0, `${wide} pixels`);
      const shifts = await here.page.evaluate(() => window.shifts);
      check(`${name}, ${how}: nothing jumps`, shifts < 0.1, `layout shift ${shifts.toFixed(3)}: ${await here.page.evaluate(() => window.moved.join("; "))}`);
      const found = await faults(here.page);
      check(`${name}, ${how}: axe finds no serious fault`, found.length === 0, found.join("; "));
      check(`${name}, ${how}: the console is silent`, here.problems.length === 0, here.problems.join("; "));
      await here.context.close();
    }
  });

check("the console was silent, nothing was asked elsewhere", problems.length === 0, problems.join("; "));
await browser.close();
check("the page in a browser: all of it ran", true);
process.exit(failed() ? 1 : 0);
