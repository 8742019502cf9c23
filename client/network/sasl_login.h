#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/lifetime.h"
#include "base/loop.h"
#include "client/network/bearer_tokens.h"
#include "client/network/connection.h"
#include "client/network/network_config.h"
#include "ottla/result.h"
#include "protocol/messages/sasl_authenticate.h"
#include "protocol/messages/sasl_handshake.h"
#include "protocol/sasl/scram.h"

namespace ottla::client {

// Logs in over one connection: SaslHandshake, then the messages of the mechanism in
// SaslAuthenticate (KIP-152); of SCRAM the slow part is a worker's, and so is asking for the token
// of OAUTHBEARER, which comes before everything else. Owned by the NodeLink, which
// sends nothing else meanwhile; loop thread.
class SaslLogin {
 public:
  // The versions of the two requests that the broker has.
  struct Versions {
    std::int16_t handshake = 1;
    std::int16_t authenticate = 0;
  };

  // Of OAUTHBEARER; null for other mechanisms.
  struct Token {
    BearerTokens* tokens = nullptr;
    base::TimePoint newer_than = base::TimePoint::min();  // the connection's last login
  };

  // How long the session lasts, 0: for ever; or why there is none: an
  // is_authentication_failure. Called once, unless the connection fails first. This may be
  // destroyed in the call.
  using OnDone = base::UniqueFunction<void(Result<base::Duration>)>;

  SaslLogin(base::Loop& loop, Connection& connection, const NetworkConfig& config,
            const Versions& versions, const Token& token, OnDone on_done);

  void start();

  // Nothing more is sent or told.
  void abandon() { over_ = true; }

 private:
  using Answer = protocol::SaslAuthenticateResponse;

  template <class M, class Take>
  void send(const M& message, std::int16_t version, Take take);
  void shake_hands();
  void on_token(const Result<OauthBearerToken>& token);
  void on_handshake(const protocol::SaslHandshakeResponse& response);
  void authenticate(std::string message);
  void on_answer(const Answer& answer);
  void on_refusal(const Answer& answer);
  void on_scram(const Answer& answer);
  void on_bearer(const Answer& answer);
  void finish(const Answer& answer);
  void fail(const Error& error);

  base::Loop& loop_;
  Connection& connection_;
  const NetworkConfig& config_;
  const SaslCredentials& credentials_;
  const Versions versions_;
  const Token token_;
  OnDone on_done_;
  OauthBearerToken bearer_;  // what is shown
  std::string challenge_;    // why the broker refuses it
  std::optional<protocol::ScramClient> scram_;
  bool proved_ = false;  // our part is done; theirs comes
  bool over_ = false;
  base::Lifetime lifetime_;
};

}  // namespace ottla::client
