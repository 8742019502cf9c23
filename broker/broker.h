#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/logger.h"
#include "base/random.h"
#include "base/runtime.h"
#include "base/task.h"
#include "broker/config/broker_config.h"
#include "broker/log/data_directories.h"
#include "broker/metadata/scram_requests.h"
#include "broker/server/fault_injector.h"
#include "ottla/result.h"

namespace ottla::broker {

struct Services;

// One broker with its data directories, on one loop of a runtime; several can share a runtime.
// Every call and every callback is on that loop.
//
// The start, in order: the directories are taken and the metadata read, the logs are opened and
// recovered, the ports are bound, the controller opens its epoch and elects this broker, users that
// it was given are added, clients are let in. The stop goes the other way and ends with the mark of
// a clean shutdown. Destroying a broker without a stop is a crash as far as its files are
// concerned.
class Broker {
 public:
  struct Deps {
    base::LoopWithTransport loop;
    std::vector<DataDirectory> directories;  // one of them is the metadata's
    base::Logger logger;
    std::uint64_t seed = 0;
    // Users that can log in from the start on, whatever they could before: how the first one comes
    // to be where only users may change users.
    std::vector<ScramUpsertion> scram_users = {};
  };

  Broker(Deps deps, BrokerConfig config);
  ~Broker();
  Broker(const Broker&) = delete;
  Broker& operator=(const Broker&) = delete;

  using OnDone = base::UniqueFunction<void(Result<void>)>;

  // Answers when clients are served. Errors: already_in_use (directory or port), what
  // open_data says of directories that do not belong together, unsupported_version and
  // corrupt_data (what they hold), io_error, kafka_storage_error.
  // After an error the broker is of no further use.
  void start(OnDone done);

  // A clean shutdown: answers what waits, hangs up, fences, closes every file. Once, after a start
  // that succeeded.
  void stop(OnDone done);

  // Called once if the directory of the metadata, or the last other one, is lost while running: the
  // broker is of no further use. What lies in one of several directories that is lost answers
  // kafka_storage_error, and the others go on.
  void set_on_offline(base::UniqueFunction<void(const Error&)> on_offline);

  // The listeners with the ports they really have.
  const std::vector<ListenerConfig>& listeners() const;
  const BrokerConfig& config() const;
  // Where /metrics and /health are served; none if nowhere.
  std::optional<base::Endpoint> http_address() const;

  // What the next requests of an API meet instead of success; for tests.
  FaultInjector& faults();

  // Its rooms, to be looked into. After a start that succeeded.
  const Services& services() const;

  // Serves the API in these versions only, as an older broker does; max < min: not at all.
  void limit_versions(ApiKey api, std::int16_t min, std::int16_t max);

  // A topic made by the process itself, before or besides its clients.
  void create_topic(std::string name, std::int32_t partitions,
                    std::vector<std::pair<std::string, std::string>> configs, OnDone done);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ottla::broker
