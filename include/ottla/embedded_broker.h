#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "ottla/api_key.h"
#include "ottla/error_code.h"
#include "ottla/logging.h"
#include "ottla/result.h"
#include "ottla/runtime.h"

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

// A whole broker inside this process, for tests and small machines: Kafka's protocol on a real
// socket, so that any Kafka client can use it. Many can live in one process. All calls may come
// from any thread; destroying it closes it.
class EmbeddedBroker {
 public:
  // Returns when the broker accepts connections and its topics exist. Errors: invalid_config,
  // already_in_use (port or data directory), io_error, and what creating a topic can answer.
  static Result<EmbeddedBroker> start(EmbeddedBrokerConfig config = {});

  EmbeddedBroker(EmbeddedBroker&&) noexcept;
  EmbeddedBroker& operator=(EmbeddedBroker&&) noexcept;
  ~EmbeddedBroker();

  // host:port, for `bootstrap_servers`.
  const std::string& address() const;

  // The next `times` requests of this API are not carried out and are answered with `error`.
  void fail_next(ApiKey api, ErrorCode error, std::uint32_t times = 1);

  // The next `times` requests of this API are carried out, but the connection is closed instead of
  // answering: the client cannot know what happened.
  void drop_connection_next(ApiKey api, std::uint32_t times = 1);

  // The next `times` requests of this API wait this long before they are looked at, and with them
  // what the same connection sends behind them.
  void delay_next(ApiKey api, std::chrono::milliseconds delay, std::uint32_t times = 1);

  // From now on the broker knows this API in these versions only, as an older one does, and tells
  // who connects so; max < min: not at all. Versions it does not have stay unknown.
  void limit_versions(ApiKey api, std::int16_t min, std::int16_t max);

  // A clean shutdown, as SIGTERM is to ottla-broker; afterwards Apache Kafka can start on the
  // directory. Does nothing the second time.
  Result<void> close();

 private:
  class Impl;
  explicit EmbeddedBroker(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace ottla
