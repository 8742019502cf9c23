#!/usr/bin/env node
// The KafkaJS side of the interop tests: produces and administers; see ../README.md.
//
// KafkaJS writes gzip by itself and takes the other codecs as plug-ins: here these are JavaScript
// and WebAssembly, so nothing is compiled when they are installed. There is none such for lz4 that
// makes the frames with independent blocks that Kafka asks for.
'use strict';

const readline = require('readline');
const { parseArgs } = require('util');
const { CompressionCodecs, CompressionTypes, Kafka, logLevel } = require('kafkajs');
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

async function main() {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      bootstrap: { type: 'string' },
      topic: { type: 'string' },
      codec: { type: 'string', default: 'none' },
    },
  });
  const kafka = new Kafka({ brokers: [values.bootstrap], logLevel: logLevel.ERROR });
  const commands = { produce, admin: administer };
  await commands[positionals[0]](kafka, values);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
