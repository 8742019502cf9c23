#include "broker/server/token_listeners.h"

#include <fstream>
#include <utility>

#include "protocol/sasl/oauthbearer.h"

namespace ottla::broker {
namespace {

// At most one byte more than is read of a document.
Result<std::string> read_keys(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(JwkSet::kMostBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad() || (file.fail() && !file.eof())) {
    return Error(ErrorCode::invalid_config, "cannot be read");
  }
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

}  // namespace

std::vector<FileStamp> TokenListener::stamps(const ListenerTokens& settings) {
  return {stamp_of(settings.keys_file)};
}

Result<TokenListener> TokenListener::open(const std::string& name, const ListenerTokens& settings) {
  const auto unfit = [&](const Error& error) {
    return Error(ErrorCode::invalid_config,
                 "the listener " + name + ": " + settings.keys_file + ": " + error.message());
  };
  TokenListener listener{.settings = settings, .files = stamps(settings), .verifier = nullptr};
  const auto document = read_keys(settings.keys_file);
  if (!document) return unfit(document.error());
  auto keys = JwkSet::parse(*document);
  if (!keys) return unfit(keys.error());
  auto verifier = JwtVerifier::make({.issuer = settings.issuer,
                                     .audiences = settings.audiences,
                                     .principal_claim = settings.principal_claim,
                                     .clock_skew_seconds = settings.clock_skew_seconds},
                                    *std::move(keys));
  if (!verifier) return unfit(verifier.error());
  listener.verifier = std::make_shared<const JwtVerifier>(*std::move(verifier));
  return listener;
}

Result<TokenListenersByName> open_token_listeners(const BrokerConfig& config) {
  TokenListenersByName listeners;
  for (const auto& [name, sasl] : config.sasl_listeners) {
    const auto found = sasl.mechanisms.find(protocol::kOauthBearer);
    if (found == sasl.mechanisms.end() || !found->second.tokens) continue;
    if (found->second.tokens->keys_url) continue;
    auto opened = TokenListener::open(name, *found->second.tokens);
    if (!opened) return opened.error();
    listeners.emplace(name, std::move(*opened));
  }
  return listeners;
}

}  // namespace ottla::broker
