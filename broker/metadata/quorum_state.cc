#include "broker/metadata/quorum_state.h"

#include <charconv>
#include <limits>
#include <optional>

namespace ottla::broker {
namespace {

// The whole number behind `"key":`. The keys looked for do not occur in the file's strings, which
// are ids in base64.
std::optional<std::int64_t> number_at(std::string_view json, std::string_view key) {
  const std::string quoted = '"' + std::string(key) + '"';
  const auto found = json.find(quoted);
  if (found == std::string_view::npos) return std::nullopt;
  auto rest = json.substr(found + quoted.size());
  const auto colon = rest.find_first_not_of(" \t\r\n");
  if (colon == std::string_view::npos || rest[colon] != ':') return std::nullopt;
  rest = rest.substr(colon + 1);
  rest = rest.substr(std::min(rest.find_first_not_of(" \t\r\n"), rest.size()));
  std::int64_t number = 0;
  const auto [end, status] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
  if (status != std::errc() || end == rest.data()) return std::nullopt;
  return number;
}

bool is_int32(std::int64_t number) {
  return number >= std::numeric_limits<std::int32_t>::min() &&
         number <= std::numeric_limits<std::int32_t>::max();
}

}  // namespace

Result<QuorumState> QuorumState::parse(std::string_view json) {
  const auto version = number_at(json, "data_version");
  if (!version) return Error(ErrorCode::corrupt_data, "quorum-state has no data_version");
  if (*version < 0 || *version > 1) {
    return Error(
        ErrorCode::unsupported_version,
        "quorum-state has data_version " + std::to_string(*version) + "; known are 0 and 1");
  }
  const auto epoch = number_at(json, "leaderEpoch");
  if (!epoch || !is_int32(*epoch) || *epoch < 0) {
    return Error(ErrorCode::corrupt_data, "quorum-state has no leaderEpoch of at least 0");
  }
  QuorumState state;
  state.data_version = static_cast<std::int16_t>(*version);
  state.leader_epoch = static_cast<std::int32_t>(*epoch);
  const auto read = [json](std::string_view key, std::int32_t& to) {
    const auto number = number_at(json, key);
    if (number && is_int32(*number)) to = static_cast<std::int32_t>(*number);
  };
  read("leaderId", state.leader_id);
  read("votedId", state.voted_id);
  read("voterId", state.voter_id);
  return state;
}

std::string QuorumState::to_json() const {
  const auto leader = "\"leaderId\":" + std::to_string(leader_id) +
                      ",\"leaderEpoch\":" + std::to_string(leader_epoch) +
                      ",\"votedId\":" + std::to_string(voted_id);
  if (data_version == 1) {
    return "{" + leader + ",\"votedDirectoryId\":\"" + voted_directory_id.to_string() +
           "\",\"data_version\":1}";
  }
  return "{\"clusterId\":\"\"," + leader +
         ",\"appliedOffset\":0,\"currentVoters\":[{\"voterId\":" + std::to_string(voter_id) +
         "}],\"data_version\":0}";
}

}  // namespace ottla::broker
