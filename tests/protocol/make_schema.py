#!/usr/bin/env python3
"""Makes schema.txt, the facts that conformance_test.cc holds the messages to.

    make_schema.py KAFKA_CLIENTS.jar > schema.txt

The jar of Apache Kafka's client (org.apache.kafka:kafka-clients) carries the schemas of all its
messages; only facts about their fields are taken from them.
"""
import json
import re
import sys
import zipfile

APIS = ["Produce", "Fetch", "ListOffsets", "Metadata", "FindCoordinator", "ApiVersions",
        "CreateTopics", "DeleteTopics", "InitProducerId", "DescribeConfigs", "DescribeCluster",
        "AlterConfigs", "IncrementalAlterConfigs", "CreatePartitions", "DeleteRecords",
        "OffsetForLeaderEpoch", "JoinGroup", "SyncGroup", "Heartbeat", "LeaveGroup",
        "OffsetCommit", "OffsetFetch", "DescribeGroups", "ListGroups", "DeleteGroups",
        "OffsetDelete", "AddPartitionsToTxn", "AddOffsetsToTxn", "EndTxn", "WriteTxnMarkers",
        "TxnOffsetCommit", "DescribeProducers", "DescribeTransactions", "ListTransactions",
        "DescribeLogDirs", "AlterReplicaLogDirs", "SaslHandshake", "SaslAuthenticate",
        "DescribeUserScramCredentials", "AlterUserScramCredentials",
        "DescribeTopicPartitions", "UpdateFeatures", "ElectLeaders", "ListConfigResources",
        "AlterPartitionReassignments", "ListPartitionReassignments", "DescribeQuorum", "UnregisterBroker",
        "DescribeAcls", "CreateAcls", "DeleteAcls", "ConsumerGroupDescribe",
        "DescribeClientQuotas", "AlterClientQuotas"]


def camel(name):
    return name[0].lower() + name[1:]


def default_of(field):
    """The default as JSON would have it; a struct has those of its fields."""
    kind = field["type"]
    text = str(field["default"]) if "default" in field else None
    if text == "null" or (text is None and kind == "records"):
        return "null"
    if kind.startswith("[]"):
        return "[]"
    if kind == "uuid":
        return '"' + "A" * 22 + '"'
    if kind in ("string", "bytes"):
        return json.dumps(text or "")
    if kind == "bool":
        return (text or "false").lower()
    if kind == "float64":
        return f"{float(text or 0):f}"
    if kind.startswith(("int", "uint")):
        return str(int(text or "0", 0))
    return "-"


def type_of(field):
    """Structs go without their names."""
    kind = field["type"]
    element = kind.removeprefix("[]")
    return kind.replace(element, "struct") if element[0].isupper() else kind


def rows(fields, shared, prefix=""):
    """`shared`: the fields of structs that are described once, by the structs' names."""
    for field in fields:
        path = prefix + camel(field["name"])
        tag = field.get("tag", "-")
        ignorable = "ignorable" if field.get("ignorable", False) else "required"
        has_default = "given" if "default" in field else "implied"
        yield (path, type_of(field), field["versions"], field.get("nullableVersions", "none"),
               str(tag), field.get("taggedVersions", "none"), ignorable, has_default,
               default_of(field))
        inner = path + ("[]." if field["type"].startswith("[]") else ".")
        within = field.get("fields") or shared.get(field["type"].removeprefix("[]"), [])
        yield from rows(within, shared, inner)


def main():
    jar = zipfile.ZipFile(sys.argv[1])
    print("# Table of data: made by make_schema.py. The fields of messages: api, side, path, type,"
          " versions, nullable versions, tag, tagged versions, what to do with a value at a version"
          " without the field, whether the default is given, default.")
    for api in APIS:
        for side in ("Request", "Response"):
            text = jar.read(f"common/message/{api}{side}.json").decode()
            schema = json.loads(re.sub(r"^\s*//.*$", "", text, flags=re.M))
            print(api, side.lower(), "-", "message", schema["validVersions"],
                  schema["flexibleVersions"])
            shared = {one["name"]: one["fields"] for one in schema.get("commonStructs", [])}
            for row in rows(schema["fields"], shared):
                print(api, side.lower(), *row)


if __name__ == "__main__":
    main()
