#include "tools/hanging_transactions.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace ottla::tools {
namespace {

// Partitions and topics that one request asks for.
constexpr std::size_t kMostAtOnce = 500;

Error while_doing(const std::string& what, const Error& error) {
  return {error.code(), what + ": " + error.to_string(), error.context()};
}

// Calls `use` for pieces of `all` of at most kMostAtOnce; ends with its first error.
template <class T, class Use>
Result<void> in_pieces(const std::vector<T>& all, const Use& use) {
  for (std::size_t at = 0; at < all.size(); at += kMostAtOnce) {
    const auto end = std::min(all.size(), at + kMostAtOnce);
    const auto from = all.begin() + static_cast<std::ptrdiff_t>(at);
    auto used = use(std::vector<T>(from, all.begin() + static_cast<std::ptrdiff_t>(end)));
    if (!used) return used;
  }
  return {};
}

bool has_replica(const PartitionInfo& partition, std::int32_t broker) {
  return std::find(partition.replicas.begin(), partition.replicas.end(), broker) !=
         partition.replicas.end();
}

Result<std::vector<std::string>> topics_to_search(Admin& admin, const SearchScope& scope) {
  if (scope.topic) return std::vector<std::string>{*scope.topic};
  const auto listed = admin.list_topics({.timeout = {}, .list_internal = true}).get();
  if (!listed) return while_doing("cannot list topics", listed.error());
  std::vector<std::string> topics;
  for (const auto& topic : *listed) topics.push_back(topic.name);
  return topics;
}

Result<std::vector<TopicPartition>> partitions_to_search(Admin& admin, const SearchScope& scope) {
  std::vector<TopicPartition> partitions;
  if (scope.topic && scope.partition) {
    partitions.push_back({*scope.topic, *scope.partition});
    return partitions;
  }
  const auto topics = topics_to_search(admin, scope);
  if (!topics) return topics.error();
  const auto described = in_pieces(*topics, [&](std::vector<std::string> piece) -> Result<void> {
    const auto topics_now = admin.describe_topics(std::move(piece)).get();
    if (!topics_now) return while_doing("cannot describe topics", topics_now.error());
    for (const auto& [name, topic] : *topics_now) {
      if (!topic) return while_doing("cannot describe topic " + name, topic.error());
      for (const auto& partition : topic->partitions) {
        if (scope.broker && !has_replica(partition, *scope.broker)) continue;
        partitions.push_back({name, partition.partition});
      }
    }
    return {};
  });
  if (!described) return described.error();
  return partitions;
}

Result<std::vector<OpenTransaction>> old_transactions(
    Admin& admin, const SearchScope& scope, const std::vector<TopicPartition>& partitions) {
  std::vector<OpenTransaction> open;
  const auto looked = in_pieces(partitions, [&](std::vector<TopicPartition> piece) -> Result<void> {
    const auto described =
        admin.describe_producers(std::move(piece), {.timeout = {}, .broker = scope.broker}).get();
    if (!described) return while_doing("cannot describe producers", described.error());
    // Timestamps are the producers' own, and may be anything.
    const auto now =
        std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
    const auto old_enough = now - scope.longest_timeout;
    for (const auto& [partition, producers] : *described) {
      if (!producers) {
        return while_doing("cannot describe producers of " + to_string(partition),
                           producers.error());
      }
      for (const auto& producer : *producers) {
        if (!producer.current_transaction_start_offset) continue;
        if (producer.last_timestamp >= old_enough) continue;
        open.push_back({partition, producer});
      }
    }
    return {};
  });
  if (!looked) return looked.error();
  return open;
}

// Producer ids to the transactional ids that have them now.
Result<std::map<std::int64_t, std::string>> transactional_ids_of(
    Admin& admin, const std::vector<OpenTransaction>& open) {
  std::set<std::int64_t> producers;
  for (const auto& each : open) producers.insert(each.producer.producer_id);
  ListTransactionsOptions options;
  options.producer_ids.assign(producers.begin(), producers.end());
  const auto listed = admin.list_transactions(options).get();
  if (!listed) return while_doing("cannot list transactions", listed.error());
  std::map<std::int64_t, std::string> ids;
  for (const auto& [broker, listings] : *listed) {
    if (!listings) return while_doing("cannot list transactions", listings.error());
    for (const auto& each : *listings) ids[each.producer_id] = each.transactional_id;
  }
  return ids;
}

// What coordinators will write markers for, by transactional id; an id that is unknown by now has
// nothing.
Result<std::map<std::string, std::vector<TopicPartition>>> partitions_in_transactions(
    Admin& admin, const std::map<std::int64_t, std::string>& ids) {
  std::map<std::string, std::vector<TopicPartition>> partitions;
  std::vector<std::string> names;
  for (const auto& [producer, id] : ids) names.push_back(id);
  const auto described = admin.describe_transactions(std::move(names)).get();
  if (!described) return while_doing("cannot describe transactions", described.error());
  for (const auto& [id, transaction] : *described) {
    if (transaction) {
      partitions[id] = transaction->partitions;
    } else if (transaction.error().code() != ErrorCode::transactional_id_not_found) {
      return while_doing("cannot describe transactions", transaction.error());
    }
  }
  return partitions;
}

}  // namespace

Result<std::vector<OpenTransaction>> find_hanging(Admin& admin, const SearchScope& scope) {
  auto partitions = partitions_to_search(admin, scope);
  if (!partitions) return partitions.error();
  auto open = old_transactions(admin, scope, *partitions);
  if (!open || open->empty()) return open;
  const auto ids = transactional_ids_of(admin, *open);
  if (!ids) return ids.error();
  const auto known = partitions_in_transactions(admin, *ids);
  if (!known) return known.error();
  std::erase_if(*open, [&](const OpenTransaction& each) {
    const auto id = ids->find(each.producer.producer_id);
    if (id == ids->end()) return false;
    const auto found = known->find(id->second);
    return found != known->end() && std::find(found->second.begin(), found->second.end(),
                                              each.partition) != found->second.end();
  });
  return open;
}

}  // namespace ottla::tools
