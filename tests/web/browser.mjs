// What the tests of the page share: a browser, a page that fails on any message in its console, and lines "ok - " and
// "not ok - " as the other tests print them.
import { chromium } from "playwright-core";

let failures = 0;
export function check(name, good, why = "") {
  console.log(good ? `ok - ${name}` : `not ok - ${name}: ${why}`);
  if (!good) failures++;
}
export const failed = () => failures;

export async function open(executablePath) {
  return chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"] });
}

// problems: what the console said, and every request that left this machine.
export async function visit(browser, url, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const problems = [];
  page.on("console", (m) => {
    if (m.type() === "error" || m.type() === "warning") problems.push(m.text());
  });
  page.on("pageerror", (e) => problems.push(String(e)));
  page.on("request", (r) => {
    if (!r.url().startsWith(new URL(url).origin) && !r.url().startsWith("data:")) problems.push(`asked ${r.url()}`);
  });
  page.on("dialog", (d) => {
    problems.push(`dialog ${d.message()}`);
    void d.dismiss();
  });
  page.setDefaultTimeout(30000);
  await page.goto(url);
  return { context, page, problems };
}

// The address of another view: the token stays in the session.
export async function goTo(page, hash) {
  await page.evaluate((h) => {
    location.hash = h;
  }, hash);
}
