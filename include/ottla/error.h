#pragma once

#include <exception>
#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "ottla/error_code.h"

namespace ottla {

// What the caller can do about an error.
enum class ErrorClass : std::uint8_t {
  fatal,             // trying the same again fails the same way
  retriable,         // the same call can succeed later
  refresh_metadata,  // the same, once the client has learned where the partition lives now
  abortable,         // the transaction must be aborted; the producer can go on
};

struct ErrorDescription {
  ErrorCode code;
  std::string_view name;  // Kafka's name, for example NOT_LEADER_OR_FOLLOWER
  ErrorClass error_class;
  std::string_view sentence;
};

// Constant time after a binary search; a code that is in no table answers with
// unknown_server_error's row.
const ErrorDescription& describe(ErrorCode code);

// Where it happened; fields that do not apply keep their defaults.
struct ErrorContext {
  std::string topic{};
  std::int32_t partition = -1;
  std::string broker{};  // host:port
  std::string file{};
  std::int64_t offset = -1;

  bool operator==(const ErrorContext&) const = default;
};

// One failure: a code to branch on, a message that says what, where and what to do, and the place
// in machine-readable form. Cheap to move, two strings to copy.
class Error {
 public:
  Error() = default;
  explicit Error(ErrorCode code) : code_(code) {}
  Error(ErrorCode code, std::string message) : code_(code), message_(std::move(message)) {}
  Error(ErrorCode code, std::string message, ErrorContext context)
      : code_(code),
        message_(std::move(message)),
        context_(std::make_shared<const ErrorContext>(std::move(context))) {}

  ErrorCode code() const { return code_; }

  // What happened in this case; empty if the code's own sentence says all there is.
  const std::string& message() const { return message_; }

  const ErrorContext& context() const;

  // The code's own class, but where the operation knows better: a record that is too large fails
  // however often it is sent, and ends its transaction, not its producer.
  ErrorClass error_class() const { return has_class_ ? class_ : describe(code_).error_class; }
  bool retriable() const {
    const auto c = error_class();
    return c == ErrorClass::retriable || c == ErrorClass::refresh_metadata;
  }
  bool abortable() const { return error_class() == ErrorClass::abortable; }
  bool fatal() const { return error_class() == ErrorClass::fatal; }

  // The same error with another class.
  Error with_class(ErrorClass error_class) const {
    Error error = *this;
    error.has_class_ = true;
    error.class_ = error_class;
    return error;
  }

  // "NAME: message (topic-partition, broker, file, offset)".
  std::string to_string() const;

  // Two errors are equal if code and message are.
  bool operator==(const Error& other) const {
    return code_ == other.code_ && message_ == other.message_;
  }

 private:
  ErrorCode code_ = ErrorCode::unknown_server_error;
  bool has_class_ = false;
  ErrorClass class_ = ErrorClass::fatal;
  std::string message_;
  std::shared_ptr<const ErrorContext> context_;
};

std::ostream& operator<<(std::ostream& out, const Error& error);
std::ostream& operator<<(std::ostream& out, ErrorCode code);

// What `Result::value()` throws when there is an error instead of a value; nothing else in the
// library throws.
class KafkaError final : public std::exception {
 public:
  explicit KafkaError(Error error) : error_(std::move(error)), what_(error_.to_string()) {}
  const Error& error() const { return error_; }
  const char* what() const noexcept override { return what_.c_str(); }

 private:
  Error error_;
  std::string what_;
};

}  // namespace ottla
