"""Rows: clients that log in by PLAIN and SCRAM, users that go from our broker to Apache Kafka and back
with the data directory, and what must not work."""

from lib import clients, peers, process, servers
from lib.process import StepFailed

RECORDS = 100

MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
USER = "al,i=ce"
PASSWORD = "s,e=cret"
LISTENERS = ("PLAINTEXT", "LOGIN")

MODULES = "org.apache.kafka.common.security"
PLAIN_MODULE = f"{MODULES}.plain.PlainLoginModule required"
SCRAM_MODULE = f"{MODULES}.scram.ScramLoginModule required"


def module_of(mechanism):
    return PLAIN_MODULE if mechanism == "PLAIN" else SCRAM_MODULE


def broker_properties(addresses):
    """A listener for everybody, and one for those who log in."""
    listeners = ",".join(f"{name}://{address}" for name, address in addresses.items())
    return {
        "listeners": listeners,
        "advertised.listeners": listeners,
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,"
        "LOGIN:SASL_PLAINTEXT",
        "inter.broker.listener.name": "PLAINTEXT",
        "sasl.enabled.mechanisms": ",".join(MECHANISMS),
        "sasl.mechanism.inter.broker.protocol": "PLAIN",
        "listener.name.login.plain.sasl.jaas.config": f'{PLAIN_MODULE} "user_{USER}"="{PASSWORD}";',
        "listener.name.login.scram-sha-256.sasl.jaas.config": f"{SCRAM_MODULE};",
        "listener.name.login.scram-sha-512.sasl.jaas.config": f"{SCRAM_MODULE};",
    }


def client_properties(mechanism, user=USER, password=PASSWORD):
    return {
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanism": mechanism,
        "sasl.jaas.config": f'{module_of(mechanism)} username="{user}" password="{password}";',
    }


class LoggedInHarness:
    """Gives every command of the clients these properties."""

    def __init__(self, harness, properties):
        self._harness = harness
        self._properties = properties

    def call(self, command, properties=None, **fields):
        properties = {**(properties or {}), **self._properties}
        return self._harness.call(command, properties=properties, **fields)


def logged_in(peer, mechanism):
    if isinstance(peer, peers.Java):
        return peers.Java(LoggedInHarness(peer.harness, client_properties(mechanism)))
    environment = [f"OTTLA_SASL_MECHANISM={mechanism}"]
    environment += [f"OTTLA_SASL_USER={USER}", f"OTTLA_SASL_PASSWORD={PASSWORD}"]
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
    """Foreign clients on our broker, with users that Java's admin client made."""
    group = "broker/sasl"
    named = [each for each in context.producers if hasattr(each, "command") or each.name == "java"]
    names = [f"{group}/{each.name}" for each in named] + [f"{group}/refused"]
    if not any(table.wants(each) for each in names):
        return
    addresses = _addresses()
    server = context.ottla(context.new_folder("broker-sasl"), broker_properties(addresses))
    server.start()
    try:
        set_passwords(context, addresses["PLAINTEXT"])
        for peer in named:
            _peer_row(table, context, f"{group}/{peer.name}", addresses, peer)
        _refused_java(table, context, f"{group}/refused", addresses)
    finally:
        server.stop()


def _peer_row(table, context, name, addresses, peer):
    if not table.wants(name):
        return
    with table.row(name) as row:
        for mechanism in MECHANISMS:
            client = logged_in(peer, mechanism)
            topic = f"{name.replace('/', '-')}-{mechanism.lower()}"
            row.cell(
                mechanism,
                lambda client=client, topic=topic: _write_and_read(
                    context, addresses, client, topic
                ),
            )


def _write_and_read(context, addresses, client, topic):
    context.java.create_topic(addresses["PLAINTEXT"], topic)
    records = client.records(RECORDS)
    client.produce(addresses["LOGIN"], topic, records, "none")
    clients.expect_same(records, client.consume(addresses["LOGIN"], topic))


def _lists_topics(context, address, properties):
    java = LoggedInHarness(context.harness, properties)
    return lambda: java.call("listTopics", bootstrap=address)


def _refused_java(table, context, name, addresses):
    if not table.wants(name):
        return
    address = addresses["LOGIN"]
    with table.row(name) as row:
        for mechanism in MECHANISMS:
            for case, properties in (
                ("password", client_properties(mechanism, password="wrong")),
                ("user", client_properties(mechanism, user="nobody")),
            ):
                step = _lists_topics(context, address, properties)
                words = ("SaslAuthenticationException", "the credentials are not valid")
                row.cell(f"{mechanism} {case}", lambda s=step, w=words: expect_refused(s, *w))


def expect_refused(step, *words):
    try:
        step()
    except StepFailed as failure:
        missing = [each for each in words if each not in str(failure)]
        if missing:
            raise StepFailed(f"refused, but not with {missing}: {failure}") from None
        return
    raise StepFailed("it was let in")


def run_directory(table, context):
    """Users of SCRAM go with the data directory, whoever serves it."""
    name = "directory/sasl"
    if not table.wants(name):
        return
    data = context.new_folder("directory-sasl")
    addresses = _addresses()
    ours = context.ottla(data, broker_properties(addresses))
    kafka = servers.Kafka(context.harness, data)

    def serve(server, step):
        server.start()
        try:
            step()
        finally:
            server.stop()

    def holds(password, other):
        for mechanism in MECHANISMS[1:]:
            good = client_properties(mechanism, password=password)
            _lists_topics(context, addresses["LOGIN"], good)()
            bad = client_properties(mechanism, password=other)
            expect_refused(_lists_topics(context, addresses["LOGIN"], bad), "Authentication")

    def first():
        set_passwords(context, addresses["PLAINTEXT"], "first")
        holds("first", "second")

    def second():
        holds("first", "second")
        set_passwords(context, addresses["PLAINTEXT"], "second")
        holds("second", "first")

    def kafka_serves():
        exported = _exported(context, data, addresses, kafka.controller_port)
        kafka.start_with(exported)
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


def _exported(context, data, addresses, controller_port):
    """What Apache Kafka is to be started with, of the same settings."""
    command = [context.bin / "ottla", "export-kafka-config"]
    for key, value in {**broker_properties(addresses), "log.dirs": str(data)}.items():
        command += ["--override", f"{key}={value}"]
    command += ["--controller-port", str(controller_port)]
    lines = process.run(command).decode().splitlines()
    pairs = (line.split("=", 1) for line in lines)
    return {key: value.replace("\\\\", "\\") for key, value in pairs}
