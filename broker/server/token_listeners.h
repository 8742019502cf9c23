#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "broker/config/broker_config.h"
#include "broker/security/jwt_verifier.h"
#include "broker/server/listener_files.h"
#include "ottla/result.h"

namespace ottla::broker {

// What one listener checks tokens with, and the file of keys it was made of.
struct TokenListener {
  static constexpr std::string_view kWhat = "keys of tokens";

  ListenerTokens settings;
  std::vector<FileStamp> files;
  std::shared_ptr<const JwtVerifier> verifier;

  // (sleeps) Errors: invalid_config, naming the listener and the file: no listener is open whose
  // tokens nobody checks.
  static Result<TokenListener> open(const std::string& name, const ListenerTokens& settings);
  static std::vector<FileStamp> stamps(const ListenerTokens& settings);
};

using TokenListeners = ListenerFiles<TokenListener>;
using TokenListenersByName = TokenListeners::ByName;

// (sleeps) All of a broker's listeners at which tokens are taken that keys in a file check. Error:
// that of the first that cannot be.
Result<TokenListenersByName> open_token_listeners(const BrokerConfig& config);

}  // namespace ottla::broker
