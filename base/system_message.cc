#include "base/system_message.h"

#include <string.h>

namespace ottla::base {

std::string system_message(int number) {
  const char* text = ::strerrordesc_np(number);
  return text == nullptr ? "error " + std::to_string(number) : text;
}

}  // namespace ottla::base
