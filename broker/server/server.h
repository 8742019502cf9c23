#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/lifetime.h"
#include "base/logger.h"
#include "base/loop.h"
#include "base/runtime.h"
#include "base/transport.h"
#include "broker/config/broker_config.h"
#include "broker/handlers/byte_budget.h"
#include "broker/metrics/request_metrics.h"
#include "broker/security/audit_log.h"
#include "broker/server/connection.h"
#include "broker/server/fetched_keys.h"
#include "broker/server/limited_warnings.h"
#include "broker/server/tls_listeners.h"
#include "broker/server/token_listeners.h"
#include "broker/server/unknown_clients.h"

namespace ottla::broker {

// Takes the frames of all connections.
class FrameHandler {
 public:
  virtual ~FrameHandler() = default;
  virtual void on_frame(const std::shared_ptr<Connection>& connection, Frame frame,
                        Reply reply) = 0;
  // How long one more connection from there has to wait until it is served.
  virtual base::Duration delay_connection(const std::string&) { return {}; }
};

// The sockets of one broker: listeners and connections, with their limits (max.connections, but at
// most for a quarter of the file descriptors, the others being for logs; max.connections.per.ip;
// those of UnknownClients; connections.max.idle.ms, socket.request.max.bytes,
// queued.max.request.bytes). On one loop.
class Server final : public ConnectionOwner {
 public:
  // What listeners have read from files.
  struct Files {
    TlsListenersByName tls;
    TokenListenersByName tokens;
    KeyEndpointsByName key_endpoints = {};
  };

  // `audit`, which outlives this, or null, is told of handshakes of TLS that fail.
  Server(base::LoopWithTransport loop, const BrokerConfig& config, Files files, base::Logger logger,
         AuditLog* audit = nullptr);
  ~Server() override;

  // Binds. Who connects waits until `open`. Errors name the listener and its address.
  Result<void> listen(const ListenerConfig& listener);

  // Begins to fetch the keys that tokens are checked with, where they are not in files. Nothing
  // waits for them: until they are there tokens are refused.
  void fetch_keys();

  // From now on requests are handled, by `handler`, which outlives this.
  void open(FrameHandler& handler);

  // The listeners with the ports they really have.
  const std::vector<ListenerConfig>& listeners() const { return bound_; }

  std::size_t connection_count() const { return connections_.size(); }
  const RequestMetrics& request_metrics() const { return request_metrics_; }

  // Stops listening and closes every connection.
  void close();

  void on_request(const std::shared_ptr<Connection>& connection, Frame frame, Reply reply) override;
  void on_answered(const Connection& connection, const FinishedRequest& request) override;
  void on_known(std::uint64_t connection) override;
  void on_connection_closed(std::uint64_t connection, const Error& reason) override;
  std::span<char> scratch() override;

 private:
  // A connection that waits for what connection_creation_rate allows.
  struct Delayed {
    std::string listener;
    std::unique_ptr<base::Stream> stream;
    base::TimerId timer = base::TimerId::none;
  };
  struct Host {
    std::int32_t connections = 0;
    std::size_t delayed = 0;  // among them
  };

  void on_accept(const std::string& listener, std::unique_ptr<base::Stream> stream);
  void admit(const std::string& listener, std::unique_ptr<base::Stream> stream);
  // For one for which there is room.
  std::uint64_t reserve(const std::string& listener, const std::string& host);
  void release(std::uint64_t id, const std::string& host);
  void serve_delayed(std::uint64_t id);
  void serve(std::uint64_t id, const std::string& listener, std::unique_ptr<base::Stream> stream);
  bool has_room_for(const std::string& listener, const std::string& host);
  bool has_room_for(const std::string& host);
  bool begins_unknown(const std::string& listener) const;
  bool make_room_for_unknown(const std::string& host);
  // Closes one of them for the sake of another.
  void drop(std::uint64_t id);
  void audit_if_refused(const Connection& connection, const Error& reason) const;
  void log_if_slow(const Connection& connection, const FinishedRequest& request) const;
  SecurityProtocol protocol_of(const std::string& listener) const;
  const std::shared_ptr<const JwtVerifier>* verifier_of(const std::string& listener) const;
  ClientIdentity identity_of(const std::string& listener, const TlsListener* tls) const;

  // Set at construction.
  base::LoopWithTransport loop_;
  const BrokerConfig& config_;
  base::Logger logger_;
  base::Logger request_logger_;
  LimitedWarnings refusals_;
  LimitedWarnings unknown_closed_;
  AuditLog* const audit_;

  // Loop's thread only.
  const std::size_t most_connections_;
  ByteBudget budget_;
  std::unique_ptr<char[]> scratch_;  // made when something is read
  std::vector<std::unique_ptr<base::Listener>> listening_;
  std::vector<ListenerConfig> bound_;
  TlsListeners tls_;
  TokenListeners tokens_;
  std::map<std::string, std::unique_ptr<FetchedKeys>, std::less<>> fetched_keys_;
  FrameHandler* handler_ = nullptr;  // null until `open`
  std::vector<std::pair<std::string, std::unique_ptr<base::Stream>>> early_;
  std::unordered_map<std::uint64_t, std::shared_ptr<Connection>> connections_;
  std::unordered_map<std::uint64_t, Delayed> delayed_;
  std::unordered_map<std::string, Host> hosts_;  // of both
  UnknownClients unknown_;
  std::uint64_t next_connection_ = 1;
  RequestMetrics request_metrics_;
  base::Lifetime lifetime_;
};

}  // namespace ottla::broker
