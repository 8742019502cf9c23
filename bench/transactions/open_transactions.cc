// Leaves transactions open: each of a producer of its own, with one record of 100 B.
//
//   open_transactions HOST:PORT TOPIC COUNT
//
// One connection, one request at a time, no client: what they take is the broker's. Prints the
// seconds that took. A request that fails ends the program.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "bench/broker/connection.h"
#include "protocol/messages/init_producer_id.h"
#include "protocol/messages/produce.h"
#include "protocol/record/record_batch_builder.h"
#include "protocol/wire/frame.h"

namespace {

using namespace ottla;            // NOLINT: a program
using namespace ottla::protocol;  // NOLINT: a program

constexpr std::int16_t kInitVersion = 5;
// The first version with which a Produce adds its partitions to the transaction.
constexpr std::int16_t kProduceVersion = 12;
constexpr std::int32_t kHourMs = 3'600'000;

void check(ErrorCode code, const char* what) {
  if (code != ErrorCode::none) {
    bench::fail("open_transactions", what + std::string(": ") + std::string(describe(code).name));
  }
}

// What the answer says, for as long as the connection is not used again.
template <class Request>
typename Request::Response ask(bench::Connection& connection, const Request& request,
                               std::int16_t version) {
  const auto frame = encode_request(request, version, 1, "open_transactions");
  if (!frame) bench::fail("open_transactions", frame.error().to_string());
  connection.send(base::Slice::of(frame->bytes).bytes);
  const auto body = read_response(connection.receive(), Request::Response::api, version);
  if (!body) bench::fail("open_transactions", body.error().to_string());
  auto answer = decode<typename Request::Response>(*body, version);
  if (!answer) bench::fail("open_transactions", answer.error().to_string());
  return std::move(*answer);
}

void open_one(bench::Connection& connection, const std::string& topic, int number) {
  const std::string id = "open-" + std::to_string(number);
  InitProducerIdRequest init;
  init.transactional_id = id;
  init.transaction_timeout_ms = kHourMs / 4;
  const auto identity = ask(connection, init, kInitVersion);
  check(identity.error_code, "InitProducerId");

  auto builder = RecordBatchBuilder::growing();
  if (!builder.append(0, std::nullopt, std::string(100, 'x'))) std::abort();
  const auto batch = builder.close_sealed(
      {.id = identity.producer_id, .epoch = identity.producer_epoch, .base_sequence = Sequence(0)},
      true);
  ProduceRequest produce;
  produce.transactional_id = id;
  produce.acks = -1;
  produce.timeout_ms = 30'000;
  produce.topic_data.push_back({.name = topic, .topic_id = {}, .partition_data = {}});
  produce.topic_data[0].partition_data.push_back({.index = 0, .records = Records{batch}});
  const auto produced = ask(connection, produce, kProduceVersion);
  check(produced.responses.at(0).partition_responses.at(0).error_code, "Produce");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) bench::fail("open_transactions", "HOST:PORT TOPIC COUNT");
  bench::Connection connection(argv[1]);
  const auto began = std::chrono::steady_clock::now();
  for (int i = 0; i < std::atoi(argv[3]); ++i) open_one(connection, argv[2], i);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  std::printf("{\"seconds\": %.3f}\n", took.count());
  return 0;
}
