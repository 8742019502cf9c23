#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"
#include "broker/config/listener_sasl.h"
#include "broker/metadata/metadata_image.h"
#include "broker/security/jwt_verifier.h"
#include "broker/security/principal.h"
#include "ottla/api_key.h"
#include "ottla/result.h"
#include "protocol/sasl/scram.h"

namespace ottla::broker {

// Who is behind one connection to a SASL listener, and how far it has come in proving it: a state
// machine on messages, without time or sockets of its own. SaslHandshake names a mechanism,
// SaslAuthenticate carries its messages (KIP-152), and an authenticated connection does the same
// again before its session ends (KIP-368). One loop.
class SaslSession {
 public:
  // Both outlive it. `tokens` checks those of OAUTHBEARER, and may be replaced by one with new keys
  // at any time; null where that is not among the mechanisms.
  explicit SaslSession(const ListenerSasl& settings,
                       const std::shared_ptr<const JwtVerifier>* tokens = nullptr)
      : settings_(settings), tokens_(tokens) {}

  // Whether a request may be served now. Error (illegal_sasl_state), which is to end the
  // connection: it came before authentication or in the middle of it, or after the end of the
  // session.
  Result<void> admit(ApiKey api, base::TimePoint now) const;

  // The versions were told, which before authentication is done once. Telling that they were asked
  // for in a way that is not served does not count: the client asks in another.
  void on_versions_told() { told_versions_ = true; }

  // Of ANONYMOUS until it is known.
  const std::shared_ptr<const Principal>& principal() const { return principal_; }
  bool authenticated() const { return state_ == State::authenticated; }
  // Whether it was so at any time, be it in the middle of doing it again.
  bool was_authenticated() const { return was_authenticated_; }

  std::vector<std::string_view> mechanisms() const;
  // The one that a handshake has begun last; empty before.
  const std::string& mechanism_name() const { return mechanism_; }

  // What a handshake comes to. Errors: unsupported_sasl_mechanism, after which nothing more is
  // admitted; illegal_sasl_state where it is not the time for one, which changes nothing.
  Result<void> on_handshake(std::string_view mechanism);

  // The answer to one message of the mechanism.
  struct Answer {
    std::string bytes;
    std::int64_t lifetime_ms = 0;  // of the session that begins with it; 0: for ever
  };

  // The same moment by the clock that deadlines go by and by the one that tokens do.
  struct Now {
    base::TimePoint time{};
    std::int64_t seconds = 0;  // since 1970
  };

  // Errors: sasl_authentication_failed, after which nothing more is admitted, with a message that
  // may be told: it does not say whether there is such a user; illegal_sasl_state without a
  // handshake before it, which changes nothing. A token that is refused is told so in an answer
  // first, as RFC 7628 has it and without a reason, and the client's next message ends it.
  Result<Answer> on_authenticate(std::string_view message, const MetadataImage& image,
                                 const Now& now);

  // Why the token of the last message was refused: for the log, not for the client. None if it was
  // not.
  const std::optional<Error>& refused_token() const { return refused_token_; }

  // The client was told that its token is refused: what fails next is no other login.
  bool told_refusal() const { return told_refusal_; }

  // Nothing more is admitted.
  bool failed() const { return state_ == State::failed; }

 private:
  enum class State { handshake, exchange, authenticated, failed };

  Result<std::string> on_plain(std::string_view message);
  Result<std::string> on_scram(std::string_view message, const MetadataImage& image);
  Result<std::string> on_token(std::string_view message, std::int64_t now_seconds);
  Result<std::string> on_message(std::string_view message, const MetadataImage& image,
                                 const Now& now);
  std::int64_t lifetime_ms(const Now& now) const;
  Result<Answer> finish(std::string bytes, const Now& now);
  Error fail(const std::string& why);
  const ListenerSasl::Mechanism& mechanism() const;

  const ListenerSasl& settings_;
  const std::shared_ptr<const JwtVerifier>* const tokens_;  // or null
  State state_ = State::handshake;
  bool told_versions_ = false;
  std::string mechanism_;
  std::optional<protocol::ScramServer> scram_;  // between the two messages of a client
  std::string user_;                            // who the client says it is
  bool proved_ = false;
  bool is_known_ = false;
  bool told_refusal_ = false;  // of its token
  std::optional<Error> refused_token_;
  std::int64_t token_expires_seconds_ = 0;  // since 1970
  bool was_authenticated_ = false;
  std::shared_ptr<const Principal> principal_ = anonymous();
  base::TimePoint expires_at_ = base::kNever;
};

}  // namespace ottla::broker
