#include "tools/partitions_file.h"

#include <boost/json.hpp>
#include <fstream>
#include <limits>
#include <sstream>
#include <utility>

namespace ottla::tools {
namespace {

namespace json = boost::json;

using Offsets = std::map<TopicPartition, std::int64_t>;

const std::int64_t* integer_in(const json::object& object, const char* key) {
  const auto* value = object.if_contains(key);
  return value == nullptr ? nullptr : value->if_int64();
}

class Reader {
 public:
  explicit Reader(PartitionsFile kind) : with_offsets_(kind == PartitionsFile::with_offsets) {}

  // The version, if there is one, is 1.
  Result<Offsets> read(const std::string& text) {
    boost::system::error_code failure;
    const auto value = json::parse(text, failure);
    if (failure) return malformed("the file is no JSON: " + failure.message());
    const auto* object = value.if_object();
    const auto* partitions = object == nullptr ? nullptr : object->if_contains("partitions");
    if (partitions == nullptr || !partitions->is_array()) {
      return malformed("there are no partitions");
    }
    if (object->contains("version")) {
      const auto* version = integer_in(*object, "version");
      if (version == nullptr || *version != 1) return malformed("only version 1 is known");
    }
    for (const auto& entry : partitions->as_array()) {
      if (auto added = add(entry); !added) return added.error();
    }
    return std::move(offsets_);
  }

 private:
  Result<void> add(const json::value& entry) {
    const auto* object = entry.if_object();
    const auto* topic = object == nullptr ? nullptr : object->if_contains("topic");
    if (topic == nullptr || !topic->is_string()) return malformed("an entry has no topic");
    const auto* partition = integer_in(*object, "partition");
    if (partition == nullptr || *partition < 0 ||
        *partition > std::numeric_limits<std::int32_t>::max()) {
      return malformed("an entry has no partition");
    }
    std::int64_t offset = 0;
    if (with_offsets_) {
      const auto* told = integer_in(*object, "offset");
      if (told == nullptr) return malformed("an entry has no offset");
      offset = *told;
    }
    TopicPartition id{std::string(topic->as_string()), static_cast<std::int32_t>(*partition)};
    const auto name = to_string(id);
    if (!offsets_.emplace(std::move(id), offset).second) {
      return malformed(name + " stands there twice");
    }
    return {};
  }

  Error malformed(const std::string& why) const {
    return {ErrorCode::invalid_argument,
            why + R"(; expected {"partitions": [{"topic": "t", "partition": 0)" +
                (with_offsets_ ? R"(, "offset": 1}]})" : "}]}")};
  }

  const bool with_offsets_;
  Offsets offsets_;
};

}  // namespace

Result<Offsets> read_partitions_file(const std::string& path, PartitionsFile kind) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return Error(ErrorCode::not_found, "cannot read " + path);
  std::ostringstream text;
  text << file.rdbuf();
  auto read = Reader(kind).read(text.str());
  if (!read) return Error(read.error().code(), path + ": " + read.error().message());
  return read;
}

}  // namespace ottla::tools
