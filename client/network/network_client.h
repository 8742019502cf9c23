#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "client/network/node_link.h"

namespace ottla::client {

// How many requests to a broker would leave now; asking makes the network connect. What managers
// are given of the network, so that they can be tested without one.
class BrokerGate {
 public:
  virtual ~BrokerGate() = default;
  virtual std::size_t room(BrokerId broker) = 0;
  bool ready(BrokerId broker) { return room(broker) > 0; }
};

// A broker's address, as metadata tells it.
struct BrokerAddress {
  BrokerId id;
  base::Endpoint endpoint;
  bool dedicated = false;
};

// All connections of one client: one to each broker it talks to, made when needed. Requests for
// any broker go to the one with the least to do; while no broker can be reached they wait. Turned
// by its Crank; loop thread.
class NetworkClient final : public BrokerGate {
 public:
  struct Events {
    base::Task on_change;  // something became possible: turn the crank
    base::UniqueFunction<void(BrokerId, const Error&)> on_failure;
  };

  NetworkClient(base::Loop& loop, base::Transport& transport, NetworkConfig config,
                std::uint64_t seed, base::Logger log, Events events);
  ~NetworkClient() override;

  // The brokers there are now; links to others are closed.
  void set_brokers(std::span<const BrokerAddress> brokers);

  // Hangs up on everybody and begins anew with the bootstrap addresses.
  void rebootstrap();

  std::size_t room(BrokerId broker) override;

  // Its `done` is called later, never from in here.
  void send(Request request);

  // Sends, expires and connects; returns when to be called next.
  base::TimePoint poll(base::TimePoint now);

  // Whether brokers add partitions and groups to transactions themselves (KIP-890): the feature is
  // finalised as far as those tell that were ever connected, and each of them has the versions.
  bool offers_transactions_v2() const;

  // Why there is no broker to talk to, for errors that tell the user: ssl_authentication_failed and
  // the like if that is why, else no_bootstrap_reachable.
  Error unreachable() const;

  // Fails everything with `closed`; nothing may be sent afterwards.
  void close();

 private:
  struct Waiting {
    Request request;
    base::TimePoint deadline;
  };
  using Links = std::map<LinkId, std::unique_ptr<NodeLink>>;

  void on_link_failure(BrokerId broker, const Error& error);
  bool somebody_may_answer() const;
  void route(base::TimePoint now);
  void dispatch_any(base::TimePoint now);
  void expire_any(base::TimePoint now);
  NodeLink* least_loaded(base::TimePoint now);
  NodeLink* best_to_connect(base::TimePoint now);
  void close_spare_bootstrap_links();
  void drop(std::unique_ptr<NodeLink>& link, const Error& error);

  const NetworkConfig config_;
  base::Random random_;
  std::optional<BearerTokens> tokens_;
  LinkEnvironment env_;
  Links links_;
  bool knows_brokers_ = false;
  bool closed_ = false;
  base::UniqueFunction<void(BrokerId, const Error&)> on_failure_;
  std::deque<Request> new_;         // not looked at since the last poll
  std::deque<Waiting> any_;         // for any broker
  std::optional<LinkId> any_link_;  // that connects for them
};

}  // namespace ottla::client
