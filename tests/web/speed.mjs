// How long until something stands in the page: node speed.mjs BROWSER URL RUN TASK. Times in milliseconds from going to
// the address to the first row on the screen, five times each, each in a fresh browser profile; the median is printed.
import { open } from "./browser.mjs";

const [, , executable, url, run, task] = process.argv;
const browser = await open(executable);
const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];

async function first(hash, selector) {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.addInitScript((wanted) => {
    const look = () => {
      if (document.querySelector(wanted)) requestAnimationFrame(() => setTimeout(() => { window.seen = performance.now(); }));
      else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  }, selector);
  await page.goto(url + hash);
  await page.waitForFunction(() => window.seen);
  const ms = await page.evaluate(() => window.seen);
  await context.close();
  return ms;
}

for (const [name, hash, selector] of [
  ["runs", "#/runs", "table.runs tbody tr"],
  ["figures", `#/figures?run=${run}`, "table.figures tbody tr"],
  ["samples", `#/items?run=${run}&task=${task}`, ".items li"],
  ["samples from 150,000 on", `#/items?run=${run}&task=${task}&from=150000`, ".items li"],
  ["a sample", `#/item?run=${run}&task=${task}&position=123456`, ".panel pre"],
  ["a word that stands in one sample", `#/items?run=${run}&task=${task}&find=door+199998`, ".items li"],
]) {
  const times = [];
  for (let i = 0; i < 5; i++) times.push(await first(hash, selector));
  console.log(`${name}: ${Math.round(median(times))} ms (${times.map((t) => Math.round(t)).join(", ")})`);
}
await browser.close();
