"""The guides for departments: what a page registers is declared, and what it shows for a shell is run from top to bottom.

A line such as `code=…the code from the address…` is filled in as a reader would: from the answers so far, or by signing in.
"""

import json
import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import requests

from person import ISSUER, Person

GUIDES = Path(os.environ["GUIDES"])
PAGES = ["connect-a-system", "client-keys", "pushed-requests", "refresh-tokens", "resources", "authorization-details", "access-tokens",
         "signed-requests", "jwt-bearer", "encrypted-tokens", "dpop", "token-exchange", "device", "ciba", "verified-claims", "step-up", "logout",
         "dynamic-registration"]
# These want certificates, and a machine to install on.
NOT_HERE = {"mutual-tls", "operate"}
# A page that leads here uses the key and the shell functions of that page.
KEYS_PAGE, KEYS_LINK = "client-keys", "client-keys.md#show-who-you-are"
SECRET = "replace-me-with-43-random-characters-please"
BACK = "http://localhost:9000/cb"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)
FILL_IN = re.compile(r"^(\w+)=…(\w+).*…$", re.M)
# For the operator, for a server of the reader, or for once.
ELSEWHERE = ("tongyao ", "/backchannel-logout", "-genkey -noout -out sig.pem")
# An example with one of these is the answer to what stands above it.
OF_ANSWERS = {"access_token", "request_uri", "device_code", "auth_req_id", "active", "registration_access_token", "verified_claims"}


def main():
    with_examples = {path.stem for path in GUIDES.glob("*.md") if "```sh\n" in path.read_text()}
    assert with_examples == NOT_HERE | set(PAGES), with_examples ^ (NOT_HERE | set(PAGES))
    keys = make_keys()
    declare(sample())
    for name in PAGES:
        declare({"clients": [first_client(name)]})
        for state in registrations(name):
            declare(with_keys(state, keys))
    time.sleep(5.5)  # A running service sees a change within five seconds.
    for name in PAGES:
        Reader(name, keys).read()
        print(f"{name}: every line works")
    the_checker_of_levels()


class Reader:
    """Somebody who pastes a page into a shell, piece by piece."""

    def __init__(self, name, keys):
        self.name, self.answers, self.address = name, members_of(keys), None
        # This Python has the package that the pages name.
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        self.shell = subprocess.Popen(["bash"], env=os.environ | {"PATH": path}, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                      stderr=subprocess.STDOUT, text=True)

        self.run("set -u -o pipefail; trap 'echo \"@@ failed: $BASH_COMMAND\"' ERR")

    def read(self):
        if KEYS_LINK in page(self.name):
            self.paste(KEYS_PAGE)
        self.paste(self.name)
        self.shell.stdin.close()
        self.shell.wait()

    def paste(self, name):
        answers = []
        for kind, text in BLOCK.findall(page(name)):
            if kind == "sh" and not any(word in text for word in ELSEWHERE):
                answers += self.paste_block(text)
            elif kind == "python" and (named := re.match(r"# (\w+\.py): ", text)):
                Path(named[1]).write_text(text)
            elif kind == "json" and OF_ANSWERS & (shown := json.loads(text)).keys():
                shown.pop("…", None)
                assert any(shown.keys() <= answer.keys() for answer in answers), f"{name} shows {shown}; these came: {answers}"

    def paste_block(self, text):
        answers, done = [], 0
        for blank in FILL_IN.finditer(text):
            answers += self.run(text[done:blank.start()])
            self.run(f"{blank[1]}='{self.fill_in(blank[1], blank[2])}'\n")
            done = blank.end()
        return answers + self.run(text[done:])

    def run(self, lines):
        self.shell.stdin.write(f"{lines}\necho; echo @@@\n")
        self.shell.stdin.flush()
        said = ""
        while not said.endswith("@@@\n"):
            line = self.shell.stdout.readline()
            assert line, f"{self.name}: the shell ended\n{said}"
            said += line
        answers = list(objects_in(said))
        wrong = any(word in said for word in ("@@ failed", "Traceback")) or any("error" in answer for answer in answers)
        assert not wrong, f"{self.name}\n{lines}\n{said}"
        for answer in answers:
            self.answers.update(members_of(answer))
        for address in re.findall(r"\S+/oidc/authorize\?\S+", said):
            self.address = address
        return answers

    def fill_in(self, name, what):
        if name == "code":
            return code_from(self.address)
        if name == "initial_access_token":
            return tongyao("clients", "invite", "--department", "city").strip()
        if name == "device_code":
            Person().open(self.answers["verification_uri_complete"])
        if name == "auth_req_id":
            asked = {"auth_req_id": self.answers[name], "action": "allow"}
            requests.post(f"{ISSUER}/sandbox/ciba", data=asked, timeout=20).raise_for_status()
        if what not in self.answers:
            self.answers.update(signed_in(client_of(self.name)))
        return self.answers[what]


def page(name):
    """A page with a client of its own and this service."""
    text = (GUIDES / f"{name}.md").read_text()
    return text.replace("app1", client_of(name)).replace("http://localhost:8000", ISSUER)


def client_of(name):
    return f"app1-{name}"


def first_client(name):
    client = json.loads((GUIDES / "first-client.json").read_text())["clients"][0]
    return client | {"client_id": client_of(name)}


def registrations(name):
    states = [json.loads(text) for kind, text in BLOCK.findall(page(name)) if kind == "json" and '"clients": [' in text]
    return [state for state in states if "jwks_uri" not in json.dumps(state)]


def with_keys(state, keys):
    """`jwks` is what the program of the page on keys printed."""
    for client in state["clients"]:
        if "jwks" in client:
            client["jwks"] = keys
    return state


def make_keys():
    blocks = BLOCK.findall(page(KEYS_PAGE))
    commands = next(text for kind, text in blocks if kind == "sh")
    program = next(text for kind, text in blocks if kind == "python")
    subprocess.run(["bash", "-ec", commands], check=True, capture_output=True)
    Path("jwks.py").write_text(program)
    return json.loads(subprocess.run([sys.executable, "jwks.py"], check=True, capture_output=True).stdout)


def sample():
    """What the demo declares and the pages use."""
    state = json.loads(Path(os.environ["SAMPLE"]).read_text())
    wanted = [client for client in state["clients"] if client["client_id"] in ("hotline-12345", "kiosk")]
    # Whom the page on verified claims names: level 3.
    person = next(person for person in state["people"] if person["login_name"] == "citizen3")
    os.environ.update(PERSON=person["login_name"], PASSWORD=person["password"])
    return {"departments": state["departments"], "clients": wanted, "people": [person]}


def declare(state):
    Path("declared-by-a-guide.json").write_text(json.dumps(state))
    tongyao("apply", "declared-by-a-guide.json")


def tongyao(*arguments):
    settings = {"TONGYAO_ISSUER": ISSUER, "TONGYAO_DATA_DIR": "data", "TONGYAO_SANDBOX": "true"}
    done = subprocess.run([os.environ["PROGRAM"], *arguments], capture_output=True, text=True, env=os.environ | settings)
    assert done.returncode == 0, f"{arguments}\n{done.stderr}"
    return done.stdout


def the_checker_of_levels():
    """The program of the page on step-up, told these facts about a token: 204, or 401 and why."""
    program = next(text for kind, text in BLOCK.findall(page("step-up")) if kind == "python")
    program, serving, _ = program.partition("ThreadingHTTPServer((")
    assert serving
    names = {}
    exec(program, names)
    server = names["ThreadingHTTPServer"](("127.0.0.1", 0), names["Check"])
    threading.Thread(target=server.serve_forever, daemon=True).start()
    reached = {"active": True, "acr": "urn:tongyao:loa:3", "auth_time": time.time()}
    for facts, wanted in [
        (reached, None),
        (reached | {"acr": "urn:tongyao:loa:2"}, "insufficient_user_authentication"),
        (reached | {"auth_time": time.time() - 900}, "insufficient_user_authentication"),
        (reached | {"cnf": {"jkt": "a key"}}, "invalid_token"),
        ({"active": False}, "invalid_token"),
    ]:
        names["introspect"] = lambda token: facts
        address = f"http://127.0.0.1:{server.server_port}/check?acr_values=urn:tongyao:loa:3&max_age=600"
        answer = requests.get(address, headers={"Authorization": "Bearer x"}, timeout=20)
        expected = (401, True) if wanted else (204, True)
        assert (answer.status_code, (wanted or "") in answer.headers.get("WWW-Authenticate", "")) == expected, (facts, answer.headers)
    server.shutdown()


def objects_in(text):
    """Every JSON object that stands in a text."""
    start = text.find("{")
    while start >= 0:
        try:
            found, end = json.JSONDecoder().raw_decode(text, start)
            yield found
        except ValueError:
            end = start + 1
        start = text.find("{", end)


def members_of(value):
    """Every member of an answer, at any depth; the first of a name."""
    found = {}
    for name, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        found = {name: inner} | members_of(inner) | found
    return found


def code_from(address):
    assert address, "a code is wanted, and no address was printed"
    back = Person().open(address, until=BACK)
    assert isinstance(back, str), f"the way back is a page: {back.url}\n{back.text}"
    query = parse_qs(urlsplit(back).query)
    assert "code" in query, back
    return query["code"][0]


def signed_in(client):
    verifier, challenge = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    asked = {"response_type": "code", "client_id": client, "redirect_uri": BACK, "scope": "openid profile tasks.read", "state": "s1",
             "code_challenge": challenge, "code_challenge_method": "S256"}
    address = requests.Request("GET", f"{ISSUER}/oidc/authorize", params=asked).prepare().url
    given = {"grant_type": "authorization_code", "code": code_from(address), "redirect_uri": BACK, "code_verifier": verifier}
    return requests.post(f"{ISSUER}/oidc/token", data=given, auth=(client, SECRET), timeout=20).json()


if __name__ == "__main__":
    main()
