"""Rows: clients that log in by OAUTHBEARER, with tokens in files that are checked with keys in one."""

from lib import clients, peers, sasl, servers
from lib.tls import Files, SecuredHarness, SecuredTool, expect_refused

OAUTHBEARER = f"{sasl.MODULES}.oauthbearer"
MODULE = f"{OAUTHBEARER}.OAuthBearerLoginModule required;"
REFUSED = ("expired-token", "strange-token")
OF_OURS = ("ottla", "tool", "refused-ours")


def addresses():
    return {name: f"localhost:{servers.free_port()}" for name in ("PLAINTEXT", "LOGIN")}


def broker_properties(addresses, keys):
    listeners = ",".join(f"{name}://{address}" for name, address in addresses.items())
    return {
        "listeners": listeners,
        "advertised.listeners": listeners,
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,"
        "LOGIN:SASL_PLAINTEXT",
        "sasl.enabled.mechanisms": "OAUTHBEARER",
        "sasl.oauthbearer.jwks.endpoint.url": keys,
        "sasl.oauthbearer.expected.issuer": "https://id.example.org",
        "sasl.oauthbearer.expected.audience": "kafka",
    }


def kafka_properties(server, properties):
    """What Apache Kafka has to be told besides."""
    listener = "listener.name.login.oauthbearer"
    handler = f"{OAUTHBEARER}.OAuthBearerValidatorCallbackHandler"
    return {
        f"{listener}.sasl.jaas.config": MODULE,
        f"{listener}.sasl.server.callback.handler.class": handler,
        "inter.broker.listener.name": "PLAINTEXT",
        **properties,
        "listeners": f"{properties['listeners']},CONTROLLER://127.0.0.1:{server.controller_port}",
    }


def run_broker(table, context):
    """Clients on our broker."""
    group = "broker/token"
    named = [each for each in context.producers if hasattr(each, "command") or each.name == "java"]
    named.append(context.ours)
    rows = [*(each.name for each in named), "tool", "refused", "refused-ours"]
    if not any(table.wants(f"{group}/{each}") for each in rows):
        return
    files, at = Files(context), addresses()
    server = context.ottla(
        context.new_folder("broker-token"), broker_properties(at, f"file://{files['keys.json']}")
    )
    server.start()
    try:
        for peer in named:
            _peer_row(table, context, f"{group}/{peer.name}", at, files, peer)
        _tool_row(table, context, f"{group}/tool", at, files)
        _refused(table, context, f"{group}/refused", at, files)
        _refused_ours(table, context, f"{group}/refused-ours", at, files)
    finally:
        server.stop()


def run_kafka(table, context):
    """Our SDK and tool on Apache Kafka."""
    group = "kafka/token"
    if not any(table.wants(f"{group}/{each}") for each in OF_OURS):
        return
    files, at = Files(context), addresses()
    # The one file that the JVM may take keys from.
    context.keys.write_bytes((files.folder / "keys.json").read_bytes())
    server = servers.Kafka(context.harness, context.new_folder("kafka-token"))
    properties = kafka_properties(server, broker_properties(at, f"file://{context.keys}"))
    server.start_with({**server.properties, **properties})
    server.start()
    try:
        _peer_row(table, context, f"{group}/ottla", at, files, context.ours)
        _tool_row(table, context, f"{group}/tool", at, files)
        _refused_ours(table, context, f"{group}/refused-ours", at, files)
    finally:
        server.stop()


def _properties(file):
    return {
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanism": "OAUTHBEARER",
        "sasl.jaas.config": MODULE,
        "sasl.oauthbearer.token.endpoint.url": f"file://{file}",
    }


def _java_properties(context, files, token):
    """Java takes tokens from the one file that its harness allows."""
    context.token.write_bytes((files.folder / token).read_bytes())
    handler = f"{OAUTHBEARER}.OAuthBearerLoginCallbackHandler"
    return {**_properties(context.token), "sasl.login.callback.handler.class": handler}


def _peer_row(table, context, name, addresses, files, peer):
    if not table.wants(name):
        return
    if isinstance(peer, peers.Java):
        client = peers.Java(SecuredHarness(peer.harness, _java_properties(context, files, "token")))
    else:
        environment = ["OTTLA_SASL_MECHANISM=OAUTHBEARER", f"OTTLA_SASL_TOKEN={files['token']}"]
        client = type(peer)(peer.name, ["env", *environment, *peer.command])
    topic = name.replace("/", "-")
    with table.row(name) as row:
        row.cell("", lambda: clients.write_and_read(context, addresses, client, "LOGIN", topic))


def _tool_row(table, context, name, addresses, files):
    if not table.wants(name):
        return
    tool = SecuredTool(context, _properties(files["token"]))
    with table.row(name) as row:
        row.cell("", lambda: tool.run("topics", addresses["LOGIN"], "--list"))


def _refused(table, context, name, addresses, files):
    if not table.wants(name):
        return
    lists = sasl.java_lists(context, addresses)
    with table.row(name) as row:
        for token in REFUSED:
            properties = _java_properties(context, files, token)
            row.cell(
                token,
                lambda p=properties: expect_refused(
                    lambda: lists("LOGIN", p), "SaslAuthenticationException"
                ),
            )


def _refused_ours(table, context, name, addresses, files):
    if not table.wants(name):
        return
    words = ("SASL_AUTHENTICATION_FAILED", "refuses the token of OAUTHBEARER", "invalid_token")
    with table.row(name) as row:
        for token in REFUSED:
            tool = SecuredTool(context, _properties(files[token]))
            row.cell(
                token,
                lambda t=tool: expect_refused(
                    lambda: t.run("topics", addresses["LOGIN"], "--list"), *words
                ),
            )
