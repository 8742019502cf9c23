#include "broker/security/client_host.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

namespace ottla::broker {
namespace {

using Bytes = std::array<unsigned char, 16>;

constexpr std::array<unsigned char, 12> kIpv4InIpv6 = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

std::string ipv4(const Bytes& bytes) {
  std::string text;
  for (std::size_t i = 12; i < 16; ++i) {
    text += (text.empty() ? "" : ".") + std::to_string(bytes[i]);
  }
  return text;
}

std::string ipv6(const Bytes& bytes) {
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 2) {
    char group[4];
    const auto end = std::to_chars(group, group + sizeof group, bytes[i] * 256 + bytes[i + 1], 16);
    if (i != 0) text += ':';
    text.append(group, end.ptr);
  }
  return text;
}

}  // namespace

std::string client_host(const std::string& address) {
  const auto zone = std::min(address.find('%'), address.size());
  if (address.find(':') == std::string::npos) return address;
  Bytes bytes{};
  if (inet_pton(AF_INET6, address.substr(0, zone).c_str(), bytes.data()) != 1) return address;
  if (std::equal(kIpv4InIpv6.begin(), kIpv4InIpv6.end(), bytes.begin())) return ipv4(bytes);
  return ipv6(bytes) + address.substr(zone);
}

}  // namespace ottla::broker
