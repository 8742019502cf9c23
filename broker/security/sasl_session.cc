#include "broker/security/sasl_session.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "protocol/sasl/oauthbearer.h"
#include "protocol/sasl/plain.h"

namespace ottla::broker {
namespace {

constexpr std::string_view kInvalid = "the credentials are not valid";
// All that a client is told of a token that is refused (RFC 7628, 3.2.2).
constexpr std::string_view kInvalidToken = R"({"status":"invalid_token"})";

}  // namespace

Result<void> SaslSession::admit(ApiKey api, base::TimePoint now) const {
  const bool is_sasl = api == ApiKey::sasl_handshake || api == ApiKey::sasl_authenticate;
  const auto refuse = [](std::string why) { return Error(ErrorCode::illegal_sasl_state, why); };
  switch (state_) {
    case State::handshake:
      if (api == ApiKey::sasl_handshake) return {};
      if (api == ApiKey::api_versions) {
        if (!told_versions_) return {};
        return refuse("the versions were asked for once more before authentication");
      }
      return refuse(
          "a request came before authentication; it may be that the client's "
          "security.protocol is not the listener's");
    case State::exchange:
      if (api == ApiKey::sasl_authenticate) return {};
      return refuse("a request came in the middle of authentication");
    case State::authenticated:
      if (is_sasl || now < expires_at_) return {};
      return refuse(
          "the session has ended: the client did not authenticate again within "
          "connections.max.reauth.ms");
    case State::failed:
      break;
  }
  return refuse("a request came after authentication failed");
}

std::vector<std::string_view> SaslSession::mechanisms() const {
  std::vector<std::string_view> names;
  for (const auto& [name, mechanism] : settings_.mechanisms) names.push_back(name);
  return names;
}

const ListenerSasl::Mechanism& SaslSession::mechanism() const {
  return settings_.mechanisms.find(mechanism_)->second;
}

Result<void> SaslSession::on_handshake(std::string_view mechanism) {
  const bool again = state_ == State::authenticated;
  if (state_ != State::handshake && !(again && expires_at_ != base::kNever)) {
    return Error(ErrorCode::illegal_sasl_state, "it is not the time for a handshake");
  }
  const auto found = settings_.mechanisms.find(mechanism);
  if (found == settings_.mechanisms.end() || (again && mechanism != mechanism_)) {
    state_ = State::failed;
    return Error(ErrorCode::unsupported_sasl_mechanism,
                 again ? "re-authentication must be by the mechanism of before"
                       : "the client asked for a SASL mechanism that this listener does not have");
  }
  mechanism_ = found->first;
  state_ = State::exchange;
  scram_.reset();
  told_refusal_ = false;
  refused_token_.reset();
  proved_ = false;
  return {};
}

Result<SaslSession::Answer> SaslSession::on_authenticate(std::string_view message,
                                                         const MetadataImage& image,
                                                         const Now& now) {
  if (state_ != State::exchange) {
    return Error(ErrorCode::illegal_sasl_state, "there was no handshake before it");
  }
  refused_token_.reset();
  auto answer = on_message(message, image, now);
  if (!answer) return fail(answer.error().message());
  if (!proved_) return Answer{.bytes = *std::move(answer)};
  return finish(*std::move(answer), now);
}

Result<std::string> SaslSession::on_message(std::string_view message, const MetadataImage& image,
                                            const Now& now) {
  if (mechanism_ == protocol::kPlain) return on_plain(message);
  if (mechanism_ == protocol::kOauthBearer) return on_token(message, now.seconds);
  return on_scram(message, image);
}

Result<std::string> SaslSession::on_token(std::string_view message, std::int64_t now_seconds) {
  if (told_refusal_) {
    return Error(ErrorCode::sasl_authentication_failed, std::string(kInvalidToken));
  }
  const auto parsed = protocol::parse_oauthbearer(message);
  if (!parsed) return parsed.error();
  if (tokens_ == nullptr)
    return Error(ErrorCode::sasl_authentication_failed, "no token is taken here");
  auto identity = (*tokens_)->verify(parsed->token, now_seconds);
  if (!identity) {
    refused_token_ = identity.error();
    told_refusal_ = true;
    return std::string(kInvalidToken);
  }
  if (!parsed->authorization.empty() && parsed->authorization != identity->user) {
    return Error(ErrorCode::sasl_authentication_failed,
                 "the authorization id must be the user's name, or empty");
  }
  user_ = std::move(identity->user);
  token_expires_seconds_ = identity->expires_at_seconds;
  proved_ = true;
  return std::string();
}

// As much work whether there is such a user or not.
Result<std::string> SaslSession::on_plain(std::string_view message) {
  auto parsed = protocol::parse_plain(message);
  if (!parsed) return parsed.error();
  const auto& passwords = mechanism().passwords;
  const auto found = passwords.find(parsed->user);
  const auto given = base::digest(base::Hash::sha_256, parsed->password);
  const auto wanted =
      base::digest(base::Hash::sha_256, found == passwords.end() ? kInvalid : found->second);
  base::wipe(parsed->password);
  const bool same = base::equal_in_constant_time(given, wanted);
  if (found == passwords.end() || !same) {
    return Error(ErrorCode::sasl_authentication_failed, std::string(kInvalid));
  }
  user_ = std::move(parsed->user);
  proved_ = true;
  return std::string();
}

Result<std::string> SaslSession::on_scram(std::string_view message, const MetadataImage& image) {
  if (scram_) {
    auto verifier = scram_->on_client_final(message);
    scram_.reset();
    if (verifier && !is_known_) {
      return Error(ErrorCode::sasl_authentication_failed, std::string(kInvalid));
    }
    proved_ = verifier.has_value();
    return verifier;
  }
  const auto kind = *parse_scram_mechanism(mechanism_);
  scram_.emplace(kind);
  auto user = scram_->on_client_first(message);
  if (!user) return user;
  user_ = *std::move(user);
  const auto* credential = image.scram_credential(user_, kind);
  is_known_ = credential != nullptr;
  // It is made for a user who is there, too, so that it takes the same time.
  auto decoy = protocol::make_decoy(kind, user_, image.scram_forms(kind));
  return scram_->first_message(is_known_ ? *credential : std::move(decoy),
                               protocol::scram_random());
}

// 0: it does not end. No session outlives its token, be the clocks as they are.
std::int64_t SaslSession::lifetime_ms(const Now& now) const {
  const auto most = mechanism().max_reauth_ms;
  if (mechanism_ != protocol::kOauthBearer) return most;
  const auto left = std::max<std::int64_t>(1, (token_expires_seconds_ - now.seconds) * 1000);
  return most > 0 ? std::min(left, most) : left;
}

Result<SaslSession::Answer> SaslSession::finish(std::string bytes, const Now& now) {
  auto principal = std::make_shared<const Principal>(Principal{.name = std::exchange(user_, {})});
  if (was_authenticated_ && *principal != *principal_) {
    return fail("re-authentication must be as the same user as before");
  }
  const auto lifetime = std::min(lifetime_ms(now), kLongestSessionMs);
  was_authenticated_ = true;
  principal_ = std::move(principal);
  expires_at_ = lifetime > 0 ? now.time + std::chrono::milliseconds(lifetime) : base::kNever;
  state_ = State::authenticated;
  return Answer{.bytes = std::move(bytes), .lifetime_ms = lifetime};
}

Error SaslSession::fail(const std::string& why) {
  state_ = State::failed;
  scram_.reset();
  return Error(ErrorCode::sasl_authentication_failed,
               "authentication by " + mechanism_ + " failed: " + why);
}

}  // namespace ottla::broker
