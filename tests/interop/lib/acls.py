"""Rows: who may do what. The same requests of the same users to our broker and to Apache Kafka on its
directory: the same codes; and ACLs that go with the directory from one to the other and back."""

from lib import process, sasl, servers
from lib.process import StepFailed

AUTHORIZER = "org.apache.kafka.metadata.authorizer.StandardAuthorizer"
USERS = ("admin", "alice")
PASSWORD = "secret"
# Fewer say that the program has not asked everything.
LEAST_ROWS = 45


LISTENERS = ("PLAINTEXT", "LOGIN")


def broker_properties(addresses):
    """A listener for everybody, who may do everything there, and one for those who log in."""
    listeners = ",".join(f"{name}://{address}" for name, address in addresses.items())
    users = " ".join(f'user_{user}="{PASSWORD}"' for user in USERS)
    return {
        "listeners": listeners,
        "advertised.listeners": listeners,
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,"
        "LOGIN:SASL_PLAINTEXT",
        "inter.broker.listener.name": "PLAINTEXT",
        "sasl.enabled.mechanisms": "PLAIN",
        "listener.name.login.plain.sasl.jaas.config": f"{sasl.PLAIN_MODULE} {users};",
        "authorizer.class.name": AUTHORIZER,
        "super.users": "User:admin;User:ANONYMOUS",
    }


def _matrix(context, address):
    output = process.run([context.bin / "authorization-matrix", address]).decode()
    rows = dict(line.split(": ", 1) for line in output.splitlines())
    if len(rows) < LEAST_ROWS:
        raise StepFailed(f"only {len(rows)} rows were asked: {output[-300:]}")
    return rows


def _expect_same(ours, theirs):
    different = [
        f"{row}: ours {ours.get(row)}, theirs {theirs.get(row)}"
        for row in sorted(ours.keys() | theirs.keys())
        if ours.get(row) != theirs.get(row)
    ]
    if different:
        raise StepFailed("; ".join(different))


def run(table, context):
    name = "directory/acls"
    if not table.wants(name):
        return
    data = context.new_folder("directory-acls")
    addresses = {each: f"127.0.0.1:{servers.free_port()}" for each in LISTENERS}
    properties = broker_properties(addresses)
    ours = context.ottla(data, properties)
    kafka = servers.Kafka(context.harness, data)
    found = {}

    def acls(*words):
        command = [context.bin / "ottla", "acls", "--bootstrap-server", addresses["PLAINTEXT"]]
        return process.run([*command, *words]).decode()

    def listed():
        text = acls("--list")
        if "name=held, patternType=PREFIXED" not in text or "principal=User:bob" not in text:
            raise StepFailed(f"the ACL is gone: {text}")

    def ours_first():
        ours.start()
        try:
            found["ours"] = _matrix(context, addresses["LOGIN"])
            words = ["--topic", "held", "--resource-pattern-type", "prefixed"]
            acls("--add", *words, "--allow-principal", "User:bob", "--operation", "Read")
            listed()
        finally:
            ours.stop()

    def kafka_holds():
        settings = {**properties, "log.dirs": str(data)}
        kafka.start_with(sasl.exported(context, settings, kafka.controller_port))
        kafka.start()
        try:
            listed()
            found["theirs"] = _matrix(context, addresses["LOGIN"])
            words = ["--topic", "held", "--resource-pattern-type", "prefixed"]
            acls("--add", *words, "--allow-principal", "User:bob", "--operation", "Read")
        finally:
            kafka.stop()

    def ours_holds():
        ours.start()
        try:
            listed()
        finally:
            ours.stop()

    with table.row(name) as row:
        steps = [
            ("ours", ours_first),
            ("Kafka holds", kafka_holds),
            ("same codes", lambda: _expect_same(found["ours"], found["theirs"])),
            ("ours holds", ours_holds),
        ]
        for step, action in steps:
            if not row.cell(step, action):
                return
