#pragma once

#include <string_view>

#include "ottla/headers.h"

namespace ottla::interceptors {

// The headers with this one in the place of all of its name, at the end.
inline Headers replaced(const HeadersView& headers, std::string_view key, BytesView value) {
  Headers changed;
  for (const auto& header : headers) {
    if (header.key != key) changed.add(header.key, header.value);
  }
  changed.add(key, value);
  return changed;
}

}  // namespace ottla::interceptors
