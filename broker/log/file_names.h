#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "broker/log/log_types.h"
#include "ottla/types.h"
#include "protocol/uuid.h"

// The names of files and directories in a log directory: all but one of them Kafka's.
namespace ottla::broker {

inline constexpr std::string_view kLogSuffix = ".log";
inline constexpr std::string_view kIndexSuffix = ".index";
inline constexpr std::string_view kTimeIndexSuffix = ".timeindex";
inline constexpr std::string_view kTxnIndexSuffix = ".txnindex";
inline constexpr std::string_view kSnapshotSuffix = ".snapshot";
inline constexpr std::string_view kDeletedSuffix = ".deleted";
inline constexpr std::string_view kCleanedSuffix = ".cleaned";
inline constexpr std::string_view kSwapSuffix = ".swap";
inline constexpr std::string_view kTmpSuffix = ".tmp";
inline constexpr std::string_view kCutSuffix = ".cut";  // not Kafka's, which passes it over

inline constexpr std::string_view kLeaderEpochCheckpoint = "leader-epoch-checkpoint";
inline constexpr std::string_view kPartitionMetadata = "partition.metadata";
inline constexpr std::string_view kMetaProperties = "meta.properties";
inline constexpr std::string_view kLockFile = ".lock";
inline constexpr std::string_view kCleanShutdownFile = ".kafka_cleanshutdown";
inline constexpr std::string_view kMetadataTopic = "__cluster_metadata";

// "00000000000000000042" + suffix.
std::string segment_file_name(Offset base_offset, std::string_view suffix);

// The offset of a file named as above with exactly this suffix.
std::optional<Offset> parse_segment_file_name(std::string_view name, std::string_view suffix);

// What a subdirectory of a log directory is, by its name.
struct LogDirectoryName {
  enum class Kind : std::uint8_t { log, deleted, future, stray, unknown };
  Kind kind = Kind::unknown;
  TopicPartition partition;  // of a log only
};
LogDirectoryName parse_log_directory_name(std::string_view name);

// "<topic>-<partition>".
std::string log_directory_name(const TopicPartition& partition);

// "<topic>-<partition>.<32 hex digits>-delete" or "-stray"; the topic is cut so that the whole has
// at most 255 bytes.
std::string deleted_directory_name(const TopicPartition& partition, const protocol::Uuid& unique);
std::string stray_directory_name(const TopicPartition& partition, const protocol::Uuid& unique);

}  // namespace ottla::broker
