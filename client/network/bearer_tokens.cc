#include "client/network/bearer_tokens.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "client/network/no_token.h"
#include "protocol/sasl/oauthbearer.h"

namespace ottla::client {
namespace {

using std::chrono::minutes;

// Kafka's sasl.login.refresh.window.factor, .min.period.seconds and .buffer.seconds, as they are
// unless somebody changes them.
constexpr double kWindowFactor = 0.8;
constexpr base::Duration kMinPeriod = minutes(1);
constexpr base::Duration kBuffer = minutes(5);

// Longer ones are as good as those.
constexpr auto kLongestLife = std::chrono::hours(24 * 365);

// How long a token is used that lasts so long.
base::Duration use_of(base::Duration life) {
  const base::Duration most(
      static_cast<std::int64_t>(static_cast<double>(life.count()) * kWindowFactor));
  if (life <= kMinPeriod + kBuffer) return most;
  return std::max(kMinPeriod, std::min(most, life - kBuffer));
}

// Whether it arrives as it is, with nothing of it taken for something else.
bool can_be_sent(const OauthBearerToken& token) {
  const protocol::OauthBearerMessage message{.token = token.token, .extensions = token.extensions};
  const auto parsed = protocol::parse_oauthbearer(protocol::encode_oauthbearer(message));
  return parsed && *parsed == message;
}

}  // namespace

BearerTokens::BearerTokens(base::Loop& loop, std::unique_ptr<TokenSource> source,
                           base::Duration patience)
    : loop_(loop), source_(std::move(source)), patience_(patience) {}

void BearerTokens::get(base::TimePoint newer_than, OnToken then) {
  const auto now = loop_.now();
  if (held_ && held_->given_at > newer_than && now < held_->old_at) return then(held_->token);
  const auto id = ++last_waiting_;
  const auto timer = loop_.call_at(now + patience_, lifetime_.guard([this, id] { give_up(id); }));
  waiting_.emplace(id, Waiting{std::move(then), timer});
  if (!asking_) ask();
}

void BearerTokens::ask() {
  asking_ = true;
  source_->ask([this](Result<OauthBearerToken> given) { on_given(std::move(given)); });
}

void BearerTokens::on_given(Result<OauthBearerToken> given) {
  asking_ = false;
  const auto token = take(std::move(given));
  // Those who come while these are told are others.
  for (auto& [id, waiting] : std::exchange(waiting_, {})) {
    loop_.cancel(waiting.timer);
    waiting.then(token);
  }
}

Result<OauthBearerToken> BearerTokens::take(Result<OauthBearerToken> given) {
  if (!given) return held_or(given.error());
  if (!can_be_sent(*given)) {
    return held_or(no_token(
        "what was given as a token of OAUTHBEARER cannot be sent: a token is of letters, "
        "digits and -._~+/, an extension's name of letters and not auth, its value of what "
        "can be printed, all together of 32 KiB"));
  }
  if (!given->expiry) {
    held_.reset();
    return given;
  }
  const auto now_ms = std::chrono::milliseconds(loop_.wall_now());
  const auto expiry_ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(given->expiry->time_since_epoch());
  if (expiry_ms <= now_ms) {
    return held_or(no_token("the token of OAUTHBEARER had expired when it was given"));
  }
  const base::Duration life = expiry_ms < now_ms + kLongestLife ? expiry_ms - now_ms : kLongestLife;
  const auto now = loop_.now();
  held_ = Held{
      .token = *given, .given_at = now, .old_at = now + use_of(life), .expires_at = now + life};
  return given;
}

void BearerTokens::give_up(std::uint64_t id) {
  auto waiting = waiting_.extract(id);
  if (!waiting) return;
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(patience_).count();
  std::string why = "no token of OAUTHBEARER was given within " + std::to_string(ms) +
                    " ms (socket.connection.setup.timeout.ms)";
  if (const auto trouble = source_->trouble(); !trouble.empty()) why += ": " + trouble;
  waiting.mapped().then(held_or(no_token(why)));
}

Result<OauthBearerToken> BearerTokens::held_or(const Error& error) const {
  if (held_ && loop_.now() < held_->expires_at) return held_->token;
  return error;
}

}  // namespace ottla::client
