#include "protocol/wire/frame_reader.h"

#include <limits>

namespace ottla::protocol {

std::uint32_t FrameReader::uvarint() {
  if (failure_) return 0;
  std::uint32_t value = 0;
  const char* after = base::read_uvarint32(at_, at_ + available(), value);
  if (after == nullptr) {
    fail("a variable-length integer of more than 32 bits, or cut short");
    return 0;
  }
  at_ = after;
  return value;
}

std::int64_t FrameReader::string_length() {
  if (flexible_) return length();
  const auto length = integer<std::int16_t>();
  if (length < -1) fail("has a length of " + std::to_string(length));
  return failure_ ? -1 : length;
}

std::int64_t FrameReader::length() {
  const std::int64_t length =
      flexible_ ? std::int64_t{uvarint()} - 1 : std::int64_t{integer<std::int32_t>()};
  if (length < -1 || length > std::numeric_limits<std::int32_t>::max()) {
    fail("has a length of " + std::to_string(length));
  }
  return failure_ ? -1 : length;
}

bool FrameReader::pledge(std::size_t count, std::size_t least_size) {
  if (failure_) return false;
  if (count > available() / least_size) {
    fail("has " + std::to_string(count) + " elements of at least " + std::to_string(least_size) +
         " bytes, where " + std::to_string(available()) + " bytes can be theirs");
    return false;
  }
  pledged_ += count * least_size;
  return true;
}

bool FrameReader::next_tag(std::int64_t& last, std::size_t& size) {
  const std::uint32_t number = uvarint();
  size = uvarint();
  if (failure_) return false;
  if (number <= last) {
    fail("tag " + std::to_string(number) + " comes after tag " + std::to_string(last));
    return false;
  }
  last = number;
  if (size <= available()) return true;
  fail("tag " + std::to_string(number) + " has " + std::to_string(size) + " bytes, where " +
       std::to_string(available()) + " are left");
  return false;
}

void FrameReader::skip_tags() {
  const std::uint32_t count = uvarint();
  std::int64_t last = -1;
  std::size_t size = 0;
  for (std::uint32_t i = 0; i < count && next_tag(last, size); ++i) take(size);
}

FrameReader::Outside FrameReader::enter(std::size_t size) {
  const Outside outside{end_, pledged_};
  end_ = at_ + size;
  pledged_ = 0;
  return outside;
}

void FrameReader::leave(const Outside& outside) {
  fail_if_bytes_are_left();
  end_ = outside.end;
  pledged_ = outside.pledged;
}

void FrameReader::fail_if_bytes_are_left() {
  if (!failure_ && at_ != end_) fail("is followed by " + std::to_string(left()) + " bytes more");
}

void FrameReader::fail(std::string why) {
  if (failure_) return;
  failure_.set(ErrorCode::corrupt_data, why + " (byte " + std::to_string(position()) + " of " +
                                            std::to_string(end_ - begin_) + ")");
}

void FrameReader::fail_short(std::size_t size) {
  fail("needs " + std::to_string(size) + " bytes, where " + std::to_string(available()) +
       " can be its own");
}

}  // namespace ottla::protocol
