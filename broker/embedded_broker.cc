#include "ottla/embedded_broker.h"

#include <utility>

#include "base/net/asio_runtime.h"
#include "base/run_on_loop.h"
#include "broker/broker.h"
#include "broker/posix_data.h"

namespace ottla {
namespace {

using broker::Broker;
using broker::BrokerConfig;
using broker::Fault;

Result<BrokerConfig> broker_config(const EmbeddedBrokerConfig& config) {
  broker::Properties properties;
  properties["listeners"] = "PLAINTEXT://127.0.0.1:0";
  if (config.data_directory.empty()) {
    properties["ottla.durability"] = "memory";
  } else {
    properties["log.dirs"] = config.data_directory;
  }
  for (const auto& [key, value] : config.properties) properties[key] = value;
  auto settings = BrokerConfig::from_properties(properties);
  const bool named = config.properties.contains("log.dirs");
  // A path may have commas in it, at which a property is taken apart.
  if (settings && !config.data_directory.empty() && !named) {
    settings->log_dirs = {config.data_directory};
  }
  return settings;
}

std::vector<broker::DataDirectory> data_in_memory() {
  std::shared_ptr<base::Directory> directory = base::make_memory_directory();
  std::vector<broker::DataDirectory> directories;
  directories.push_back({directory->path(), directory});
  return directories;
}

}  // namespace

class EmbeddedBroker::Impl {
 public:
  Impl(std::shared_ptr<base::Runtime> runtime, std::vector<broker::DataDirectory> directories,
       base::Logger logger, BrokerConfig config)
      : runtime_(std::move(runtime)), loop_(runtime_->loop(0)) {
    broker_ = std::make_unique<Broker>(
        Broker::Deps{loop_, std::move(directories), std::move(logger), runtime_->next_seed()},
        std::move(config));
  }

  ~Impl() {
    (void)close();
    (void)base::run_on_loop(*loop_.loop, [this](Broker::OnDone done) {
      broker_.reset();
      done({});
    });
  }

  Result<void> start(const std::vector<EmbeddedTopic>& topics) {
    auto started = base::run_on_loop(
        *loop_.loop, [this](Broker::OnDone done) { broker_->start(std::move(done)); });
    if (!started) return started;
    started_ = true;
    address_ = broker_->listeners().front().endpoint.to_string();
    for (const auto& topic : topics) {
      auto made = base::run_on_loop(*loop_.loop, [&](Broker::OnDone done) {
        broker_->create_topic(topic.name, topic.partitions,
                              {topic.configs.begin(), topic.configs.end()}, std::move(done));
      });
      if (!made) return made;
    }
    return {};
  }

  Result<void> close() {
    if (!std::exchange(started_, false)) return {};
    return base::run_on_loop(*loop_.loop,
                             [this](Broker::OnDone done) { broker_->stop(std::move(done)); });
  }

  void inject(ApiKey api, const Fault& fault, std::uint32_t times) {
    (void)base::run_on_loop(*loop_.loop, [&](Broker::OnDone done) {
      broker_->inject(api, fault, times);
      done({});
    });
  }

  void limit_versions(ApiKey api, std::int16_t min, std::int16_t max) {
    (void)base::run_on_loop(*loop_.loop, [&](Broker::OnDone done) {
      broker_->limit_versions(api, min, max);
      done({});
    });
  }

  const std::string& address() const { return address_; }

 private:
  std::shared_ptr<base::Runtime> runtime_;
  base::LoopWithTransport loop_;
  std::unique_ptr<Broker> broker_;
  bool started_ = false;
  std::string address_;
};

Result<EmbeddedBroker> EmbeddedBroker::start(EmbeddedBrokerConfig config) {
  auto settings = broker_config(config);
  if (!settings) return settings.error();
  const base::Logger logger(config.log_sink ? config.log_sink : stderr_log_sink(), config.log_level,
                            "broker");
  auto directories =
      config.data_directory.empty() ? data_in_memory() : broker::open_posix_data(*settings);
  auto runtime = config.runtime.get_or_start({.loops = 1, .workers = 2, .log = logger});
  if (!runtime) return std::move(runtime).error();
  auto impl = std::make_unique<Impl>(std::move(*runtime), std::move(directories), logger,
                                     std::move(*settings));
  if (auto started = impl->start(config.topics); !started) return started.error();
  return EmbeddedBroker(std::move(impl));
}

EmbeddedBroker::EmbeddedBroker(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
EmbeddedBroker::EmbeddedBroker(EmbeddedBroker&&) noexcept = default;
EmbeddedBroker& EmbeddedBroker::operator=(EmbeddedBroker&&) noexcept = default;
EmbeddedBroker::~EmbeddedBroker() = default;

const std::string& EmbeddedBroker::address() const {
  return impl_->address();
}

void EmbeddedBroker::fail_next(ApiKey api, ErrorCode error, std::uint32_t times) {
  impl_->inject(api, {.kind = Fault::Kind::fail, .error = error}, times);
}

void EmbeddedBroker::drop_connection_next(ApiKey api, std::uint32_t times) {
  impl_->inject(api, {.kind = Fault::Kind::drop}, times);
}

void EmbeddedBroker::delay_next(ApiKey api, std::chrono::milliseconds delay, std::uint32_t times) {
  impl_->inject(api, {.kind = Fault::Kind::delay, .delay = delay}, times);
}

void EmbeddedBroker::limit_versions(ApiKey api, std::int16_t min, std::int16_t max) {
  impl_->limit_versions(api, min, max);
}

Result<void> EmbeddedBroker::close() {
  return impl_->close();
}

}  // namespace ottla
