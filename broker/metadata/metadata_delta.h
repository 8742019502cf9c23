#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "broker/metadata/metadata_image.h"
#include "broker/metadata/metadata_record.h"
#include "ottla/result.h"

namespace ottla::broker {

// Records on their way from one image to the next. One thread; costs nothing for what the records
// do not touch.
class MetadataDelta {
 public:
  explicit MetadataDelta(std::shared_ptr<const MetadataImage> base);

  // Applies the next record of the log. What lies between BeginTransaction and EndTransaction
  // counts once the end has come (KIP-868). Errors, after which the delta is of no more use:
  // corrupt_data for records that contradict what came before (an unknown topic, a stale broker
  // epoch, a producer id handed out twice: what Apache Kafka stops at, too), unsupported_version
  // for a feature level that this broker does not work with.
  Result<void> apply(const MetadataRecord& record);

  bool in_transaction() const { return before_transaction_.has_value(); }

  // The image as of `last_offset`. An open transaction is not part of it. Applying may go on.
  std::shared_ptr<const MetadataImage> image(Offset last_offset, std::int32_t epoch);

  // How the image differs from the base.
  MetadataChanges changes() const;

 private:
  // What a transaction must be able to take back.
  struct Work {
    MetadataState state;
    std::unordered_map<Uuid, std::shared_ptr<const TopicImage>> deleted;  // of the base
    std::unordered_map<Uuid, bool> changed;
    std::map<ConfigResource, bool> changed_configs;
    std::unordered_map<Uuid, bool> changed_acls;
    std::map<QuotaEntity, bool> changed_quotas;
    bool brokers_changed = false;
    bool features_changed = false;
  };

  Result<void> on(const RegisterBrokerRecord& record);
  Result<void> on(const UnregisterBrokerRecord& record);
  Result<void> on(const TopicRecord& record);
  Result<void> on(const PartitionRecord& record);
  Result<void> on(const ConfigRecord& record);
  Result<void> on(const PartitionChangeRecord& record);
  Result<void> on(const FenceBrokerRecord& record);
  Result<void> on(const UnfenceBrokerRecord& record);
  Result<void> on(const RemoveTopicRecord& record);
  Result<void> on(const FeatureLevelRecord& record);
  Result<void> on(const ProducerIdsRecord& record);
  Result<void> on(const BrokerRegistrationChangeRecord& record);
  Result<void> on(const BeginTransactionRecord& record);
  Result<void> on(const EndTransactionRecord& record);
  Result<void> on(const AbortTransactionRecord& record);
  Result<void> on(const ClearElrRecord& record);
  Result<void> on(const UserScramCredentialRecord& record);
  Result<void> on(const RemoveUserScramCredentialRecord& record);
  Result<void> on(const AccessControlEntryRecord& record);
  Result<void> on(const RemoveAccessControlEntryRecord& record);
  Result<void> on(const ClientQuotaRecord& record);
  // Known, and nothing here depends on them yet.
  Result<void> on(const DelegationTokenRecord&) { return {}; }
  Result<void> on(const NoOpRecord&) { return {}; }
  Result<void> on(const ZkMigrationStateRecord&) { return {}; }
  Result<void> on(const RemoveDelegationTokenRecord&) { return {}; }
  Result<void> on(const RegisterControllerRecord&) { return {}; }
  Result<void> on(const UnregisterControllerRecord&) { return {}; }

  Result<BrokerRegistration*> find_broker(BrokerId id, std::int64_t epoch, std::string_view what);
  // The topic, ready to be changed in place; null if there is none.
  TopicImage* writable_topic(const Uuid& id);
  void add_topic(std::shared_ptr<TopicImage> topic);
  void clear_eligible_leader_replicas(const Uuid& id);

  std::shared_ptr<const MetadataImage> base_;
  Work work_;
  std::optional<Work> before_transaction_;
  // Topics of `work_` that no one else has seen.
  std::unordered_map<Uuid, std::shared_ptr<TopicImage>> writable_;
};

}  // namespace ottla::broker
