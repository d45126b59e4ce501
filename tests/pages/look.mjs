// Every page that was written into a folder, opened in real Chromium on a narrow phone: axe-core finds nothing, nothing sticks out
// at the side, and what is pressed is large enough for a finger.
//
//   node tests/pages/look.mjs FOLDER [NAME…]
import { readFileSync, readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { extname, join, normalize } from 'node:path';
import { chromium } from 'playwright-core';

const NARROW = { width: 320, height: 800 };
// The two sides of WCAG 2.5.5; links within a sentence are exempt.
const FINGER = 44;
const TABS = 2;
const SLOWEST = 120_000;
// It sends itself on at once, so there is nothing to look at.
const LEAVES_AT_ONCE = 'form-post.';
const TYPES = { '.html': 'text/html; charset=utf-8', '.css': 'text/css', '.js': 'text/javascript', '.svg': 'image/svg+xml' };

const [folder, ...wanted] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const pages = readdirSync(folder)
  .filter((name) => name.endsWith('.html') && !name.startsWith(LEAVES_AT_ONCE))
  .filter((name) => wanted.length === 0 || wanted.some((part) => name.includes(part)))
  .sort();
const server = createServer(serve).listen(0, '127.0.0.1');
await new Promise((listening) => { server.once('listening', listening); });
const browser = await chromium.launch({
  executablePath: process.env.TONGYAO_TEST_CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync'],
});
let failed = 0;
try {
  const context = await browser.newContext({ bypassCSP: true, viewport: NARROW });
  await context.addInitScript({ content: axe });
  context.setDefaultTimeout(SLOWEST);
  await context.route((url) => url.port !== String(server.address().port), stayHere);
  const waiting = pages.values();
  await Promise.all(Array.from({ length: TABS }, async () => {
    const tab = await context.newPage();
    for (const page of waiting) if (says(page, await look(tab, page))) failed += 1;
  }));
} finally {
  await browser.close();
  server.close();
}
console.log(`test result: ${failed === 0 ? 'ok' : 'FAILED'}. ${pages.length - failed} passed; ${failed} failed; 0 ignored`);
process.exitCode = failed === 0 && pages.length > 0 ? 0 : 1;

function serve(request, response) {
  const path = join(folder, normalize(new URL(request.url, 'http://pages').pathname));
  try {
    response.setHeader('content-type', TYPES[extname(path)] ?? 'application/octet-stream');
    response.end(readFileSync(path));
  } catch {
    response.writeHead(404).end();
  }
}

// Nothing leads away: a page that goes on by itself stays, and frames of other systems are empty.
function stayHere(route) {
  const framed = route.request().frame().parentFrame();
  return framed ? route.fulfill({ contentType: 'text/html', body: '<title>elsewhere</title>' }) : route.abort('aborted');
}

async function look(tab, page) {
  await tab.goto(`http://127.0.0.1:${server.address().port}/${page}`);
  return [...await tab.evaluate(violations), ...await tab.evaluate(tooWide), ...await tab.evaluate(tooSmall, FINGER)];
}

// Whether there was anything to say.
function says(page, findings) {
  for (const finding of findings) console.log(`${page}: ${finding}`);
  return findings.length > 0;
}

// What follows runs in the page.

async function violations() {
  const { violations } = await window.axe.run(document, { resultTypes: ['violations'] });
  return violations.flatMap(({ id, help, nodes }) => nodes.map(({ target }) => `axe ${id}: ${help}: ${target.join(' ')}`));
}

function tooWide() {
  const { scrollWidth, clientWidth } = document.documentElement;
  return scrollWidth > clientWidth ? [`${scrollWidth} px wide in a window of ${clientWidth}`] : [];
}

function tooSmall(finger) {
  return [...document.querySelectorAll('a, button, select, summary, input:not([type=hidden], [type=checkbox], [type=radio])')]
    .filter((element) => element.checkVisibility({ visibilityProperty: true }) && getComputedStyle(element).display !== 'inline')
    .map((element) => [element, element.getBoundingClientRect()])
    .filter(([element, { width, height }]) => !element.matches('.skip') && Math.min(width, height) < finger - 0.5)
    .map(([element, { width, height }]) => `${Math.round(width)} x ${Math.round(height)} px is small for a finger: ${element.outerHTML.slice(0, 120)}`);
}
