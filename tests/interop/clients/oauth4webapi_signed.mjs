// oauth4webapi: signed requests, signed answers and signed introspection (FAPI 2.0 Message Signing); a decoupled sign-in (CIBA).
import assert from 'node:assert/strict';
import * as oauth from 'oauth4webapi';
import { importJWK } from 'jose';
import { citizen, issuer, redirectUri } from './person.mjs';

const insecure = { [oauth.allowInsecureRequests]: true };
const found = await oauth.discoveryRequest(new URL(issuer), insecure);
const server = await oauth.processDiscoveryResponse(new URL(issuer), found);
const jwk = JSON.parse(process.env.CLIENT_KEY);
const key = { key: await importJWK(jwk, 'ES256'), kid: jwk.kid };
const auth = oauth.PrivateKeyJwt(key);

// A server may ask for a nonce; the library keeps it, the caller asks again.
async function withNonce(ask) {
  try {
    return await ask();
  } catch (problem) {
    if (!oauth.isDPoPNonceError(problem)) throw problem;
    return ask();
  }
}

async function messageSigning() {
  const client = {
    client_id: 'node-signed', id_token_signed_response_alg: 'ES256', authorization_signed_response_alg: 'ES256',
    introspection_signed_response_alg: 'ES256',
  };
  const DPoP = oauth.DPoP(client, await oauth.generateKeyPair('ES256'));
  const verifier = oauth.generateRandomCodeVerifier();
  const [nonce, state] = [oauth.generateRandomNonce(), oauth.generateRandomState()];
  const details = [{ type: 'matter', actions: ['query'], identifier: 'm1' }];
  const request = await oauth.issueRequestObject(server, client, {
    redirect_uri: redirectUri, response_type: 'code', response_mode: 'jwt', scope: 'openid profile',
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256', nonce, state,
    claims: JSON.stringify({ id_token: { auth_time: { essential: true } } }), authorization_details: JSON.stringify(details),
  }, key);
  const pushed = await withNonce(async () => oauth.processPushedAuthorizationResponse(server, client,
    await oauth.pushedAuthorizationRequest(server, client, auth, { request }, { DPoP, ...insecure })));
  const open = new URL(server.authorization_endpoint);
  open.search = new URLSearchParams({ client_id: client.client_id, request_uri: pushed.request_uri });
  const { url } = await citizen().authorize(open.href, redirectUri);
  assert.deepEqual([...url.searchParams.keys()], ['response']);
  const parameters = await oauth.validateJwtAuthResponse(server, client, url, state, insecure);
  const tokens = await withNonce(async () => oauth.processAuthorizationCodeResponse(server, client,
    await oauth.authorizationCodeGrantRequest(server, client, auth, parameters, redirectUri, verifier,
      { DPoP, ...insecure }), { expectedNonce: nonce, requireIdToken: true, requireAuthTime: true }));
  assert.deepEqual(tokens.authorization_details, details);
  const answer = await oauth.introspectionRequest(server, client, auth, tokens.access_token, { requestJwtResponse: true, ...insecure });
  assert.match(answer.headers.get('content-type'), /^application\/token-introspection\+jwt/);
  const told = await oauth.processIntrospectionResponse(server, client, answer);
  await oauth.validateApplicationLevelSignature(server, answer, insecure);
  assert.ok(told.active && told.client_id === client.client_id && told.cnf.jkt);
}

async function decoupled() {
  const client = { client_id: 'node-ciba', id_token_signed_response_alg: 'ES256' };
  const DPoP = oauth.DPoP(client, await oauth.generateKeyPair('ES256'));
  const ask = async () => {
    const request = await oauth.issueRequestObject(server, client, { scope: 'openid profile', login_hint: process.env.PERSON }, key);
    return oauth.processBackchannelAuthenticationResponse(server, client,
      await oauth.backchannelAuthenticationRequest(server, client, auth, { request }, insecure));
  };
  const poll = (id) => withNonce(async () => oauth.processBackchannelAuthenticationGrantResponse(server, client,
    await oauth.backchannelAuthenticationGrantRequest(server, client, auth, id, { DPoP, ...insecure })));
  const says = (id, action) => fetch(`${issuer}/sandbox/ciba?auth_req_id=${id}&action=${action}`, { method: 'POST' });
  const wanted = await ask();
  await assert.rejects(poll(wanted.auth_req_id), { error: 'authorization_pending' });
  assert.ok((await says(wanted.auth_req_id, 'allow')).ok);
  const tokens = await poll(wanted.auth_req_id);
  assert.equal(tokens.token_type, 'dpop');
  const { sub } = oauth.getValidatedIdTokenClaims(tokens);
  const userinfo = async () => oauth.processUserInfoResponse(server, client, sub,
    await oauth.userInfoRequest(server, client, tokens.access_token, { DPoP, ...insecure }));
  assert.equal((await withNonce(userinfo)).sub, sub);
  const unwanted = await ask();
  assert.ok((await says(unwanted.auth_req_id, 'deny')).ok);
  await assert.rejects(poll(unwanted.auth_req_id), { error: 'access_denied' });
}

await messageSigning();
await decoupled();
console.log('oauth4webapi: signed requests and answers, a decoupled sign-in');
