#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ottla/consumer_interceptor.h"
#include "ottla/headers.h"
#include "ottla/interceptor.h"
#include "ottla/result.h"
#include "ottla/serde.h"

namespace ottla::interceptors {

// A record as it is checked; borrowed for the call.
struct GuardedRecord {
  std::string_view topic;
  BytesView key;
  BytesView value;
  HeadersView headers;
};

// Says whether a record may pass, or why not. Called by many threads at a time. One that throws
// refuses.
using RecordCheck = std::function<Result<void>(const GuardedRecord&)>;

// All of them must let it pass.
RecordCheck all_of(std::vector<RecordCheck> checks);
// Tombstones pass, others are checked.
RecordCheck unless_null(RecordCheck check);
// The value is text in UTF-8.
RecordCheck value_is_utf8();
// The record has this header, with this value if one is given.
RecordCheck has_header(std::string key, std::optional<std::string> value = {});
// The value is what Serde<T> reads.
template <Serializable T>
RecordCheck value_is() {
  return [](const GuardedRecord& record) -> Result<void> {
    if (auto read = from_bytes<T>(record.value); !read) return std::move(read).error();
    return {};
  };
}

enum class JsonType : std::uint8_t { any, null, boolean, number, string, array, object };

struct JsonField {
  std::string name{};
  JsonType type = JsonType::any;
  bool required = true;  // else it may be missing, or null
};

// What a JSON object looks like at its outermost level.
struct JsonShape {
  std::vector<JsonField> fields{};
  bool other_fields = true;    // may be there
  std::size_t max_depth = 64;  // of arrays and objects in each other
};

// The value is a JSON object of this shape: well-formed (RFC 8259, UTF-8), no name twice at the
// outermost level. One pass, no copy of the text.
RecordCheck value_is_json(JsonShape shape);

struct SchemaGuardOptions {
  std::map<std::string, RecordCheck, std::less<>> topics{};
  // Refuse records of topics that are not named.
  bool refuse_other_topics = false;
  // For consumers: called with each record that does not match, on the thread that polls; true:
  // hand it over all the same. Unset: it is left out, which `refused` counts.
  std::function<bool(const RecordView& record, const Error& why)> on_mismatch{};
};

// Lets only records pass that match: a producer's fail with invalid_record, saying what is wrong,
// and are not sent; a consumer's go where on_mismatch says. One object serves any number of
// clients. Put it behind what changes records in a producer's list. Any thread.
class SchemaGuard final : public ProducerInterceptor, public ConsumerInterceptor {
 public:
  explicit SchemaGuard(SchemaGuardOptions options) : options_(std::move(options)) {}

  // Why a record may not pass.
  Result<void> check(const GuardedRecord& record) const;

  // Records that did not match, of both kinds.
  std::uint64_t refused() const { return refused_.load(std::memory_order_relaxed); }

  void on_send(MutableRecord& record) override;
  void on_consume(MutableRecords& records) override;

 private:
  const SchemaGuardOptions options_;
  std::atomic<std::uint64_t> refused_{0};
};

}  // namespace ottla::interceptors
