#include "client/network/node_link.h"

#include <algorithm>
#include <utility>

#include "base/endian.h"
#include "client/network/software.h"

namespace ottla::client {

NodeLink::NodeLink(LinkEnvironment& env, BrokerId id, base::Endpoint endpoint)
    : env_(env), id_(id), endpoint_(std::move(endpoint)) {}

NodeLink::~NodeLink() = default;

void NodeLink::set_endpoint(const base::Endpoint& endpoint) {
  if (endpoint == endpoint_) return;
  close(at_this_broker(
      Error(ErrorCode::network_exception, "the broker has moved to " + endpoint.to_string())));
  endpoint_ = endpoint;
  failures_ = 0;
  retry_at_ = base::TimePoint::min();
}

std::size_t NodeLink::room(base::TimePoint now) const {
  if (state_ != State::ready || now < throttled_until_) return 0;
  return env_.config.max_in_flight - std::min(load(), env_.config.max_in_flight);
}

void NodeLink::want(base::TimePoint now) {
  wanted_ = true;
  if (may_connect(now)) start(now);
}

void NodeLink::send(Request request, base::TimePoint now) {
  const auto deadline = now + timeout_of(request);
  queue_.push_back({std::move(request), deadline});
  want(now);
}

void NodeLink::start(base::TimePoint now) {
  state_ = State::resolving;
  setup_deadline_ = now + env_.config.connection_setup.after(failures_ + 1, env_.random);
  env_.transport.resolve(endpoint_, lifetime_.guard([this, attempt = ++attempt_](auto addresses) {
    if (attempt == attempt_) on_resolved(std::move(addresses));
  }));
}

void NodeLink::on_resolved(Result<std::vector<base::Endpoint>> addresses) {
  if (!addresses) return fail_attempt(std::move(addresses).error());
  addresses_ = std::move(*addresses);
  next_address_ = 0;
  if (addresses_.empty()) {
    return fail_attempt(Error(ErrorCode::name_not_resolved, "the name has no address"));
  }
  connect_next();
}

void NodeLink::connect_next() {
  state_ = State::connecting;
  setup_deadline_ =
      env_.loop.now() + env_.config.connection_setup.after(failures_ + 1, env_.random);
  const auto& address = addresses_[next_address_++];
  auto then = lifetime_.guard([this, attempt = ++attempt_](auto stream) {
    if (attempt == attempt_) on_connected(std::move(stream));
  });
  env_.transport.connect(address, std::move(then), env_.config.socket_buffers);
}

void NodeLink::on_connected(Result<std::unique_ptr<base::Stream>> stream) {
  if (!stream) return next_address_or_fail(std::move(stream).error());
  setup_deadline_ = base::kNever;
  logged_in_at_ = base::TimePoint::min();
  state_ = State::negotiating;
  auto on_throttle = [this](base::Duration time) { throttled_until_ = env_.loop.now() + time; };
  auto on_closed = [this](const Error& error) { on_connection_closed(error); };
  connection_ =
      std::make_unique<Connection>(env_.loop, secure(std::move(*stream)), id_,
                                   endpoint_.to_string(), env_.config, on_throttle, on_closed);
  ask_versions(protocol::ApiVersionsRequest::api.max);
}

// Encrypted, if that is wanted.
std::unique_ptr<base::Stream> NodeLink::secure(std::unique_ptr<base::Stream> stream) const {
  if (!env_.config.tls) return stream;
  const auto timeout = env_.config.connection_setup.after(failures_ + 1, env_.random);
  return env_.config.tls->secure(env_.loop, std::move(stream),
                                 {.host = endpoint_.host, .handshake_timeout = timeout});
}

void NodeLink::next_address_or_fail(Error error) {
  if (next_address_ < addresses_.size()) return connect_next();
  fail_attempt(std::move(error));
}

void NodeLink::ask_versions(std::int16_t version) {
  auto make = [](std::int16_t) {
    return protocol::ApiVersionsRequest{.client_software_name = kSoftwareName,
                                        .client_software_version = kSoftwareVersion};
  };
  auto request = make_request<protocol::ApiVersionsRequest>(id_, make, [](const auto&) {});
  const auto id = connection_->next_correlation_id();
  auto frame = request.encode(version, id, env_.config.client_id);
  if (!frame) return connection_->close(frame.error());
  InFlight in_flight{.correlation_id = id,
                     .api = request.api,
                     .version = version,
                     .deadline = env_.loop.now() + env_.config.request_timeout,
                     .done = [this](Result<RawResponse> answer) -> Verdict {
                       // A failed connection says so itself.
                       if (!answer) return {};
                       return {.well_formed = on_versions(*answer)};
                     }};
  connection_->send(to_segments(std::move(*frame)), std::move(in_flight));
  connection_->flush();
}

// False if the answer is not one that this connection can begin with.
bool NodeLink::on_versions(const RawResponse& answer) {
  // KIP-511: a broker that does not know the version answers in version 0, and names those it
  // knows. The error stands first in every version.
  const bool too_new =
      answer.body.size() >= 2 && base::load_be<std::int16_t>(answer.body.data()) ==
                                     static_cast<std::int16_t>(ErrorCode::unsupported_version);
  const auto response = protocol::decode<protocol::ApiVersionsResponse>(
      answer.body, too_new ? std::int16_t{0} : answer.version);
  if (!response) return false;
  if (too_new && answer.version > 0) {
    const auto known = ApiVersions(*response).pick(protocol::ApiVersionsRequest::api,
                                                   static_cast<std::int16_t>(answer.version - 1));
    ask_versions(known.value_or(std::int16_t{0}));
    return true;
  }
  if (response->error_code != ErrorCode::none) return false;
  versions_ = ApiVersions(*response);
  if (env_.config.sasl) {
    log_in();
    return true;
  }
  on_login(base::Duration::zero());
  return true;
}

void NodeLink::log_in() {
  state_ = State::logging_in;
  log_in_again_at_ = base::kNever;
  const auto handshake = versions_.pick(protocol::SaslHandshakeRequest::api, 1, 1);
  const auto authenticate = versions_.pick(protocol::SaslAuthenticateRequest::api,
                                           protocol::SaslAuthenticateRequest::api.max);
  if (!handshake || !authenticate) {
    return on_login(Error(ErrorCode::unsupported_sasl_mechanism,
                          "the broker does not serve SaslAuthenticate (KIP-152)"));
  }
  login_ = std::make_unique<SaslLogin>(
      env_.loop, *connection_, env_.config, SaslLogin::Versions{*handshake, *authenticate},
      SaslLogin::Token{.tokens = env_.tokens, .newer_than = logged_in_at_},
      [this](const Result<base::Duration>& session) { on_login(session); });
  login_->start();
}

// The session's length; zero: it does not end.
void NodeLink::on_login(const Result<base::Duration>& session) {
  drop_login();
  if (!session) return connection_->close(session.error());
  if (*session > base::Duration::zero()) {
    // As the Java client has it, so that connections made together part.
    const double part = 0.85 + 0.1 * env_.random.fraction();
    log_in_again_at_ =
        env_.loop.now() +
        base::Duration(static_cast<std::int64_t>(static_cast<double>(session->count()) * part));
  }
  state_ = State::ready;
  logged_in_at_ = env_.loop.now();
  failures_ = 0;
  env_.on_change();
}

// It may be in the middle of a call.
void NodeLink::drop_login() {
  if (!login_) return;
  login_->abandon();
  env_.loop.post([gone = std::shared_ptr<SaslLogin>(std::move(login_))] {});
}

void NodeLink::on_connection_closed(const Error& error) {
  drop_login();
  // The connection may be in the middle of a call.
  env_.loop.post([gone = std::shared_ptr<Connection>(std::move(connection_))] {});
  const bool silent = state_ == State::negotiating && !env_.config.tls &&
                      error.code() == ErrorCode::network_exception;
  if (!silent) return fail_attempt(error);
  fail_attempt(Error(error.code(), error.message() +
                                       " before the broker said what it is; if it expects TLS, set "
                                       "security.protocol to SSL or SASL_SSL"));
}

void NodeLink::fail_attempt(Error error) {
  // What went wrong below is one thing to those above: try again, perhaps elsewhere. Of those who
  // do not accept each other more is told, but not to requests that wait for this broker: they have
  // time until somebody has put it right.
  const bool refused = is_authentication_failure(error.code());
  const Error failed = at_this_broker(
      error.code() == ErrorCode::network_exception
          ? error
          : Error(ErrorCode::network_exception, "not reached: " + error.to_string()));
  last_error_ = refused ? at_this_broker(error) : failed;
  state_ = State::idle;
  ++attempt_;
  setup_deadline_ = base::kNever;
  log_in_again_at_ = base::kNever;
  ++failures_;
  retry_at_ = env_.loop.now() + env_.config.reconnect.after(failures_, env_.random);
  if (env_.log.enabled(LogLevel::info)) env_.log.info(last_error_.to_string());
  wanted_ = false;
  fail_queued(failed);
  env_.on_failure(id_, last_error_);
  env_.on_change();
}

void NodeLink::close(const Error& error) {
  ++attempt_;
  wanted_ = false;
  setup_deadline_ = base::kNever;
  log_in_again_at_ = base::kNever;
  state_ = State::idle;
  drop_login();
  if (auto connection = std::move(connection_)) {
    auto* const raw = connection.get();
    env_.loop.post([gone = std::shared_ptr<Connection>(std::move(connection))] {});
    raw->abandon(error);
  }
  fail_queued(error);
}

base::TimePoint NodeLink::poll(base::TimePoint now) {
  if (setup_deadline_ <= now) {
    const Error late(ErrorCode::timed_out, "connecting took too long");
    if (state_ == State::connecting) {
      next_address_or_fail(late);
    } else {
      fail_attempt(late);
    }
  }
  if (connection_ && connection_->next_deadline() <= now) {
    connection_->close(Error(ErrorCode::request_timed_out, "the broker did not answer in time"));
  }
  if (connected() && load() == 0 &&
      now - connection_->last_used() >= env_.config.connections_max_idle) {
    close(Error(ErrorCode::network_exception, "closed after idling"));
  }
  expire_queued(now);
  if (!queue_.empty() || wanted_) want(now);
  pump(now);
  if (connection_) connection_->flush();
  auto next = setup_deadline_;
  if (connection_) next = std::min(next, connection_->next_deadline());
  if (connected()) {
    // If something is under way then, its deadline counts.
    const auto idle_at = connection_->last_used() + env_.config.connections_max_idle;
    if (idle_at > now || load() == 0) next = std::min(next, idle_at);
    if (throttled_until_ > now) next = std::min(next, throttled_until_);
  }
  if (state_ == State::idle && wanted_) next = std::min(next, retry_at_);
  for (const auto& queued : queue_) next = std::min(next, queued.deadline);
  return next;
}

void NodeLink::pump(base::TimePoint now) {
  if (!queue_.empty() && state_ == State::ready && now >= log_in_again_at_) {
    // What waits for an answer is not to be kept waiting behind it, nor it behind that.
    if (connection_->in_flight() == 0) log_in();
    return;
  }
  while (!queue_.empty() && state_ == State::ready && now >= throttled_until_ &&
         connection_->in_flight() < env_.config.max_in_flight) {
    auto request = std::move(queue_.front().request);
    queue_.pop_front();
    write(std::move(request), now);
  }
}

void NodeLink::write(Request request, base::TimePoint now) {
  wanted_ = false;
  const auto version = versions_.pick(request.api, request.max_version, request.min_version);
  if (!version) {
    request.done(at_this_broker(version.error()));
    return;
  }
  const auto id = connection_->next_correlation_id();
  auto frame = request.encode(*version, id, env_.config.client_id);
  if (!frame) {
    request.done(at_this_broker(frame.error()));
    return;
  }
  InFlight in_flight{.has_response = request.has_response,
                     .correlation_id = id,
                     .api = request.api,
                     .version = *version,
                     .deadline = now + timeout_of(request),
                     .done = std::move(request.done)};
  connection_->send(to_segments(std::move(*frame)), std::move(in_flight));
}

void NodeLink::expire_queued(base::TimePoint now) {
  std::deque<Queued> late;
  for (auto at = queue_.begin(); at != queue_.end();) {
    if (at->deadline > now) {
      ++at;
      continue;
    }
    late.push_back(std::move(*at));
    at = queue_.erase(at);
  }
  const auto error =
      at_this_broker(Error(ErrorCode::request_timed_out, "the request could not be sent in time"));
  for (auto& queued : late) queued.request.done(error);
}

void NodeLink::fail_queued(const Error& error) {
  auto failed = std::exchange(queue_, {});
  for (auto& queued : failed) queued.request.done(error);
}

base::Duration NodeLink::timeout_of(const Request& request) const {
  return request.timeout.count() > 0 ? request.timeout : env_.config.request_timeout;
}

Error NodeLink::at_this_broker(const Error& error) const {
  auto context = error.context();
  context.broker = endpoint_.to_string();
  return Error(error.code(), error.message(), std::move(context));
}

}  // namespace ottla::client
