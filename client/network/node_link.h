#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "base/lifetime.h"
#include "base/logger.h"
#include "base/loop.h"
#include "base/random.h"
#include "base/transport.h"
#include "client/network/api_versions.h"
#include "client/network/bearer_tokens.h"
#include "client/network/connection.h"
#include "client/network/network_config.h"
#include "client/network/request.h"
#include "client/network/sasl_login.h"

namespace ottla::client {

// What the links of one client share, and tell.
struct LinkEnvironment {
  base::Loop& loop;
  base::Transport& transport;
  const NetworkConfig& config;
  base::Random& random;
  BearerTokens* tokens;  // null: nobody logs in by OAUTHBEARER
  base::Logger log;
  // The link became ready, or what it can do changed.
  base::Task on_change;
  // Connecting failed at every address, or the connection broke.
  base::UniqueFunction<void(BrokerId, const Error&)> on_failure;
};

// The way to one broker: finds its addresses, tries one after the other, agrees on versions, logs
// in, and again before the session ends (KIP-368), sends and times requests, and waits longer each
// time it fails. Owned by the NetworkClient; loop thread.
class NodeLink {
 public:
  NodeLink(LinkEnvironment& env, BrokerId id, base::Endpoint endpoint);
  ~NodeLink();
  NodeLink(const NodeLink&) = delete;
  NodeLink& operator=(const NodeLink&) = delete;

  BrokerId id() const { return id_; }
  const base::Endpoint& endpoint() const { return endpoint_; }

  // If the broker has moved the connection is given up.
  void set_endpoint(const base::Endpoint& endpoint);

  // How many requests given now would leave now.
  std::size_t room(base::TimePoint now) const;
  bool ready(base::TimePoint now) const { return room(now) > 0; }
  bool connected() const { return state_ == State::ready; }
  bool connecting() const { return state_ != State::idle && state_ != State::ready; }
  bool may_connect(base::TimePoint now) const { return state_ == State::idle && now >= retry_at_; }
  std::size_t load() const { return (connection_ ? connection_->in_flight() : 0) + queue_.size(); }
  std::uint32_t failures() const { return failures_; }
  const Error& last_error() const { return last_error_; }
  const ApiVersions& versions() const { return versions_; }

  // Begins to connect now, or when the pause after a failure is over.
  void want(base::TimePoint now);

  // Sends it as soon as the link is ready; fails it if connecting fails.
  void send(Request request, base::TimePoint now);

  // Acts on what is due and returns when to be called next.
  base::TimePoint poll(base::TimePoint now);

  // Fails everything with `error`.
  void close(const Error& error);

 private:
  enum class State : std::uint8_t { idle, resolving, connecting, negotiating, logging_in, ready };
  struct Queued {
    Request request;
    base::TimePoint deadline;
  };

  void start(base::TimePoint now);
  void on_resolved(Result<std::vector<base::Endpoint>> addresses);
  void connect_next();
  void on_connected(Result<std::unique_ptr<base::Stream>> stream);
  std::unique_ptr<base::Stream> secure(std::unique_ptr<base::Stream> stream) const;
  void next_address_or_fail(Error error);
  void ask_versions(std::int16_t version);
  bool on_versions(const RawResponse& answer);
  void log_in();
  void drop_login();
  void on_login(const Result<base::Duration>& session);
  void on_connection_closed(const Error& error);
  void fail_attempt(Error error);

  void pump(base::TimePoint now);
  void write(Request request, base::TimePoint now);
  void expire_queued(base::TimePoint now);
  void fail_queued(const Error& error);
  base::Duration timeout_of(const Request& request) const;
  Error at_this_broker(const Error& error) const;

  LinkEnvironment& env_;
  const BrokerId id_;
  base::Endpoint endpoint_;

  State state_ = State::idle;
  bool wanted_ = false;
  std::uint64_t attempt_ = 0;  // answers to earlier attempts are ignored
  std::vector<base::Endpoint> addresses_;
  std::size_t next_address_ = 0;
  base::TimePoint setup_deadline_ = base::kNever;
  std::uint32_t failures_ = 0;
  base::TimePoint retry_at_ = base::TimePoint::min();
  Error last_error_;

  std::unique_ptr<Connection> connection_;
  ApiVersions versions_;
  std::unique_ptr<SaslLogin> login_;                       // while it is under way
  base::TimePoint logged_in_at_ = base::TimePoint::min();  // over this connection
  base::TimePoint log_in_again_at_ = base::kNever;         // before anything more is sent
  base::TimePoint throttled_until_ = base::TimePoint::min();
  std::deque<Queued> queue_;
  base::Lifetime lifetime_;
};

}  // namespace ottla::client
