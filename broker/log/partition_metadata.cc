#include "broker/log/partition_metadata.h"

#include <algorithm>
#include <optional>

#include "broker/log/file_names.h"

namespace ottla::broker {
namespace {

// The value of "key: value" on a line of its own.
std::optional<BytesView> value_of(BytesView text, BytesView key) {
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!line.starts_with(key) || line.substr(key.size(), 1) != ":") continue;
    line.remove_prefix(key.size() + 1);
    while (line.starts_with(' ')) line.remove_prefix(1);
    while (line.ends_with(' ') || line.ends_with('\r')) line.remove_suffix(1);
    return line;
  }
  return {};
}

}  // namespace

std::string partition_metadata_text(const protocol::Uuid& topic_id) {
  return "version: 0\ntopic_id: " + topic_id.to_string();
}

Result<protocol::Uuid> parse_partition_metadata(BytesView text) {
  const auto version = value_of(text, "version");
  if (!version || *version != "0") {
    return Error(ErrorCode::corrupt_data, "partition.metadata is not of version 0");
  }
  const auto id = value_of(text, "topic_id");
  const auto parsed = id ? protocol::Uuid::parse(*id) : std::nullopt;
  if (!parsed) return Error(ErrorCode::corrupt_data, "partition.metadata has no topic id");
  return *parsed;
}

protocol::Uuid topic_id_in(base::Directory& root, std::string_view log_directory) {
  auto directory = root.open_directory(log_directory);
  if (!directory || !(*directory)->exists(kPartitionMetadata)) return {};
  auto text = (*directory)->read_file(kPartitionMetadata, 4096);
  if (!text) return {};
  // What cannot be read is reported when the log is opened.
  auto id = parse_partition_metadata(*text);
  return id ? *id : protocol::Uuid{};
}

}  // namespace ottla::broker
