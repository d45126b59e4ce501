"""mod_auth_openidc in a real Apache: a protected page, the person's name in it, and logout told over the back channel."""

import os
import pathlib
import subprocess
import sys
import time

import requests

from person import ISSUER, Forms, Person, secret_of

FOLDER = pathlib.Path.cwd() / "apache"
PORT = os.environ["APACHE_PORT"]
SITE = f"http://localhost:{PORT}"
MODULES = "/usr/lib/apache2/modules"
CONFIGURATION = f"""
ServerName localhost
Listen 127.0.0.1:{PORT}
ServerRoot {FOLDER}
PidFile {FOLDER}/apache.pid
ErrorLog {FOLDER}/error.log
LoadModule mpm_event_module {MODULES}/mod_mpm_event.so
LoadModule authz_core_module {MODULES}/mod_authz_core.so
LoadModule authz_user_module {MODULES}/mod_authz_user.so
LoadModule authn_core_module {MODULES}/mod_authn_core.so
LoadModule headers_module {MODULES}/mod_headers.so
LoadModule auth_openidc_module {MODULES}/mod_auth_openidc.so
DocumentRoot {FOLDER}/pages
OIDCProviderMetadataURL {ISSUER}/.well-known/openid-configuration
OIDCClientID apache
OIDCClientSecret {secret_of("apache")}
OIDCRedirectURI {SITE}/protected/cb
OIDCCryptoPassphrase 0123456789-0123456789-0123456789
OIDCPKCEMethod S256
OIDCScope "openid profile"
OIDCSessionType server-cache
OIDCRemoteUserClaim sub
<Directory {FOLDER}/pages>
    Require all granted
</Directory>
<Location /protected>
    AuthType openid-connect
    Require valid-user
    Header always set X-Person "%{{REMOTE_USER}}e"
</Location>
"""


def main():
    start()
    try:
        sign_in_and_out()
    except BaseException:
        sys.stderr.write((FOLDER / "error.log").read_text()[-8000:])
        raise
    finally:
        stop()


def sign_in_and_out():
    person = Person()
    page = person.open(f"{SITE}/protected/index.html")
    assert page.status_code == 200 and "behind the door" in page.text, page.text
    assert page.headers.get("X-Person"), dict(page.headers)
    # Signed out at the service: Apache is told, and its session is gone.
    form = Forms(person.open(f"{ISSUER}/sign-out").text).with_names("decision")
    answer = person.browser.post(ISSUER + form["action"], data={**form["fields"], "decision": "all"}, timeout=20)
    assert answer.status_code == 200, answer.text
    for _ in range(100):
        asked = requests.get(f"{SITE}/protected/index.html", cookies=site_cookies(person), allow_redirects=False, timeout=20)
        if asked.status_code == 302:
            print("mod_auth_openidc: signed in, let in, told of the logout")
            return
        time.sleep(0.1)
    raise AssertionError("Apache still lets in who has signed out")


def site_cookies(person):
    return {cookie.name: cookie.value for cookie in person.browser.cookies if "auth_openidc" in cookie.name}


def start():
    (FOLDER / "pages" / "protected").mkdir(parents=True)
    (FOLDER / "pages" / "protected" / "index.html").write_text("behind the door")
    for folder in (FOLDER, FOLDER / "pages", FOLDER / "pages" / "protected"):
        folder.chmod(0o755)
    (FOLDER / "apache.conf").write_text(CONFIGURATION)
    run = subprocess.run(["/usr/sbin/apache2", "-f", str(FOLDER / "apache.conf"), "-k", "start"], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    for _ in range(100):
        try:
            requests.get(f"{SITE}/", timeout=5)
            return
        except requests.ConnectionError:
            time.sleep(0.1)
    raise AssertionError("Apache does not answer")


def stop():
    subprocess.run(["/usr/sbin/apache2", "-f", str(FOLDER / "apache.conf"), "-k", "stop"], capture_output=True)


if __name__ == "__main__":
    main()
