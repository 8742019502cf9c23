#include "ottla/headers.h"

#include "base/varint.h"

namespace ottla {
namespace {

void append_varint(Bytes& to, std::int64_t value) {
  char buffer[base::kMaxVarint64Size];
  to.append(buffer, base::write_zigzag64(buffer, value));
}

// Takes one field of a header from `rest`; false if it is malformed.
bool take_field(BytesView& rest, BytesView& field) {
  std::int32_t length = 0;
  const char* const end = rest.data() + rest.size();
  const char* at = base::read_zigzag32(rest.data(), end, length);
  if (at == nullptr) return false;
  if (length < 0) {
    field = kNull;
  } else {
    if (end - at < length) return false;
    field = {at, static_cast<std::size_t>(length)};
    at += length;
  }
  rest = {at, static_cast<std::size_t>(end - at)};
  return true;
}

}  // namespace

void HeadersView::Iterator::read() {
  if (left_ == 0) return;
  if (!take_field(rest_, current_.key) || !take_field(rest_, current_.value)) left_ = 0;
}

std::optional<BytesView> HeadersView::find(std::string_view key) const {
  std::optional<BytesView> found;
  for (const auto& header : *this) {
    if (header.key == key) found = header.value;
  }
  return found;
}

void Headers::add(std::string_view key, BytesView value) {
  append_varint(encoded_, static_cast<std::int64_t>(key.size()));
  encoded_.append(key);
  if (is_null(value)) {
    append_varint(encoded_, -1);
  } else {
    append_varint(encoded_, static_cast<std::int64_t>(value.size()));
    encoded_.append(value);
  }
  ++count_;
}

}  // namespace ottla
