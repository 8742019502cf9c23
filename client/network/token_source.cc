#include "client/network/token_source.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <utility>

#include "client/network/no_token.h"

namespace ottla::client {
namespace {

constexpr unsigned kRequestTimeout = 408;
constexpr unsigned kTooManyRequests = 429;
constexpr unsigned kFirstOfServerErrors = 500;

constexpr base::Duration kFirstSilence = std::chrono::seconds(1);
constexpr base::Duration kLongestSilence = std::chrono::minutes(1);

bool is_transient(unsigned status) {
  return status >= kFirstOfServerErrors || status == kRequestTimeout || status == kTooManyRequests;
}

// (sleeps)
Result<OauthBearerToken> call(const OauthBearerTokenSource& source) {
  const std::string threw = "the function that gives tokens of OAUTHBEARER threw ";
  try {
    auto given = source();
    if (given) return given;
    return no_token("no token of OAUTHBEARER was given: " + given.error().to_string());
  } catch (const std::exception& e) {
    return no_token(threw + e.what());
  } catch (...) {
    return no_token(threw + "what is no std::exception");
  }
}

}  // namespace

FunctionTokens::FunctionTokens(base::Loop& loop, OauthBearerTokenSource source)
    : loop_(loop), source_(std::make_shared<const OauthBearerTokenSource>(std::move(source))) {}

FunctionTokens::~FunctionTokens() {
  closed_->store(true);
}

void FunctionTokens::ask(OnToken then) {
  auto given = std::make_shared<Result<OauthBearerToken>>(no_token("the client is closed"));
  loop_.offload(
      [given, source = source_, closed = closed_] {
        if (!closed->load()) *given = call(*source);
      },
      lifetime_.guard([given, then = std::move(then)]() mutable { then(std::move(*given)); }));
}

FetchedTokens::FetchedTokens(base::LoopWithTransport loop,
                             std::shared_ptr<const TokenEndpoint> endpoint)
    : loop_(loop), endpoint_(std::move(endpoint)) {}

FetchedTokens::~FetchedTokens() {
  loop().cancel(timer_);
}

void FetchedTokens::ask(OnToken then) {
  then_ = std::move(then);
  if (refused_ && loop().now() < silent_until_) {
    return loop().post(lifetime_.guard([this] { tell(*refused_); }));
  }
  begun_at_ = loop().now();
  backoff_ = endpoint_->retry_backoff;
  trouble_ = endpoint_->url.to_string() + " has not answered yet";
  attempt();
}

void FetchedTokens::attempt() {
  auto request = std::make_shared<Result<base::HttpRequest>>(no_token("the request was not made"));
  loop().offload([request, endpoint = endpoint_,
                  now = loop().wall_now()] { *request = make_token_request(*endpoint, now); },
                 lifetime_.guard([this, request] { on_request(std::move(*request)); }));
}

void FetchedTokens::on_request(Result<base::HttpRequest> request) {
  if (!request) return tell(no_token(request.error().message()));
  request_ = *std::move(request);
  fetch_ = std::make_unique<base::HttpFetch>(
      loop_, endpoint_->tls, request_, endpoint_->limits,
      [this](Result<base::HttpAnswer> answer) { on_answer(std::move(answer)); });
}

void FetchedTokens::on_answer(Result<base::HttpAnswer> answer) {
  fetch_.reset();
  if (!answer) {
    const auto error = no_token(answer.error().message());
    return base::is_unreachable(answer.error()) ? try_again_or_tell(error) : refuse(error);
  }
  auto token = read_token_answer(*endpoint_, request_, *answer, loop().wall_now());
  request_ = {};
  if (is_transient(answer->status)) return try_again_or_tell(token.error());
  if (!token) return refuse(token.error());
  refused_.reset();
  silence_ = {};
  tell(std::move(token));
}

void FetchedTokens::refuse(const Error& error) {
  silence_ = std::clamp(2 * silence_, kFirstSilence, kLongestSilence);
  silent_until_ = loop().now() + silence_;
  refused_ = error;
  tell(error);
}

void FetchedTokens::try_again_or_tell(const Error& error) {
  const auto left = begun_at_ + endpoint_->retry_backoff_max - loop().now();
  if (left <= base::Duration::zero()) return tell(error);
  trouble_ = error.message();
  timer_ = loop().call_at(loop().now() + std::min(backoff_, left), lifetime_.guard([this] {
    timer_ = base::TimerId::none;
    attempt();
  }));
  backoff_ = std::min(2 * backoff_, endpoint_->retry_backoff_max);
}

void FetchedTokens::tell(Result<OauthBearerToken> token) {
  request_ = {};
  trouble_.clear();
  if (!token) token = no_token("no token of OAUTHBEARER was given: " + token.error().message());
  std::exchange(then_, {})(std::move(token));
}

}  // namespace ottla::client
