"""Rows: TLS, with certificates of the broker alone and of both, and what must not work."""

from lib import clients, peers, process, servers
from lib.process import StepFailed


class Files:
    """Keys and certificates, made by `tls-files`."""

    def __init__(self, context):
        self.folder = context.new_folder("tls")
        process.run([context.bin / "tls-files", self.folder])

    def __getitem__(self, name):
        return str(self.folder / name)


def java_properties(authority, own=None):
    properties = {
        "security.protocol": "SSL",
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": authority,
    }
    if own is not None:
        properties |= {"ssl.keystore.type": "PEM", "ssl.keystore.location": own}
    return properties


class SecuredHarness:
    """Gives every command of the clients these properties."""

    def __init__(self, harness, properties):
        self._harness = harness
        self._properties = properties

    def call(self, command, properties=None, **fields):
        properties = {**(properties or {}), **self._properties}
        return self._harness.call(command, properties=properties, **fields)


def secured(peer, authority, own=None):
    """The peer, trusting `authority`, with the key and certificate in `own` if there is one."""
    if isinstance(peer, peers.Java):
        return peers.Java(SecuredHarness(peer.harness, java_properties(authority, own)))
    environment = [f"OTTLA_TLS_CA={authority}"]
    if own is not None:
        environment.append(f"OTTLA_TLS_KEY={own}")
    return type(peer)(peer.name, ["env", *environment, *peer.command])


class SecuredTool:
    """The `ottla` command with a properties file."""

    def __init__(self, context, properties):
        file = context.new_folder("tool") / "client.properties"
        file.write_text("".join(f"{key}={value}\n" for key, value in properties.items()))
        self._arguments = ["--command-config", file]
        self._tool = context.tool

    def run(self, action, bootstrap, *arguments, data=b""):
        return self._tool.run(action, bootstrap, *self._arguments, *arguments, data=data)


LISTENERS = ("PLAINTEXT", "TLS", "MUTUAL", "MISNAMED")


def broker_properties(files, addresses):
    """Four listeners, one for each row of what may be wrong."""
    listeners = ",".join(f"{name}://{address}" for name, address in addresses.items())
    return {
        "listeners": listeners,
        "advertised.listeners": listeners,
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,"
        "TLS:SSL,MUTUAL:SSL,MISNAMED:SSL",
        "inter.broker.listener.name": "PLAINTEXT",
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": files["broker.pem"],
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": files["ca.pem"],
        "listener.name.mutual.ssl.client.auth": "required",
        "listener.name.misnamed.ssl.keystore.type": "PEM",
        "listener.name.misnamed.ssl.keystore.location": files["wrong-name.pem"],
    }


def _addresses():
    return {name: f"localhost:{servers.free_port()}" for name in LISTENERS}


def run_broker(table, context):
    """Foreign clients on our broker."""
    group = "broker/tls"
    named = [each for each in context.producers if hasattr(each, "command") or each.name == "java"]
    names = [f"{group}/{each.name}" for each in [*named, context.ours]] + [f"{group}/refused"]
    if not any(table.wants(each) for each in names):
        return
    files = Files(context)
    addresses = _addresses()
    server = context.ottla(
        context.new_folder("broker-tls"), broker_properties(files, addresses)
    )
    server.start()
    try:
        for peer in [*named, context.ours]:
            _peer_row(table, context, f"{group}/{peer.name}", files, addresses, peer)
        _refused_java(table, context, f"{group}/refused", files, addresses)
    finally:
        server.stop()


def run_kafka(table, context):
    """Our SDK and tool on Apache Kafka."""
    group = "kafka/tls"
    if not any(table.wants(f"{group}/{each}") for each in ("ottla", "tool", "refused")):
        return
    files = Files(context)
    addresses = _addresses()
    server = servers.Kafka(context.harness, context.new_folder("kafka-tls"))
    properties = broker_properties(files, addresses)
    controller = f"CONTROLLER://127.0.0.1:{server.controller_port}"
    properties["listeners"] += f",{controller}"
    server.start_with({**server.properties, **properties})
    server.start()
    try:
        _peer_row(table, context, f"{group}/ottla", files, addresses, context.ours)
        _tool_row(table, context, f"{group}/tool", files, addresses)
        _refused_ours(table, context, f"{group}/refused", files, addresses)
    finally:
        server.stop()


def _peer_row(table, context, name, files, addresses, peer):
    if not table.wants(name):
        return
    with table.row(name) as row:
        for listener, own in (("TLS", None), ("MUTUAL", files["client.pem"])):
            client = secured(peer, files["ca.pem"], own)
            topic = f"{name.replace('/', '-')}-{listener.lower()}"
            row.cell(
                listener.lower(),
                lambda client=client, listener=listener, topic=topic: clients.write_and_read(
                    context, addresses, client, listener, topic
                ),
            )


def _tool_row(table, context, name, files, addresses):
    """PKCS#12 files, which the tool tells by what they are."""
    if not table.wants(name):
        return
    properties = {
        "security.protocol": "SSL",
        "ssl.truststore.location": files["ca.p12"],
        "ssl.truststore.password": "secret",
        "ssl.keystore.location": files["client.p12"],
        "ssl.keystore.password": "secret",
    }
    secured_tool = SecuredTool(context, properties)
    with table.row(name) as row:
        for listener in ("TLS", "MUTUAL"):
            row.cell(
                listener.lower(),
                lambda listener=listener: secured_tool.run("topics", addresses[listener], "--list"),
            )


def _refused_java(table, context, name, files, addresses):
    if not table.wants(name):
        return
    cases = {
        "authority": ("TLS", java_properties(files["other-ca.pem"]), "unable to find valid"),
        "name": ("MISNAMED", java_properties(files["ca.pem"]), "No subject alternative DNS name"),
        "no certificate": ("MUTUAL", java_properties(files["ca.pem"]), "certificate_required"),
        # Java does not show what the broker says that it would not accept.
        "stranger": (
            "MUTUAL", java_properties(files["ca.pem"], files["stranger.pem"]), "certificate_required"),
    }
    with table.row(name) as row:
        for case, (listener, properties, words) in cases.items():
            java = SecuredHarness(context.harness, properties)
            row.cell(
                case,
                lambda java=java, listener=listener, words=words: expect_refused(
                    lambda: java.call("listTopics", bootstrap=addresses[listener]), words
                ),
            )


def _refused_ours(table, context, name, files, addresses):
    if not table.wants(name):
        return

    def properties(authority, own=None):
        found = {"security.protocol": "SSL", "ssl.truststore.location": files[authority]}
        return found | ({"ssl.keystore.location": files[own]} if own else {})

    cases = {
        "authority": ("TLS", properties("other-ca.pem"), "whom nobody trusts here"),
        "name": ("MISNAMED", properties("ca.pem"), "is for kafka.example.org, not for localhost"),
        "no certificate": ("MUTUAL", properties("ca.pem"), "does not accept this client's"),
        "stranger": (
            "MUTUAL", properties("ca.pem", "stranger.pem"), "does not accept this client's"),
    }
    with table.row(name) as row:
        for case, (listener, config, words) in cases.items():
            tool = SecuredTool(context, config)
            row.cell(
                case,
                lambda tool=tool, listener=listener, words=words: expect_refused(
                    lambda: tool.run("topics", addresses[listener], "--list"),
                    "SSL_AUTHENTICATION_FAILED",
                    words,
                ),
            )


def expect_refused(step, *words):
    try:
        step()
    except StepFailed as failure:
        missing = [each for each in words if each not in str(failure)]
        if missing:
            raise StepFailed(f"refused, but not with {missing}: {failure}") from None
        return
    raise StepFailed("it was let in")
