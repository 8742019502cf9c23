"""Rows: clients that log in by OAUTHBEARER, with tokens that they fetch over https from who issues
them, which are checked with keys that the broker fetches there."""

import base64
import contextlib
import http.server
import ssl
import threading
import urllib.parse

from lib import clients, peers, servers, tokens
from lib.tls import Files, SecuredHarness, SecuredTool, expect_refused

PATHS = ("/token", "/keys")
OF_OURS = ("ottla", "tool", "refused-ours")
CLIENT, SECRET = "orders", "orders-secret"
MODULE = "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required"


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def _answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for at in range(0, len(body), 100):
            part = body[at : at + 100].encode()
            self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
        self.wfile.write(b"0\r\n\r\n")

    def do_GET(self):
        self._answer(200, (self.server.files.folder / "keys.json").read_text())

    def do_POST(self):
        length = int(self.headers["Content-Length"])
        form = urllib.parse.parse_qs(self.rfile.read(length).decode())
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        good = form["grant_type"] == ["client_credentials"]
        if self.headers.get("Authorization") != f"Basic {basic}" or not good:
            self._answer(401, '{"error": "invalid_client"}')
            return
        token = (self.server.files.folder / "token").read_text()
        self._answer(
            200, f'{{"access_token": "{token}", "token_type": "Bearer", "expires_in": 600}}'
        )


@contextlib.contextmanager
def _issuer(context, files):
    """Gives the token of `files` to who knows the secret, and its keys to everybody."""
    port = int(context.issuer_url.rsplit(":", 1)[1])
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), _Handler)
    server.files = files
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(files["broker.pem"])
    server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _jaas(files, more=""):
    trust = f'ssl.truststore.type="PEM" ssl.truststore.location="{files["ca.pem"]}"'
    return f"{MODULE} {trust}{more};"


def _broker_properties(context, addresses, files):
    # Apache Kafka's listener, where it is told anything, wants to be somebody itself.
    options = ' unsecuredLoginStringClaim_sub="broker"'
    return {
        **tokens.broker_properties(addresses, f"{context.issuer_url}/keys"),
        "listener.name.login.oauthbearer.sasl.jaas.config": _jaas(files, options),
    }


def _properties(context, files, secret=SECRET):
    options = f' clientId="{CLIENT}" clientSecret="{secret}" scope="kafka"'
    return {
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanism": "OAUTHBEARER",
        "sasl.jaas.config": _jaas(files, options),
        "sasl.oauthbearer.token.endpoint.url": f"{context.issuer_url}/token",
    }


def run_broker(table, context):
    """Clients on our broker."""
    group = "broker/issuer"
    if not any(table.wants(f"{group}/{each}") for each in ("java", *OF_OURS)):
        return
    files, addresses = Files(context), tokens.addresses()
    server = context.ottla(
        context.new_folder("broker-issuer"), _broker_properties(context, addresses, files)
    )
    with _issuer(context, files):
        server.start()
        try:
            # Who shows a token before that is refused, for good as Java takes it.
            peers.eventually(lambda: server.has_said("LOGIN has its keys of tokens"),
                             "the broker did not fetch the keys of tokens")
            _java_row(table, context, f"{group}/java", addresses, files)
            _our_rows(table, context, group, addresses, files)
        finally:
            server.stop()


def run_kafka(table, context):
    """Our SDK and tool on Apache Kafka."""
    group = "kafka/issuer"
    if not any(table.wants(f"{group}/{each}") for each in OF_OURS):
        return
    files, addresses = Files(context), tokens.addresses()
    server = servers.Kafka(context.harness, context.new_folder("kafka-issuer"))
    properties = tokens.kafka_properties(server, _broker_properties(context, addresses, files))
    with _issuer(context, files):
        server.start_with({**server.properties, **properties})
        server.start()
        try:
            _our_rows(table, context, group, addresses, files)
        finally:
            server.stop()


def _java_row(table, context, name, addresses, files):
    if not table.wants(name):
        return
    handler = f"{tokens.OAUTHBEARER}.OAuthBearerLoginCallbackHandler"
    properties = {**_properties(context, files), "sasl.login.callback.handler.class": handler}
    client = peers.Java(SecuredHarness(context.java.harness, properties))
    _write_and_read(table, context, name, addresses, client)


def _write_and_read(table, context, name, addresses, client):
    topic = name.replace("/", "-")
    with table.row(name) as row:
        row.cell("", lambda: clients.write_and_read(context, addresses, client, "LOGIN", topic))


def _our_rows(table, context, group, addresses, files):
    if table.wants(f"{group}/ottla"):
        environment = [
            "OTTLA_SASL_MECHANISM=OAUTHBEARER",
            f"OTTLA_SASL_TOKEN={context.issuer_url}/token",
            f"OTTLA_SASL_USER={CLIENT}",
            f"OTTLA_SASL_PASSWORD={SECRET}",
            f"OTTLA_TOKEN_CA={files['ca.pem']}",
        ]
        ours = context.ours
        client = type(ours)(ours.name, ["env", *environment, *ours.command])
        _write_and_read(table, context, f"{group}/ottla", addresses, client)
    if table.wants(f"{group}/tool"):
        tool = SecuredTool(context, _properties(context, files))
        with table.row(f"{group}/tool") as row:
            row.cell("", lambda: tool.run("topics", addresses["LOGIN"], "--list"))
    if table.wants(f"{group}/refused-ours"):
        stranger = SecuredTool(context, _properties(context, files, "another-secret"))
        words = ("SASL_AUTHENTICATION_FAILED", "/token answered 401 Unauthorized: invalid_client")
        with table.row(f"{group}/refused-ours") as row:
            row.cell(
                "secret",
                lambda: expect_refused(
                    lambda: stranger.run("topics", addresses["LOGIN"], "--list"), *words
                ),
            )
