#include "client/network/token_endpoint.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "base/ascii.h"
#include "base/crypto/base64_url.h"
#include "base/crypto/secrets.h"
#include "client/network/no_token.h"
#include "client/network/token_assertion.h"
#include "protocol/wire/strict_json.h"

namespace ottla::client {
namespace {

using protocol::JsonValue;

constexpr std::size_t kMostValuesOfAnswer = 1024;
constexpr std::size_t kMostTextOfEndpoint = 200;
// Longer ones are as good as those.
constexpr std::int64_t kMostSecondsOfLife = std::int64_t{10} * 365 * 24 * 60 * 60;
// As of numbers that are written as such; sums of them stay far from the end of 64 bits.
constexpr std::int64_t kLargest = 9'000'000'000'000'000;
constexpr unsigned kOk = 200;

const std::string* find_string(const JsonValue& json, std::string_view name) {
  const auto* found = json.find(name);
  return found != nullptr && found->kind == JsonValue::Kind::string ? &found->string : nullptr;
}

// Some servers write numbers as strings.
std::optional<std::int64_t> find_number(const JsonValue& json, std::string_view name) {
  const auto* found = json.find(name);
  if (found == nullptr) return std::nullopt;
  if (found->kind == JsonValue::Kind::number) return found->number;
  std::int64_t number = 0;
  const auto* const end = found->string.data() + found->string.size();
  const auto read = std::from_chars(found->string.data(), end, number);
  if (found->string.empty() || read.ec != std::errc() || read.ptr != end) return std::nullopt;
  if (number < -kLargest || number > kLargest) return std::nullopt;
  return number;
}

// How many seconds a token says itself that it lasts: from when it was issued on, if it says that,
// which takes no right clock here.
std::optional<std::int64_t> life_in(std::string_view token, base::WallMillis now) {
  const auto first = token.find('.');
  const auto second = first == token.npos ? first : token.find('.', first + 1);
  if (second == token.npos) return std::nullopt;
  std::string claims;
  if (!base::from_base64_url(token.substr(first + 1, second - first - 1), claims)) {
    return std::nullopt;
  }
  const auto json = protocol::parse_strict_json(claims, kMostValuesOfAnswer);
  const auto expiry = json ? find_number(*json, "exp") : std::nullopt;
  if (!expiry) return std::nullopt;
  return *expiry - find_number(*json, "iat").value_or(now / 1000);
}

std::optional<std::chrono::system_clock::time_point> expiry_of(const JsonValue& json,
                                                               std::string_view token,
                                                               base::WallMillis now) {
  auto left = find_number(json, "expires_in");
  if (!left) left = life_in(token, now);
  if (!left) return std::nullopt;
  return std::chrono::system_clock::time_point(
      std::chrono::milliseconds(now) +
      std::chrono::seconds(std::clamp(*left, -kMostSecondsOfLife, kMostSecondsOfLife)));
}

// Whether a text has something of what was sent in it that nobody is to see.
bool repeats(std::string_view text, const TokenEndpoint& endpoint,
             const base::HttpRequest& request) {
  const auto has = [&](std::string_view secret) {
    return !secret.empty() && text.find(secret) != std::string_view::npos;
  };
  constexpr std::string_view kAssertion = "&assertion=";
  const auto assertion = request.body.find(kAssertion);
  if (assertion != std::string::npos) {
    // The signature, which stands last.
    const auto shown = std::string_view(request.body).substr(assertion + kAssertion.size());
    const auto whole = shown.substr(0, shown.find('&'));
    if (has(whole.substr(whole.rfind('.') + 1))) return true;
  }
  for (const auto& [name, value] : request.headers) {
    if (name == "Authorization" && has(value.substr(value.find(' ') + 1))) return true;
  }
  return has(endpoint.client_secret) || has(base::form_encoded(endpoint.client_secret));
}

// What the endpoint says is wrong (RFC 6749, 5.2).
std::string reason_in(const TokenEndpoint& endpoint, const base::HttpRequest& request,
                      const base::HttpAnswer& answer) {
  const auto json = protocol::parse_strict_json(answer.body, kMostValuesOfAnswer);
  if (!json) return {};
  std::string reason;
  for (const auto* name : {"error", "error_description"}) {
    const auto* text = find_string(*json, name);
    if (text == nullptr || text->empty() || repeats(*text, endpoint, request)) continue;
    reason += (reason.empty() ? ": " : ", ") + text->substr(0, kMostTextOfEndpoint);
  }
  for (char& c : reason) {
    if (c < ' ' || c > '~') c = ' ';
  }
  return reason;
}

void add_credentials(const TokenEndpoint& endpoint, base::HttpRequest& request) {
  const auto as_sent = [&](const std::string& text) {
    return endpoint.url_encoded ? base::form_encoded(text) : text;
  };
  auto both = as_sent(endpoint.client_id) + ":" + as_sent(endpoint.client_secret);
  request.headers.emplace_back("Authorization", "Basic " + base::to_base64(both));
  base::wipe(both);
}

}  // namespace

Result<base::HttpRequest> make_token_request(const TokenEndpoint& endpoint, base::WallMillis now) {
  base::HttpRequest request{.url = endpoint.url, .method = "POST", .headers = {}, .body = {}};
  request.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
  if (endpoint.grant == OauthBearerGrant::client_credentials) {
    add_credentials(endpoint, request);
    request.body = "grant_type=client_credentials";
  } else {
    const auto assertion = make_assertion(endpoint.assertion, now);
    if (!assertion) return assertion.error();
    request.body =
        "grant_type=" + base::form_encoded("urn:ietf:params:oauth:grant-type:jwt-bearer") +
        "&assertion=" + base::form_encoded(*assertion);
  }
  if (!endpoint.scope.empty()) request.body += "&scope=" + base::form_encoded(endpoint.scope);
  return request;
}

Result<OauthBearerToken> read_token_answer(const TokenEndpoint& endpoint,
                                           const base::HttpRequest& request,
                                           const base::HttpAnswer& answer, base::WallMillis now) {
  if (answer.status != kOk) {
    return no_token(base::describe_status(endpoint.url, answer.status) +
                    reason_in(endpoint, request, answer));
  }
  const auto unfit = [&](const std::string& why) {
    return no_token(endpoint.url.to_string() + ": the answer has no token: " + why);
  };
  const auto json = protocol::parse_strict_json(answer.body, kMostValuesOfAnswer);
  if (!json) return unfit(json.error().message());
  const auto* token = find_string(*json, "access_token");
  if (token == nullptr || token->empty()) return unfit("there is no access_token");
  const auto* type = json->find("token_type");
  if (type != nullptr && !base::same_but_for_case(type->string, "bearer")) {
    return unfit("its token_type is not Bearer");
  }
  return OauthBearerToken{
      .token = *token, .expiry = expiry_of(*json, *token, now), .extensions = endpoint.extensions};
}

}  // namespace ottla::client
