#pragma once

#include <memory>

#include "tests/simulation/scripted/exchange.h"

// The APIs of a scripted broker: each answers its exchange, at once or later.
namespace ottla::simulation {

using ExchangePtr = std::shared_ptr<Exchange>;

void handle_api_versions(const ExchangePtr& exchange, ScriptedConnection& from);
void handle_metadata(const ExchangePtr& exchange, ScriptedConnection& from);
void handle_produce(const ExchangePtr& exchange, ScriptedConnection& from);
void handle_fetch(const ExchangePtr& exchange, ScriptedConnection& from);
void handle_list_offsets(const ExchangePtr& exchange, ScriptedConnection& from);
void handle_offset_for_leader_epoch(const ExchangePtr& exchange, ScriptedConnection& from);
void handle_init_producer_id(const ExchangePtr& exchange, ScriptedConnection& from);
void handle_find_coordinator(const ExchangePtr& exchange, ScriptedConnection& from);
void handle_join_group(const ExchangePtr& exchange, ScriptedConnection& from);
void handle_sync_group(const ExchangePtr& exchange, ScriptedConnection& from);
void handle_heartbeat(const ExchangePtr& exchange, ScriptedConnection& from);
void handle_leave_group(const ExchangePtr& exchange, ScriptedConnection& from);
void handle_offset_commit(const ExchangePtr& exchange, ScriptedConnection& from);
void handle_offset_fetch(const ExchangePtr& exchange, ScriptedConnection& from);
void handle_add_partitions_to_txn(const ExchangePtr& exchange, ScriptedConnection& from);
void handle_add_offsets_to_txn(const ExchangePtr& exchange, ScriptedConnection& from);
void handle_txn_offset_commit(const ExchangePtr& exchange, ScriptedConnection& from);
void handle_end_txn(const ExchangePtr& exchange, ScriptedConnection& from);

// The leader of a partition that the broker of `exchange` was asked about, and whether that is the
// broker itself; none if there is no such partition.
struct Lookup {
  ErrorCode error = ErrorCode::none;
  ScriptedTopic* topic = nullptr;
  ScriptedPartition* partition = nullptr;
};

// The topic by name, or by id if the name is empty and the version says so.
ScriptedTopic* find_asked_topic(ScriptedCluster& cluster, std::string_view& name,
                                const protocol::Uuid& id, bool by_id);

// The partition, if this broker leads it and the epoch that was asked with is the current one.
Lookup find_led(Exchange& exchange, ScriptedTopic* topic, std::int32_t partition,
                protocol::LeaderEpoch asked_with);

}  // namespace ottla::simulation
