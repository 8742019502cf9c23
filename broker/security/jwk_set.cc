#include "broker/security/jwk_set.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/crypto/base64_url.h"
#include "protocol/wire/strict_json.h"

namespace ottla::broker {
namespace {

using base::PublicKey;
using protocol::JsonValue;

constexpr std::size_t kMostValuesOfKeys = 4096;

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

// Null if it has none.
const std::string* find_kid(const JsonValue& key) {
  if (key.kind != JsonValue::Kind::object) return nullptr;
  const auto* kid = find_string(key, "kid");
  return kid != nullptr && !kid->empty() ? kid : nullptr;
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

// An error says why the key is not used: invalid_config where it must not be there at all.
Result<PublicKey> read_key(const JsonValue& key) {
  if (key.kind != JsonValue::Kind::object) {
    return Error(ErrorCode::invalid_config, "a key is no object");
  }
  if (is_secret(key)) {
    return Error(ErrorCode::invalid_config,
                 "there is a secret key among them, which others can sign with");
  }
  const auto* type = find_string(key, "kty");
  if (type == nullptr) return left_out("a key has no kty");
  if (find_kid(key) == nullptr) return left_out("a key has no kid");
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

Result<JwkSet> JwkSet::parse(std::string_view document, Faults faults) {
  if (document.size() > kMostBytes) return unfit("the document is too large");
  const auto json = protocol::parse_strict_json(document, kMostValuesOfKeys);
  if (!json) return unfit(json.error().message());
  const auto* keys = json->find("keys");
  if (keys == nullptr || keys->kind != JsonValue::Kind::array) {
    return unfit("there is no list \"keys\"");
  }
  const bool is_strict = faults == Faults::refused;
  const auto& each_key = keys->elements;
  if (is_strict && each_key.size() > kMostKeys) return unfit("there are too many");
  JwkSet set;
  if (each_key.size() > kMostKeys) set.leave_out("there are too many");
  std::set<std::string_view> taken;
  for (std::size_t i = 0; i < std::min(each_key.size(), kMostKeys); ++i) {
    auto key = read_key(each_key[i]);
    const bool must_not_be = !key && key.error().code() == ErrorCode::invalid_config;
    if (!key) {
      if (is_strict && must_not_be) return unfit(key.error().message());
      set.leave_out(key.error().message());
      if (!must_not_be) continue;
    }
    const auto* kid = find_kid(each_key[i]);
    if (kid == nullptr) continue;
    if (!taken.insert(*kid).second) {
      if (is_strict) return unfit("a kid stands twice");
      set.leave_out("a kid stands twice");
      set.keys_.erase(*kid);
    } else if (key) {
      set.keys_.emplace(*kid, *std::move(key));
    }
  }
  if (is_strict && set.keys_.empty()) {
    const auto& why = set.why_left_out_;
    return unfit("none is for RS256 or ES256" + (why.empty() ? "" : ": " + why));
  }
  return set;
}

void JwkSet::leave_out(std::string_view why) {
  if (why_left_out_.find(why) != std::string::npos) return;
  why_left_out_.append(why_left_out_.empty() ? "" : "; ").append(why);
}

const PublicKey* JwkSet::find(std::string_view kid, std::string_view algorithm) const {
  const auto found = keys_.find(kid);
  if (found == keys_.end() || algorithm_of(found->second.kind()) != algorithm) return nullptr;
  return &found->second;
}

}  // namespace ottla::broker
