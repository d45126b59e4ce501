// oidc-client-ts in real Chromium: a page without a server of its own, public client, code flow with PKCE, silent
// renewal by refresh token and by a hidden frame, and the way out.
import assert from 'node:assert/strict';
import { createReadStream } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { chromium } from 'playwright-core';
import { issuer } from './person.mjs';

const port = Number(process.env.SPA_PORT);
const origin = `http://localhost:${port}`;
const library = createRequire(import.meta.url).resolve('oidc-client-ts');
const script = join(dirname(library), '..', 'browser', 'oidc-client-ts.min.js');
const page = `<!doctype html><meta charset="utf-8"><title>spa</title>
<script src="/library.js"></script>
<script>
  window.manager = new oidc.UserManager({
    authority: ${JSON.stringify(issuer)}, client_id: 'spa', redirect_uri: '${origin}/cb', scope: 'openid profile offline_access',
    post_logout_redirect_uri: '${origin}/', silent_redirect_uri: '${origin}/silent', loadUserInfo: true,
    userStore: new oidc.WebStorageStateStore({ store: window.localStorage }),
  });
  if (location.pathname === '/silent') window.manager.signinSilentCallback();
</script><body>spa</body>`;

const serving = createServer((request, response) => {
  if (request.url === '/library.js') {
    response.setHeader('content-type', 'text/javascript');
    return createReadStream(script).pipe(response);
  }
  response.setHeader('content-type', 'text/html');
  return response.end(page);
}).listen(port, 'localhost');

const browser = await chromium.launch({
  executablePath: process.env.TONGYAO_TEST_CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync'],
});
try {
  const tab = await (await browser.newContext({ locale: 'en-US' })).newPage();
  await tab.goto(`${origin}/`);
  await tab.evaluate(() => { window.manager.signinRedirect(); });
  await tab.fill('main input[name=username]', process.env.PERSON);
  await tab.fill('main input[name=password]', process.env.PASSWORD);
  await tab.click('main form:has([name=password]) button[type=submit], main form:has([name=password]) button:not([type])');
  await tab.click('main button[name=decision][value=allow]');
  await tab.waitForURL(`${origin}/cb?**`);
  const user = await tab.evaluate(async () => {
    const found = await window.manager.signinCallback();
    return { sub: found.profile.sub, refresh: Boolean(found.refresh_token) };
  });
  assert.ok(user.sub);
  assert.ok(user.refresh);
  const renewed = await tab.evaluate(async () => (await window.manager.signinSilent()).profile.sub);
  assert.equal(renewed, user.sub);
  const framed = await tab.evaluate(async () => {
    const kept = await window.manager.getUser();
    delete kept.refresh_token;
    await window.manager.storeUser(kept);
    return (await window.manager.signinSilent()).profile.sub;
  });
  assert.equal(framed, user.sub);
  await tab.evaluate(() => { window.manager.signoutRedirect(); });
  await tab.click('main button[name=decision][value=all]');
  await tab.waitForURL(`${origin}/**`, { timeout: 20000 });
  console.log('oidc-client-ts: signed in, renewed by token and by frame, signed out');
} finally {
  await browser.close();
  serving.close();
}
