#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/crypto/secrets.h"
#include "ottla/result.h"
#include "ottla/scram_mechanism.h"

// SCRAM (RFC 5802, RFC 7677) as far as Kafka has it: no channel binding, names and passwords as the
// UTF-8 that they are (Kafka does not prepare them by SASLprep).
namespace ottla::protocol {

using ottla::ScramMechanism;

inline constexpr std::string_view kScramSha256 = "SCRAM-SHA-256";
inline constexpr std::string_view kScramSha512 = "SCRAM-SHA-512";

// Of a number in a record or a request (KIP-554).
std::optional<ScramMechanism> scram_mechanism(std::int8_t number);
base::Hash hash_of(ScramMechanism mechanism);

// Kafka takes credentials within these bounds.
inline constexpr std::int32_t kLeastScramIterations = 4096;
inline constexpr std::int32_t kMostScramIterations = 16384;
// A client does the work that any broker asks of it up to this, which takes about a second.
inline constexpr std::int32_t kMostScramWork = 1'000'000;

// No message of an exchange is longer; nothing in one needs a tenth of it.
inline constexpr std::size_t kMostScramBytes = 4096;

// What a broker keeps of a user: enough to check a proof and to give one, not to log in.
struct ScramCredential {
  std::string salt;
  std::string stored_key;
  std::string server_key;
  std::int32_t iterations = 0;

  bool operator==(const ScramCredential&) const = default;
};

// Of a salted password, which is PBKDF2 of the password.
ScramCredential make_scram_credential(ScramMechanism mechanism, std::string_view salted_password,
                                      std::string salt, std::int32_t iterations);

// Calculates what SCRAM is slow by (base::pbkdf2): never on a loop.
std::string salt_password(ScramMechanism mechanism, std::string_view password,
                          std::string_view salt, std::int32_t iterations);

// A nonce or a salt that Kafka's patterns and everybody else's take: printable, without a comma.
std::string scram_random();
inline constexpr std::size_t kScramRandomSize = 26;

// The client's half of one exchange. Calls in this order, each once:
//   first_message, on_server_first, (salt_password on a worker), final_message, on_server_final.
class ScramClient {
 public:
  ScramClient(ScramMechanism mechanism, std::string_view user, std::string nonce);

  ScramMechanism mechanism() const { return mechanism_; }

  std::string first_message() const;

  // Errors (sasl_authentication_failed): not a server's first message; its nonce does not go on
  // with ours; fewer iterations than kLeastScramIterations or more than kMostScramWork.
  Result<void> on_server_first(std::string_view message);
  const std::string& salt() const { return salt_; }
  std::int32_t iterations() const { return iterations_; }

  std::string final_message(std::string_view salted_password);

  // Whether the server knows the user, too. Errors (sasl_authentication_failed): it does not, or
  // says that authentication failed.
  Result<void> on_server_final(std::string_view message) const;

 private:
  const ScramMechanism mechanism_;
  const std::string nonce_;
  const std::string bare_first_;
  std::string server_first_;
  std::string server_nonce_;  // ours and theirs
  std::string salt_;
  std::int32_t iterations_ = 0;
  std::string server_signature_;
};

// The server's half of one exchange. Calls in this order, each once:
//   on_client_first, first_message, on_client_final.
class ScramServer {
 public:
  explicit ScramServer(ScramMechanism mechanism) : mechanism_(mechanism) {}

  ScramMechanism mechanism() const { return mechanism_; }

  // The user's name. Errors (sasl_authentication_failed): not a client's first message (channel
  // binding is none we do), another authorization id than the user, a token instead of a user.
  Result<std::string> on_client_first(std::string_view message);

  // `nonce` is the server's part of it.
  std::string first_message(ScramCredential credential, std::string_view nonce);

  // The server's final message. Errors (sasl_authentication_failed): not a client's final message,
  // another nonce, another channel binding, a wrong proof.
  Result<std::string> on_client_final(std::string_view message);

 private:
  const ScramMechanism mechanism_;
  std::string gs2_header_;
  std::string bare_first_;
  std::string client_nonce_;
  std::string nonce_;  // theirs and ours
  std::string server_first_;
  ScramCredential credential_;
};

// What a client sees of a credential before it proves anything, but for the bytes.
struct ScramForm {
  std::int32_t iterations = kLeastScramIterations;
  std::size_t salt_size = kScramRandomSize;
  bool is_text = true;  // the salt, as `scram_random` makes it

  bool operator==(const ScramForm&) const = default;
};

ScramForm form_of(const ScramCredential& credential);

// A credential that nobody has, for a user that is not there: of one of `forms`, those that the
// credentials of the mechanism have, and always the same for one name while the process lives. Made
// of a secret of the process that no user has a part in. It hides from who asks, as often as may
// be, whether there is such a user: salt, iterations and the step that fails are as for one. One
// more form changes it for few names. It does not hide it from who compares what was told before
// and after a start of the broker (a decoy's salt is another then), or a change of a user's
// password (a decoy has none).
ScramCredential make_decoy(ScramMechanism mechanism, std::string_view user,
                           std::span<const ScramForm> forms);

}  // namespace ottla::protocol
