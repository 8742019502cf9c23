#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "ottla/error_code.h"
#include "ottla/types.h"
#include "protocol/types.h"

namespace ottla::simulation {

class ScriptedCluster;

// The transaction coordinator of a scripted cluster: one for all brokers, and what it decides is
// done at once everywhere.
class ScriptedTransactions {
 public:
  explicit ScriptedTransactions(ScriptedCluster& cluster) : cluster_(cluster) {}

  struct Identity {
    ErrorCode error = ErrorCode::none;
    protocol::ProducerId id = protocol::kNoProducerId;
    protocol::ProducerEpoch epoch = protocol::kNoProducerEpoch;
  };
  // A transaction that is open is aborted; with an id and an epoch only for who has them.
  Identity init(std::string_view transactional_id, const Identity& known);
  ErrorCode add(std::string_view transactional_id, const Identity& by, const TopicPartition& what);
  ErrorCode add_group(std::string_view transactional_id, const Identity& by);
  // Offsets that count once the transaction is committed.
  ErrorCode commit_offset(std::string_view transactional_id, const Identity& by, bool v2,
                          const TopicPartition& of, std::int64_t offset);
  // `v2`: the epoch is raised by it.
  Identity end(std::string_view transactional_id, const Identity& by, bool commit, bool v2);
  // May a batch be written now? With `v2` this makes its partition a part of the transaction.
  ErrorCode check_write(std::string_view transactional_id, const Identity& by, bool v2,
                        const TopicPartition& where);

  // As if its time were over.
  void time_out(std::string_view transactional_id);
  bool open(std::string_view transactional_id) const;
  std::uint64_t commits() const { return commits_; }
  std::uint64_t aborts() const { return aborts_; }

 private:
  struct Transaction {
    protocol::ProducerId id;
    protocol::ProducerEpoch epoch;
    std::optional<protocol::ProducerEpoch> last_epoch;  // before the last bump that was asked for
    bool open = false;
    std::optional<bool> committed;  // how the last one ended
    bool has_group = false;
    std::set<TopicPartition> partitions;
    std::map<TopicPartition, std::int64_t> offsets;
  };
  ErrorCode check(std::string_view transactional_id, const Identity& by, Transaction*& found);
  void finish(Transaction& transaction, bool commit);

  ScriptedCluster& cluster_;
  std::map<std::string, Transaction, std::less<>> transactions_;
  std::uint64_t commits_ = 0;
  std::uint64_t aborts_ = 0;
};

}  // namespace ottla::simulation
