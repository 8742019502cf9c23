#include "broker/log/meta_properties.h"

#include <algorithm>
#include <charconv>
#include <map>

namespace ottla::broker {
namespace {

BytesView trimmed(BytesView text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) {
    text.remove_suffix(1);
  }
  return text;
}

// The values in the file need no escapes but those of ':' and '=', which ids do not have.
std::map<BytesView, BytesView> read_properties(BytesView text) {
  std::map<BytesView, BytesView> properties;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line.front() == '#' || line.front() == '!') continue;
    const auto middle = line.find_first_of("=:");
    if (middle == BytesView::npos) continue;
    properties[trimmed(line.substr(0, middle))] = trimmed(line.substr(middle + 1));
  }
  return properties;
}

}  // namespace

Result<MetaProperties> MetaProperties::parse(BytesView text) {
  const auto properties = read_properties(text);
  const auto value = [&](BytesView key) {
    const auto found = properties.find(key);
    return found == properties.end() ? BytesView() : found->second;
  };
  if (value("version") != "1") {
    return Error(ErrorCode::unsupported_version,
                 "meta.properties has version '" + std::string(value("version")) + "', not 1");
  }
  MetaProperties parsed;
  parsed.cluster_id = value("cluster.id");
  if (parsed.cluster_id.empty()) {
    return Error(ErrorCode::corrupt_data, "meta.properties has no cluster.id");
  }
  const auto node = value("node.id");
  const char* end = node.data() + node.size();
  const auto [rest, error] = std::from_chars(node.data(), end, parsed.node_id.value);
  if (error != std::errc() || rest != end || parsed.node_id.value < 0) {
    return Error(ErrorCode::corrupt_data, "meta.properties has no node.id");
  }
  if (const auto id = value("directory.id"); !id.empty()) {
    const auto directory_id = protocol::Uuid::parse(id);
    if (!directory_id) {
      return Error(ErrorCode::corrupt_data,
                   "meta.properties has '" + std::string(id) + "' as its directory.id");
    }
    parsed.directory_id = *directory_id;
  }
  return parsed;
}

std::string MetaProperties::to_text() const {
  return "#\nversion=1\ncluster.id=" + cluster_id + "\nnode.id=" + std::to_string(node_id.value) +
         "\ndirectory.id=" + directory_id.to_string() + "\n";
}

}  // namespace ottla::broker
