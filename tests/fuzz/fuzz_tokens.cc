#include <string>
#include <vector>

#include "base/crypto/base64_url.h"
#include "broker/security/jwk_set.h"
#include "broker/security/jwt_verifier.h"
#include "protocol/wire/json_text.h"
#include "protocol/wire/strict_json.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/tls/token_issuer.h"

// Any bytes as a token, as the two halves of a token that is then signed as it should be, as an
// issuer's set of keys, and as the JSON of all of them. The first byte says which.
namespace ottla::fuzz {
namespace {

using namespace ottla::broker;  // NOLINT: a fuzz target
using base::to_base64_url;
using protocol::JsonValue;

constexpr std::int64_t kNow = 1'800'000'000;
constexpr std::size_t kMostValues = 200;

// Making keys is slow.
const tls_test::TokenIssuer& issuer() {
  static const tls_test::TokenIssuer made;
  return made;
}

std::string key_document() {
  return "{\"keys\":[" + issuer().rsa_jwk("r") + "," +
         issuer().p256_jwk("e", "\"use\":\"sig\",\"alg\":\"ES256\"") + "]}";
}

const JwtVerifier& verifier() {
  static const auto made = JwtVerifier::make({.issuer = "me", .audiences = {"kafka"}},
                                             JwkSet::parse(key_document()).value())
                               .value();
  return made;
}

void write(const JsonValue& value, std::string& to) {
  switch (value.kind) {
    case JsonValue::Kind::null:
      to += "null";
      return;
    case JsonValue::Kind::boolean:
      to += value.boolean ? "true" : "false";
      return;
    case JsonValue::Kind::number:
      to += std::to_string(value.number);
      return;
    case JsonValue::Kind::real:
      OTTLA_ASSERT(false, "the fraction of a number is dropped");
      return;
    case JsonValue::Kind::string:
      protocol::append_json_string(to, value.string);
      return;
    case JsonValue::Kind::array:
    case JsonValue::Kind::object:
      break;
  }
  const bool is_object = value.kind == JsonValue::Kind::object;
  to += is_object ? '{' : '[';
  for (std::size_t i = 0; i < value.elements.size(); ++i) {
    if (i > 0) to += ',';
    if (is_object) {
      protocol::append_json_string(to, value.keys[i]);
      to += ':';
    }
    write(value.elements[i], to);
  }
  to += is_object ? '}' : ']';
}

// Of a token, and of the claims behind it, nothing may be taken that is not as it must be.
void check_token(std::string_view token, bool signed_by_us) {
  const auto identity = verifier().verify(token, kNow);
  if (!identity) {
    OTTLA_ASSERT(identity.error().code() == ErrorCode::sasl_authentication_failed,
                 "a token is refused in one way");
    return;
  }
  OTTLA_ASSERT(signed_by_us, "nobody else can sign a token");
  OTTLA_ASSERT(token.size() <= JwtVerifier::kMostBytes, "a token is bounded");
  OTTLA_ASSERT(!identity->user.empty() && identity->user.size() <= JwtVerifier::kMostBytesOfUser,
               "a user has a name");
  for (const char c : identity->user) {
    OTTLA_ASSERT(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f, "a name can be printed");
  }
  OTTLA_ASSERT(identity->expires_at_seconds > kNow - 31, "no token is taken that is over");
}

void check_json(std::string_view text) {
  const auto read = protocol::parse_strict_json(text, kMostValues);
  if (!read) return;
  std::string written;
  write(*read, written);
  const auto again = protocol::parse_strict_json(written, kMostValues);
  OTTLA_ASSERT(again, "what was read can be written");
  std::string once_more;
  write(*again, once_more);
  OTTLA_ASSERT(once_more == written, "what was written reads back as it was");
}

// Header and claims, with a line end between them.
void check_signed(std::string_view body) {
  const auto end = body.find('\n');
  const std::string header(body.substr(0, end));
  const std::string claims(end == std::string_view::npos ? "" : body.substr(end + 1));
  const auto message = to_base64_url(header) + "." + to_base64_url(claims);
  check_token(message + "." + to_base64_url(issuer().p256_signature(message)), true);
}

}  // namespace

std::vector<std::string> seeds() {
  const std::string header = R"({"alg":"ES256","kid":"e","typ":"JWT"})";
  const std::string claims =
      R"({"iss":"me","aud":["kafka","x"],"sub":"alice","exp":1800000600,"nbf":1799999990,)"
      R"("iat":1799999990.5,"more":{"a":[null,true,-1e3,"\u00e9\ud83d\ude00"]}})";
  return {'\0' + to_base64_url(header) + "." + to_base64_url(claims) + "." +
              to_base64_url(std::string(64, 's')),
          '\1' + header + '\n' + claims,
          '\1' + header + '\n' + R"({"iss":"me","aud":"kafka","sub":"a","exp":1800000600})",
          '\1' + std::string(R"({"alg":"none"})") + '\n' + claims,
          '\2' + key_document(),
          '\2' + std::string(R"({"keys":[{"kty":"oct","k":"c2VjcmV0","kid":"s"}]})"),
          '\3' + claims};
}

}  // namespace ottla::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ottla;  // NOLINT: a fuzz target
  const auto input = fuzz::begin(data, size);
  if (input.empty()) return 0;
  const auto body = input.substr(1);
  switch (data[0] % 4) {
    case 0:
      fuzz::check_token(body, false);
      break;
    case 1:
      fuzz::check_signed(body);
      break;
    case 2:
      if (const auto keys = broker::JwkSet::parse(body)) {
        OTTLA_ASSERT(keys->size() > 0 && keys->size() <= broker::JwkSet::kMostKeys,
                     "a set has keys, and not too many");
      }
      if (const auto keys = broker::JwkSet::parse(body, broker::JwkSet::Faults::left_out)) {
        OTTLA_ASSERT(keys->size() <= broker::JwkSet::kMostKeys, "a set has not too many keys");
      }
      break;
    default:
      fuzz::check_json(body);
  }
  return 0;
}
