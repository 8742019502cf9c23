#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>

#include "base/varint.h"
#include "ottla/bytes.h"
#include "protocol/types.h"

namespace ottla::protocol {

// One header of a record, borrowed. A value may be null; a key never is.
struct RecordHeader {
  BytesView key;
  std::optional<BytesView> value;

  bool operator==(const RecordHeader&) const = default;
};

// The headers of a record, in order, each decoded when the iteration comes to it. Made by a
// RecordReader, which has checked every length, so iterating cannot fail.
class RecordHeadersView {
 public:
  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = RecordHeader;
    using difference_type = std::ptrdiff_t;
    using pointer = const RecordHeader*;
    using reference = const RecordHeader&;

    Iterator() = default;
    Iterator(BytesView bytes, std::int32_t left) : bytes_(bytes), left_(left) { read(); }

    reference operator*() const { return current_; }
    pointer operator->() const { return &current_; }
    Iterator& operator++() {
      --left_;
      read();
      return *this;
    }
    void operator++(int) { ++*this; }
    bool operator==(const Iterator& other) const { return left_ == other.left_; }

   private:
    void read();

    BytesView bytes_;
    std::int32_t left_ = 0;
    RecordHeader current_;
  };

  RecordHeadersView() = default;
  // `bytes` are exactly `count` well-formed headers.
  RecordHeadersView(BytesView bytes, std::int32_t count) : bytes_(bytes), count_(count) {}

  Iterator begin() const { return {bytes_, count_}; }
  Iterator end() const { return {}; }
  std::size_t size() const { return static_cast<std::size_t>(count_); }
  bool empty() const { return count_ == 0; }

  // The headers as they are stored, without their count.
  BytesView bytes() const { return bytes_; }

 private:
  BytesView bytes_;
  std::int32_t count_ = 0;
};

// One record of a batch, borrowed from the memory its RecordReader walks.
struct RecordView {
  Offset offset;
  // Milliseconds since the Unix epoch; -1 if the producer gave none. For LogAppendTime the
  // batch's.
  std::int64_t timestamp = -1;
  std::optional<BytesView> key;
  std::optional<BytesView> value;
  RecordHeadersView headers;
};

}  // namespace ottla::protocol
