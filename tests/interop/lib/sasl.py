"""Rows: clients that log in by PLAIN and SCRAM, with TLS and without, users that go from our broker
to Apache Kafka and back with the data directory, and what must not work."""

from lib import clients, peers, process, servers
from lib.process import StepFailed
from lib.tls import Files, SecuredHarness, SecuredTool, expect_refused

MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
USER = "al,i=ce"
PASSWORD = "s,e=cret"
# For everybody; for who logs in, without TLS and with it; for who does by PLAIN alone.
LISTENERS = ("PLAINTEXT", "LOGIN", "SECURE", "LIMITED")

MODULES = "org.apache.kafka.common.security"
PLAIN_MODULE = f"{MODULES}.plain.PlainLoginModule required"
SCRAM_MODULE = f"{MODULES}.scram.ScramLoginModule required"


def module_of(mechanism):
    return PLAIN_MODULE if mechanism == "PLAIN" else SCRAM_MODULE


def broker_properties(addresses, files):
    listeners = ",".join(f"{name}://{address}" for name, address in addresses.items())
    properties = {
        "listeners": listeners,
        "advertised.listeners": listeners,
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,"
        "LOGIN:SASL_PLAINTEXT,SECURE:SASL_SSL,LIMITED:SASL_PLAINTEXT",
        "inter.broker.listener.name": "PLAINTEXT",
        "sasl.enabled.mechanisms": ",".join(MECHANISMS),
        "sasl.mechanism.inter.broker.protocol": "PLAIN",
        "listener.name.limited.sasl.enabled.mechanisms": "PLAIN",
        "listener.name.secure.ssl.keystore.type": "PEM",
        "listener.name.secure.ssl.keystore.location": files["broker.pem"],
    }
    for listener in ("login", "secure", "limited"):
        users = f'{PLAIN_MODULE} "user_{USER}"="{PASSWORD}";'
        properties[f"listener.name.{listener}.plain.sasl.jaas.config"] = users
    for listener in ("login", "secure"):
        for mechanism in ("scram-sha-256", "scram-sha-512"):
            key = f"listener.name.{listener}.{mechanism}.sasl.jaas.config"
            properties[key] = f"{SCRAM_MODULE};"
    return properties


def client_properties(mechanism, user=USER, password=PASSWORD, files=None):
    """With `files`, over TLS."""
    properties = {
        "security.protocol": "SASL_SSL" if files else "SASL_PLAINTEXT",
        "sasl.mechanism": mechanism,
        "sasl.jaas.config": f'{module_of(mechanism)} username="{user}" password="{password}";',
    }
    if files:
        properties["ssl.truststore.type"] = "PEM"
        properties["ssl.truststore.location"] = files["ca.pem"]
    return properties


def logged_in(peer, mechanism, files=None):
    if isinstance(peer, peers.Java):
        properties = client_properties(mechanism, files=files)
        return peers.Java(SecuredHarness(peer.harness, properties))
    environment = [f"OTTLA_SASL_MECHANISM={mechanism}"]
    environment += [f"OTTLA_SASL_USER={USER}", f"OTTLA_SASL_PASSWORD={PASSWORD}"]
    if files:
        environment.append(f"OTTLA_TLS_CA={files['ca.pem']}")
    return type(peer)(peer.name, ["env", *environment, *peer.command])


def set_passwords(context, bootstrap, password=PASSWORD):
    for mechanism in MECHANISMS[1:]:
        context.harness.call(
            "setScramPassword",
            bootstrap=bootstrap,
            user=USER,
            mechanism=mechanism,
            password=password,
        )


def _addresses():
    return {name: f"localhost:{servers.free_port()}" for name in LISTENERS}


def run_broker(table, context):
    """Clients on our broker, with users that Java's admin client made."""
    group = "broker/sasl"
    named = [each for each in context.producers if hasattr(each, "command") or each.name == "java"]
    named.append(context.ours)
    names = [f"{group}/{each.name}" for each in named]
    names += [f"{group}/tool", f"{group}/refused", f"{group}/refused-ours"]
    if not any(table.wants(each) for each in names):
        return
    files, addresses = Files(context), _addresses()
    server = context.ottla(
        context.new_folder("broker-sasl"), broker_properties(addresses, files)
    )
    server.start()
    try:
        set_passwords(context, addresses["PLAINTEXT"])
        for peer in named:
            _peer_row(table, context, f"{group}/{peer.name}", addresses, files, peer)
        _tool_row(table, context, f"{group}/tool", addresses, files)
        words = ("SaslAuthenticationException", "the credentials are not valid")
        _refused(table, f"{group}/refused", java_lists(context, addresses), words,
                 ("UnsupportedSaslMechanismException", "SCRAM-SHA-256"))
        _refused_ours(table, context, f"{group}/refused-ours", addresses)
    finally:
        server.stop()


def run_kafka(table, context):
    """Our SDK and tool on Apache Kafka."""
    group = "kafka/sasl"
    if not any(table.wants(f"{group}/{each}") for each in ("ottla", "tool", "refused-ours")):
        return
    files, addresses = Files(context), _addresses()
    server = servers.Kafka(context.harness, context.new_folder("kafka-sasl"))
    properties = broker_properties(addresses, files)
    properties["listeners"] += f",CONTROLLER://127.0.0.1:{server.controller_port}"
    server.start_with({**server.properties, **properties})
    server.start()
    try:
        set_passwords(context, addresses["PLAINTEXT"])
        _peer_row(table, context, f"{group}/ottla", addresses, files, context.ours)
        _tool_row(table, context, f"{group}/tool", addresses, files)
        _refused_ours(table, context, f"{group}/refused-ours", addresses)
    finally:
        server.stop()


def _ways(files):
    """The words for it, the listener, the mechanism and the files for TLS of each way in."""
    for mechanism in MECHANISMS:
        yield mechanism, "LOGIN", mechanism, None
        yield f"{mechanism} over TLS", "SECURE", mechanism, files


def _peer_row(table, context, name, addresses, files, peer):
    if not table.wants(name):
        return
    with table.row(name) as row:
        for way, listener, mechanism, used in _ways(files):
            client = logged_in(peer, mechanism, used)
            topic = f"{name}-{way}".replace("/", "-").replace(" ", "-").lower()
            row.cell(
                way,
                lambda client=client, topic=topic, listener=listener: clients.write_and_read(
                    context, addresses, client, listener, topic
                ),
            )


def _tool_row(table, context, name, addresses, files):
    """Whom a properties file names lists topics and gives a user a password."""
    if not table.wants(name):
        return
    with table.row(name) as row:
        for way, listener, mechanism, used in _ways(files):
            tool = SecuredTool(context, client_properties(mechanism, files=used))
            row.cell(way, lambda tool=tool, at=addresses[listener]: _administer(tool, at))


def _administer(tool, address):
    tool.run("topics", address, "--list")
    users = ("--entity-type", "users", "--entity-name", "carol")
    added = "SCRAM-SHA-256=[iterations=8192,password=car,ol=s]"
    tool.run("configs", address, "--alter", *users, "--add-config", added)
    seen = tool.run("configs", address, "--describe", *users).decode()
    if "SCRAM-SHA-256=iterations=8192" not in seen:
        raise StepFailed(f"the tool sees {seen!r}")
    tool.run("configs", address, "--alter", *users, "--delete-config", "SCRAM-SHA-256")


def java_lists(context, addresses):
    def step(listener, properties):
        java = SecuredHarness(context.harness, properties)
        java.call("listTopics", bootstrap=addresses[listener])

    return step


def _refused(table, name, lists, words, words_of_mechanism):
    """`lists(listener, properties)` is to be refused with these words."""
    if not table.wants(name):
        return
    with table.row(name) as row:
        for mechanism in MECHANISMS:
            for case, properties in (
                ("password", client_properties(mechanism, password="wrong")),
                ("user", client_properties(mechanism, user="nobody")),
            ):
                row.cell(
                    f"{mechanism} {case}",
                    lambda p=properties: expect_refused(lambda: lists("LOGIN", p), *words),
                )
        unserved = client_properties("SCRAM-SHA-256")
        row.cell(
            "mechanism",
            lambda: expect_refused(lambda: lists("LIMITED", unserved), *words_of_mechanism),
        )


def _refused_ours(table, context, name, addresses):
    def lists(listener, properties):
        SecuredTool(context, properties).run("topics", addresses[listener], "--list")

    words = ("SASL_AUTHENTICATION_FAILED", "the broker refuses to let", "log in by")
    of_mechanism = ("UNSUPPORTED_SASL_MECHANISM", "does not take SASL SCRAM-SHA-256; it has PLAIN")
    _refused(table, name, lists, words, of_mechanism)


def run_directory(table, context):
    """Users of SCRAM go with the data directory, whoever serves it."""
    name = "directory/sasl"
    if not table.wants(name):
        return
    data = context.new_folder("directory-sasl")
    files, addresses = Files(context), _addresses()
    ours = context.ottla(data, broker_properties(addresses, files))
    kafka = servers.Kafka(context.harness, data)
    lists = java_lists(context, addresses)

    def serve(server, step):
        server.start()
        try:
            step()
        finally:
            server.stop()

    def holds(password, other):
        for mechanism in MECHANISMS[1:]:
            lists("LOGIN", client_properties(mechanism, password=password))
            bad = client_properties(mechanism, password=other)
            expect_refused(lambda bad=bad: lists("LOGIN", bad), "Authentication")

    def first():
        set_passwords(context, addresses["PLAINTEXT"], "first")
        holds("first", "second")

    def second():
        holds("first", "second")
        set_passwords(context, addresses["PLAINTEXT"], "second")
        holds("second", "first")

    def kafka_serves():
        settings = {**broker_properties(addresses, files), "log.dirs": str(data)}
        kafka.start_with(exported(context, settings, kafka.controller_port))
        serve(kafka, second)

    with table.row(name) as row:
        steps = [
            ("ours sets", lambda: serve(ours, first)),
            ("Kafka holds and changes", kafka_serves),
            ("ours holds", lambda: serve(ours, lambda: holds("second", "first"))),
        ]
        for step, run in steps:
            if not row.cell(step, run):
                return


def exported(context, settings, controller_port):
    """What Apache Kafka is to be started with, of the same settings."""
    command = [context.bin / "ottla", "export-kafka-config"]
    for key, value in settings.items():
        command += ["--override", f"{key}={value}"]
    command += ["--controller-port", str(controller_port)]
    lines = process.run(command).decode().splitlines()
    pairs = (line.split("=", 1) for line in lines)
    return {key: value.replace("\\\\", "\\") for key, value in pairs}
