#include "protocol/sasl/scram.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "protocol/sasl/sasl_name.h"

namespace ottla {

std::string_view to_string(ScramMechanism mechanism) {
  return mechanism == ScramMechanism::sha_256 ? protocol::kScramSha256 : protocol::kScramSha512;
}

std::optional<ScramMechanism> parse_scram_mechanism(std::string_view name) {
  if (name == protocol::kScramSha256) return ScramMechanism::sha_256;
  if (name == protocol::kScramSha512) return ScramMechanism::sha_512;
  return std::nullopt;
}

}  // namespace ottla

namespace ottla::protocol {
namespace {

constexpr std::string_view kBase36 = "0123456789abcdefghijklmnopqrstuvwxyz";

Error malformed(std::string_view what) {
  return Error(ErrorCode::sasl_authentication_failed,
               "what came is not a SCRAM " + std::string(what) + " message");
}

// One attribute after the other: `name=value` between commas.
class Attributes {
 public:
  explicit Attributes(std::string_view message)
      : rest_(message), good_(message.size() <= kMostScramBytes) {}

  // The value of the next attribute, which must have this name. Not good any more if it has not.
  std::string_view take(char name) {
    const auto attribute = next();
    if (attribute.size() < 2 || attribute[0] != name || attribute[1] != '=') good_ = false;
    return good_ ? attribute.substr(2) : std::string_view();
  }

  // As it stands, and the comma behind it.
  std::string_view next() {
    if (!more_) good_ = false;
    const auto comma = rest_.find(',');
    const auto attribute = rest_.substr(0, comma);
    more_ = comma != std::string_view::npos;
    rest_ = more_ ? rest_.substr(comma + 1) : std::string_view();
    return attribute;
  }

  bool begins(std::string_view text) const { return more_ && rest_.starts_with(text); }
  std::string_view rest() const { return rest_; }
  bool more() const { return more_; }
  bool good() const { return good_; }

 private:
  std::string_view rest_;
  bool more_ = true;
  bool good_;
};

// RFC 5802: printable characters but for the comma.
bool is_nonce(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(),
                                      [](char c) { return c >= 0x21 && c <= 0x7e && c != ','; });
}

// Extensions are passed over, but for the mandatory one, which nobody here knows.
bool are_extensions(std::string_view text) {
  const auto name = text.substr(0, text.find('='));
  return text.empty() || (!name.empty() && name.size() < text.size() && name != "m" &&
                          text.find('\0') == std::string_view::npos);
}

std::string exclusive_or(std::string_view a, std::string_view b) {
  std::string result(a);
  for (std::size_t i = 0; i < result.size(); ++i) result[i] = static_cast<char>(result[i] ^ b[i]);
  return result;
}

std::string auth_message(std::string_view bare_first, std::string_view server_first,
                         std::string_view final_without_proof) {
  std::string message(bare_first);
  message.append(",").append(server_first).append(",").append(final_without_proof);
  return message;
}

}  // namespace

std::optional<ScramMechanism> scram_mechanism(std::int8_t number) {
  const auto mechanism = static_cast<ScramMechanism>(number);
  const bool known = mechanism == ScramMechanism::sha_256 || mechanism == ScramMechanism::sha_512;
  return known ? std::optional(mechanism) : std::nullopt;
}

base::Hash hash_of(ScramMechanism mechanism) {
  return mechanism == ScramMechanism::sha_256 ? base::Hash::sha_256 : base::Hash::sha_512;
}

ScramCredential make_scram_credential(ScramMechanism mechanism, std::string_view salted_password,
                                      std::string salt, std::int32_t iterations) {
  const auto hash = hash_of(mechanism);
  return {.salt = std::move(salt),
          .stored_key = base::digest(hash, base::hmac(hash, salted_password, "Client Key")),
          .server_key = base::hmac(hash, salted_password, "Server Key"),
          .iterations = iterations};
}

std::string salt_password(ScramMechanism mechanism, std::string_view password,
                          std::string_view salt, std::int32_t iterations) {
  return base::pbkdf2(hash_of(mechanism), password, salt, iterations);
}

std::string scram_random() {
  auto text = base::secret_bytes(kScramRandomSize);
  for (char& c : text) c = kBase36[static_cast<unsigned char>(c) % kBase36.size()];
  return text;
}

ScramClient::ScramClient(ScramMechanism mechanism, std::string_view user, std::string nonce)
    : mechanism_(mechanism),
      nonce_(std::move(nonce)),
      bare_first_("n=" + to_sasl_name(user) + ",r=" + nonce_) {}

std::string ScramClient::first_message() const {
  return "n,," + bare_first_;
}

Result<void> ScramClient::on_server_first(std::string_view message) {
  Attributes attributes(message);
  server_nonce_ = attributes.take('r');
  const auto salt = attributes.take('s');
  const auto iterations = attributes.take('i');
  const auto* const end = iterations.data() + iterations.size();
  const auto number = std::from_chars(iterations.data(), end, iterations_);
  if (!attributes.good() || !is_nonce(server_nonce_) || !base::from_base64(salt, salt_) ||
      salt_.empty() || number.ec != std::errc() || number.ptr != end ||
      !are_extensions(attributes.rest())) {
    return malformed("server-first");
  }
  if (!server_nonce_.starts_with(nonce_) || server_nonce_.size() == nonce_.size()) {
    return Error(ErrorCode::sasl_authentication_failed,
                 "the broker's nonce does not go on with the client's: its answer belongs to "
                 "another exchange");
  }
  if (iterations_ < kLeastScramIterations || iterations_ > kMostScramWork) {
    return Error(ErrorCode::sasl_authentication_failed,
                 "the broker asks for " + std::to_string(iterations_) + " SCRAM iterations; from " +
                     std::to_string(kLeastScramIterations) + " to " +
                     std::to_string(kMostScramWork) + " are done");
  }
  server_first_ = message;
  return {};
}

std::string ScramClient::final_message(std::string_view salted_password) {
  const auto hash = hash_of(mechanism_);
  const auto without_proof = "c=biws,r=" + server_nonce_;
  const auto auth = auth_message(bare_first_, server_first_, without_proof);
  const auto client_key = base::hmac(hash, salted_password, "Client Key");
  const auto stored_key = base::digest(hash, client_key);
  const auto proof = exclusive_or(client_key, base::hmac(hash, stored_key, auth));
  server_signature_ = base::hmac(hash, base::hmac(hash, salted_password, "Server Key"), auth);
  return without_proof + ",p=" + base::to_base64(proof);
}

Result<void> ScramClient::on_server_final(std::string_view message) const {
  Attributes attributes(message);
  if (attributes.begins("e=")) {
    // What stands there is the peer's word, and the error's text is ours.
    return Error(ErrorCode::sasl_authentication_failed, "the broker refuses the SCRAM proof");
  }
  std::string signature;
  const auto verifier = attributes.take('v');
  if (!attributes.good() || !base::from_base64(verifier, signature) ||
      !are_extensions(attributes.rest())) {
    return malformed("server-final");
  }
  if (server_signature_.empty() || !base::equal_in_constant_time(signature, server_signature_)) {
    return Error(ErrorCode::sasl_authentication_failed,
                 "the broker could not prove that it knows the user: it may be another one than it "
                 "pretends to be");
  }
  return {};
}

Result<std::string> ScramServer::on_client_first(std::string_view message) {
  Attributes attributes(message);
  // "n": the client does no channel binding; "y": it would, and thinks that we do not.
  const auto binding = attributes.next();
  const auto authorization = attributes.next();
  const auto bare = attributes.rest();
  const auto escaped = attributes.take('n');
  const auto nonce = attributes.take('r');
  const auto name = from_sasl_name(escaped);
  if (!attributes.good() || (binding != "n" && binding != "y") || !name || name->empty() ||
      !is_nonce(nonce) || !are_extensions(attributes.rest())) {
    return malformed("client-first");
  }
  const bool has_authorization = !authorization.empty();
  if (has_authorization && !authorization.starts_with("a=")) return malformed("client-first");
  if (has_authorization && from_sasl_name(authorization.substr(2)) != name) {
    return Error(ErrorCode::sasl_authentication_failed,
                 "the authorization id must be the user's name, or empty");
  }
  if (attributes.rest().find("tokenauth=true") != std::string_view::npos) {
    return Error(ErrorCode::sasl_authentication_failed, "delegation tokens are not served");
  }
  gs2_header_ = message.substr(0, message.size() - bare.size());
  bare_first_ = bare;
  client_nonce_ = nonce;
  return *name;
}

std::string ScramServer::first_message(ScramCredential credential, std::string_view nonce) {
  credential_ = std::move(credential);
  nonce_ = client_nonce_ + std::string(nonce);
  server_first_ = "r=" + nonce_ + ",s=" + base::to_base64(credential_.salt) +
                  ",i=" + std::to_string(credential_.iterations);
  return server_first_;
}

Result<std::string> ScramServer::on_client_final(std::string_view message) {
  const Error refused(ErrorCode::sasl_authentication_failed, "the credentials are not valid");
  const auto proof_at = message.rfind(",p=");
  Attributes attributes(message.substr(0, proof_at));
  std::string binding;
  std::string proof;
  const auto channel = attributes.take('c');
  const auto nonce = attributes.take('r');
  if (message.size() > kMostScramBytes || proof_at == std::string_view::npos ||
      !attributes.good() || !are_extensions(attributes.rest()) ||
      !base::from_base64(channel, binding) ||
      !base::from_base64(message.substr(proof_at + 3), proof)) {
    return malformed("client-final");
  }
  // librdkafka before 2.6.1 puts its own nonce in front of that once more.
  const bool is_ours = nonce == nonce_ || nonce == client_nonce_ + nonce_;
  if (nonce_.empty() || !is_ours || binding != gs2_header_) return refused;
  const auto hash = hash_of(mechanism_);
  const auto auth = auth_message(bare_first_, server_first_, message.substr(0, proof_at));
  const auto signature = base::hmac(hash, credential_.stored_key, auth);
  if (proof.size() != signature.size()) return refused;
  const auto stored_key = base::digest(hash, exclusive_or(proof, signature));
  const bool right = base::equal_in_constant_time(stored_key, credential_.stored_key);
  const auto verifier = base::hmac(hash, credential_.server_key, auth);
  nonce_.clear();
  if (!right) return refused;
  return "v=" + base::to_base64(verifier);
}

ScramForm form_of(const ScramCredential& credential) {
  const auto& salt = credential.salt;
  return {.iterations = credential.iterations,
          .salt_size = salt.size(),
          .is_text = std::all_of(salt.begin(), salt.end(),
                                 [](char c) { return kBase36.find(c) != std::string_view::npos; })};
}

namespace {

// Of what is derived for a name. Not a user's key, which the user knows.
std::string decoy_hmac(base::Hash hash, std::string_view what, std::string_view user) {
  static const auto secret = base::secret_bytes(64);
  return base::hmac(hash, secret, std::string(what).append(user));
}

// Each form has a number for the name; the largest is chosen.
ScramForm choose_form(base::Hash hash, std::string_view user, std::span<const ScramForm> forms) {
  ScramForm chosen;
  std::string largest;
  for (const auto& form : forms) {
    const auto what = "form " + std::to_string(form.iterations) + " " +
                      std::to_string(form.salt_size) + (form.is_text ? " text " : " bytes ");
    auto number = decoy_hmac(hash, what, user);
    if (number < largest) continue;
    largest = std::move(number);
    chosen = form;
  }
  return chosen;
}

}  // namespace

ScramCredential make_decoy(ScramMechanism mechanism, std::string_view user,
                           std::span<const ScramForm> forms) {
  const auto hash = hash_of(mechanism);
  const auto form = choose_form(hash, user, forms);
  ScramCredential decoy{.salt = {},
                        .stored_key = decoy_hmac(hash, "stored key ", user),
                        .server_key = decoy_hmac(hash, "server key ", user),
                        .iterations = form.iterations};
  for (int part = 0; decoy.salt.size() < form.salt_size; ++part) {
    decoy.salt += decoy_hmac(hash, "salt " + std::to_string(part) + " ", user);
  }
  decoy.salt.resize(form.salt_size);
  if (form.is_text) {
    for (char& c : decoy.salt) c = kBase36[static_cast<unsigned char>(c) % kBase36.size()];
  }
  return decoy;
}

}  // namespace ottla::protocol
