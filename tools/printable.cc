#include "tools/printable.h"

#include "base/inert.h"

namespace ottla::tools {

std::string printable(BytesView bytes) {
  std::string doubled;
  doubled.reserve(bytes.size());
  for (const char c : bytes) doubled.append(c == '\\' ? 2 : 1, c);
  return base::inert(doubled);
}

}  // namespace ottla::tools
