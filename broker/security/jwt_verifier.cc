#include "broker/security/jwt_verifier.h"

#include <algorithm>
#include <utility>

#include "base/ascii.h"
#include "base/crypto/base64_url.h"
#include "protocol/wire/strict_json.h"

namespace ottla::broker {
namespace {

using protocol::JsonValue;
using Kind = JsonValue::Kind;

// It is read before anybody is known to have signed it.
constexpr std::size_t kMostBytesOfHeader = 4 << 10;
// Of the header, and of the claims.
constexpr std::size_t kMostValuesOfToken = 256;

Error refused(std::string why) {
  return Error(ErrorCode::sasl_authentication_failed, "the token " + std::move(why));
}

// Null if there is no such value of this kind.
const JsonValue* find(const JsonValue& object, std::string_view name, Kind kind) {
  const auto* found = object.find(name);
  return found != nullptr && found->kind == kind ? found : nullptr;
}

Result<JsonValue> decode(std::string_view part, const char* what) {
  std::string text;
  if (!base::from_base64_url(part, text)) return refused(std::string(what) + " is not base64url");
  auto json = protocol::parse_strict_json(text, kMostValuesOfToken);
  if (!json) return refused(std::string(what) + " cannot be read: " + json.error().message());
  return json;
}

// A list of one may be the string alone.
bool has_audience(const JsonValue& claims, const std::vector<std::string>& wanted) {
  const auto is_wanted = [&](const JsonValue& each) {
    return each.kind == Kind::string &&
           std::find(wanted.begin(), wanted.end(), each.string) != wanted.end();
  };
  const auto* audience = claims.find("aud");
  if (audience == nullptr) return false;
  if (audience->kind != Kind::array) return is_wanted(*audience);
  return std::any_of(audience->elements.begin(), audience->elements.end(), is_wanted);
}

bool is_name(std::string_view user) {
  return !user.empty() && user.size() <= JwtVerifier::kMostBytesOfUser &&
         std::none_of(user.begin(), user.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

}  // namespace

JwtVerifier::JwtVerifier(JwtExpectations expected, JwkSet keys,
                         std::function<void()> on_unknown_key)
    : expected_(std::move(expected)),
      keys_(std::move(keys)),
      on_unknown_key_(std::move(on_unknown_key)) {}

Result<JwtVerifier> JwtVerifier::make(JwtExpectations expected, JwkSet keys,
                                      std::function<void()> on_unknown_key) {
  const auto& audiences = expected.audiences;
  const bool has_audiences =
      !audiences.empty() && std::none_of(audiences.begin(), audiences.end(),
                                         [](const auto& each) { return each.empty(); });
  if (expected.issuer.empty() || !has_audiences || expected.principal_claim.empty() ||
      expected.clock_skew_seconds < 0) {
    return Error(
        ErrorCode::invalid_config,
        "who issues tokens, for which audience, and which claim has the user, must be said");
  }
  return JwtVerifier(std::move(expected), std::move(keys), std::move(on_unknown_key));
}

Result<JwtIdentity> JwtVerifier::verify(std::string_view token, std::int64_t now_seconds) const {
  if (token.size() > kMostBytes) return refused("is too large");
  const auto first = token.find('.');
  const auto second = first == token.npos ? first : token.find('.', first + 1);
  if (second == token.npos || token.find('.', second + 1) != token.npos) {
    return refused("is not signed as a JWT is: it does not have three parts");
  }
  const auto header = token.substr(0, first);
  const auto claims = token.substr(first + 1, second - first - 1);
  const auto good = check_signature(header, token.substr(0, second), token.substr(second + 1));
  if (!good) return good.error();
  return check_claims(claims, now_seconds);
}

Result<void> JwtVerifier::check_signature(std::string_view header, std::string_view message,
                                          std::string_view signature) const {
  if (header.size() > kMostBytesOfHeader) return refused("header is too large");
  const auto json = decode(header, "header");
  if (!json) return json.error();
  const auto* algorithm = find(*json, "alg", Kind::string);
  if (algorithm == nullptr || (algorithm->string != "RS256" && algorithm->string != "ES256")) {
    return refused("is not signed by RS256 or ES256");
  }
  if (json->find("crit") != nullptr) return refused("wants what is not known here (crit)");
  const auto* type = json->find("typ");
  if (type != nullptr && !base::same_but_for_case(type->string, "jwt") &&
      !base::same_but_for_case(type->string, "at+jwt") &&
      !base::same_but_for_case(type->string, "application/at+jwt")) {
    return refused("is of another type (typ)");
  }
  const auto* kid = find(*json, "kid", Kind::string);
  if (kid == nullptr) return refused("does not say by which key it is signed (kid)");
  const auto* key = keys_.find(kid->string, algorithm->string);
  if (key == nullptr) {
    on_unknown_key_();
    if (keys_.empty()) return refused("cannot be checked: the broker has no keys of tokens yet");
    return refused("is signed by a key that is not known (kid)");
  }
  std::string bytes;
  if (!base::from_base64_url(signature, bytes)) return refused("signature is not base64url");
  if (!key->verifies(message, bytes)) return refused("is not signed by its key");
  return {};
}

Result<JwtIdentity> JwtVerifier::check_claims(std::string_view claims, std::int64_t now) const {
  const auto json = decode(claims, "claims");
  if (!json) return json.error();
  const auto skew = expected_.clock_skew_seconds;
  const auto* issuer = find(*json, "iss", Kind::string);
  if (issuer == nullptr || issuer->string != expected_.issuer) {
    return refused("is of another issuer (iss)");
  }
  if (!has_audience(*json, expected_.audiences)) return refused("is for somebody else (aud)");
  const auto* expires = find(*json, "exp", Kind::number);
  if (expires == nullptr) return refused("does not say when it expires (exp)");
  if (expires->number <= now - skew) return refused("has expired (exp)");
  for (const auto* name : {"nbf", "iat"}) {
    const auto* from = json->find(name);
    if (from == nullptr) continue;
    if (from->kind != Kind::number) return refused(std::string("has no time in ") + name);
    if (from->number > now + skew) return refused(std::string("is not valid yet (") + name + ")");
  }
  const auto* user = find(*json, expected_.principal_claim, Kind::string);
  if (user == nullptr || !is_name(user->string)) {
    return refused("does not say who the user is (" + expected_.principal_claim + ")");
  }
  return JwtIdentity{.user = user->string, .expires_at_seconds = expires->number};
}

}  // namespace ottla::broker
