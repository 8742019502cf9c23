#include "broker/security/jwk_set.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/crypto/base64_url.h"
#include "protocol/wire/strict_json.h"

namespace ottla::broker {
namespace {

using base::PublicKey;
using protocol::JsonValue;

constexpr std::size_t kMostValues = 4096;

Error unfit(std::string why) {
  return Error(ErrorCode::invalid_config, "the keys of tokens: " + std::move(why));
}

// Of one key, which leaves the others be.
Error left_out(std::string why) {
  return Error(ErrorCode::invalid_argument, std::move(why));
}

// Null if there is no such string.
const std::string* find_string(const JsonValue& object, std::string_view name) {
  const auto* found = object.find(name);
  return found != nullptr && found->kind == JsonValue::Kind::string ? &found->string : nullptr;
}

bool read_number(const JsonValue& key, std::string_view name, std::string& bytes) {
  const auto* text = find_string(key, name);
  return text != nullptr && base::from_base64_url(*text, bytes);
}

std::string_view algorithm_of(PublicKey::Kind kind) {
  return kind == PublicKey::Kind::rsa ? "RS256" : "ES256";
}

// Whether signatures are checked with it.
bool is_for_signatures(const JsonValue& key) {
  const auto* use = key.find("use");
  if (use != nullptr && use->string != "sig") return false;
  const auto* operations = key.find("key_ops");
  if (operations == nullptr) return true;
  const auto& each = operations->elements;
  return std::any_of(each.begin(), each.end(),
                     [](const auto& op) { return op.string == "verify"; });
}

bool is_secret(const JsonValue& key) {
  const auto* type = find_string(key, "kty");
  return key.find("d") != nullptr || (type != nullptr && *type == "oct");
}

Result<PublicKey> read_rsa(const JsonValue& key) {
  std::string modulus;
  std::string exponent;
  if (!read_number(key, "n", modulus) || !read_number(key, "e", exponent)) {
    return left_out("n or e of an RSA key is not base64url");
  }
  return PublicKey::rsa(modulus, exponent);
}

Result<PublicKey> read_ec(const JsonValue& key) {
  const auto* curve = find_string(key, "crv");
  if (curve == nullptr || *curve != "P-256") return left_out("the curve is not P-256");
  std::string x;
  std::string y;
  if (!read_number(key, "x", x) || !read_number(key, "y", y)) {
    return left_out("x or y of a key of P-256 is not base64url");
  }
  return PublicKey::p256(x, y);
}

// An error says why the key is not used.
Result<PublicKey> read_key(const JsonValue& key) {
  const auto* type = find_string(key, "kty");
  if (type == nullptr) return left_out("a key has no kty");
  const auto* kid = find_string(key, "kid");
  if (kid == nullptr || kid->empty()) return left_out("a key has no kid");
  if (!is_for_signatures(key)) return left_out("a key is not for signatures");
  if (*type != "RSA" && *type != "EC") return left_out("a key is neither of RSA nor of EC");
  auto made = *type == "RSA" ? read_rsa(key) : read_ec(key);
  if (!made) return made;
  const auto* algorithm = find_string(key, "alg");
  if (algorithm != nullptr && *algorithm != algorithm_of(made->kind())) {
    return left_out("a key is for another algorithm");
  }
  return made;
}

}  // namespace

Result<JwkSet> JwkSet::parse(std::string_view document) {
  if (document.size() > kMostBytes) return unfit("the document is too large");
  const auto json = protocol::parse_strict_json(document, kMostValues);
  if (!json) return unfit(json.error().message());
  const auto* keys = json->find("keys");
  if (keys == nullptr || keys->kind != JsonValue::Kind::array) {
    return unfit("there is no list \"keys\"");
  }
  if (keys->elements.size() > kMostKeys) return unfit("there are too many");
  JwkSet set;
  std::string why_not;
  for (const auto& each : keys->elements) {
    if (each.kind != JsonValue::Kind::object) return unfit("a key is no object");
    if (is_secret(each)) {
      return unfit("there is a secret key among them, which others can sign with");
    }
    auto key = read_key(each);
    if (!key) {
      if (why_not.empty()) why_not = key.error().message();
      continue;
    }
    if (!set.keys_.emplace(*find_string(each, "kid"), *std::move(key)).second) {
      return unfit("a kid stands twice");
    }
  }
  if (set.keys_.empty()) {
    return unfit("none is for RS256 or ES256" + (why_not.empty() ? "" : ": " + why_not));
  }
  return set;
}

const PublicKey* JwkSet::find(std::string_view kid, std::string_view algorithm) const {
  const auto found = keys_.find(kid);
  if (found == keys_.end() || algorithm_of(found->second.kind()) != algorithm) return nullptr;
  return &found->second;
}

}  // namespace ottla::broker
