#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/wire/api.h"
#include "protocol/wire/visitor.h"

namespace ottla::protocol {

// A row of schema.txt.
struct SchemaField {
  std::string path;
  std::string type;
  VersionRange versions;
  VersionRange nullable;
  int tag = -1;
  bool required = false;
  bool default_given = false;
  std::string default_value;

  // "topics[].partitions[]." of "topics[].partitions[].index"; empty for a field of the message.
  std::string parent() const;
  std::string name() const;
};

struct SchemaMessage {
  VersionRange versions;
  VersionRange flexible;
  std::vector<SchemaField> fields;
};

// Kafka's schema of a message; nothing in it if the table has none.
SchemaMessage read_schema(const Api& api, Side side);

}  // namespace ottla::protocol
