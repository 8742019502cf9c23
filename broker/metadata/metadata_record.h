#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "broker/metadata/metadata_records.h"
#include "ottla/bytes.h"
#include "ottla/result.h"

namespace ottla::broker {

// Any record of the metadata log.
using MetadataRecord =
    std::variant<RegisterBrokerRecord, UnregisterBrokerRecord, TopicRecord, PartitionRecord,
                 ConfigRecord, PartitionChangeRecord, FenceBrokerRecord, UnfenceBrokerRecord,
                 RemoveTopicRecord, DelegationTokenRecord, UserScramCredentialRecord,
                 FeatureLevelRecord, ClientQuotaRecord, ProducerIdsRecord,
                 BrokerRegistrationChangeRecord, AccessControlEntryRecord,
                 RemoveAccessControlEntryRecord, NoOpRecord, ZkMigrationStateRecord,
                 RemoveUserScramCredentialRecord, BeginTransactionRecord, EndTransactionRecord,
                 AbortTransactionRecord, RemoveDelegationTokenRecord, RegisterControllerRecord,
                 ClearElrRecord, UnregisterControllerRecord>;

// Reads the value of one record: frame version, record type, record version, body, and nothing
// more. Strings borrow from `value`. Errors: unsupported_version for a frame version, a type or a
// version that is not known, naming it; corrupt_data for anything malformed.
Result<MetadataRecord> parse_metadata_record(BytesView value);

// The value of one record, as parse_metadata_record reads it. Fails as protocol::encode_body does.
Result<std::string> encode_metadata_record(const MetadataRecord& record, std::int16_t version);

// The version that is written at metadata.version 4.0-IV3 (25) and above; changes of eligible
// leader replicas only come up in clusters that have that feature.
std::int16_t written_version(const MetadataRecord& record);

// Kafka's name of the record's type, for example PartitionRecord.
std::string_view record_name(const MetadataRecord& record);

}  // namespace ottla::broker
