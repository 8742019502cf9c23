#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>

#include "base/lifetime.h"
#include "base/loop.h"
#include "client/network/token_source.h"
#include "ottla/result.h"
#include "ottla/security_config.h"

namespace ottla::client {

// The token that all connections of one client log in with by OAUTHBEARER: asked for when the first
// needs it and when the last one has become old. Owned by the NetworkClient; loop thread.
class BearerTokens {
 public:
  // The errors are sasl_authentication_failed and say nothing of a token.
  using OnToken = base::UniqueFunction<void(const Result<OauthBearerToken>&)>;

  // `patience`: how long one login waits for the source.
  BearerTokens(base::Loop& loop, std::unique_ptr<TokenSource> source, base::Duration patience);
  BearerTokens(const BearerTokens&) = delete;
  BearerTokens& operator=(const BearerTokens&) = delete;

  // Tells `then` once, at once or later: a token that was given after `newer_than`, or, if there
  // comes none, the last one while it has not expired.
  void get(base::TimePoint newer_than, OnToken then);

  // A broker has refused the token: the next login asks for another.
  void forget() { held_.reset(); }

 private:
  struct Held {
    OauthBearerToken token;
    base::TimePoint given_at;
    base::TimePoint old_at;  // from then on another is asked for
    base::TimePoint expires_at;
  };
  struct Waiting {
    OnToken then;
    base::TimerId timer;
  };

  void ask();
  void on_given(Result<OauthBearerToken> given);
  Result<OauthBearerToken> take(Result<OauthBearerToken> given);
  void give_up(std::uint64_t waiting);
  Result<OauthBearerToken> held_or(const Error& error) const;

  base::Loop& loop_;
  const std::unique_ptr<TokenSource> source_;
  const base::Duration patience_;
  std::optional<Held> held_;
  bool asking_ = false;
  std::map<std::uint64_t, Waiting> waiting_;  // in the order in which they came
  std::uint64_t last_waiting_ = 0;
  base::Lifetime lifetime_;
};

}  // namespace ottla::client
