#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/endian.h"
#include "base/varint.h"
#include "protocol/wire/failure.h"
#include "protocol/wire/visitor.h"

namespace ottla::protocol {

// Reads the primitives of one frame from front to back. Sticky: after the first failure every read
// answers zero or nothing and moves no further. No read passes the end, or takes bytes that are
// pledged to elements of arrays still to come.
class FrameReader {
 public:
  FrameReader(BytesView frame, bool flexible)
      : begin_(frame.data()), at_(begin_), end_(begin_ + frame.size()), flexible_(flexible) {}

  const Failure& failure() const { return failure_; }
  std::size_t position() const { return static_cast<std::size_t>(at_ - begin_); }
  std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }
  BytesView rest() const { return {at_, left()}; }

  template <std::integral T>
  T integer() {
    if (!take(sizeof(T))) return T{};
    return base::load_be<T>(at_ - sizeof(T));
  }
  std::uint32_t uvarint();

  // A length or a count in the form that the version has; -1: null.
  std::int64_t string_length();
  std::int64_t length();

  // The next bytes, borrowed from the frame.
  BytesView bytes(std::int64_t size) {
    if (!take(static_cast<std::size_t>(size))) return {};
    return {at_ - size, static_cast<std::size_t>(size)};
  }

  // Reads the section of tagged fields that no one here knows.
  void skip_tags();

  void fail(std::string why);
  // For what a peer says that this version does not allow.
  void fail_null() { fail("is null, which this version does not allow"); }
  void fail_if_bytes_are_left();

 protected:
  bool take(std::size_t size) {
    if (size > available()) [[unlikely]] {
      fail_short(size);
      return false;
    }
    at_ += size;
    return true;
  }

  // What may be read now: `left()` less what is pledged. At least the pledge is needed after it.
  std::size_t available() const {
    if (failure_) return 0;
    return left() > pledged_ ? left() - pledged_ : 0;
  }

  // Sets the least bytes of `count` elements aside, or fails. This comes before any allocation, and
  // no byte is pledged twice, so the allocations of a whole frame are bounded.
  bool pledge(std::size_t count, std::size_t least_size);
  void redeem(std::size_t least_size) { pledged_ -= least_size; }

  // The next tag of a section and its size; false after failure or if the tag does not follow
  // `last` in ascending order.
  bool next_tag(std::int64_t& last, std::size_t& size);

  // Limits reads to the next `size` bytes until `leave` is called with what this returned; `leave`
  // fails if not all of them were read.
  struct Outside {
    const char* end;
    std::size_t pledged;
  };
  Outside enter(std::size_t size);
  void leave(const Outside& outside);

  bool flexible() const { return flexible_; }
  Failure& mutable_failure() { return failure_; }

 private:
  void fail_short(std::size_t size);

  const char* begin_;
  const char* at_;
  const char* end_;
  std::size_t pledged_ = 0;
  const bool flexible_;
  Failure failure_;
};

}  // namespace ottla::protocol
