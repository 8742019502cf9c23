#include "base/crypto/base64_url.h"

#include "base/crypto/secrets.h"

namespace ottla::base {

std::string to_base64_url(BytesView bytes) {
  auto text = to_base64(bytes);
  while (!text.empty() && text.back() == '=') text.pop_back();
  for (char& c : text) {
    if (c == '+') c = '-';
    if (c == '/') c = '_';
  }
  return text;
}

bool from_base64_url(BytesView text, std::string& bytes) {
  std::string usual(text);
  for (char& c : usual) {
    if (c == '+' || c == '/' || c == '=') return false;
    if (c == '-') c = '+';
    if (c == '_') c = '/';
  }
  usual.append((4 - usual.size() % 4) % 4, '=');
  return from_base64(usual, bytes);
}

}  // namespace ottla::base
