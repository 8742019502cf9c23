#include "ottla/interceptors/schema_guard.h"

#include <exception>
#include <utility>

#include "interceptors/json_shape.h"

namespace ottla::interceptors {
namespace {

Error mismatch(std::string why) {
  return Error(ErrorCode::invalid_record, std::move(why));
}

}  // namespace

RecordCheck all_of(std::vector<RecordCheck> checks) {
  return [checks = std::move(checks)](const GuardedRecord& record) -> Result<void> {
    for (const auto& check : checks) {
      if (auto passed = check(record); !passed) return passed;
    }
    return {};
  };
}

RecordCheck unless_null(RecordCheck check) {
  return [check = std::move(check)](const GuardedRecord& record) -> Result<void> {
    if (is_null(record.value)) return {};
    return check(record);
  };
}

RecordCheck value_is_utf8() {
  return [](const GuardedRecord& record) -> Result<void> {
    if (is_null(record.value)) return mismatch("the value is null");
    if (!is_utf8(record.value)) return mismatch("the value is not UTF-8");
    return {};
  };
}

RecordCheck has_header(std::string key, std::optional<std::string> value) {
  return [key = std::move(key),
          value = std::move(value)](const GuardedRecord& record) -> Result<void> {
    const auto found = record.headers.find(key);
    if (!found) return mismatch("the header '" + key + "' is missing");
    if (value && *found != *value) return mismatch("the header '" + key + "' is not " + *value);
    return {};
  };
}

RecordCheck value_is_json(JsonShape shape) {
  return [shape = std::move(shape)](const GuardedRecord& record) -> Result<void> {
    if (is_null(record.value)) return mismatch("the value is null");
    if (auto wrong = check_json(record.value, shape)) return mismatch("the value: " + *wrong);
    return {};
  };
}

Result<void> SchemaGuard::check(const GuardedRecord& record) const {
  const auto found = options_.topics.find(record.topic);
  if (found == options_.topics.end()) {
    if (!options_.refuse_other_topics) return {};
    return Error(ErrorCode::invalid_record, "nothing is said of records of this topic",
                 {.topic = std::string(record.topic)});
  }
  try {
    auto passed = found->second(record);
    if (passed) return {};
    return Error(ErrorCode::invalid_record, passed.error().message(),
                 {.topic = std::string(record.topic)});
  } catch (const std::exception& e) {
    return Error(ErrorCode::invalid_record, std::string("its check threw: ") + e.what());
  } catch (...) {
    return Error(ErrorCode::invalid_record, "its check threw");
  }
}

void SchemaGuard::on_send(MutableRecord& record) {
  auto passed = check({record.topic(), record.key(), record.value(), record.headers()});
  if (passed) return;
  refused_.fetch_add(1, std::memory_order_relaxed);
  record.reject(std::move(passed).error());
}

void SchemaGuard::on_consume(MutableRecords& records) {
  records.remove_if([this](const RecordView& record) {
    const auto passed = check({record.topic(), record.key(), record.value(), record.headers()});
    if (passed) return false;
    refused_.fetch_add(1, std::memory_order_relaxed);
    return !options_.on_mismatch || !options_.on_mismatch(record, passed.error());
  });
}

}  // namespace ottla::interceptors
