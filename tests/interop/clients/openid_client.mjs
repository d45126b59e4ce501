// openid-client (Node): discovery, code flow with PKCE and nonce, userinfo, refresh, introspection, revocation,
// form_post, logout address; client_secret_basic, client_secret_post and private_key_jwt.
import assert from 'node:assert/strict';
import * as client from 'openid-client';
import { importJWK } from 'jose';
import { citizen, issuer, redirectUri, secretOf } from './person.mjs';

const plain = { execute: [client.allowInsecureRequests] };

async function configurations() {
  const key = JSON.parse(process.env.CLIENT_KEY);
  const signing = { key: await importJWK(key, 'ES256'), kid: key.kid };
  const secret = (id, method) => client.discovery(new URL(issuer), id, undefined, method(secretOf(id)), plain);
  return {
    basic: await secret('node-basic', client.ClientSecretBasic),
    post: await secret('node-post', client.ClientSecretPost),
    jwt: await client.discovery(new URL(issuer), 'node-jwt', undefined, client.PrivateKeyJwt(signing), plain),
  };
}

async function signIn(config, person, extra = {}) {
  const verifier = client.randomPKCECodeVerifier();
  const [nonce, state] = [client.randomNonce(), client.randomState()];
  const address = client.buildAuthorizationUrl(config, {
    redirect_uri: redirectUri,
    scope: 'openid profile offline_access',
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    nonce,
    state,
    ...extra,
  });
  const answer = await person.authorize(address.href, redirectUri);
  const back = answer.url ?? new Request(redirectUri, { method: 'POST', body: answer.form });
  return client.authorizationCodeGrant(config, back, {
    pkceCodeVerifier: verifier, expectedNonce: nonce, expectedState: state, idTokenExpected: true,
  });
}

for (const [name, config] of Object.entries(await configurations())) {
  const person = citizen();
  const tokens = await signIn(config, person);
  const { sub } = tokens.claims();
  const info = await client.fetchUserInfo(config, tokens.access_token, sub);
  assert.equal(info.sub, sub);
  const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token);
  assert.equal(refreshed.claims().sub, sub);
  const told = await client.tokenIntrospection(config, refreshed.access_token);
  assert.equal(told.active, true);
  await client.tokenRevocation(config, refreshed.refresh_token);
  assert.equal((await client.tokenIntrospection(config, refreshed.access_token)).active, false);
  const again = await signIn(config, person, { response_mode: 'form_post' });
  assert.equal(again.claims().sub, sub);
  const out = client.buildEndSessionUrl(config, { id_token_hint: again.id_token });
  assert.ok(out.href.startsWith(issuer));
  console.log(`openid-client ${name}: signed in, refreshed, introspected, revoked, posted back`);
}
