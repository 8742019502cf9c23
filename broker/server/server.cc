#include "broker/server/server.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/assert.h"
#include "base/process_limits.h"
#include "protocol/wire/api.h"

namespace ottla::broker {
namespace {

constexpr std::size_t kScratchBytes = 64 << 10;

// Connections that wait for the broker to be ready; the others try again.
constexpr std::size_t kMostEarlyConnections = 1000;

// Connections of one host that wait because of a quota; those beyond are refused.
constexpr std::size_t kMostDelayedOfHost = 100;

// Lines a second about connections that are refused, and about those that are closed before they
// are known.
constexpr std::size_t kMostRefusalLines = 1;
constexpr std::size_t kMostUnknownLines = 10;

// queued.max.request.bytes = -1. Kafka reads without a bound then; this is one that a healthy
// broker does not meet.
constexpr std::size_t kDefaultBudget = 256 << 20;

std::size_t budget_of(const BrokerConfig& config) {
  return config.queued_max_request_bytes > 0
             ? static_cast<std::size_t>(config.queued_max_request_bytes)
             : kDefaultBudget;
}

// Who has logged in finds a place however many come to log in.
std::size_t most_unknown(std::size_t most_connections) {
  return std::clamp<std::size_t>(most_connections / 2, 1, UnknownClients::kMost);
}

}  // namespace

Server::Server(base::LoopWithTransport loop, const BrokerConfig& config, Files files,
               base::Logger logger, AuditLog* audit)
    : loop_(loop),
      config_(config),
      logger_(std::move(logger)),
      request_logger_(logger_.named("request")),
      refusals_(logger_, kMostRefusalLines),
      unknown_closed_(logger_, kMostUnknownLines),
      audit_(audit),
      most_connections_(std::min(static_cast<std::size_t>(config.max_connections),
                                 base::limit_of_open_files() / 4)),
      budget_(budget_of(config)),
      tls_(*loop.loop, std::move(files.tls),
           std::chrono::milliseconds(config.ottla_ssl_reload_interval_ms), logger_),
      tokens_(*loop.loop, std::move(files.tokens),
              std::chrono::milliseconds(config.ottla_ssl_reload_interval_ms), logger_),
      unknown_(most_unknown(most_connections_)) {
  for (auto& [listener, endpoint] : files.key_endpoints) {
    fetched_keys_[listener] =
        std::make_unique<FetchedKeys>(loop_, listener, std::move(endpoint), logger_);
  }
}

Server::~Server() {
  close();
}

Result<void> Server::listen(const ListenerConfig& listener) {
  auto take = [this, name = listener.name](std::unique_ptr<base::Stream> stream) {
    on_accept(name, std::move(stream));
  };
  auto listening =
      loop_.transport->listen(listener.endpoint, std::move(take),
                              {.buffers = {.send = config_.socket_send_buffer_bytes,
                                           .receive = config_.socket_receive_buffer_bytes},
                               .backlog = config_.socket_listen_backlog_size});
  if (!listening) {
    return Error(listening.error().code(),
                 "cannot listen on " + listener.to_string() + ": " + listening.error().message());
  }
  auto bound = listener;
  bound.endpoint.port = (*listening)->local().port;
  bound_.push_back(std::move(bound));
  listening_.push_back(std::move(*listening));
  return {};
}

void Server::fetch_keys() {
  for (const auto& [listener, keys] : fetched_keys_) keys->fetch();
}

void Server::open(FrameHandler& handler) {
  handler_ = &handler;
  for (auto& [listener, stream] : std::exchange(early_, {})) {
    const auto& host = stream->peer().host;
    if (has_room_for(listener, host)) serve(reserve(listener, host), listener, std::move(stream));
  }
}

void Server::close() {
  early_.clear();
  listening_.clear();
  while (!delayed_.empty()) drop(delayed_.begin()->first);
  while (!connections_.empty()) {
    const auto connection = connections_.begin()->second;
    connection->close(Error(ErrorCode::closed, "the broker is shutting down"));
  }
}

bool Server::has_room_for(const std::string& listener, const std::string& host) {
  if (!has_room_for(host)) return false;
  return !begins_unknown(listener) || make_room_for_unknown(host);
}

bool Server::begins_unknown(const std::string& listener) const {
  return config_.sasl_listeners.contains(listener) || tls_.find(listener) != nullptr;
}

bool Server::has_room_for(const std::string& host) {
  if (connections_.size() + delayed_.size() >= most_connections_) {
    const bool configured = most_connections_ == static_cast<std::size_t>(config_.max_connections);
    refusals_.warn("refusing a connection from " + host + ": there are " +
                       (configured ? "max.connections=" : "for a quarter of the open files, ") +
                       std::to_string(most_connections_),
                   loop_.loop->now());
    return false;
  }
  const auto found = hosts_.find(host);
  if (found == hosts_.end()) return true;
  if (found->second.connections >= config_.max_connections_per_ip) {
    refusals_.warn("refusing a connection from " + host + ": it has max.connections.per.ip=" +
                       std::to_string(config_.max_connections_per_ip),
                   loop_.loop->now());
    return false;
  }
  if (found->second.delayed < kMostDelayedOfHost) return true;
  refusals_.warn("refusing a connection from " + host + ": " + std::to_string(kMostDelayedOfHost) +
                     " of it wait already for what connection_creation_rate allows",
                 loop_.loop->now());
  return false;
}

bool Server::make_room_for_unknown(const std::string& host) {
  const auto admission = unknown_.admit(host, loop_.loop->now());
  if (admission.instead_of) drop(*admission.instead_of);
  if (admission.admitted) return true;
  refusals_.warn("refusing a connection from " + host +
                     ": of those that have not logged in there may be " +
                     std::to_string(unknown_.most()) + ", and " +
                     std::to_string(UnknownClients::kMostOfHost) + " from one host",
                 loop_.loop->now());
  return false;
}

void Server::drop(std::uint64_t id) {
  const auto found = connections_.find(id);
  if (found != connections_.end()) {
    const auto connection = found->second;
    return connection->close(
        Error(ErrorCode::request_timed_out, "it had not logged in when others came to"));
  }
  OTTLA_ASSERT(delayed_.contains(id), "an unknown client is served or waits to be");
  const auto waiting = std::move(delayed_.extract(id).mapped());
  loop_.loop->cancel(waiting.timer);
  --hosts_[waiting.stream->peer().host].delayed;
  release(id, waiting.stream->peer().host);
}

void Server::on_accept(const std::string& listener, std::unique_ptr<base::Stream> stream) {
  if (handler_ != nullptr) return admit(listener, std::move(stream));
  if (early_.size() < std::min(kMostEarlyConnections, most_connections_)) {
    early_.emplace_back(listener, std::move(stream));
  }
}

// One that is refused is not counted. One that has to wait is not read from until then, and takes
// the place of a connection already.
void Server::admit(const std::string& listener, std::unique_ptr<base::Stream> stream) {
  const auto& host = stream->peer().host;
  if (!has_room_for(listener, host)) return;
  const auto delay = handler_->delay_connection(host);
  const auto id = reserve(listener, host);
  if (delay <= base::Duration::zero()) return serve(id, listener, std::move(stream));
  ++hosts_[host].delayed;
  const auto timer = loop_.loop->call_at(loop_.loop->now() + delay,
                                         lifetime_.guard([this, id] { serve_delayed(id); }));
  delayed_.emplace(id, Delayed{listener, std::move(stream), timer});
}

void Server::serve_delayed(std::uint64_t id) {
  auto waiting = std::move(delayed_.extract(id).mapped());
  --hosts_[waiting.stream->peer().host].delayed;
  serve(id, waiting.listener, std::move(waiting.stream));
}

std::uint64_t Server::reserve(const std::string& listener, const std::string& host) {
  const auto id = next_connection_++;
  ++hosts_[host].connections;
  if (begins_unknown(listener)) unknown_.add(id, host, loop_.loop->now());
  return id;
}

void Server::release(std::uint64_t id, const std::string& host) {
  unknown_.remove(id);
  if (--hosts_[host].connections == 0) hosts_.erase(host);
}

void Server::serve(std::uint64_t id, const std::string& listener,
                   std::unique_ptr<base::Stream> stream) {
  const auto* tls = tls_.find(listener);
  if (tls != nullptr) stream = tls->context->secure(*loop_.loop, std::move(stream), {});
  const Connection::Limits limits{
      .protocol = protocol_of(listener),
      .largest_frame = static_cast<std::size_t>(config_.socket_request_max_bytes),
      .idle = std::chrono::milliseconds(config_.connections_max_idle_ms)};
  auto connection =
      std::make_shared<Connection>(id, listener, std::move(stream), *this, *loop_.loop, budget_,
                                   limits, identity_of(listener, tls));
  connections_.emplace(id, connection);
  connection->start();
}

SecurityProtocol Server::protocol_of(const std::string& listener) const {
  const auto found = std::find_if(bound_.begin(), bound_.end(),
                                  [&](const auto& bound) { return bound.name == listener; });
  return found == bound_.end() ? SecurityProtocol::plaintext : found->protocol;
}

std::span<char> Server::scratch() {
  if (!scratch_) scratch_ = std::make_unique_for_overwrite<char[]>(kScratchBytes);
  return {scratch_.get(), kScratchBytes};
}

const std::shared_ptr<const JwtVerifier>* Server::verifier_of(const std::string& listener) const {
  const auto fetched = fetched_keys_.find(listener);
  if (fetched != fetched_keys_.end()) return &fetched->second->verifier();
  const auto* tokens = tokens_.find(listener);
  return tokens == nullptr ? nullptr : &tokens->verifier;
}

ClientIdentity Server::identity_of(const std::string& listener, const TlsListener* tls) const {
  const auto found = config_.sasl_listeners.find(listener);
  if (found != config_.sasl_listeners.end()) {
    return ClientIdentity(std::make_shared<SaslSession>(found->second, verifier_of(listener)));
  }
  return tls == nullptr ? ClientIdentity() : ClientIdentity(tls->names);
}

void Server::on_request(const std::shared_ptr<Connection>& connection, Frame frame, Reply reply) {
  handler_->on_frame(connection, std::move(frame), std::move(reply));
}

void Server::on_answered(const Connection& connection, const FinishedRequest& request) {
  request_metrics_.add(request);
  log_if_slow(connection, request);
}

// One line of fields, for whoever looks for what takes long.
void Server::log_if_slow(const Connection& connection, const FinishedRequest& request) const {
  const auto most = config_.ottla_request_log_ms;
  if (most < 0 || request.total() < std::chrono::milliseconds(most)) return;
  const auto* api = protocol::find_api(request.api);
  const auto us = [](base::Duration duration) {
    return std::to_string(std::chrono::duration_cast<std::chrono::microseconds>(duration).count());
  };
  request_logger_.info("request=" + std::string(api == nullptr ? "unknown" : api->name) +
                       " version=" + std::to_string(request.version) + " client=" +
                       connection.peer().to_string() + " listener=" + connection.listener() +
                       " request_bytes=" + std::to_string(request.request_bytes) +
                       " response_bytes=" + std::to_string(request.response_bytes) +
                       " total_us=" + us(request.total()) + " queue_us=" + us(request.queued()) +
                       " local_us=" + us(request.local()) + " remote_us=" + us(request.remote()) +
                       " response_queue_us=" + us(request.response_queued()));
}

void Server::audit_if_refused(const Connection& connection, const Error& reason) const {
  if (audit_ == nullptr || reason.code() != ErrorCode::ssl_authentication_failed) return;
  AuditLine line("tls_handshake", "failure");
  line.members.add("address", connection.peer().to_string())
      .add("listener", connection.listener())
      .add_number("connection", static_cast<std::int64_t>(connection.id()))
      .add("reason", reason.to_string());
  // A client that is not let in may come again at any rate.
  audit_->write_collapsed(connection.peer().host + '\n' + reason.to_string(), std::move(line));
}

void Server::on_known(std::uint64_t connection) {
  unknown_.remove(connection);
}

void Server::on_connection_closed(std::uint64_t id, const Error& reason) {
  const auto found = connections_.find(id);
  if (found == connections_.end()) return;
  const auto connection = std::move(found->second);
  connections_.erase(found);
  audit_if_refused(*connection, reason);
  const bool known = !unknown_.contains(id);
  release(id, connection->peer().host);
  const auto line =
      "connection from " + connection->peer().to_string() + " closed: " + reason.to_string();
  // Hanging up and idling are what connections do; the rest is worth a line.
  const bool ordinary =
      reason.code() == ErrorCode::connection_closed || reason.code() == ErrorCode::closed;
  if (ordinary) {
    logger_.debug(line);
  } else if (known) {
    logger_.warn(line);
  } else {
    unknown_closed_.warn(line, loop_.loop->now());
  }
}

}  // namespace ottla::broker
