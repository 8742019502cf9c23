#include "base/http/http_url.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <utility>

#include "base/ascii.h"

namespace ottla::base {
namespace {

constexpr std::string_view kHttps = "https://";
constexpr std::string_view kHttp = "http://";
constexpr std::size_t kMostBytes = 4096;
constexpr std::size_t kMostBytesOfHost = 253;

Error unfit(const char* why) {
  return Error(ErrorCode::invalid_argument, why);
}

std::uint16_t port_of(bool encrypted) {
  return encrypted ? 443 : 80;
}

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool all_of(std::string_view text, std::string_view others) {
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return is_letter_or_digit(c) || others.find(c) != std::string_view::npos;
  });
}

bool is_ipv6(std::string_view text) {
  in6_addr address{};
  return inet_pton(AF_INET6, std::string(text).c_str(), &address) == 1;
}

// What stands before the path: HOST, HOST:PORT or the same with [IPv6].
Result<Endpoint> read_authority(std::string_view text, std::uint16_t port) {
  if (text.find('@') != text.npos) return unfit("a user or a password in a URL is not served");
  std::string_view host;
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == text.npos) return unfit("the address has no ]");
    host = text.substr(1, end - 1);
    text.remove_prefix(end + 1);
    if (!is_ipv6(host)) {
      return unfit("between [ and ] there is no IPv6 address");
    }
  } else {
    host = text.substr(0, text.find(':'));
    text.remove_prefix(host.size());
    if (!all_of(host, "-._")) return unfit("the host is no name and no address");
  }
  if (host.empty() || host.size() > kMostBytesOfHost) return unfit("there is no host");
  if (!text.empty()) {
    const auto* const end = text.data() + text.size();
    const auto read = std::from_chars(text.data() + 1, end, port);
    if (text.front() != ':' || read.ec != std::errc() || read.ptr != end || port == 0) {
      return unfit("the port is no number from 1 to 65535");
    }
  }
  return Endpoint{.host = std::string(host), .port = port};
}

}  // namespace

Result<HttpUrl> HttpUrl::parse(std::string_view text) {
  if (text.size() > kMostBytes) return unfit("the URL is too long");
  HttpUrl url;
  url.encrypted = base::same_but_for_case(text.substr(0, kHttps.size()), kHttps);
  if (!url.encrypted && !base::same_but_for_case(text.substr(0, kHttp.size()), kHttp)) {
    return unfit("the URL begins neither with https:// nor with http://");
  }
  text.remove_prefix(url.encrypted ? kHttps.size() : kHttp.size());
  const auto target = text.substr(std::min(text.find_first_of("/?#"), text.size()));
  auto endpoint =
      read_authority(text.substr(0, text.size() - target.size()), port_of(url.encrypted));
  if (!endpoint) return endpoint.error();
  url.endpoint = *std::move(endpoint);
  if (target.find('#') != target.npos) return unfit("a fragment (#) is not sent anywhere");
  if (!all_of(target, "-._~:/?[]@!$&'()*+,;=%")) {
    return unfit("something in the path is to be written with %");
  }
  if (!target.starts_with('/')) url.target.append(target);
  if (target.starts_with('/')) url.target = target;
  return url;
}

std::string HttpUrl::authority() const {
  if (endpoint.port != port_of(encrypted)) return endpoint.to_string();
  const bool is_v6 = endpoint.host.find(':') != std::string::npos;
  return is_v6 ? "[" + endpoint.host + "]" : endpoint.host;
}

std::string HttpUrl::to_string() const {
  return std::string(encrypted ? kHttps : kHttp) + authority() + target.substr(0, target.find('?'));
}

bool HttpUrl::is_loopback() const {
  const auto& host = endpoint.host;
  if (base::same_but_for_case(host, "localhost") || host == "::1") return true;
  in_addr address{};
  constexpr std::uint32_t kLoopbackNet = 127;
  return inet_pton(AF_INET, host.c_str(), &address) == 1 &&
         ntohl(address.s_addr) >> 24 == kLoopbackNet;
}

std::string form_encoded(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (is_letter_or_digit(c) || std::string_view("-._*").find(c) != std::string_view::npos) {
      encoded += c;
    } else if (c == ' ') {
      encoded += '+';
    } else {
      encoded.append(1, '%').append(1, kDigits[byte >> 4]).append(1, kDigits[byte & 15]);
    }
  }
  return encoded;
}

}  // namespace ottla::base
