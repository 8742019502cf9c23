#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <optional>
#include <string_view>

#include "ottla/bytes.h"

namespace ottla {

// Kafka's null, which is not the same as empty: a view without an address. A record's key and
// value, and a header's value, may be null; a record with a null value is a tombstone, which
// deletes its key from a compacted topic. `BytesView{}` is null, `""` and an empty string are not.
inline constexpr BytesView kNull{};
constexpr bool is_null(BytesView bytes) {
  return bytes.data() == nullptr;
}

// One header, borrowed.
struct HeaderView {
  std::string_view key{};
  BytesView value{};  // may be null
};

// The headers of a record in order, borrowed, each decoded when the iteration comes to it. Keys may
// repeat.
class HeadersView {
 public:
  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = HeaderView;
    using difference_type = std::ptrdiff_t;
    using pointer = const HeaderView*;
    using reference = const HeaderView&;

    Iterator() = default;
    Iterator(BytesView encoded, std::uint32_t left) : rest_(encoded), left_(left) { read(); }

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

    BytesView rest_;
    std::uint32_t left_ = 0;
    HeaderView current_;
  };

  HeadersView() = default;
  // `encoded` are `count` headers in the form in which a record carries them.
  HeadersView(BytesView encoded, std::uint32_t count) : encoded_(encoded), count_(count) {}

  Iterator begin() const { return {encoded_, count_}; }
  Iterator end() const { return {}; }
  std::size_t size() const { return count_; }
  bool empty() const { return count_ == 0; }

  // The value of the last header of this key, as Kafka's own clients choose; linear.
  std::optional<BytesView> find(std::string_view key) const;

  BytesView encoded() const { return encoded_; }

 private:
  BytesView encoded_;
  std::uint32_t count_ = 0;
};

// Headers that own their bytes: `Headers{{"trace", id}, {"origin", "checkout"}}`. Kept in one block
// in the form in which a record carries them, so sending copies them once.
class Headers {
 public:
  Headers() = default;
  Headers(std::initializer_list<HeaderView> headers) {
    for (const auto& header : headers) add(header.key, header.value);
  }
  // A copy: `{.headers = record.headers()}` passes on what was consumed.
  Headers(HeadersView headers)  // NOLINT: implicit
      : encoded_(headers.encoded()), count_(static_cast<std::uint32_t>(headers.size())) {}

  // Behind those that are there, also if the key is among them.
  void add(std::string_view key, BytesView value);

  HeadersView view() const { return {encoded_, count_}; }
  operator HeadersView() const { return view(); }  // NOLINT: implicit

  HeadersView::Iterator begin() const { return view().begin(); }
  HeadersView::Iterator end() const { return {}; }
  std::size_t size() const { return count_; }
  bool empty() const { return count_ == 0; }
  std::optional<BytesView> find(std::string_view key) const { return view().find(key); }

  bool operator==(const Headers&) const = default;

 private:
  Bytes encoded_;
  std::uint32_t count_ = 0;
};

}  // namespace ottla
