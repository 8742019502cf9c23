#include "tests/simulation/scripted/scripted_transactions.h"

#include <utility>

#include "tests/simulation/scripted/scripted_cluster.h"

namespace ottla::simulation {

ErrorCode ScriptedTransactions::check(std::string_view transactional_id, const Identity& by,
                                      Transaction*& found) {
  const auto at = transactions_.find(transactional_id);
  if (at == transactions_.end() || at->second.id != by.id) {
    return ErrorCode::invalid_producer_id_mapping;
  }
  found = &at->second;
  return found->epoch == by.epoch ? ErrorCode::none : ErrorCode::producer_fenced;
}

ScriptedTransactions::Identity ScriptedTransactions::init(std::string_view transactional_id,
                                                          const Identity& known) {
  auto [at, added] = transactions_.try_emplace(std::string(transactional_id));
  auto& transaction = at->second;
  if (added) {
    transaction.id = cluster_.next_producer_id();
    transaction.epoch = protocol::ProducerEpoch(0);
    return {ErrorCode::none, transaction.id, transaction.epoch};
  }
  if (known.id != protocol::kNoProducerId) {
    // An answer that was lost is given again.
    const bool again = known.id == transaction.id && transaction.last_epoch == known.epoch;
    if (again) return {ErrorCode::none, transaction.id, transaction.epoch};
    if (known.id != transaction.id || known.epoch != transaction.epoch) {
      return {ErrorCode::producer_fenced, {}, {}};
    }
  }
  if (transaction.open) {
    ++transaction.epoch;
    finish(transaction, false);
  }
  transaction.last_epoch =
      known.id == protocol::kNoProducerId ? std::nullopt : std::optional(known.epoch);
  ++transaction.epoch;
  return {ErrorCode::none, transaction.id, transaction.epoch};
}

ErrorCode ScriptedTransactions::add(std::string_view transactional_id, const Identity& by,
                                    const TopicPartition& what) {
  Transaction* found = nullptr;
  if (const auto error = check(transactional_id, by, found); error != ErrorCode::none) return error;
  if (cluster_.find_topic(what.topic) == nullptr) return ErrorCode::unknown_topic_or_partition;
  found->open = true;
  found->partitions.insert(what);
  return ErrorCode::none;
}

ErrorCode ScriptedTransactions::add_group(std::string_view transactional_id, const Identity& by) {
  Transaction* found = nullptr;
  if (const auto error = check(transactional_id, by, found); error != ErrorCode::none) return error;
  found->open = true;
  found->has_group = true;
  return ErrorCode::none;
}

ErrorCode ScriptedTransactions::commit_offset(std::string_view transactional_id, const Identity& by,
                                              bool v2, const TopicPartition& of,
                                              std::int64_t offset) {
  Transaction* found = nullptr;
  if (const auto error = check(transactional_id, by, found); error != ErrorCode::none) return error;
  if (v2) {
    found->open = true;
    found->has_group = true;
  }
  if (!found->open || !found->has_group) return ErrorCode::invalid_txn_state;
  found->offsets[of] = offset;
  return ErrorCode::none;
}

ErrorCode ScriptedTransactions::check_write(std::string_view transactional_id, const Identity& by,
                                            bool v2, const TopicPartition& where) {
  Transaction* found = nullptr;
  const auto error = check(transactional_id, by, found);
  if (error == ErrorCode::producer_fenced) return ErrorCode::invalid_producer_epoch;
  if (error != ErrorCode::none) return error;
  if (v2) {
    found->open = true;
    found->partitions.insert(where);
  }
  const bool part = found->open && found->partitions.contains(where);
  return part ? ErrorCode::none : ErrorCode::invalid_txn_state;
}

ScriptedTransactions::Identity ScriptedTransactions::end(std::string_view transactional_id,
                                                         const Identity& by, bool commit, bool v2) {
  const auto at = transactions_.find(transactional_id);
  if (at == transactions_.end() || at->second.id != by.id) {
    return {ErrorCode::invalid_producer_id_mapping, {}, {}};
  }
  auto& transaction = at->second;
  const bool again = v2 && !transaction.open && transaction.last_epoch == by.epoch;
  if (!again && transaction.epoch != by.epoch) return {ErrorCode::producer_fenced, {}, {}};
  if (!transaction.open && !again && v2 && !commit) {
    // Nothing of it has come here; the epoch is raised all the same.
    transaction.last_epoch = transaction.epoch;
    ++transaction.epoch;
    transaction.committed = false;
    return {ErrorCode::none, transaction.id, transaction.epoch};
  }
  if (!transaction.open) {
    // It has happened already, if it is the same that is asked for.
    if (transaction.committed != commit) return {ErrorCode::invalid_txn_state, {}, {}};
    return {ErrorCode::none, transaction.id, transaction.epoch};
  }
  if (v2) {
    transaction.last_epoch = transaction.epoch;
    ++transaction.epoch;
  }
  finish(transaction, commit);
  return {ErrorCode::none, transaction.id, transaction.epoch};
}

void ScriptedTransactions::finish(Transaction& transaction, bool commit) {
  transaction.open = false;
  transaction.committed = commit;
  transaction.has_group = false;
  ++(commit ? commits_ : aborts_);
  for (const auto& partition : std::exchange(transaction.partitions, {})) {
    cluster_.partition(partition).append_marker(transaction.id, transaction.epoch, commit);
  }
  auto offsets = std::exchange(transaction.offsets, {});
  if (!commit || offsets.empty()) return;
  auto& group = cluster_.group();
  for (const auto& [partition, offset] : offsets) group.offsets[partition] = offset;
  group.commits.push_back({.generation = -1, .offsets = std::move(offsets)});
}

void ScriptedTransactions::time_out(std::string_view transactional_id) {
  const auto at = transactions_.find(transactional_id);
  if (at == transactions_.end() || !at->second.open) return;
  ++at->second.epoch;
  at->second.last_epoch.reset();
  finish(at->second, false);
}

bool ScriptedTransactions::open(std::string_view transactional_id) const {
  const auto at = transactions_.find(transactional_id);
  return at != transactions_.end() && at->second.open;
}

}  // namespace ottla::simulation
