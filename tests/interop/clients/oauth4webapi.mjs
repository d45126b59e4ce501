// oauth4webapi: pushed authorization request, DPoP with a nonce from the server, bound tokens at userinfo and refresh.
import assert from 'node:assert/strict';
import * as oauth from 'oauth4webapi';
import { importJWK } from 'jose';
import { citizen, issuer, redirectUri } from './person.mjs';

const insecure = { [oauth.allowInsecureRequests]: true };
const client = { client_id: process.env.CLIENT ?? 'node-dpop' };

async function authentication() {
  const jwk = JSON.parse(process.env.CLIENT_KEY);
  return oauth.PrivateKeyJwt({ key: await importJWK(jwk, 'ES256'), kid: jwk.kid });
}

// A server may ask for a nonce; the library keeps it, the caller asks again.
async function withNonce(ask) {
  try {
    return await ask();
  } catch (problem) {
    if (!oauth.isDPoPNonceError(problem)) throw problem;
    return ask();
  }
}

const address = new URL(issuer);
const found = await oauth.discoveryRequest(address, insecure);
const server = await oauth.processDiscoveryResponse(address, found);
const auth = await authentication();
const DPoP = oauth.DPoP(client, await oauth.generateKeyPair('ES256'));
const verifier = oauth.generateRandomCodeVerifier();
const [nonce, state] = [oauth.generateRandomNonce(), oauth.generateRandomState()];

const request = new URLSearchParams({
  client_id: client.client_id, redirect_uri: redirectUri, response_type: 'code', scope: 'openid profile offline_access',
  code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256', nonce, state,
});
const pushed = await withNonce(async () => oauth.processPushedAuthorizationResponse(server, client,
  await oauth.pushedAuthorizationRequest(server, client, auth, request, { DPoP, ...insecure })));
const open = new URL(server.authorization_endpoint);
open.search = new URLSearchParams({ client_id: client.client_id, request_uri: pushed.request_uri });
const { url } = await citizen().authorize(open.href, redirectUri);
const parameters = oauth.validateAuthResponse(server, client, url, state);

const tokens = await withNonce(async () => oauth.processAuthorizationCodeResponse(server, client,
  await oauth.authorizationCodeGrantRequest(server, client, auth, parameters, redirectUri, verifier,
    { DPoP, ...insecure }), { expectedNonce: nonce, requireIdToken: true }));
assert.equal(tokens.token_type, 'dpop');
const { sub } = oauth.getValidatedIdTokenClaims(tokens);
const userinfo = async (options) => oauth.processUserInfoResponse(server, client, sub,
  await oauth.userInfoRequest(server, client, tokens.access_token, { ...options, ...insecure }));
assert.equal((await withNonce(() => userinfo({ DPoP }))).sub, sub);
await assert.rejects(userinfo({}), 'a bound token must not pass as a bearer token');
const thief = oauth.DPoP(client, await oauth.generateKeyPair('ES256'));
await assert.rejects(withNonce(() => userinfo({ DPoP: thief })), 'nor with another key');
const refreshed = await withNonce(async () => oauth.processRefreshTokenResponse(server, client,
  await oauth.refreshTokenGrantRequest(server, client, auth, tokens.refresh_token, { DPoP, ...insecure })));
assert.equal(refreshed.token_type, 'dpop');
console.log(`oauth4webapi ${client.client_id}: pushed, proved, bound, refreshed`);
