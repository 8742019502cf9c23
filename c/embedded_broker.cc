#include "ottla/embedded_broker.h"

#include <chrono>
#include <limits>
#include <memory>
#include <string>
#include <utility>

#include "c/call.h"
#include "c/config.h"
#include "c/records.h"
#include "c/structs.h"
#include "ottla/c/embedded_broker.h"

struct ottla_embedded_broker {
  ottla::EmbeddedBroker broker;
};

namespace ottla::c {
namespace {

using std::chrono::milliseconds;

Result<EmbeddedBrokerConfig> config_of(const ottla_config* given,
                                       const ottla_embedded_options* options) {
  EmbeddedBrokerConfig config;
  if (given != nullptr) {
    config = with_the_rest(std::move(config), *given);
    config.properties = {given->properties.begin(), given->properties.end()};
  }
  if (options == nullptr) return config;
  const auto read = read_sized<ottla_embedded_options>(options, OTTLA_EMBEDDED_OPTIONS, "options",
                                                       sizeof(ottla_embedded_options));
  if (!read) return read.error();
  if (read->data_directory != nullptr) config.data_directory = read->data_directory;
  if (read->topics == nullptr && read->topic_count > 0) return null_error("options.topics");
  for (std::size_t i = 0; i < read->topic_count; ++i) {
    if (read->topics[i].name == nullptr) return null_error("the name of a topic");
    config.topics.push_back({read->topics[i].name, read->topics[i].partitions});
  }
  return config;
}

Result<std::int16_t> number_of(std::int32_t given, std::string_view name) {
  constexpr std::int32_t most = std::numeric_limits<std::int16_t>::max();
  if (given < -1 || given > most) {
    return Error(ErrorCode::invalid_argument, std::string(name) + " is " + std::to_string(given) +
                                                  "; it must be one of Kafka's numbers");
  }
  return static_cast<std::int16_t>(given);
}

Result<FaultTarget> target_of(std::int32_t api, const char* topic) {
  const auto number = number_of(api, "api");
  if (!number) return number.error();
  return FaultTarget(static_cast<ApiKey>(*number), topic == nullptr ? "" : topic);
}

// Runs `act(broker)`, which answers a Result<void>.
template <class Act>
ottla_error* with(ottla_embedded_broker* broker, Act act) {
  return call([&]() -> Result<void> {
    if (broker == nullptr) return null_error("broker");
    return act(broker->broker);
  });
}

// The same for a fault.
template <class Act>
ottla_error* with_target(ottla_embedded_broker* broker, std::int32_t api, const char* topic,
                         Act act) {
  return with(broker, [&](EmbeddedBroker& each) -> Result<void> {
    auto target = target_of(api, topic);
    if (!target) return target.error();
    return act(each, std::move(*target));
  });
}

}  // namespace
}  // namespace ottla::c

using ottla::EmbeddedBroker;
using ottla::FaultTarget;
using ottla::Result;
using std::chrono::milliseconds;
namespace c = ottla::c;

ottla_error* ottla_embedded_broker_start(const ottla_config* config,
                                         const ottla_embedded_options* options,
                                         ottla_embedded_broker** broker) {
  return c::call_for(broker, "broker", [&]() -> Result<ottla_embedded_broker*> {
    auto read = c::config_of(config, options);
    if (!read) return read.error();
    auto started = EmbeddedBroker::start(std::move(*read));
    if (!started) return started.error();
    return new ottla_embedded_broker{std::move(*started)};
  });
}

const char* ottla_embedded_broker_address(const ottla_embedded_broker* broker) {
  return broker == nullptr ? "" : broker->broker.address().c_str();
}

ottla_error* ottla_embedded_broker_fail_next(ottla_embedded_broker* broker, int32_t api,
                                             const char* topic, int32_t code, uint32_t times) {
  return c::with_target(
      broker, api, topic, [&](EmbeddedBroker& each, FaultTarget target) -> Result<void> {
        const auto number = c::number_of(code, "code");
        if (!number) return number.error();
        each.fail_next(std::move(target), static_cast<ottla::ErrorCode>(*number), times);
        return {};
      });
}

ottla_error* ottla_embedded_broker_drop_connection_next(ottla_embedded_broker* broker, int32_t api,
                                                        const char* topic, int before_handling,
                                                        uint32_t times) {
  return c::with_target(
      broker, api, topic, [&](EmbeddedBroker& each, FaultTarget target) -> Result<void> {
        const auto when =
            before_handling != 0 ? ottla::Drop::before_handling : ottla::Drop::after_handling;
        each.drop_connection_next(std::move(target), times, when);
        return {};
      });
}

ottla_error* ottla_embedded_broker_delay_next(ottla_embedded_broker* broker, int32_t api,
                                              const char* topic, int64_t delay_ms, uint32_t times) {
  return c::with_target(broker, api, topic,
                        [&](EmbeddedBroker& each, FaultTarget target) -> Result<void> {
                          if (delay_ms < 0) return ottla::ErrorCode::invalid_argument;
                          each.delay_next(std::move(target), milliseconds(delay_ms), times);
                          return {};
                        });
}

ottla_error* ottla_embedded_broker_await_faults(ottla_embedded_broker* broker, int64_t timeout_ms) {
  return c::with(broker, [&](EmbeddedBroker& each) {
    return each.await_faults(milliseconds(timeout_ms < 0 ? 0 : timeout_ms));
  });
}

uint64_t ottla_embedded_broker_clear_faults(ottla_embedded_broker* broker) {
  return broker == nullptr ? 0 : broker->broker.clear_faults();
}

ottla_error* ottla_embedded_broker_advance(ottla_embedded_broker* broker, int64_t by_ms) {
  return c::with(broker, [&](EmbeddedBroker& each) { return each.advance(milliseconds(by_ms)); });
}

int64_t ottla_embedded_broker_now(const ottla_embedded_broker* broker) {
  return broker == nullptr ? -1 : broker->broker.now().time_since_epoch().count();
}

ottla_error* ottla_embedded_broker_records(const ottla_embedded_broker* broker, const char* topic,
                                           int committed_only, ottla_records** records) {
  return c::call_for(records, "records", [&]() -> Result<ottla_records*> {
    if (broker == nullptr) return c::null_error("broker");
    if (topic == nullptr) return c::null_error("topic");
    const auto isolation = committed_only != 0 ? ottla::IsolationLevel::read_committed
                                               : ottla::IsolationLevel::read_uncommitted;
    auto made = std::make_unique<ottla_records>();
    auto found = broker->broker.records(topic, isolation);
    if (!found) return found.error();
    made->copies = std::move(*found);
    return made.release();
  });
}

ottla_error* ottla_embedded_broker_close(ottla_embedded_broker* broker) {
  return c::with(broker, [](EmbeddedBroker& each) { return each.close(); });
}

void ottla_embedded_broker_free(ottla_embedded_broker* broker) {
  delete broker;
}
