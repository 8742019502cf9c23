#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/logger.h"
#include "base/runtime.h"
#include "client/metadata/metadata.h"
#include "client/network/crank.h"
#include "client/network/network_client.h"

namespace ottla::client {

// What every client has: connections, metadata, and the crank that turns them together with the
// client's own managers. Made on any thread; from `start` on everything but `wake` is for the loop
// thread, where `stop` must come before the end.
class ClusterClient {
 public:
  ClusterClient(base::Runtime& runtime, const NetworkConfig& network,
                const MetadataConfig& metadata, base::Logger log);
  ~ClusterClient();

  // `turn` asks the client's managers what they want, gives it to `network()`, and returns when to
  // be called next.
  void start(Crank::Turn turn);
  // Set before `start`: hears each time that brokers and client turn out not to accept each other.
  using OnRefused = base::UniqueFunction<void(const Error&)>;
  void on_refused(OnRefused listener) { on_refused_ = std::move(listener); }

  void wake() const { crank_->wake(); }
  void post(base::Task task) const { loop_.post(std::move(task)); }

  // The broker to reach by a dedicated link, until another one is told; none: no such link.
  void set_dedicated(std::optional<Node> node);

  // One that an answer told of.
  void add_broker(Node node);

  // Fails everything with `closed`.
  void stop();
  bool stopped() const { return stopped_; }

  base::Loop& loop() const { return loop_; }
  NetworkClient& network() { return network_; }
  Metadata& metadata() { return metadata_; }
  const Cluster& cluster() const { return metadata_.cluster(); }
  const base::Logger& log() const { return log_; }

 private:
  base::TimePoint turn(base::TimePoint now);
  base::TimePoint turn_metadata(base::TimePoint now);
  void note_brokers();
  void tell_brokers();

  base::Loop& loop_;
  const base::Logger log_;
  std::shared_ptr<Crank> crank_;
  NetworkClient network_;
  Metadata metadata_;
  Crank::Turn managers_;
  OnRefused on_refused_;  // or null
  std::optional<Node> dedicated_;
  // The network hears of them in the next turn: links to brokers that have moved are closed, which
  // fails requests, and that must not happen in the middle of an answer to another one.
  bool brokers_changed_ = false;
  const std::shared_ptr<NetworkMetrics> metrics_;  // may be null
  bool stopped_ = false;
};

}  // namespace ottla::client
