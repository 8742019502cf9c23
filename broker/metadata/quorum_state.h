#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ottla/result.h"
#include "protocol/uuid.h"

namespace ottla::broker {

inline constexpr std::string_view kQuorumStateFile = "quorum-state";

// The file `quorum-state`: what a raft voter must not forget. A value.
struct QuorumState {
  std::int32_t leader_id = -1;
  std::int32_t leader_epoch = 0;
  std::int32_t voted_id = -1;
  protocol::Uuid voted_directory_id;  // data version 1
  std::int32_t voter_id = -1;         // data version 0: the one voter
  std::int16_t data_version = 0;      // 1: the cluster has kraft.version 1

  bool operator==(const QuorumState&) const = default;

  // Reads the fields that matter here. Errors: corrupt_data (no epoch in it), unsupported_version
  // (a data version above 1).
  static Result<QuorumState> parse(std::string_view json);

  // One line with every field of the data version, as Apache Kafka expects it.
  std::string to_json() const;
};

}  // namespace ottla::broker
