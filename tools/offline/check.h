#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/file.h"
#include "broker/log/log_types.h"
#include "ottla/error.h"
#include "ottla/result.h"
#include "protocol/uuid.h"

// Checks a data directory that no broker holds, without writing anything.
namespace ottla::tools {

struct Defect {
  std::string file;
  std::int64_t position = -1;  // in bytes; -1: the file as a whole
  std::string what;

  // "FILE: byte POSITION: WHAT".
  std::string to_string() const;
};

// What was looked at, and what is wrong with it.
struct CheckReport {
  std::vector<Defect> defects;
  bool clean = false;  // the directory was shut down cleanly
  std::size_t logs = 0;
  std::size_t segments = 0;
  std::uint64_t batches = 0;
  std::uint64_t bytes = 0;  // of segments

  void add(std::string file, std::int64_t position, std::string what) {
    defects.push_back({std::move(file), position, std::move(what)});
  }
  // An error of a reader; the byte, where it is known, stands in its message.
  void add(const std::string& file, const Error& error) { add(file, -1, error.message()); }
};

// Every file: batches' checksums, offsets and epochs; indexes, snapshots and checkpoints against
// the batches; logs against the metadata; what crashes leave. Memory: some 80 bytes for each batch
// of the largest segment. Errors: already_in_use (a broker holds it), io_error; everything else is
// a defect.
Result<CheckReport> check_data_directory(std::shared_ptr<base::Directory> root);

// What is known of a log from elsewhere.
struct LogFacts {
  bool clean = false;     // as of its directory
  bool metadata = false;  // it is __cluster_metadata
  std::optional<protocol::Uuid> topic_id;
  std::optional<broker::LeaderEpoch> leader_epoch;  // of the partition
  bool may_have_gaps = true;                        // compacted, or not known
  std::optional<broker::Offset> recovery_point;     // by the checkpoints
  std::optional<broker::Offset> log_start;
  std::optional<broker::Offset> high_watermark;
  std::optional<broker::Offset> cleaned_until;
};

// One log's directory.
Result<void> check_log_directory(base::Directory& directory, const LogFacts& facts,
                                 CheckReport& report);

}  // namespace ottla::tools
