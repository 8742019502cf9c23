#include "tools/text/printable.h"

#include "base/inert.h"

namespace ottla::tools {

std::string printable(BytesView bytes) {
  std::string text;
  for (;;) {
    const auto end = bytes.find('\\');
    text += base::inert(bytes.substr(0, end));
    if (end == BytesView::npos) return text;
    text += "\\\\";
    bytes.remove_prefix(end + 1);
  }
}

}  // namespace ottla::tools
