#include "broker/server/fetched_keys.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <utility>

#include "base/assert.h"
#include "protocol/sasl/oauthbearer.h"

namespace ottla::broker {
namespace {

using std::chrono::milliseconds;

constexpr unsigned kOk = 200;
constexpr base::Duration kLeastRest = std::chrono::seconds(10);
// Of the first wait: some days of milliseconds.
constexpr std::uint32_t kMostDoublings = 20;

Result<JwtVerifier> make_verifier(const ListenerTokens& settings, JwkSet keys,
                                  std::function<void()> on_unknown_key) {
  return JwtVerifier::make({.issuer = settings.issuer,
                            .audiences = settings.audiences,
                            .principal_claim = settings.principal_claim,
                            .clock_skew_seconds = settings.clock_skew_seconds},
                           std::move(keys), std::move(on_unknown_key));
}

// Many keys take milliseconds.
Result<JwkSet> read_keys(const base::HttpUrl& url, const base::HttpAnswer& answer) {
  if (answer.status != kOk) {
    return Error(ErrorCode::invalid_config, base::describe_status(url, answer.status));
  }
  auto keys = JwkSet::parse(answer.body, JwkSet::Faults::left_out);
  if (!keys) return Error(keys.error().code(), url.to_string() + ": " + keys.error().message());
  return keys;
}

}  // namespace

Result<KeyEndpointsByName> open_key_endpoints(const BrokerConfig& config) {
  KeyEndpointsByName endpoints;
  for (const auto& [name, sasl] : config.sasl_listeners) {
    const auto found = sasl.mechanisms.find(protocol::kOauthBearer);
    if (found == sasl.mechanisms.end() || !found->second.tokens) continue;
    const auto& settings = *found->second.tokens;
    if (!settings.keys_url) continue;
    if (auto made = make_verifier(settings, {}, [] {}); !made) {
      return Error(made.error().code(), "the listener " + name + ": " + made.error().message());
    }
    KeyEndpoint endpoint{.settings = settings, .tls = nullptr};
    if (settings.keys_url->encrypted) {
      auto tls = base::make_tls_client(settings.keys_ssl);
      if (!tls) {
        return Error(tls.error().code(),
                     "the listener " + name + ": the keys of tokens: " + tls.error().message());
      }
      endpoint.tls = *std::move(tls);
    }
    endpoints.emplace(name, std::move(endpoint));
  }
  return endpoints;
}

FetchedKeys::FetchedKeys(base::LoopWithTransport loop, std::string listener, KeyEndpoint endpoint,
                         base::Logger logger)
    : loop_(loop),
      listener_(std::move(listener)),
      endpoint_(std::move(endpoint)),
      logger_(std::move(logger)) {
  take({});
}

FetchedKeys::~FetchedKeys() {
  loop().cancel(timer_);
}

void FetchedKeys::fetch() {
  if (fetching_) return;
  loop().cancel(timer_);
  fetching_ = true;
  fetched_at_ = loop().now();
  base::HttpLimits limits;
  limits.body_bytes = JwkSet::kMostBytes;
  fetch_ = std::make_unique<base::HttpFetch>(
      loop_, endpoint_.tls, base::HttpRequest{.url = *endpoint_.settings.keys_url}, limits,
      [this](Result<base::HttpAnswer> answer) { on_answer(std::move(answer)); });
}

void FetchedKeys::fetch_in(base::Duration time) {
  timer_ = loop().call_at(loop().now() + time, lifetime_.guard([this] {
    timer_ = base::TimerId::none;
    fetch();
  }));
}

// Whoever connects can send such tokens, which must not wear out the issuer.
void FetchedKeys::on_unknown_key() {
  const base::Duration rest = milliseconds(endpoint_.settings.retry_backoff_max_ms);
  if (!fetching_ && loop().now() - fetched_at_ >= std::max(rest, kLeastRest)) fetch();
}

void FetchedKeys::on_answer(Result<base::HttpAnswer> answer) {
  fetch_.reset();
  if (!answer) return on_read(answer.error());
  auto keys = std::make_shared<Result<JwkSet>>(JwkSet());
  loop().offload([keys, url = *endpoint_.settings.keys_url,
                  answer = *std::move(answer)] { *keys = read_keys(url, answer); },
                 lifetime_.guard([this, keys] { on_read(std::move(*keys)); }));
}

// What the issuer no longer has counts no longer, though nothing were left.
void FetchedKeys::on_read(Result<JwkSet> keys) {
  fetching_ = false;
  if (!keys) {
    fail(keys.error());
  } else {
    const auto left_out = keys->why_left_out();
    take(*std::move(keys));
    if (verifier_->has_keys()) {
      succeed(left_out);
    } else {
      fail(Error(ErrorCode::invalid_config, endpoint_.settings.keys_url->to_string() +
                                                ": the keys of tokens: none is for RS256 or ES256" +
                                                (left_out.empty() ? "" : ": " + left_out)));
    }
  }
}

void FetchedKeys::succeed(const std::string& left_out) {
  if (failures_ > 0 || !has_succeeded_) {
    logger_.info("the listener " + listener_ + " has its keys of tokens");
  }
  has_succeeded_ = true;
  if (left_out != last_left_out_ && !left_out.empty()) {
    logger_.warn("the listener " + listener_ + " does without some of its keys of tokens: " +
                 endpoint_.settings.keys_url->to_string() + ": " + left_out);
  }
  last_left_out_ = left_out;
  failures_ = 0;
  last_failure_.clear();
  fetch_in(milliseconds(endpoint_.settings.refresh_ms));
}

void FetchedKeys::fail(const Error& error) {
  const auto& settings = endpoint_.settings;
  if (error.message() != last_failure_) {
    last_failure_ = error.message();
    logger_.error(
        "the listener " + listener_ + " cannot fetch its keys of tokens: " + last_failure_ +
        "; it tries again, and " +
        (verifier_->has_keys() ? "goes on with those that it has" : "takes no token meanwhile"));
  }
  const auto doubled = settings.retry_backoff_ms << std::min(failures_, kMostDoublings);
  const auto wait = std::min({doubled, settings.retry_backoff_max_ms, settings.refresh_ms});
  ++failures_;
  fetch_in(milliseconds(wait));
}

void FetchedKeys::take(JwkSet keys) {
  auto verifier = make_verifier(endpoint_.settings, std::move(keys),
                                lifetime_.guard([this] { on_unknown_key(); }));
  OTTLA_ASSERT(verifier.has_value(),
               "what a listener expects of tokens was checked with its settings");
  verifier_ = std::make_shared<const JwtVerifier>(*std::move(verifier));
}

}  // namespace ottla::broker
