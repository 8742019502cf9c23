#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/http/http_fetch.h"
#include "base/lifetime.h"
#include "base/loop.h"
#include "base/runtime.h"
#include "client/network/token_endpoint.h"
#include "ottla/result.h"
#include "ottla/security_config.h"

namespace ottla::client {

// Where the tokens of one client come from. Owned by its BearerTokens; loop thread.
class TokenSource {
 public:
  using OnToken = base::UniqueFunction<void(Result<OauthBearerToken>)>;

  virtual ~TokenSource() = default;

  // Tells `then` once and later, unless this goes before. Not again before it has told. The errors
  // are sasl_authentication_failed and say nothing of a token.
  virtual void ask(OnToken then) = 0;

  // Why it has not told yet, if that is known.
  virtual std::string trouble() const { return {}; }
};

// A function of the application's, which may sleep: on a worker.
class FunctionTokens final : public TokenSource {
 public:
  FunctionTokens(base::Loop& loop, OauthBearerTokenSource source);
  ~FunctionTokens() override;

  void ask(OnToken then) override;

 private:
  base::Loop& loop_;
  const std::shared_ptr<const OauthBearerTokenSource> source_;
  // What is queued for a worker when this goes is not called any more.
  const std::shared_ptr<std::atomic<bool>> closed_ = std::make_shared<std::atomic<bool>>(false);
  base::Lifetime lifetime_;
};

// A token endpoint, over https on the loop; what is shown to it is read and signed on a worker. One
// that is not reached, or answers 408, 429 or 5xx, is tried again, after longer each time; whatever
// else it answers is its answer. An answer without a token is told to whoever asks within the next
// second too, twice as long each time up to a minute, so that logins that are tried again do not
// show a secret time after time to who refuses it.
class FetchedTokens final : public TokenSource {
 public:
  FetchedTokens(base::LoopWithTransport loop, std::shared_ptr<const TokenEndpoint> endpoint);
  ~FetchedTokens() override;

  void ask(OnToken then) override;
  std::string trouble() const override { return trouble_; }

 private:
  void attempt();
  void on_request(Result<base::HttpRequest> request);
  void on_answer(Result<base::HttpAnswer> answer);
  void try_again_or_tell(const Error& error);
  void refuse(const Error& error);
  void tell(Result<OauthBearerToken> token);

  base::Loop& loop() { return *loop_.loop; }

  const base::LoopWithTransport loop_;
  const std::shared_ptr<const TokenEndpoint> endpoint_;
  OnToken then_;
  base::TimePoint begun_at_{};
  base::Duration backoff_{};
  std::string trouble_;
  std::optional<Error> refused_;  // told until `silent_until_` instead of asking
  base::TimePoint silent_until_{};
  base::Duration silence_{};
  base::HttpRequest request_;
  std::unique_ptr<base::HttpFetch> fetch_;
  base::TimerId timer_ = base::TimerId::none;
  base::Lifetime lifetime_;
};

}  // namespace ottla::client
