#include "client/network/token_assertion.h"

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <utility>

#include "base/crypto/base64_url.h"
#include "base/crypto/private_key.h"
#include "base/crypto/secrets.h"
#include "protocol/wire/json_text.h"
#include "protocol/wire/strict_json.h"

namespace ottla::client {
namespace {

using protocol::JsonValue;

constexpr std::size_t kMostBytes = 64 << 10;
constexpr std::size_t kMostValuesOfTemplate = 256;
constexpr std::size_t kBytesOfId = 16;

const std::string kPrefix = "sasl.oauthbearer.assertion.";

JsonValue text(std::string value) {
  JsonValue json;
  json.kind = JsonValue::Kind::string;
  json.string = std::move(value);
  return json;
}

JsonValue number(std::int64_t value) {
  JsonValue json;
  json.kind = JsonValue::Kind::number;
  json.number = value;
  return json;
}

JsonValue object() {
  JsonValue json;
  json.kind = JsonValue::Kind::object;
  return json;
}

void set(JsonValue& json, const std::string& name, JsonValue value) {
  for (std::size_t i = 0; i < json.keys.size(); ++i) {
    if (json.keys[i] != name) continue;
    json.elements[i] = std::move(value);
    return;
  }
  json.keys.push_back(name);
  json.elements.push_back(std::move(value));
}

void set_if_said(JsonValue& json, const std::string& name, const std::string& value) {
  if (!value.empty()) set(json, name, text(value));
}

// Whether a number in it would not be written as it was read. As deep as what has been read.
bool has_fraction(const JsonValue& json) {
  if (json.kind == JsonValue::Kind::number && static_cast<double>(json.number) != json.real) {
    return true;
  }
  return std::any_of(json.elements.begin(), json.elements.end(), has_fraction);
}

// As deep as what has been read.
void append(std::string& to, const JsonValue& json) {
  const bool is_object = json.kind == JsonValue::Kind::object;
  switch (json.kind) {
    case JsonValue::Kind::null:
      to += "null";
      return;
    case JsonValue::Kind::boolean:
      to += json.boolean ? "true" : "false";
      return;
    case JsonValue::Kind::number:
    case JsonValue::Kind::real:  // of which the strict reader makes none
      to += std::to_string(json.number);
      return;
    case JsonValue::Kind::string:
      protocol::append_json_string(to, json.string);
      return;
    case JsonValue::Kind::array:
    case JsonValue::Kind::object:
      break;
  }
  to += is_object ? '{' : '[';
  for (std::size_t i = 0; i < json.elements.size(); ++i) {
    if (i > 0) to += ',';
    if (is_object) {
      protocol::append_json_string(to, json.keys[i]);
      to += ':';
    }
    append(to, json.elements[i]);
  }
  to += is_object ? '}' : ']';
}

std::string encoded(const JsonValue& json) {
  std::string text;
  append(text, json);
  return base::to_base64_url(text);
}

struct Template {
  JsonValue header = object();
  JsonValue payload = object();
};

// {"header": {...}, "payload": {...}}, either of which may be missing.
Result<Template> read_template(const std::string& path) {
  Template parts;
  if (path.empty()) return parts;
  const auto setting = kPrefix + "template.file=" + path;
  const auto unfit = [&](const std::string& why) {
    return Error(ErrorCode::invalid_config, setting + ": " + why);
  };
  const auto read = read_secret_file(setting, path, kMostBytes);
  if (!read) return read.error();
  const auto json = protocol::parse_strict_json(*read, kMostValuesOfTemplate);
  if (!json) return unfit(json.error().message());
  if (has_fraction(*json)) return unfit("a number in it must be whole");
  for (std::size_t i = 0; i < json->keys.size(); ++i) {
    const auto& name = json->keys[i];
    if (name != "header" && name != "payload") {
      return unfit("there may be a \"header\" and a \"payload\", and nothing else");
    }
    if (json->elements[i].kind != JsonValue::Kind::object) {
      return unfit("\"" + name + "\" must be an object");
    }
    (name == "header" ? parts.header : parts.payload) = json->elements[i];
  }
  return parts;
}

Result<base::PrivateKey> read_key(const OauthBearerAssertion& config) {
  const auto setting = kPrefix + "private.key.file=" + config.private_key_file;
  auto pem = read_secret_file(setting, config.private_key_file, kMostBytes);
  if (!pem) return pem.error();
  const auto unfit = [&](const std::string& why) {
    return Error(ErrorCode::invalid_config, setting + ": " + why);
  };
  auto read = base::PrivateKey::from_pem(*pem, config.private_key_passphrase);
  base::wipe(*pem);
  if (!read) return unfit(read.error().message());
  const bool fits = (read->kind() == base::PublicKey::Kind::rsa) == (config.algorithm == "RS256");
  if (!fits) return unfit("the key is not for " + kPrefix + "algorithm=" + config.algorithm);
  return read;
}

}  // namespace

Result<std::string> read_secret_file(const std::string& setting, const std::string& path,
                                     std::size_t most_bytes) {
  const auto unfit = [&](const char* why) {
    return Error(ErrorCode::invalid_config, setting + ": " + why);
  };
  std::ifstream file(path, std::ios::binary);
  std::string bytes(most_bytes + 1, '\0');
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (file.bad() || (file.fail() && !file.eof())) return unfit("the file cannot be read");
  bytes.resize(static_cast<std::size_t>(file.gcount()));
  if (bytes.size() > most_bytes) return unfit("the file is too large");
  const auto first = bytes.find_first_not_of(" \t\r\n");
  if (first == std::string::npos) return unfit("the file is empty");
  return bytes.substr(first, bytes.find_last_not_of(" \t\r\n") - first + 1);
}

Result<std::string> make_assertion(const OauthBearerAssertion& config, base::WallMillis now) {
  if (!config.file.empty()) {
    return read_secret_file(kPrefix + "file=" + config.file, config.file, kMostBytes);
  }
  const auto key = read_key(config);
  if (!key) return key.error();
  auto parts = read_template(config.template_file);
  if (!parts) return parts.error();
  set(parts->header, "alg", text(config.algorithm));
  if (parts->header.find("typ") == nullptr) set(parts->header, "typ", text("JWT"));
  const auto seconds = now / 1000;
  auto& claims = parts->payload;
  set_if_said(claims, "iss", config.claim_iss);
  set_if_said(claims, "sub", config.claim_sub);
  set_if_said(claims, "aud", config.claim_aud);
  set(claims, "iat", number(seconds));
  set(claims, "nbf", number(seconds - config.claim_nbf.count()));
  set(claims, "exp", number(seconds + config.claim_exp.count()));
  if (config.claim_jti_include) {
    set(claims, "jti", text(base::to_base64_url(base::secret_bytes(kBytesOfId))));
  }
  const auto message = encoded(parts->header) + "." + encoded(claims);
  const auto signature = key->sign(message);
  if (!signature) return signature.error();
  return message + "." + base::to_base64_url(*signature);
}

}  // namespace ottla::client
