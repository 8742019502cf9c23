#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "base/http/http_fetch.h"
#include "base/lifetime.h"
#include "base/logger.h"
#include "base/net/tls.h"
#include "base/runtime.h"
#include "base/time.h"
#include "broker/config/broker_config.h"
#include "broker/security/jwt_verifier.h"
#include "ottla/result.h"

namespace ottla::broker {

// Where the keys of one listener's tokens are fetched.
struct KeyEndpoint {
  ListenerTokens settings;
  std::shared_ptr<const base::TlsContext> tls;  // null for http
};

using KeyEndpointsByName = std::map<std::string, KeyEndpoint, std::less<>>;

// (sleeps) Those of all of a broker's listeners whose keys are fetched. Error: invalid_config,
// naming the listener.
Result<KeyEndpointsByName> open_key_endpoints(const BrokerConfig& config);

// Keeps what one listener checks tokens with as the issuer has it: fetches the keys at the start,
// at an interval, and when a token comes that is signed by another key, though that not often.
// While they cannot be fetched, or what comes is no set of keys, the last ones count; a set counts
// at once, without those of its keys that are of no use. If there are none no token is taken. Owned
// by the Server, on its loop.
class FetchedKeys {
 public:
  FetchedKeys(base::LoopWithTransport loop, std::string listener, KeyEndpoint endpoint,
              base::Logger logger);
  ~FetchedKeys();

  // Fetches, for the first time or before its time.
  void fetch();

  // The same place always; what is there changes with the keys, and is never null.
  const std::shared_ptr<const JwtVerifier>& verifier() const { return verifier_; }

 private:
  void fetch_in(base::Duration time);
  void on_unknown_key();
  void on_answer(Result<base::HttpAnswer> answer);
  void on_read(Result<JwkSet> keys);
  void succeed(const std::string& left_out);
  void fail(const Error& error);
  void take(JwkSet keys);

  base::Loop& loop() { return *loop_.loop; }

  // Set at construction.
  const base::LoopWithTransport loop_;
  const std::string listener_;
  const KeyEndpoint endpoint_;
  const base::Logger logger_;

  // Loop's thread only.
  std::shared_ptr<const JwtVerifier> verifier_;
  std::unique_ptr<base::HttpFetch> fetch_;
  bool fetching_ = false;
  base::TimePoint fetched_at_{};  // or tried to
  std::uint32_t failures_ = 0;    // since it went well
  bool has_succeeded_ = false;
  std::string last_failure_;
  std::string last_left_out_;  // of the last set that was taken
  base::TimerId timer_ = base::TimerId::none;
  base::Lifetime lifetime_;
};

}  // namespace ottla::broker
