#include "client/metadata/cluster_client.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace ottla::client {

ClusterClient::ClusterClient(base::Runtime& runtime, const NetworkConfig& network,
                             const MetadataConfig& metadata, base::Logger log)
    : loop_(*runtime.loop(0).loop),
      log_(std::move(log)),
      crank_(std::make_shared<Crank>(loop_, [this](base::TimePoint now) { return turn(now); })),
      network_(loop_, *runtime.loop(0).transport, network, runtime.next_seed(), log_,
               {.on_change = [this] { crank_->wake(); },
                .on_failure = [this](BrokerId, const Error&) { metadata_.request_update(); }}),
      metadata_(metadata, runtime.next_seed()),
      metrics_(network.metrics) {
  metadata_.on_update([this] { note_brokers(); });
  metadata_.on_rebootstrap([this] {
    log_.warn("no broker answers for the cluster: beginning anew with bootstrap_servers");
    network_.rebootstrap();
  });
  metadata_.set_diagnosis([this] { return network_.unreachable(); });
}

ClusterClient::~ClusterClient() {
  if (!stopped_) crank_->stop();
}

void ClusterClient::start(Crank::Turn turn) {
  managers_ = std::move(turn);
  crank_->wake();
}

void ClusterClient::stop() {
  if (std::exchange(stopped_, true)) return;
  crank_->stop();
  network_.close();
  metadata_.close(Error(ErrorCode::closed, "the client was closed"));
}

// The managers come before the network, so that what they want, of metadata too, leaves in the same
// turn.
base::TimePoint ClusterClient::turn(base::TimePoint now) {
  if (std::exchange(brokers_changed_, false)) tell_brokers();
  const auto managers = managers_(now);
  const auto metadata = turn_metadata(now);
  return std::min({metadata, managers, network_.poll(now)});
}

base::TimePoint ClusterClient::turn_metadata(base::TimePoint now) {
  auto poll = metadata_.poll(now);
  if (!poll.request) return poll.next;
  const auto draft = std::make_shared<Metadata::Draft>(std::move(*poll.request));
  auto make = [draft](std::int16_t version) {
    protocol::MetadataRequest request;
    auto& topics = request.topics.emplace();
    for (const auto& name : draft->topics) topics.push_back({.topic_id = {}, .name = name});
    // Version 0 says it with none, later ones with null.
    if (draft->all) topics.clear();
    if (draft->all && version > 0) request.topics.reset();
    if (version >= 4) request.allow_auto_topic_creation = draft->allow_auto_topic_creation;
    return request;
  };
  auto done = [this, draft](Result<Response<protocol::MetadataResponse>> response) {
    if (response) {
      if (metrics_) metrics_->on_metadata(loop_.now());
      metadata_.on_response(*draft, response->message, loop_.now());
    } else {
      metadata_.on_failure(response.error(), loop_.now());
      if (on_refused_ && is_authentication_failure(response.error().code())) {
        on_refused_(response.error());
      }
    }
    wake();
  };
  network_.send(make_request<protocol::MetadataRequest>(kAnyBroker, make, done));
  return poll.next;
}

void ClusterClient::set_dedicated(std::optional<Node> node) {
  if (stopped_ || node == dedicated_) return;
  dedicated_ = std::move(node);
  note_brokers();
}

void ClusterClient::note_brokers() {
  brokers_changed_ = true;
  wake();
}

void ClusterClient::add_broker(Node node) {
  if (stopped_) return;
  metadata_.add_broker(std::move(node));
  tell_brokers();
}

void ClusterClient::tell_brokers() {
  std::vector<BrokerAddress> brokers;
  for (const auto& [id, node] : cluster().brokers()) {
    brokers.push_back({.id = id, .endpoint = {node.host, static_cast<std::uint16_t>(node.port)}});
  }
  if (dedicated_) {
    const auto port = static_cast<std::uint16_t>(dedicated_->port);
    brokers.push_back(
        {.id = BrokerId(dedicated_->id), .endpoint = {dedicated_->host, port}, .dedicated = true});
  }
  if (!brokers.empty()) network_.set_brokers(brokers);
}

}  // namespace ottla::client
