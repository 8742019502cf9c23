#include "broker/security/jwk_set.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/crypto/base64_url.h"
#include "broker/security/strict_json.h"

namespace ottla::broker {
namespace {

using base::PublicKey;
using protocol::JsonValue;

Error unfit(std::string why) {
  return Error(ErrorCode::invalid_config, "the keys of tokens: " + std::move(why));
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

// Nothing for a key of a kind that is not used here.
Result<std::optional<PublicKey>> read_key(const JsonValue& key) {
  const auto* type = find_string(key, "kty");
  if (type == nullptr) return unfit("a key has no kty");
  if (key.find("d") != nullptr || *type == "oct") {
    return unfit("there is a secret key among them, which others can sign with");
  }
  if (!is_for_signatures(key)) return std::optional<PublicKey>();
  std::string first;
  std::string second;
  std::optional<Result<PublicKey>> made;
  if (*type == "RSA") {
    if (!read_number(key, "n", first) || !read_number(key, "e", second)) {
      return unfit("n or e of an RSA key is not base64url");
    }
    made = PublicKey::rsa(first, second);
  } else if (*type == "EC") {
    const auto* curve = find_string(key, "crv");
    if (curve == nullptr || *curve != "P-256") return std::optional<PublicKey>();
    if (!read_number(key, "x", first) || !read_number(key, "y", second)) {
      return unfit("x or y of a key of P-256 is not base64url");
    }
    made = PublicKey::p256(first, second);
  } else {
    return std::optional<PublicKey>();
  }
  if (!*made) return unfit(made->error().message());
  const auto* algorithm = find_string(key, "alg");
  if (algorithm != nullptr && *algorithm != algorithm_of((*made)->kind())) {
    return std::optional<PublicKey>();
  }
  return std::optional<PublicKey>(**std::move(made));
}

}  // namespace

Result<JwkSet> JwkSet::parse(std::string_view document) {
  if (document.size() > kMostBytes) return unfit("the document is too large");
  const auto json = parse_strict_json(document);
  if (!json) return unfit(json.error().message());
  const auto* keys = json->find("keys");
  if (keys == nullptr || keys->kind != JsonValue::Kind::array) {
    return unfit("there is no list \"keys\"");
  }
  if (keys->elements.size() > kMostKeys) return unfit("there are too many");
  JwkSet set;
  for (const auto& each : keys->elements) {
    if (each.kind != JsonValue::Kind::object) return unfit("a key is no object");
    auto key = read_key(each);
    if (!key) return key.error();
    if (!*key) continue;
    const auto* kid = find_string(each, "kid");
    if (kid == nullptr || kid->empty()) return unfit("a key has no kid");
    if (!set.keys_.emplace(*kid, **std::move(key)).second) return unfit("a kid stands twice");
  }
  if (set.keys_.empty()) return unfit("none is for RS256 or ES256");
  return set;
}

const PublicKey* JwkSet::find(std::string_view kid, std::string_view algorithm) const {
  const auto found = keys_.find(kid);
  if (found == keys_.end() || algorithm_of(found->second.kind()) != algorithm) return nullptr;
  return &found->second;
}

}  // namespace ottla::broker
