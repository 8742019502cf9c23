#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ottla/api_key.h"
#include "ottla/consumer_group.h"
#include "ottla/error_code.h"
#include "ottla/group_admin.h"
#include "ottla/isolation_level.h"
#include "ottla/logging.h"
#include "ottla/record.h"
#include "ottla/result.h"
#include "ottla/runtime.h"
#include "ottla/transaction_admin.h"

namespace ottla {

// A topic that is there from the start.
struct EmbeddedTopic {
  std::string name{};
  std::int32_t partitions = 1;
  std::map<std::string, std::string> configs{};  // Kafka's topic configuration keys
};

struct EmbeddedBrokerConfig {
  std::vector<EmbeddedTopic> topics{};

  // Where data live; empty: in memory, gone with the broker.
  std::string data_directory{};

  // Kafka's server.properties keys and `ottla.` keys, for what has no member here. The listener is
  // 127.0.0.1 on a free port unless `listeners` says otherwise; in memory the durability is
  // `memory`.
  std::map<std::string, std::string> properties{};

  // Threads shared with clients and other brokers; none: the broker has its own.
  Runtime runtime{};

  // Warnings and errors go to stderr unless a sink is given.
  LogSink log_sink{};
  LogLevel log_level = LogLevel::warn;
};

// The requests that a fault is meant for: all of an API, or those of them that name a topic. A
// fetch names those that its session has, a produce those that it has records for.
struct FaultTarget {
  FaultTarget(ApiKey of, std::string naming = {})  // NOLINT: implicit
      : api(of), topic(std::move(naming)) {}

  ApiKey api;
  std::string topic;  // empty: whatever they name
};

// When a connection is dropped: the client cannot tell the two apart.
enum class Drop : std::uint8_t {
  before_handling,  // as if the request had been lost
  after_handling,   // as if its answer had been
};

// A consumer group, or one that only commits.
struct EmbeddedGroup {
  std::string group_id{};
  GroupState state = GroupState::unknown;
  std::int32_t generation_id = -1;
  std::string protocol_type{};       // "consumer"; empty for one that only commits
  std::string partition_assignor{};  // its name; empty before members have agreed
  std::vector<MemberDescription> members{};
  CommittedOffsets offsets{};  // those of transactions once they are committed
};

// A whole broker inside this process, for tests and small machines: Kafka's protocol on a real
// socket, so that any Kafka client can use it, and behind its back what a test needs: faults, a
// clock that can be moved, a look inside.
//
//   auto broker = ottla::EmbeddedBroker::start({.topics = {{"orders", 3}}}).value();
//   auto producer = ottla::Producer::open({.bootstrap_servers = broker.address()}).value();
//   broker.fail_next(ottla::ApiKey::produce, ottla::ErrorCode::not_leader_or_follower);
//
// Many can live in one process: on a shared Runtime one in memory costs a port, some tens of
// kilobytes, a millisecond to start, and no thread. All calls may come from any thread, but for
// moving and destroying it; they wait for the broker's thread, so that itself cannot make them
// (would_block): a log sink, or a callback on the network thread. Destroying it closes it, whoever
// is connected and whatever waits for it; that thread leaves it to another, which does it soon. In
// a child made by fork() calls that can fail answer `closed`, the others do nothing, and the
// destructor leaves everything to the parent.
class EmbeddedBroker {
 public:
  // Returns when the broker accepts connections and its topics exist. Errors: invalid_config,
  // already_in_use (port or data directory), io_error, would_block (on the runtime's own network
  // thread), and what creating a topic can answer.
  static Result<EmbeddedBroker> start(EmbeddedBrokerConfig config = {});

  EmbeddedBroker(EmbeddedBroker&&) noexcept;
  EmbeddedBroker& operator=(EmbeddedBroker&&) noexcept;
  ~EmbeddedBroker();

  // host:port, for `bootstrap_servers`.
  const std::string& address() const;

  // ---- Faults. Each waits for the next `times` requests it is meant for; of those that wait for
  // the same request the one that was asked for first comes first. `times` may be as large as
  // wanted: `clear_faults` ends it.

  // The requests are not carried out and are answered with `error`.
  void fail_next(FaultTarget requests, ErrorCode error, std::uint32_t times = 1);

  // The connection is closed instead of answering: the client cannot know what happened.
  void drop_connection_next(FaultTarget requests, std::uint32_t times = 1,
                            Drop when = Drop::after_handling);

  // The requests wait so long (as the broker counts time: see `advance`) before they are looked at,
  // and with them what the same connection sends behind them.
  void delay_next(FaultTarget requests, std::chrono::milliseconds delay, std::uint32_t times = 1);

  // Waits until every fault has met its request. Errors: timed_out (they go on waiting), closed.
  Result<void> await_faults(std::chrono::milliseconds timeout);

  // Forgets the faults that have not met their request, and says how many there were.
  std::uint64_t clear_faults();

  // From now on the broker knows this API in these versions only, as an older one does, and tells
  // who connects so; max < min: not at all. Versions it does not have stay unknown.
  void limit_versions(ApiKey api, std::int16_t min, std::int16_t max);

  // ---- Time. The broker's goes on as the world's does, and can be moved ahead of it.

  // Moves this broker's time ahead, and returns when everything that was due meanwhile has been
  // done: members fall out of their groups, transactions are aborted, records and idle producers
  // expire, requests that wait are answered, idle connections are closed. Things happen in their
  // order, each at its time; over more than 200 times the shortest interval of the broker's own
  // checks, to about half a percent of `by`. Nobody else's time moves: not that of clients, who are
  // late with their heartbeats then, nor that of other brokers on the same Runtime. What clients
  // send afterwards has their time in it: see `now`. Costs about what the broker would have done in
  // that time, some milliseconds. Errors: invalid_argument (negative, or more than fifty years in
  // all), closed.
  Result<void> advance(std::chrono::milliseconds by);

  // The broker's wall clock; for the timestamps of records that are to be new after an `advance`.
  // Never waits.
  Timestamp now() const;

  // ---- Looking inside. What is told is as it was at one moment during the call.

  // The records of a topic that are still there, by partition and offset, as a consumer with this
  // isolation level would be given them. Costs their memory. Errors: unknown_topic_or_partition,
  // closed, and what reading can answer.
  Result<std::vector<ConsumerRecord>> records(
      std::string_view topic, IsolationLevel isolation = IsolationLevel::read_uncommitted) const;

  // Every group, by its id. Waits while groups are being loaded. Error: closed.
  Result<std::vector<EmbeddedGroup>> groups() const;

  // Every transactional id with what it is doing. Waits while they are being loaded. Error: closed.
  Result<std::map<std::string, TransactionDescription>> transactions() const;

  // A clean shutdown, as SIGTERM is to ottla-broker; afterwards Apache Kafka can start on the
  // directory. Does nothing the second time.
  Result<void> close();

 private:
  class Impl;
  explicit EmbeddedBroker(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace ottla
