#include "tests/simulation/scripted/scripted_broker.h"

#include <utility>

#include "tests/simulation/scripted/handlers.h"
#include "tests/simulation/scripted/scripted_connection.h"

namespace ottla::simulation {
namespace {

struct Row {
  ApiKey api;
  void (*handle)(const std::shared_ptr<Exchange>&, ScriptedConnection&);
};

constexpr Row kHandlers[] = {
    {ApiKey::api_versions, handle_api_versions},
    {ApiKey::metadata, handle_metadata},
    {ApiKey::produce, handle_produce},
    {ApiKey::fetch, handle_fetch},
    {ApiKey::list_offsets, handle_list_offsets},
    {ApiKey::offset_for_leader_epoch, handle_offset_for_leader_epoch},
    {ApiKey::init_producer_id, handle_init_producer_id},
    {ApiKey::find_coordinator, handle_find_coordinator},
    {ApiKey::join_group, handle_join_group},
    {ApiKey::sync_group, handle_sync_group},
    {ApiKey::heartbeat, handle_heartbeat},
    {ApiKey::leave_group, handle_leave_group},
    {ApiKey::offset_commit, handle_offset_commit},
    {ApiKey::offset_fetch, handle_offset_fetch},
    {ApiKey::add_partitions_to_txn, handle_add_partitions_to_txn},
    {ApiKey::add_offsets_to_txn, handle_add_offsets_to_txn},
    {ApiKey::txn_offset_commit, handle_txn_offset_commit},
    {ApiKey::end_txn, handle_end_txn},
};

const Row* find_row(ApiKey api) {
  for (const Row& row : kHandlers) {
    if (row.api == api) return &row;
  }
  return nullptr;
}

}  // namespace

bool is_scripted(ApiKey api) {
  return find_row(api) != nullptr;
}

ScriptedBroker::ScriptedBroker(ScriptedCluster& cluster, SimNode& node, protocol::BrokerId id)
    : cluster_(cluster), node_(node), id_(id) {
  auto accept = [this](std::unique_ptr<base::Stream> stream) {
    connections_.push_back(
        std::make_shared<ScriptedConnection>(*this, next_connection_++, std::move(stream)));
    connections_.back()->start();
  };
  listener_ = node.transport().listen({"", cluster.options().port}, std::move(accept)).value();
  cluster_.enrol(this);
}

ScriptedBroker::~ScriptedBroker() {
  cluster_.leave(this);
}

void ScriptedBroker::handle(const std::shared_ptr<Exchange>& exchange, ScriptedConnection& from) {
  const Row* row = find_row(exchange->api());
  const auto versions = cluster_.versions(exchange->api());
  const bool known = exchange->version() >= versions.min && exchange->version() <= versions.max;
  // ApiVersions has an answer to versions that nobody knows.
  if (row == nullptr || (!known && exchange->api() != ApiKey::api_versions)) {
    exchange->refuse();
    return;
  }
  row->handle(exchange, from);
}

void ScriptedBroker::later(Duration delay, Task task) {
  node_.loop().call_at(node_.loop().now() + delay, lifetime_.guard(std::move(task)));
}

void ScriptedBroker::wait(std::shared_ptr<WaitingFetch> fetch, Duration most) {
  later(most, [this, fetch] {
    if (std::erase(waiting_, fetch) > 0) fetch->try_answer(true);
  });
  waiting_.push_back(std::move(fetch));
}

void ScriptedBroker::look_again() {
  if (std::exchange(looks_again_, true)) return;
  node_.loop().post(lifetime_.guard([this] {
    looks_again_ = false;
    auto waiting = std::exchange(waiting_, {});
    for (auto& fetch : waiting) {
      if (!fetch->try_answer(false)) waiting_.push_back(std::move(fetch));
    }
  }));
}

void ScriptedBroker::forget(const ScriptedConnection& connection) {
  std::erase_if(connections_, [&](const auto& each) { return each.get() == &connection; });
}

}  // namespace ottla::simulation
