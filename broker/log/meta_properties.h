#pragma once

#include <cstdint>
#include <string>

#include "ottla/bytes.h"
#include "ottla/result.h"
#include "protocol/types.h"
#include "protocol/uuid.h"

namespace ottla::broker {

// meta.properties: whom a log directory belongs to. A value.
struct MetaProperties {
  std::string cluster_id;
  protocol::BrokerId node_id{-1};
  protocol::Uuid directory_id;  // zero if the file has none (before KIP-858)

  // The text of a Java properties file, version 1. Keys that are not known are ignored. Errors:
  // corrupt_data (a key is missing or no number), unsupported_version (not version 1).
  static Result<MetaProperties> parse(BytesView text);
  std::string to_text() const;

  bool operator==(const MetaProperties&) const = default;
};

}  // namespace ottla::broker
