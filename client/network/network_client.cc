#include "client/network/network_client.h"

#include <algorithm>
#include <limits>
#include <string_view>
#include <tuple>
#include <utility>

namespace ottla::client {
namespace {

BearerTokens* tokens_of(std::optional<BearerTokens>& tokens, base::LoopWithTransport loop,
                        const NetworkConfig& config) {
  if (!config.sasl || !(config.sasl->token || config.sasl->endpoint)) return nullptr;
  std::unique_ptr<TokenSource> source;
  if (config.sasl->token) {
    source = std::make_unique<FunctionTokens>(*loop.loop, config.sasl->token);
  } else {
    source = std::make_unique<FetchedTokens>(loop, config.sasl->endpoint);
  }
  return &tokens.emplace(*loop.loop, std::move(source), config.connection_setup.initial);
}

}  // namespace

NetworkClient::NetworkClient(base::Loop& loop, base::Transport& transport, NetworkConfig config,
                             std::uint64_t seed, base::Logger log, Events events)
    : config_(std::move(config)),
      random_(seed),
      env_{.loop = loop,
           .transport = transport,
           .config = config_,
           .random = random_,
           .tokens = tokens_of(tokens_, {.loop = &loop, .transport = &transport}, config_),
           .log = std::move(log),
           .on_change = std::move(events.on_change),
           .on_failure = [this](BrokerId broker,
                                const Error& error) { on_link_failure(broker, error); }},
      on_failure_(std::move(events.on_failure)) {
  std::int32_t id = 0;
  for (const auto& endpoint : config_.bootstrap) {
    const BrokerId bootstrap_id(--id);
    links_[{bootstrap_id}] = std::make_unique<NodeLink>(env_, bootstrap_id, endpoint);
  }
}

NetworkClient::~NetworkClient() = default;

void NetworkClient::set_brokers(std::span<const BrokerAddress> brokers) {
  knows_brokers_ = std::any_of(brokers.begin(), brokers.end(),
                               [](const auto& broker) { return !broker.dedicated; });
  for (const auto& broker : brokers) {
    auto& link = links_[{broker.id, broker.dedicated}];
    if (link) {
      link->set_endpoint(broker.endpoint);
    } else {
      link = std::make_unique<NodeLink>(env_, broker.id, broker.endpoint);
    }
  }
  for (auto& [id, link] : links_) {
    const auto same = [id = id](const BrokerAddress& broker) {
      return LinkId{broker.id, broker.dedicated} == id;
    };
    if (is_bootstrap(id.broker) || std::any_of(brokers.begin(), brokers.end(), same)) continue;
    drop(link, Error(ErrorCode::network_exception, "the broker has left the cluster"));
  }
  std::erase_if(links_, [](const auto& entry) { return entry.second == nullptr; });
}

// It may be in the middle of a call.
void NetworkClient::drop(std::unique_ptr<NodeLink>& link, const Error& error) {
  link->close(error);
  env_.loop.post([gone = std::shared_ptr<NodeLink>(std::move(link))] {});
}

void NetworkClient::rebootstrap() {
  const Error error(ErrorCode::network_exception, "the client begins anew with bootstrap_servers");
  knows_brokers_ = false;
  for (auto& [id, link] : links_) {
    if (is_bootstrap(id.broker)) {
      link->close(error);
    } else {
      drop(link, error);
    }
  }
  std::erase_if(links_, [](const auto& entry) { return entry.second == nullptr; });
  env_.on_change();
}

std::size_t NetworkClient::room(BrokerId broker) {
  const auto found = links_.find({broker});
  if (found == links_.end()) return 0;
  const auto now = env_.loop.now();
  found->second->want(now);
  return found->second->room(now);
}

void NetworkClient::send(Request request) {
  new_.push_back(std::move(request));
  env_.on_change();
}

base::TimePoint NetworkClient::poll(base::TimePoint now) {
  auto next = base::kNever;
  route(now);
  expire_any(now);
  dispatch_any(now);
  // A link that fails here may make its user send more, or replace the brokers: those are seen in
  // the next turn.
  std::vector<LinkId> ids;
  ids.reserve(links_.size());
  for (const auto& [id, link] : links_) ids.push_back(id);
  for (const auto id : ids) {
    const auto found = links_.find(id);
    if (found != links_.end()) next = std::min(next, found->second->poll(now));
  }
  close_spare_bootstrap_links();
  for (const auto& waiting : any_) next = std::min(next, waiting.deadline);
  return new_.empty() ? next : now;
}

void NetworkClient::route(base::TimePoint now) {
  auto requests = std::exchange(new_, {});
  for (auto& request : requests) {
    if (closed_) {
      request.done(Error(ErrorCode::closed, "the client was closed"));
      continue;
    }
    if (request.broker == kAnyBroker) {
      const auto timeout = request.timeout.count() > 0 ? request.timeout : config_.request_timeout;
      any_.push_back({std::move(request), now + timeout});
      continue;
    }
    const auto found = links_.find({request.broker, request.dedicated});
    if (found != links_.end()) {
      found->second->send(std::move(request), now);
    } else {
      request.done(Error(ErrorCode::network_exception,
                         "broker " + std::to_string(request.broker.value) + " is not known"));
    }
  }
}

void NetworkClient::dispatch_any(base::TimePoint now) {
  while (!any_.empty()) {
    auto* const link = least_loaded(now);
    if (link == nullptr) return;
    auto request = std::move(any_.front().request);
    any_.pop_front();
    link->send(std::move(request), now);
  }
}

// Somebody is connected, or was not tried yet.
bool NetworkClient::somebody_may_answer() const {
  return std::any_of(links_.begin(), links_.end(), [](const auto& entry) {
    const auto& [id, link] = entry;
    return !id.dedicated && (link->connected() || link->failures() == 0);
  });
}

// Who is not accepted, or does not accept the brokers, is told at once: waiting changes nothing.
void NetworkClient::on_link_failure(BrokerId broker, const Error& error) {
  if (is_authentication_failure(error.code()) && !somebody_may_answer()) {
    auto waiting = std::exchange(any_, {});
    for (auto& entry : waiting) entry.request.done(error);
  }
  on_failure_(broker, error);
}

void NetworkClient::expire_any(base::TimePoint now) {
  std::vector<Request> late;
  while (!any_.empty() && any_.front().deadline <= now) {
    late.push_back(std::move(any_.front().request));
    any_.pop_front();
  }
  for (auto& request : late) request.done(unreachable());
}

NodeLink* NetworkClient::least_loaded(base::TimePoint now) {
  NodeLink* best = nullptr;
  for (const auto& [id, link] : links_) {
    if (id.dedicated || !link->ready(now)) continue;
    if (best == nullptr || link->load() < best->load()) best = link.get();
  }
  if (best != nullptr) return best;
  // Links that connect for others do not count: theirs may be brokers that never answer.
  const auto begun = any_link_ ? links_.find(*any_link_) : links_.end();
  if (begun != links_.end() && begun->second->connecting()) return nullptr;
  if (auto* const next = best_to_connect(now)) {
    any_link_ = {next->id()};
    next->want(now);
  }
  return nullptr;
}

// The one that failed least, brokers of the cluster before bootstrap addresses. Those that wait
// after a failure count too, so that somebody is always wanted.
NodeLink* NetworkClient::best_to_connect(base::TimePoint now) {
  NodeLink* best = nullptr;
  auto best_rank = std::tuple(true, 0U, true, std::uint64_t{0});
  for (const auto& [id, link] : links_) {
    if (link->connected() || id.dedicated) continue;
    if (is_bootstrap(id.broker) && knows_brokers_ && !config_.rebootstrap) continue;
    const auto rank = std::tuple(!link->may_connect(now), link->failures(),
                                 knows_brokers_ && is_bootstrap(id.broker), random_.next());
    if (best != nullptr && rank >= best_rank) continue;
    best = link.get();
    best_rank = rank;
  }
  return best;
}

void NetworkClient::close_spare_bootstrap_links() {
  const auto known = [](const auto& entry) {
    const auto& [id, link] = entry;
    return !is_bootstrap(id.broker) && !id.dedicated && link->connected();
  };
  if (!std::any_of(links_.begin(), links_.end(), known)) return;
  for (const auto& [id, link] : links_) {
    if (is_bootstrap(id.broker) && link->connected() && link->load() == 0) {
      link->close(Error(ErrorCode::network_exception, "the bootstrap is over"));
    }
  }
}

bool NetworkClient::offers_transactions_v2() const {
  constexpr std::string_view feature = "transaction.version";
  constexpr std::int16_t second = 2;
  const auto knows = [](const ApiVersions& versions, ApiKey key, std::int16_t first) {
    return versions.pick(*protocol::find_api(key), std::numeric_limits<std::int16_t>::max(), first)
        .has_value();
  };
  std::int64_t newest = -1;
  bool finalised = false;
  for (const auto& [id, link] : links_) {
    const auto& versions = link->versions();
    if (versions.empty()) continue;
    if (!knows(versions, ApiKey::produce, 12) || !knows(versions, ApiKey::txn_offset_commit, 5) ||
        !knows(versions, ApiKey::end_txn, 5)) {
      return false;
    }
    if (versions.features_epoch() <= newest) continue;
    newest = versions.features_epoch();
    finalised = versions.feature(feature) >= second;
  }
  return finalised;
}

Error NetworkClient::unreachable() const {
  auto code = ErrorCode::no_bootstrap_reachable;
  std::string text = "no broker could be reached";
  const char* separator = ": ";
  for (const auto& [id, link] : links_) {
    if (link->failures() == 0) continue;
    text += separator + link->endpoint().to_string() + " (" + link->last_error().message() + ")";
    separator = ", ";
    if (is_authentication_failure(link->last_error().code())) code = link->last_error().code();
  }
  return Error(code, std::move(text));
}

void NetworkClient::close() {
  closed_ = true;
  const Error error(ErrorCode::closed, "the client was closed");
  for (auto& [id, link] : links_) link->close(error);
  auto waiting = std::exchange(any_, {});
  for (auto& entry : waiting) entry.request.done(error);
  route(env_.loop.now());
}

}  // namespace ottla::client
