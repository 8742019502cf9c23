#!/usr/bin/env node
// The KafkaJS side of the interop tests: produces, reads, administers, joins groups, copies in
// transactions; see ../README.md.
//
// KafkaJS writes gzip by itself and takes the other codecs as plug-ins: here these are JavaScript
// and WebAssembly, so nothing is compiled when they are installed. There is none such for lz4 that
// makes the frames with independent blocks that Kafka asks for.
'use strict';

const fs = require('fs');
const readline = require('readline');
const { parseArgs } = require('util');
const {
  AssignerProtocol, CompressionCodecs, CompressionTypes, Kafka, logLevel,
} = require('kafkajs');
const snappy = require('kafkajs-snappy');
const { ZstdCodec } = require('zstd-codec');

const CODECS = {
  none: CompressionTypes.None,
  gzip: CompressionTypes.GZIP,
  snappy: CompressionTypes.Snappy,
  zstd: CompressionTypes.ZSTD,
};

const DEADLINE_MS = 30_000;
const RECORDS_A_BATCH = 50;

async function registerCodecs() {
  const zstd = await new Promise((resolve) => ZstdCodec.run((each) => resolve(new each.Simple())));
  CompressionCodecs[CompressionTypes.Snappy] = snappy;
  CompressionCodecs[CompressionTypes.ZSTD] = () => ({
    compress: async (encoder) => Buffer.from(zstd.compress(encoder.buffer)),
    decompress: async (buffer) => Buffer.from(zstd.decompress(buffer)),
  });
}

const fromBase64 = (text) => (text === null ? null : Buffer.from(text, 'base64'));

function toMessage(line) {
  const record = JSON.parse(line);
  return {
    partition: record.partition,
    timestamp: String(record.timestamp),
    key: fromBase64(record.key),
    value: fromBase64(record.value),
    headers: Object.fromEntries(record.headers.map(([key, value]) => [key, fromBase64(value)])),
  };
}

async function send(producer, topic, codec, messages, first) {
  const answers = await producer.send({ topic, acks: -1, compression: CODECS[codec], messages });
  const next = new Map(answers.map((each) => [each.partition, Number(each.baseOffset)]));
  messages.forEach(({ partition }, position) => {
    const offset = next.get(partition);
    next.set(partition, offset + 1);
    process.stdout.write(JSON.stringify({ index: first + position, partition, offset }) + '\n');
  });
}

async function produce(kafka, { topic, codec }) {
  await registerCodecs();
  const producer = kafka.producer({ allowAutoTopicCreation: false });
  await producer.connect();
  let waiting = [];
  let sent = 0;
  for await (const line of readline.createInterface({ input: process.stdin })) {
    waiting.push(toMessage(line));
    if (waiting.length === RECORDS_A_BATCH) {
      await send(producer, topic, codec, waiting, sent);
      sent += waiting.length;
      waiting = [];
    }
  }
  if (waiting.length > 0) await send(producer, topic, codec, waiting, sent);
  await producer.disconnect();
}

const toBase64 = (data) => (data === null ? null : Buffer.from(data).toString('base64'));

function print(partition, { offset, timestamp, key, value, headers }) {
  const pairs = Object.entries(headers || {}).map(([name, data]) => [name, toBase64(data)]);
  const record = { partition, offset: Number(offset), timestamp: Number(timestamp) };
  const text = { key: toBase64(key), value: toBase64(value), headers: pairs };
  process.stdout.write(JSON.stringify({ ...record, ...text }) + '\n');
}

// KafkaJS reads with a group only: the cluster must have a coordinator.
async function consume(kafka, { topic }) {
  await registerCodecs();
  const admin = kafka.admin();
  await admin.connect();
  const left = new Map();
  for (const { partition, high } of await admin.fetchTopicOffsets(topic)) {
    if (Number(high) > 0) left.set(partition, Number(high));
  }
  await admin.disconnect();
  const consumer = kafka.consumer({ groupId: `group-${topic}`, maxWaitTimeInMs: 100 });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ partition, message }) => {
      if (!left.has(partition)) return;
      print(partition, message);
      if (Number(message.offset) + 1 >= left.get(partition)) left.delete(partition);
    },
  });
  await until('every partition was read to its end', async () => left.size === 0);
  await consumer.disconnect();
}

// The broker learns of a change after the controller.
async function until(what, holds) {
  const deadline = Date.now() + DEADLINE_MS;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`not so in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function administer(kafka, { topic }) {
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions: 2, replicationFactor: 1 }] });
  await until(`${topic} has 2 partitions`, async () => {
    const { topics } = await admin.fetchTopicMetadata();
    return topics.some((each) => each.name === topic && each.partitions.length === 2);
  });
  await admin.deleteTopics({ topics: [topic] });
  await until(`${topic} is gone`, async () => !(await admin.listTopics()).includes(topic));
  await admin.disconnect();
}

// KafkaJS has one assigner of its own, which no other client knows: these have the names and the
// outcome of Java's, so that groups can mix.
function assigner(name) {
  const { MemberMetadata, MemberAssignment } = AssignerProtocol;
  return ({ cluster }) => ({
    name,
    version: 0,
    protocol: ({ topics }) => ({
      name,
      metadata: MemberMetadata.encode({ version: 0, topics, userData: Buffer.alloc(0) }),
    }),
    assign: async ({ members, topics }) => {
      const ids = members.map((each) => each.memberId).sort();
      const work = new Map(ids.map((id) => [id, {}]));
      const give = (id, topic, partition) => {
        const mine = work.get(id);
        (mine[topic] = mine[topic] || []).push(partition);
      };
      let turn = 0;
      for (const topic of topics.slice().sort()) {
        const partitions = cluster.findTopicPartitionMetadata(topic).map((p) => p.partitionId);
        partitions.sort((a, b) => a - b);
        const share = Math.floor(partitions.length / ids.length);
        const more = partitions.length % ids.length;
        partitions.forEach((partition, at) => {
          const ranged = at < more * (share + 1)
            ? Math.floor(at / (share + 1)) : more + Math.floor((at - more * (share + 1)) / share);
          give(ids[name === 'range' ? ranged : turn++ % ids.length], topic, partition);
        });
      }
      return ids.map((memberId) => ({
        memberId,
        memberAssignment: MemberAssignment.encode({
          version: 0, assignment: work.get(memberId), userData: Buffer.alloc(0),
        }),
      }));
    },
  });
}

// Polls and commits until SIGTERM.
async function member(kafka, { topic, group, assignor }) {
  const report = (line) => process.stdout.write(JSON.stringify(line) + '\n');
  const consumer = kafka.consumer({
    groupId: group,
    partitionAssigners: [assigner(assignor)],
    sessionTimeout: 6000,
    heartbeatInterval: 200,
    maxWaitTimeInMs: 50,
    allowAutoTopicCreation: false,
  });
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    report({ owned: payload.memberAssignment[topic] || [] });
  });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  process.on('SIGTERM', async () => {
    await consumer.disconnect();
    process.exit(0);
  });
  await consumer.run({
    autoCommit: false,
    eachMessage: async ({ partition, message }) => {
      report({ record: [partition, Number(message.offset)] });
      const offset = String(Number(message.offset) + 1);
      await consumer.commitOffsets([{ topic, partition, offset }]);
    },
  });
  await new Promise(() => {});
}

// A transaction for each batch; every third one is aborted and done again.
async function copy(kafka, { topic, to, group, count }) {
  const consumer = kafka.consumer({ groupId: group, maxWaitTimeInMs: 50, maxBytesPerPartition: 8192 });
  const producer = kafka.producer({
    transactionalId: `copier-${group}`, idempotent: true, maxInFlightRequests: 1,
  });
  await producer.connect();
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  let left = Number(count);
  let round = 0;
  await consumer.run({
    autoCommit: false,
    eachBatchAutoResolve: false,
    eachBatch: async ({ batch, resolveOffset }) => {
      const { partition, messages } = batch;
      if (messages.length === 0) return;
      const last = messages[messages.length - 1].offset;
      const transaction = await producer.transaction();
      await transaction.send({
        topic: to,
        acks: -1,
        messages: messages.map(({ key, value, timestamp, headers }) => (
          { partition, key, value, timestamp, headers })),
      });
      const offset = String(Number(last) + 1);
      await transaction.sendOffsets({
        consumerGroupId: group, topics: [{ topic, partitions: [{ partition, offset }] }],
      });
      if (round++ % 3 === 1) {
        await transaction.abort();
        consumer.seek({ topic, partition, offset: messages[0].offset });
        return;
      }
      await transaction.commit();
      resolveOffset(last);
      left -= messages.length;
    },
  });
  await until('every record was copied', async () => left <= 0);
  await consumer.disconnect();
  await producer.disconnect();
}

function security() {
  const { OTTLA_TLS_CA: authority, OTTLA_TLS_KEY: own } = process.env;
  if (authority === undefined) return undefined;
  const read = (file) => (file === undefined ? undefined : fs.readFileSync(file, 'utf-8'));
  return { ca: [read(authority)], key: read(own), cert: read(own) };
}

function login() {
  const { OTTLA_SASL_MECHANISM, OTTLA_SASL_USER, OTTLA_SASL_PASSWORD } = process.env;
  if (OTTLA_SASL_MECHANISM === undefined) return undefined;
  if (OTTLA_SASL_MECHANISM === 'OAUTHBEARER') {
    const value = fs.readFileSync(process.env.OTTLA_SASL_TOKEN, 'utf8');
    return { mechanism: 'oauthbearer', oauthBearerProvider: async () => ({ value }) };
  }
  return {
    mechanism: OTTLA_SASL_MECHANISM.toLowerCase(),
    username: OTTLA_SASL_USER,
    password: OTTLA_SASL_PASSWORD,
  };
}

async function main() {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      bootstrap: { type: 'string' },
      topic: { type: 'string' },
      codec: { type: 'string', default: 'none' },
      group: { type: 'string', default: '' },
      partitions: { type: 'string', default: '1' },
      assignor: { type: 'string', default: 'range' },
      to: { type: 'string', default: '' },
      count: { type: 'string', default: '0' },
    },
  });
  const kafka = new Kafka({
    brokers: [values.bootstrap],
    logLevel: logLevel.ERROR,
    ssl: security(),
    sasl: login(),
  });
  const commands = { produce, consume, admin: administer, member, copy };
  await commands[positionals[0]](kafka, values);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
