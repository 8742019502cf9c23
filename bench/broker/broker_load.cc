// Loads a broker with raw requests, so that what is compared is the broker and not a client.
//
//   broker_load produce  --bootstrap HOST:PORT --topic T [--partitions N] [--connections N]
//                        [--record-size B] [--batch-bytes B] [--acks N] [--depth N] --requests N
//   broker_load fetch    --bootstrap HOST:PORT --topic T [--connections N] [--fetch-bytes B]
//                        --megabytes N
//   broker_load sendfile FILE CONNECTIONS SEND_BUFFER_BYTES
//
// Each connection has a thread and its share of the partitions, which it takes in turn; `depth`
// requests are under way on it. One record a batch: --batch-bytes 1. Prints one JSON line. A
// request that fails ends the program: what is measured is success.
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "bench/broker/connection.h"
#include "protocol/messages/fetch.h"
#include "protocol/messages/produce.h"
#include "protocol/record/record_batch_builder.h"
#include "protocol/wire/frame.h"

namespace {

using namespace ottla;            // NOLINT: a program
using namespace ottla::protocol;  // NOLINT: a program
using Clock = std::chrono::steady_clock;

// Versions that name topics and that every broker of the comparison has.
constexpr std::int16_t kProduceVersion = 9;
constexpr std::int16_t kFetchVersion = 12;

[[noreturn]] void fail(const std::string& what) {
  bench::fail("broker_load", what);
}

struct Options {
  std::string mode;
  std::string bootstrap;
  std::string topic = "bench";
  std::int32_t partitions = 1;
  int connections = 1;
  std::size_t record_size = 1024;
  std::size_t batch_bytes = 16384;
  std::size_t fetch_bytes = 1 << 20;
  std::int16_t acks = -1;
  int depth = 1;
  std::int64_t requests = 0;
  std::int64_t megabytes = 0;
};

Options parse(int argc, char** argv) {
  if (argc < 2) fail("say what to do: produce, fetch or sendfile");
  Options options{.mode = argv[1]};
  for (int i = 2; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    const auto number = std::strtoll(argv[i + 1], nullptr, 10);
    if (name == "--bootstrap")
      options.bootstrap = argv[i + 1];
    else if (name == "--topic")
      options.topic = argv[i + 1];
    else if (name == "--partitions")
      options.partitions = static_cast<std::int32_t>(number);
    else if (name == "--connections")
      options.connections = static_cast<int>(number);
    else if (name == "--record-size")
      options.record_size = static_cast<std::size_t>(number);
    else if (name == "--batch-bytes")
      options.batch_bytes = static_cast<std::size_t>(number);
    else if (name == "--fetch-bytes")
      options.fetch_bytes = static_cast<std::size_t>(number);
    else if (name == "--acks")
      options.acks = static_cast<std::int16_t>(number);
    else if (name == "--depth")
      options.depth = static_cast<int>(number);
    else if (name == "--requests")
      options.requests = number;
    else if (name == "--megabytes")
      options.megabytes = number;
    else
      fail("unknown option " + std::string(name));
  }
  return options;
}

struct Totals {
  std::atomic<std::int64_t> requests{0};
  std::atomic<std::int64_t> records{0};
  std::atomic<std::int64_t> bytes{0};
};

// At least one record; as many as fit.
std::string make_batch(const Options& options, std::int64_t& records) {
  std::string value(options.record_size, ' ');
  std::uint32_t state = 1;
  for (auto& c : value) {
    state = state * 1664525U + 1013904223U;
    c = "etaoin shrdlucmfw"[state >> 28];
  }
  auto builder = RecordBatchBuilder::growing();
  const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
                       std::chrono::system_clock::now().time_since_epoch())
                       .count();
  do {
    if (!builder.append(now, std::nullopt, value)) fail("a record does not fit into a batch");
  } while (builder.size_if_appended(std::nullopt, value) <= options.batch_bytes);
  records = builder.record_count();
  return std::string(builder.close_sealed());
}

std::string produce_frame(const Options& options, std::int32_t partition, BytesView batch) {
  ProduceRequest request;
  request.acks = options.acks;
  request.timeout_ms = 30'000;
  request.topic_data.push_back({.name = options.topic, .topic_id = {}, .partition_data = {}});
  request.topic_data[0].partition_data.push_back({.index = partition, .records = Records{batch}});
  const auto frame = encode_request(request, kProduceVersion, 1, "broker_load");
  if (!frame) fail(frame.error().to_string());
  return std::string(base::Slice::of(frame->bytes).bytes);
}

void check_produced(BytesView frame) {
  const auto body = read_response(frame, ProduceResponse::api, kProduceVersion);
  if (!body) fail(body.error().to_string());
  const auto answer = decode<ProduceResponse>(*body, kProduceVersion);
  if (!answer) fail(answer.error().to_string());
  const auto code = answer->responses.at(0).partition_responses.at(0).error_code;
  if (code != ErrorCode::none) fail("a produce failed: " + std::string(describe(code).name));
}

void produce(const Options& options, int which, std::int64_t requests, Totals& totals) {
  std::int64_t records = 0;
  const auto batch = make_batch(options, records);
  std::vector<std::string> frames;
  for (auto p = which % options.partitions; p < options.partitions; p += options.connections) {
    frames.push_back(produce_frame(options, p, batch));
  }
  bench::Connection connection(options.bootstrap);
  std::int64_t sent = 0;
  for (std::int64_t done = 0; done < requests; ++done) {
    for (; sent < requests && sent - done < options.depth; ++sent) {
      connection.send(frames[static_cast<std::size_t>(sent) % frames.size()]);
    }
    check_produced(connection.receive());
  }
  totals.requests += requests;
  totals.records += requests * records;
  totals.bytes += requests * static_cast<std::int64_t>(batch.size());
}

std::string fetch_frame(const Options& options, std::int32_t partition, Offset offset) {
  FetchRequest request;
  request.max_wait_ms = 500;
  request.min_bytes = 1;
  request.max_bytes = static_cast<std::int32_t>(options.fetch_bytes);
  request.topics.push_back({.topic = options.topic, .topic_id = {}, .partitions = {}});
  FetchRequest::Partition wanted;
  wanted.partition = partition;
  wanted.fetch_offset = offset;
  wanted.partition_max_bytes = request.max_bytes;
  request.topics[0].partitions.push_back(wanted);
  const auto frame = encode_request(request, kFetchVersion, 1, "broker_load");
  if (!frame) fail(frame.error().to_string());
  return std::string(base::Slice::of(frame->bytes).bytes);
}

// The offset behind the last whole batch, from the batches' headers alone.
std::int64_t behind(BytesView records, Offset& next) {
  BatchIterator batches(records);
  for (RecordBatchView batch; batches.next(batch);) next = batch.next_offset();
  if (!batches.status()) fail(batches.status().error().to_string());
  return static_cast<std::int64_t>(batches.position());
}

// Reads partition `which` from its beginning, and again from there when it has read all.
void fetch(const Options& options, int which, std::int64_t bytes, Totals& totals) {
  bench::Connection connection(options.bootstrap);
  Offset next(0);
  std::int64_t requests = 0;
  std::int64_t got = 0;
  while (got < bytes) {
    connection.send(fetch_frame(options, which % options.partitions, next));
    const auto frame = connection.receive();
    ++requests;
    const auto body = read_response(frame, FetchResponse::api, kFetchVersion);
    if (!body) fail(body.error().to_string());
    const auto answer = decode<FetchResponse>(*body, kFetchVersion);
    if (!answer) fail(answer.error().to_string());
    const auto& partition = answer->responses.at(0).partitions.at(0);
    if (partition.error_code != ErrorCode::none) {
      fail("a fetch failed: " + std::string(describe(partition.error_code).name));
    }
    const auto read = partition.records ? behind(partition.records->bytes, next) : 0;
    if (read == 0 && next == Offset(0)) fail("the topic is empty");
    if (read == 0) next = Offset(0);
    got += read;
  }
  totals.requests += requests;
  totals.bytes += got;
}

double cpu_seconds(int who) {
  rusage usage{};
  ::getrusage(who, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

void print(const Totals& totals, double seconds, double sender_cpu) {
  std::printf(
      "{\"requests\": %lld, \"records\": %lld, \"bytes\": %lld, \"seconds\": %.4f, "
      "\"sender_cpu\": %.4f}\n",
      static_cast<long long>(totals.requests), static_cast<long long>(totals.records),
      static_cast<long long>(totals.bytes), seconds, sender_cpu);
}

// Sends the file to whoever connects next; the CPU seconds that took.
double send_file(int listening, const char* file, int send_buffer) {
  const int from = ::open(file, O_RDONLY | O_CLOEXEC);
  const int to = ::accept(listening, nullptr, nullptr);
  if (from < 0 || to < 0) fail("cannot open the file or accept");
  if (send_buffer > 0) ::setsockopt(to, SOL_SOCKET, SO_SNDBUF, &send_buffer, sizeof send_buffer);
  const auto before = cpu_seconds(RUSAGE_THREAD);
  while (::sendfile(to, from, nullptr, 1 << 20) > 0) {
  }
  const auto used = cpu_seconds(RUSAGE_THREAD) - before;
  ::close(to);
  ::close(from);
  return used;
}

// Reads what is sent and throws it away; the bytes.
std::int64_t receive_all(const sockaddr_in& from) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::connect(socket, reinterpret_cast<const sockaddr*>(&from), sizeof from) != 0)
    fail("cannot connect");
  std::vector<char> buffer(4 << 20);
  std::int64_t bytes = 0;
  for (ssize_t got = 0; (got = ::recv(socket, buffer.data(), buffer.size(), MSG_WAITALL)) > 0;) {
    bytes += got;
  }
  ::close(socket);
  return bytes;
}

// The bare loop: threads that send the file over loopback, each to one that throws it away, with
// the socket buffers of the broker.
void bare_sendfile(const char* file, int connections, int send_buffer) {
  const int listening = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listening, generic, length) != 0 || ::listen(listening, connections) != 0 ||
      ::getsockname(listening, generic, &length) != 0) {
    fail("cannot listen");
  }
  std::atomic<std::int64_t> bytes{0};
  std::atomic<double> sender_cpu{0};
  std::vector<std::thread> threads;
  const auto began = Clock::now();
  for (int i = 0; i < connections; ++i) {
    threads.emplace_back([&] {
      const auto used = send_file(listening, file, send_buffer);
      for (double all = sender_cpu; !sender_cpu.compare_exchange_weak(all, all + used);) {
      }
    });
    threads.emplace_back([&] { bytes += receive_all(address); });
  }
  for (auto& thread : threads) thread.join();
  Totals totals;
  totals.bytes = bytes.load();
  print(totals, std::chrono::duration<double>(Clock::now() - began).count(), sender_cpu);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 5 && std::string_view(argv[1]) == "sendfile") {
    bare_sendfile(argv[2], std::atoi(argv[3]), std::atoi(argv[4]));
    return 0;
  }
  const auto options = parse(argc, argv);
  Totals totals;
  const auto began = Clock::now();
  std::vector<std::thread> threads;
  for (int i = 0; i < options.connections; ++i) {
    threads.emplace_back([&, i] {
      if (options.mode == "produce") {
        produce(options, i, options.requests / options.connections, totals);
      } else if (options.mode == "fetch") {
        fetch(options, i, (options.megabytes << 20) / options.connections, totals);
      } else {
        fail("unknown mode " + options.mode);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  print(totals, std::chrono::duration<double>(Clock::now() - began).count(), 0);
  return 0;
}
