// A broker that answers at once and keeps nothing: what is left is the cost of the client.
//
//   null_broker [PARTITIONS [BROKERS]]
//
// Listens on a free port of 127.0.0.1 and prints it. Every topic exists and has PARTITIONS
// partitions (1). With BROKERS it stands for a cluster of so many, each at a port of its own, that
// lead partitions in turn. At the end of its standard input it prints one JSON line: requests,
// batches, records and bytes of Produce requests that came, and how many sequences of idempotent
// producers were out of order.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/endian.h"
#include "protocol/messages/all.h"
#include "protocol/record/record_batch.h"
#include "protocol/wire/frame.h"

namespace {

using namespace ottla;            // NOLINT: a program
using namespace ottla::protocol;  // NOLINT: a program

struct ServedApi {
  ApiKey key;
  std::int16_t min;
  std::int16_t max;
};
// Topics by name, so that nothing has to be remembered of ids. Fetch and FindCoordinator are named,
// not served: librdkafka writes batches of magic 2, and lz4, only for brokers that have them.
constexpr std::array kServed = {
    ServedApi{ApiKey::produce, 0, 12},     ServedApi{ApiKey::fetch, 0, 11},
    ServedApi{ApiKey::metadata, 0, 12},    ServedApi{ApiKey::find_coordinator, 0, 2},
    ServedApi{ApiKey::api_versions, 0, 4}, ServedApi{ApiKey::init_producer_id, 0, 4}};

struct Totals {
  std::uint64_t requests = 0;
  std::uint64_t batches = 0;
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
  std::uint64_t out_of_order = 0;
};

class NullBroker {
 public:
  // A broker at each of `ports`.
  NullBroker(std::vector<std::uint16_t> ports, std::int32_t partitions)
      : ports_(std::move(ports)), partitions_(partitions) {}

  // The answer to a frame without its size; empty if there is none to give.
  std::string answer(BytesView frame) {
    auto request = read_request(frame);
    if (!request) return {};
    switch (request->header.api_key) {
      case ApiKey::produce:
        return produce(*request);
      case ApiKey::metadata:
        return metadata(*request);
      case ApiKey::api_versions:
        return api_versions(*request);
      case ApiKey::init_producer_id:
        return say(InitProducerIdResponse{.producer_id = ProducerId(next_producer_id_++),
                                          .producer_epoch = ProducerEpoch(0)},
                   *request);
      default:
        return {};
    }
  }

  Totals totals() {
    const std::lock_guard lock(mutex_);
    return totals_;
  }

 private:
  template <class M>
  static std::string say(const M& message, const RequestFrame& request) {
    auto frame =
        encode_response(message, request.header.api_version, request.header.correlation_id);
    if (!frame) return {};
    return std::string(base::Slice::of(frame->bytes).bytes);
  }

  static std::string api_versions(const RequestFrame& request) {
    ApiVersionsResponse response;
    for (const auto& api : kServed) response.api_keys.push_back({api.key, api.min, api.max});
    return say(response, request);
  }

  std::string metadata(const RequestFrame& request) const {
    auto asked = decode<MetadataRequest>(request.body, request.header.api_version);
    if (!asked) return {};
    MetadataResponse response;
    std::int32_t id = 1;
    for (const auto port : ports_) {
      response.brokers.push_back({.node_id = BrokerId(id++), .host = "127.0.0.1", .port = port});
    }
    response.cluster_id = "null";
    response.controller_id = BrokerId(1);
    if (asked->topics) {
      for (const auto& topic : *asked->topics) response.topics.push_back(describe(*topic.name));
    }
    return say(response, request);
  }

  MetadataResponse::Topic describe(std::string_view name) const {
    MetadataResponse::Topic topic;
    topic.name = name;
    for (std::int32_t i = 0; i < partitions_; ++i) {
      MetadataResponse::Partition partition;
      partition.partition_index = i;
      partition.leader_id = BrokerId(1 + i % static_cast<std::int32_t>(ports_.size()));
      partition.leader_epoch = LeaderEpoch(0);
      partition.replica_nodes = {partition.leader_id};
      partition.isr_nodes = {partition.leader_id};
      topic.partitions.push_back(std::move(partition));
    }
    return topic;
  }

  std::string produce(const RequestFrame& request) {
    auto asked = decode<ProduceRequest>(request.body, request.header.api_version);
    if (!asked) return {};
    ProduceResponse response;
    const std::lock_guard lock(mutex_);
    ++totals_.requests;
    for (const auto& topic : asked->topic_data) {
      ProduceResponse::Topic answered;
      answered.name = topic.name;
      for (const auto& partition : topic.partition_data) {
        ProduceResponse::Partition part;
        part.index = partition.index;
        part.base_offset = Offset(next_offset_[partition.index]);
        if (partition.records) count(partition.index, partition.records->bytes);
        answered.partition_responses.push_back(std::move(part));
      }
      response.responses.push_back(std::move(answered));
    }
    return asked->acks == 0 ? std::string() : say(response, request);
  }

  void count(std::int32_t partition, BytesView bytes) {
    BatchIterator batches(bytes);
    for (RecordBatchView batch; batches.next(batch);) {
      const auto count = static_cast<std::int64_t>(batch.record_count());
      ++totals_.batches;
      totals_.records += static_cast<std::uint64_t>(count);
      totals_.bytes += batch.size_in_bytes();
      next_offset_[partition] += count;
      if (!batch.has_producer_id()) continue;
      auto& next = next_sequence_[{batch.producer_id().value, partition}];
      if (batch.base_sequence().value != next) ++totals_.out_of_order;
      next = batch.base_sequence().value + static_cast<std::int32_t>(count);
    }
  }

  const std::vector<std::uint16_t> ports_;
  const std::int32_t partitions_;
  std::atomic<std::int64_t> next_producer_id_{1};
  std::mutex mutex_;
  Totals totals_;
  std::map<std::int32_t, std::int64_t> next_offset_;
  std::map<std::pair<std::int64_t, std::int32_t>, std::int32_t> next_sequence_;
};

// Reads more than one frame at a time where there is more.
void serve(int socket, NullBroker& broker) {
  std::vector<char> buffer(4 << 20);
  std::size_t held = 0;
  for (;;) {
    const ssize_t got = ::recv(socket, buffer.data() + held, buffer.size() - held, 0);
    if (got <= 0) break;
    held += static_cast<std::size_t>(got);
    std::size_t at = 0;
    std::string answers;
    while (held - at >= 4) {
      const auto size = static_cast<std::size_t>(base::load_be<std::uint32_t>(&buffer[at]));
      if (size + 4 > buffer.size()) buffer.resize(size + 4);
      if (held - at - 4 < size) break;
      answers += broker.answer(BytesView(&buffer[at + 4], size));
      at += 4 + size;
    }
    std::memmove(buffer.data(), buffer.data() + at, held - at);
    held -= at;
    if (!answers.empty() && ::send(socket, answers.data(), answers.size(), MSG_NOSIGNAL) < 0) break;
  }
  ::close(socket);
}

int listen_somewhere(std::uint16_t& port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (socket < 0 || ::bind(socket, generic, length) != 0 || ::listen(socket, 64) != 0 ||
      ::getsockname(socket, generic, &length) != 0) {
    std::perror("null_broker");
    std::exit(1);
  }
  port = ntohs(address.sin_port);
  return socket;
}

void accept_all(int listening, NullBroker& broker) {
  for (;;) {
    const int socket = ::accept(listening, nullptr, nullptr);
    if (socket < 0) return;
    const int on = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    std::thread(serve, socket, std::ref(broker)).detach();
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::uint16_t> ports(argc > 2 ? static_cast<std::size_t>(std::atoi(argv[2])) : 1);
  std::vector<int> listening;
  for (auto& port : ports) listening.push_back(listen_somewhere(port));
  NullBroker broker(ports, argc > 1 ? std::atoi(argv[1]) : 1);
  std::printf("%u\n", ports.front());
  std::fflush(stdout);
  for (const int socket : listening) std::thread(accept_all, socket, std::ref(broker)).detach();
  while (std::getchar() != EOF) {
  }
  const auto totals = broker.totals();
  std::printf(
      "{\"requests\": %llu, \"batches\": %llu, \"records\": %llu, \"bytes\": %llu, "
      "\"out_of_order\": %llu}\n",
      static_cast<unsigned long long>(totals.requests),
      static_cast<unsigned long long>(totals.batches),
      static_cast<unsigned long long>(totals.records),
      static_cast<unsigned long long>(totals.bytes),
      static_cast<unsigned long long>(totals.out_of_order));
  std::fflush(stdout);
  std::_Exit(0);
}
