#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/endian.h"
#include "base/varint.h"
#include "protocol/wire/failure.h"
#include "protocol/wire/visitor.h"

namespace ottla::protocol {

// A place in an encoded message where bytes belong that are not in it: `size` bytes, before the
// byte at `position`.
struct ExternalRecords {
  std::size_t position = 0;
  std::uint64_t size = 0;

  bool operator==(const ExternalRecords&) const = default;
};

// Counts what BufferSink would write.
class CountingSink {
 public:
  std::size_t bytes() const { return bytes_; }
  std::uint64_t external_bytes() const { return external_; }

  template <std::integral T>
  void integer(T) {
    bytes_ += sizeof(T);
  }
  void uvarint(std::uint32_t value) { bytes_ += base::varint_size(value); }
  void raw(BytesView bytes) { bytes_ += bytes.size(); }
  void external(std::uint64_t size) { external_ += size; }

 private:
  std::size_t bytes_ = 0;
  std::uint64_t external_ = 0;
};

// Writes into memory that a CountingSink has measured; checks nothing.
class BufferSink {
 public:
  // `begin` to `at` is already written; positions count from `begin`.
  BufferSink(char* begin, char* at, std::vector<ExternalRecords>& external)
      : begin_(begin), at_(at), external_(external) {}

  char* at() const { return at_; }

  template <std::integral T>
  void integer(T value) {
    base::store_be(at_, value);
    at_ += sizeof(T);
  }
  void uvarint(std::uint32_t value) { at_ = base::write_uvarint(at_, value); }
  void raw(BytesView bytes) {
    if (!bytes.empty()) std::memcpy(at_, bytes.data(), bytes.size());
    at_ += bytes.size();
  }
  void external(std::uint64_t size) {
    external_.push_back({static_cast<std::size_t>(at_ - begin_), size});
  }

 private:
  char* begin_;
  char* at_;
  std::vector<ExternalRecords>& external_;
};

// Walks a message in wire order and hands its bytes to the sink. SizeOf and Encoder are this one
// class, so they cannot disagree; a message that cannot be said in this version (a null, a value
// that would be lost, a text too long) is found by either.
template <class Sink>
class Writer : public Visitor<Writer<Sink>> {
 public:
  Writer(std::int16_t version, bool flexible, Sink sink)
      : version_(version), flexible_(flexible), sink_(std::move(sink)) {}

  const Sink& sink() const { return sink_; }
  const Failure& failure() const { return failure_; }

  template <MessageStruct T>
  void put(const T& m) {
    const Here outer = std::exchange(here_, Here::at(m));
    T::fields(m, *this);
    here_ = outer;
    // A struct without tagged fields of its own still has an empty section for them.
    if (flexible_ && !std::exchange(tags_done_, false)) sink_.uvarint(0);
  }

  template <class T>
  void field(const char* name, const FieldRule& rule, const T& member) {
    if (failure_) return;
    if (rule.present.contains(version_)) {
      put_value(rule, member);
    } else {
      check_dropped(rule, member);
    }
    if (failure_) failure_.inside_field(name);
  }

  template <class... T>
  void tags(const Tag<T>&... tag) {
    std::uint32_t count = 0;
    ((count += travels(tag) ? 1 : 0), ...);
    if (!flexible_ || failure_) return;
    sink_.uvarint(count);
    (put_tag(tag), ...);
    tags_done_ = true;
  }

 private:
  static constexpr std::uint64_t kMaxLength = std::numeric_limits<std::int32_t>::max() - 1;

  template <class T>
  void check_dropped(const FieldRule& rule, const T& member) {
    if (!rule.required || here_.is_default(member)) return;
    failure_.set(ErrorCode::unsupported_version,
                 "has a value, but this version has no such field; leave it at its default or use "
                 "another version");
  }

  template <class T>
  void put_value(const FieldRule&, const T& member) {
    put(member);
  }
  template <class T>
  void put_value(const FieldRule& rule, const std::optional<T>& member) {
    if constexpr (MessageStruct<T>) {
      sink_.integer(static_cast<std::int8_t>(member ? 1 : -1));
    }
    if (member) {
      put(*member);
    } else if (version_ < rule.nullable_since) {
      failure_.set(ErrorCode::unsupported_version, "is null, which this version does not allow");
    } else if constexpr (!MessageStruct<T>) {
      put_null(std::same_as<T, std::string_view>);
    }
  }

  void put_null(bool is_string) {
    if (flexible_) {
      sink_.uvarint(0);
    } else if (is_string) {
      sink_.integer(std::int16_t{-1});
    } else {
      sink_.integer(std::int32_t{-1});
    }
  }

  template <Number T>
  void put(T value) {
    sink_.integer(to_integer(value));
  }
  void put(bool value) { sink_.integer(static_cast<std::int8_t>(value)); }
  void put(double value) { sink_.integer(std::bit_cast<std::uint64_t>(value)); }
  void put(const Uuid& uuid) {
    sink_.integer(uuid.high);
    sink_.integer(uuid.low);
  }
  void put(std::string_view text) {
    const auto most = flexible_ ? kMaxLength : std::numeric_limits<std::int16_t>::max();
    if (!check_length(text.size(), most)) return;
    if (flexible_) {
      sink_.uvarint(static_cast<std::uint32_t>(text.size() + 1));
    } else {
      sink_.integer(static_cast<std::int16_t>(text.size()));
    }
    sink_.raw(text);
  }
  void put(const OpaqueBytes& bytes) {
    if (!put_length(bytes.view.size())) return;
    sink_.raw(bytes.view);
  }
  void put(const Records& records) {
    if (!put_length(records.bytes.size() + records.external_size)) return;
    sink_.raw(records.bytes);
    if (records.external_size > 0) sink_.external(records.external_size);
  }
  template <class T>
  void put(const std::vector<T>& array) {
    if (!put_length(array.size())) return;
    for (std::size_t i = 0; i < array.size() && !failure_; ++i) {
      put(array[i]);
      if (failure_) failure_.inside_element(i);
    }
  }

  bool put_length(std::uint64_t length) {
    if (!check_length(length, kMaxLength)) return false;
    if (flexible_) {
      sink_.uvarint(static_cast<std::uint32_t>(length + 1));
    } else {
      sink_.integer(static_cast<std::int32_t>(length));
    }
    return true;
  }

  bool check_length(std::uint64_t length, std::uint64_t most) {
    if (length <= most) return true;
    failure_.set(ErrorCode::message_too_large, "has a length of " + std::to_string(length) +
                                                   ", the most here is " + std::to_string(most));
    return false;
  }

  // Tagged fields with their default value stay at home.
  template <class T>
  bool travels(const Tag<T>& tag) {
    if (failure_) return false;
    if (flexible_ && tag.rule.present.contains(version_)) return !here_.is_default(tag.field);
    check_dropped(tag.rule, tag.field);
    if (failure_) failure_.inside_field(tag.name);
    return false;
  }

  template <class T>
  void put_tag(const Tag<T>& tag) {
    if (!travels(tag)) return;
    Writer<CountingSink> body(version_, flexible_, {});
    body.field(tag.name, tag.rule, tag.field);
    sink_.uvarint(tag.number);
    sink_.uvarint(static_cast<std::uint32_t>(body.sink().bytes()));
    field(tag.name, tag.rule, tag.field);
  }

  const std::int16_t version_;
  const bool flexible_;
  Sink sink_;
  Here here_;
  bool tags_done_ = false;
  Failure failure_;
};

using SizeOf = Writer<CountingSink>;
using Encoder = Writer<BufferSink>;

}  // namespace ottla::protocol
