"""Authlib: discovery, code flow with PKCE, ID token, userinfo, refresh, introspection, revocation, client credentials."""

import json
import os

import requests
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from person import ISSUER, REDIRECT_URI, Person, secret_of

METADATA = requests.get(f"{ISSUER}/.well-known/openid-configuration", timeout=20).json()
KEYS = KeySet.import_key_set(requests.get(METADATA["jwks_uri"], timeout=20).json())


def main():
    by_key = ECKey.import_key(json.loads(os.environ["CLIENT_KEY"]))
    sign_in(session("py-basic", secret_of("py-basic"), "client_secret_basic"))
    sign_in(session("py-post", secret_of("py-post"), "client_secret_post"))
    sign_in(session("py-jwt", by_key, "private_key_jwt"))


def session(client, secret, method):
    made = OAuth2Session(client, secret, scope="openid profile offline_access", redirect_uri=REDIRECT_URI,
                         code_challenge_method="S256", token_endpoint_auth_method=method,
                         revocation_endpoint_auth_method=method)
    made.register_client_auth_method(PrivateKeyJWT(METADATA["token_endpoint"], alg="ES256"))
    return made


def sign_in(client):
    verifier, nonce = "v" * 64, "n-0S6_WzA2Mj"
    address, state = client.create_authorization_url(METADATA["authorization_endpoint"], code_verifier=verifier,
                                                     nonce=nonce)
    back = Person().open(address, until=REDIRECT_URI)
    token = client.fetch_token(METADATA["token_endpoint"], authorization_response=back, state=state,
                               code_verifier=verifier)
    read = jwt.decode(token["id_token"], KEYS, algorithms=["RS256", "ES256"])
    claims = CodeIDToken(read.claims, read.header, {"iss": {"value": ISSUER}, "aud": {"value": client.client_id}},
                         {"nonce": nonce, "access_token": token["access_token"]})
    claims.validate()
    assert client.get(METADATA["userinfo_endpoint"]).json()["sub"] == claims["sub"]
    fresh = client.refresh_token(METADATA["token_endpoint"], token["refresh_token"])
    told = client.introspect_token(METADATA["introspection_endpoint"], token=fresh["access_token"])
    assert told.json()["active"] is True, told.text
    assert client.revoke_token(METADATA["revocation_endpoint"], token=fresh["refresh_token"]).status_code == 200
    told = client.introspect_token(METADATA["introspection_endpoint"], token=fresh["access_token"])
    assert told.json() == {"active": False}, told.text
    own = client.fetch_token(METADATA["token_endpoint"], grant_type="client_credentials", scope="records.read")
    assert own["scope"] == "records.read", own
    print(f"Authlib {client.client_id}: signed in, refreshed, introspected, revoked, acted for itself")


if __name__ == "__main__":
    main()
