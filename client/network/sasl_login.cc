#include "client/network/sasl_login.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "protocol/sasl/oauthbearer.h"
#include "protocol/sasl/plain.h"

namespace ottla::client {
namespace {

using protocol::SaslAuthenticateRequest;
using protocol::SaslHandshakeRequest;

// What brokers say goes into errors, but not without end.
constexpr std::size_t kMostTextOfBroker = 500;

// Longer sessions are as good as those.
constexpr std::int64_t kLongestSessionMs = std::int64_t{1000} * 60 * 60 * 24 * 365;

// `text` without the secret, if that is in it.
std::string without(const std::string& secret, std::string text) {
  for (auto at = text.find(secret); !secret.empty() && at != std::string::npos;
       at = text.find(secret, at)) {
    text.replace(at, secret.size(), "***");
  }
  return text;
}

std::string shortened(std::string_view text) {
  std::string shown(text.substr(0, kMostTextOfBroker));
  for (char& c : shown) {
    if (static_cast<unsigned char>(c) < ' ') c = ' ';
  }
  return shown;
}

}  // namespace

SaslLogin::SaslLogin(base::Loop& loop, Connection& connection, const NetworkConfig& config,
                     const Versions& versions, const Token& token, OnDone on_done)
    : loop_(loop),
      connection_(connection),
      config_(config),
      credentials_(*config.sasl),
      versions_(versions),
      token_(token),
      on_done_(std::move(on_done)) {}

template <class M, class Take>
void SaslLogin::send(const M& message, std::int16_t version, Take take) {
  if (over_) return;
  const auto id = connection_.next_correlation_id();
  auto frame = protocol::encode_request(message, version, id, config_.client_id);
  if (!frame) return fail(frame.error());
  // A failed connection says so itself.
  auto taken = lifetime_.guard([take](const RawResponse& answer, bool& well_formed) {
    const auto response = protocol::decode<typename M::Response>(answer.body, answer.version);
    well_formed = response.has_value();
    if (response) take(*response);
  });
  InFlight in_flight{.correlation_id = id,
                     .api = M::api,
                     .version = version,
                     .deadline = loop_.now() + config_.request_timeout,
                     .done = [taken = std::move(taken)](Result<RawResponse> answer) mutable {
                       Verdict verdict;
                       if (answer) taken(*answer, verdict.well_formed);
                       return verdict;
                     }};
  OutgoingFrame out;
  out.frame = std::move(*frame);
  connection_.send(to_segments(std::move(out)), std::move(in_flight));
  connection_.flush();
}

void SaslLogin::start() {
  if (token_.tokens == nullptr) return shake_hands();
  token_.tokens->get(token_.newer_than,
                     lifetime_.guard([this](const auto& token) { on_token(token); }));
}

void SaslLogin::on_token(const Result<OauthBearerToken>& token) {
  if (over_) return;
  if (!token) return fail(Error(token.error().code(), shortened(token.error().message())));
  bearer_ = *token;
  shake_hands();
}

void SaslLogin::shake_hands() {
  send(SaslHandshakeRequest{.mechanism = credentials_.mechanism}, versions_.handshake,
       [this](const auto& response) { on_handshake(response); });
}

void SaslLogin::on_handshake(const protocol::SaslHandshakeResponse& response) {
  if (response.error_code != ErrorCode::none) {
    std::string offered;
    for (const auto name : response.mechanisms) {
      offered.append(offered.empty() ? "" : ", ").append(name);
    }
    return fail(
        Error(response.error_code, "the broker does not take SASL " + credentials_.mechanism +
                                       (offered.empty() ? "" : "; it has " + shortened(offered))));
  }
  if (credentials_.mechanism == protocol::kPlain) {
    proved_ = true;
    return authenticate(protocol::encode_plain({credentials_.user, credentials_.password}));
  }
  if (token_.tokens != nullptr) {
    return authenticate(
        protocol::encode_oauthbearer({.token = bearer_.token, .extensions = bearer_.extensions}));
  }
  scram_.emplace(*parse_scram_mechanism(credentials_.mechanism), credentials_.user,
                 protocol::scram_random());
  authenticate(scram_->first_message());
}

void SaslLogin::authenticate(std::string message) {
  SaslAuthenticateRequest request;
  request.auth_bytes.view = message;
  send(request, versions_.authenticate, [this](const auto& response) { on_answer(response); });
  base::wipe(message);
}

void SaslLogin::on_answer(const Answer& answer) {
  if (answer.error_code != ErrorCode::none) return on_refusal(answer);
  if (scram_) return on_scram(answer);
  if (token_.tokens != nullptr) return on_bearer(answer);
  finish(answer);
}

void SaslLogin::on_refusal(const Answer& answer) {
  if (token_.tokens != nullptr) token_.tokens->forget();
  std::string text = token_.tokens != nullptr
                         ? "the broker refuses the token of " + credentials_.mechanism
                         : "the broker refuses to let " + credentials_.user + " log in by " +
                               credentials_.mechanism;
  // The challenge is the mechanism's own word, the message at best the same.
  const std::string why(challenge_.empty() ? answer.error_message.value_or("")
                                           : std::string_view(challenge_));
  if (!why.empty()) text += ": " + shortened(without(bearer_.token, why));
  fail(Error(answer.error_code, std::move(text)));
}

// RFC 7628, 3.2.3: a token is refused by a challenge that says why, and the refusal comes when that
// is answered.
void SaslLogin::on_bearer(const Answer& answer) {
  const auto challenge = answer.auth_bytes.view;
  if (challenge.empty() && challenge_.empty()) return finish(answer);
  if (!challenge_.empty()) {
    return fail(Error(ErrorCode::illegal_sasl_state,
                      "the broker goes on after it has refused the token of OAUTHBEARER"));
  }
  token_.tokens->forget();
  challenge_ = challenge;
  authenticate(std::string(protocol::kOauthBearerGivesUp));
}

void SaslLogin::on_scram(const Answer& answer) {
  if (proved_) {
    const auto verified = scram_->on_server_final(answer.auth_bytes.view);
    if (!verified) return fail(verified.error());
    return finish(answer);
  }
  if (const auto taken = scram_->on_server_first(answer.auth_bytes.view); !taken) {
    return fail(taken.error());
  }
  proved_ = true;
  auto salted = std::make_shared<std::string>();
  loop_.offload(
      [salted, mechanism = scram_->mechanism(), password = credentials_.password,
       salt = scram_->salt(), iterations = scram_->iterations()]() mutable {
        *salted = protocol::salt_password(mechanism, password, salt, iterations);
        base::wipe(password);
      },
      lifetime_.guard([this, salted] {
        authenticate(scram_->final_message(*salted));
        base::wipe(*salted);
      }));
}

void SaslLogin::finish(const Answer& answer) {
  const auto lifetime = std::clamp<std::int64_t>(answer.session_lifetime_ms, 0, kLongestSessionMs);
  std::exchange(on_done_, {})(base::Duration(std::chrono::milliseconds(lifetime)));
}

void SaslLogin::fail(const Error& error) {
  // A code that is none of authentication's would be tried again, to the same end.
  const bool named = error.code() == ErrorCode::unsupported_sasl_mechanism ||
                     error.code() == ErrorCode::illegal_sasl_state;
  std::exchange(on_done_,
                {})(named ? error : Error(ErrorCode::sasl_authentication_failed, error.message()));
}

}  // namespace ottla::client
