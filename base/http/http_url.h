#pragma once

#include <string>
#include <string_view>

#include "base/transport.h"
#include "ottla/result.h"

namespace ottla::base {

// Where something is asked for over HTTP: https://HOST[:PORT][/PATH][?QUERY], or the same with
// http.
struct HttpUrl {
  bool encrypted = true;
  Endpoint endpoint;         // 443 or 80 if the text has no port
  std::string target = "/";  // path and query

  bool operator==(const HttpUrl&) const = default;

  // Error: invalid_argument, saying what is wrong and never repeating the text: a user and a
  // password may stand in it, which are refused, as is a fragment, and whatever is no letter of a
  // URL.
  static Result<HttpUrl> parse(std::string_view text);

  // host, or host:port if the port is not the scheme's; brackets around IPv6.
  std::string authority() const;
  // Without the query.
  std::string to_string() const;

  // Whether the host is this machine by its name: localhost, 127.x.x.x or ::1.
  bool is_loopback() const;
};

// `text` as a value in application/x-www-form-urlencoded.
std::string form_encoded(std::string_view text);

}  // namespace ottla::base
