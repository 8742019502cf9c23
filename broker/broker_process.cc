#include "broker/broker_process.h"

#include <pthread.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <iostream>
#include <memory>
#include <string>
#include <utility>

#include "base/net/asio_runtime.h"
#include "base/run_on_loop.h"
#include "broker/broker.h"
#include "broker/posix_data.h"

namespace ottla::broker {
namespace {

// Data live on the log directory's own disk, so two syncs side by side are what pays.
constexpr std::size_t kWorkers = 4;

std::string ready_line(const Broker& broker) {
  std::string listeners;
  for (const auto& listener : broker.listeners()) {
    if (!listeners.empty()) listeners += ',';
    listeners += listener.to_string();
  }
  const auto& config = broker.config();
  std::string data;
  for (const auto& path : config.log_dirs) data += (data.empty() ? "" : ",") + path;
  const auto http = broker.http_address();
  return "ottla-broker ready: node " + std::to_string(config.node_id) + ", " + listeners +
         (http ? ", http://" + http->to_string() : "") + ", data " + data + ", durability " +
         config.ottla_durability;
}

// Destroys the broker where it lives.
void destroy(base::Loop& loop, std::unique_ptr<Broker> broker) {
  (void)base::run_on_loop(loop, [broker = std::move(broker)](Broker::OnDone done) mutable {
    broker.reset();
    done({});
  });
}

int wait_for_signal(const sigset_t& signals) {
  int signal = 0;
  while (sigwait(&signals, &signal) != 0) {
  }
  return signal;
}

}  // namespace

int run_broker_process(BrokerConfig config, std::vector<ScramUpsertion> users) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGUSR1);  // the data are lost
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);

  const base::Logger logger(stderr_log_sink(), LogLevel::info, "broker");
  for (const auto& warning : config.warnings) logger.warn(warning);
  auto directories = open_posix_data(config);
  const auto runtime = base::start_runtime({.loops = 1, .workers = kWorkers, .log = logger});
  const auto loop = runtime->loop(0);
  auto broker = std::make_unique<Broker>(
      Broker::Deps{loop, std::move(directories), logger, runtime->next_seed(), std::move(users)},
      std::move(config));
  const auto started = base::run_on_loop(*loop.loop, [&](Broker::OnDone done) {
    broker->set_on_offline([](const Error&) { ::kill(::getpid(), SIGUSR1); });
    broker->start(std::move(done));
  });
  if (!started) {
    logger.error("cannot start: " + started.error().to_string());
    destroy(*loop.loop, std::move(broker));
    return 1;
  }
  std::cout << ready_line(*broker) << std::endl;
  if (wait_for_signal(signals) == SIGUSR1) {
    logger.error("the data are lost; ending without a clean shutdown");
    destroy(*loop.loop, std::move(broker));
    return 1;
  }
  const auto stopped =
      base::run_on_loop(*loop.loop, [&](Broker::OnDone done) { broker->stop(std::move(done)); });
  if (!stopped) logger.error("the shutdown was not clean: " + stopped.error().to_string());
  destroy(*loop.loop, std::move(broker));
  return stopped ? 0 : 1;
}

}  // namespace ottla::broker
