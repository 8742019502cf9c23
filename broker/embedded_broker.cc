#include "ottla/embedded_broker.h"

#include <algorithm>
#include <mutex>
#include <thread>
#include <utility>

#include "base/fork_generation.h"
#include "base/net/asio_runtime.h"
#include "base/run_on_loop.h"
#include "base/shifted_loop.h"
#include "broker/broker.h"
#include "broker/inspection.h"
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
      : runtime_(std::move(runtime)),
        loop_(*runtime_->loop(0).loop),
        time_(base::ShiftedLoop::over(loop_)) {
    broker_ = std::make_unique<Broker>(
        Broker::Deps{{.loop = time_.get(), .transport = runtime_->loop(0).transport},
                     std::move(directories),
                     std::move(logger),
                     runtime_->next_seed()},
        std::move(config));
  }

  // Not in a forked child, nor on the broker's thread.
  ~Impl() {
    (void)close();
    (void)base::run_on_loop(loop_, [this](Broker::OnDone done) {
      broker_.reset();
      time_->end();
      done({});
    });
  }

  // This is a child of the process that started it: the threads are the parent's.
  bool forked() const { return base::fork_generation() != generation_; }
  bool on_own_thread() const { return loop_.on_loop_thread(); }

  Result<void> start(const std::vector<EmbeddedTopic>& topics) {
    auto started =
        base::run_on_loop(loop_, [this](Broker::OnDone done) { broker_->start(std::move(done)); });
    if (!started) return started;
    started_ = true;
    address_ = broker_->listeners().front().endpoint.to_string();
    for (const auto& topic : topics) {
      auto made = ask<void>([&](Broker::OnDone done) {
        broker_->create_topic(topic.name, topic.partitions,
                              {topic.configs.begin(), topic.configs.end()}, std::move(done));
      });
      if (!made) return made;
    }
    return {};
  }

  Result<void> close() {
    if (auto may = may_wait(); !may) return may;
    std::lock_guard guard(closing_);
    if (!std::exchange(started_, false)) return {};
    return base::run_on_loop(loop_, [this](Broker::OnDone done) {
      stopped_ = true;
      broker_->stop(std::move(done));
    });
  }

  // Runs `act(done)` on the broker's thread and waits for what it says is done.
  template <class T, class Act>
  Result<T> ask(Act act) {
    if (auto may = may_wait(); !may) return may.error();
    return base::run_on_loop<T>(loop_, [this, &act](base::UniqueFunction<void(Result<T>)> done) {
      if (stopped_) return done(Error(ErrorCode::closed, "the embedded broker is closed"));
      act(std::move(done));
    });
  }

  // The same for what is done at once.
  template <class Act>
  void tell(Act act) {
    (void)ask<void>([&](Broker::OnDone done) {
      act(*broker_);
      done({});
    });
  }

  // Asks `look` until what it looks at is loaded: that is the workers' to do, one after the other.
  template <class T, class Look>
  void ask_when_loaded(Look look, base::UniqueFunction<void(Result<T>)> done) {
    auto found = stopped_ ? Result<T>(ErrorCode::closed) : look(broker_->services());
    const bool loading = !found && found.error().code() == ErrorCode::coordinator_load_in_progress;
    if (!loading) return done(std::move(found));
    time_->offload([] {},
                   [this, look, done = std::move(done)]() mutable {
                     ask_when_loaded<T>(look, std::move(done));
                   });
  }

  // The time is the world's: `advance` does not make a client send sooner.
  void await_faults(std::chrono::milliseconds timeout, Broker::OnDone done) {
    auto waiting = std::make_shared<Broker::OnDone>(std::move(done));
    const auto answer = [waiting](Result<void> outcome) {
      if (*waiting) std::exchange(*waiting, {})(std::move(outcome));
    };
    const auto most = std::min(timeout, std::chrono::milliseconds(std::chrono::hours(24 * 365)));
    const auto timer = loop_.call_at(loop_.now() + most, [answer] {
      answer(Error(ErrorCode::timed_out, "not every fault has met its request"));
    });
    broker_->faults().when_none([this, timer, answer] {
      loop_.cancel(timer);
      answer({});
    });
  }

  Broker& broker() { return *broker_; }
  base::ShiftedLoop& time() { return *time_; }
  const std::string& address() const { return address_; }

 private:
  Result<void> may_wait() const {
    if (forked()) {
      return Error(ErrorCode::closed, "this process was forked from the one the broker is in");
    }
    if (on_own_thread()) {
      return Error(ErrorCode::would_block, "the broker's own thread must not wait for the broker");
    }
    return {};
  }

  // Set at construction, or by `start`.
  const std::uint32_t generation_ = base::fork_generation();
  const std::shared_ptr<base::Runtime> runtime_;
  base::Loop& loop_;
  const std::shared_ptr<base::ShiftedLoop> time_;  // the broker's
  std::string address_;

  // Loop's thread only.
  std::unique_ptr<Broker> broker_;
  bool stopped_ = false;

  std::mutex closing_;
  bool started_ = false;  // guarded by closing_
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
  if ((*runtime)->loop(0).loop->on_loop_thread()) {
    return Error(ErrorCode::would_block, "the network thread must not wait for a broker on it");
  }
  auto impl = std::make_unique<Impl>(std::move(*runtime), std::move(directories), logger,
                                     std::move(*settings));
  if (auto started = impl->start(config.topics); !started) return started.error();
  return EmbeddedBroker(std::move(impl));
}

EmbeddedBroker::EmbeddedBroker(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
EmbeddedBroker::EmbeddedBroker(EmbeddedBroker&&) noexcept = default;

EmbeddedBroker& EmbeddedBroker::operator=(EmbeddedBroker&& other) noexcept {
  EmbeddedBroker ends_here(std::move(*this));
  impl_ = std::move(other.impl_);
  return *this;
}

EmbeddedBroker::~EmbeddedBroker() {
  if (!impl_) return;
  if (impl_->forked()) {
    (void)impl_.release();
  } else if (impl_->on_own_thread()) {
    std::thread([impl = std::move(impl_)]() mutable { impl.reset(); }).detach();
  }
}

const std::string& EmbeddedBroker::address() const {
  return impl_->address();
}

void EmbeddedBroker::fail_next(FaultTarget requests, ErrorCode error, std::uint32_t times) {
  Fault fault{.kind = Fault::Kind::fail, .error = error, .topic = std::move(requests.topic)};
  impl_->tell([&](Broker& broker) { broker.faults().add(requests.api, std::move(fault), times); });
}

void EmbeddedBroker::drop_connection_next(FaultTarget requests, std::uint32_t times, Drop when) {
  const auto kind = when == Drop::before_handling ? Fault::Kind::lose : Fault::Kind::lose_answer;
  Fault fault{.kind = kind, .topic = std::move(requests.topic)};
  impl_->tell([&](Broker& broker) { broker.faults().add(requests.api, std::move(fault), times); });
}

void EmbeddedBroker::delay_next(FaultTarget requests, std::chrono::milliseconds delay,
                                std::uint32_t times) {
  // Beyond a year nobody waits, and longer ones could not be counted.
  const auto most = std::min(delay, std::chrono::milliseconds(std::chrono::hours(24 * 365)));
  Fault fault{.kind = Fault::Kind::delay, .delay = most, .topic = std::move(requests.topic)};
  impl_->tell([&](Broker& broker) { broker.faults().add(requests.api, std::move(fault), times); });
}

Result<void> EmbeddedBroker::await_faults(std::chrono::milliseconds timeout) {
  return impl_->ask<void>(
      [&](Broker::OnDone done) { impl_->await_faults(timeout, std::move(done)); });
}

std::uint64_t EmbeddedBroker::clear_faults() {
  std::uint64_t left = 0;
  impl_->tell([&](Broker& broker) { left = broker.faults().clear(); });
  return left;
}

void EmbeddedBroker::limit_versions(ApiKey api, std::int16_t min, std::int16_t max) {
  impl_->tell([&](Broker& broker) { broker.limit_versions(api, min, max); });
}

Result<void> EmbeddedBroker::advance(std::chrono::milliseconds by) {
  return impl_->ask<void>([&](Broker::OnDone done) {
    auto& time = impl_->time();
    const auto most = std::chrono::duration_cast<std::chrono::milliseconds>(
        base::ShiftedLoop::kMostShift - time.shift());
    if (by.count() < 0 || by > most) {
      return done(Error(ErrorCode::invalid_argument,
                        "time moves ahead, and by fifty years in all at most"));
    }
    time.advance(by, [done = std::move(done)]() mutable { done({}); });
  });
}

Timestamp EmbeddedBroker::now() const {
  const auto ahead = std::chrono::duration_cast<std::chrono::milliseconds>(impl_->time().shift());
  return Timestamp(std::chrono::milliseconds(base::RealClock().wall_now()) + ahead);
}

Result<std::vector<ConsumerRecord>> EmbeddedBroker::records(std::string_view topic,
                                                            IsolationLevel isolation) const {
  return impl_->ask<std::vector<ConsumerRecord>>([&](broker::OnRecords done) {
    broker::inspect_records(impl_->broker().services(), topic, isolation, std::move(done));
  });
}

Result<std::vector<EmbeddedGroup>> EmbeddedBroker::groups() const {
  using Groups = std::vector<EmbeddedGroup>;
  return impl_->ask<Groups>([&](base::UniqueFunction<void(Result<Groups>)> done) {
    impl_->ask_when_loaded<Groups>(broker::inspect_groups, std::move(done));
  });
}

Result<std::map<std::string, TransactionDescription>> EmbeddedBroker::transactions() const {
  using Transactions = std::map<std::string, TransactionDescription>;
  return impl_->ask<Transactions>([&](base::UniqueFunction<void(Result<Transactions>)> done) {
    impl_->ask_when_loaded<Transactions>(broker::inspect_transactions, std::move(done));
  });
}

Result<void> EmbeddedBroker::close() {
  return impl_->close();
}

}  // namespace ottla
