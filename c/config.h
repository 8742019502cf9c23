#pragma once

#include <utility>

#include "ottla/c/base.h"
#include "ottla/logging.h"
#include "ottla/properties.h"
#include "ottla/runtime.h"
#include "ottla/security_config.h"

struct ottla_runtime {
  ottla::Runtime runtime;
};

struct ottla_config {
  ottla::Properties properties{};
  ottla::Runtime runtime{};
  ottla::LogSink log_sink{};
  ottla::LogLevel log_level = ottla::LogLevel::warn;
  ottla::OauthBearerTokenSource token_source{};  // of clients
};

namespace ottla::c {

// What is no text, in the configuration of a client or a broker.
template <class Config>
Config with_the_rest(Config config, const ottla_config& given) {
  config.runtime = given.runtime;
  config.log_sink = given.log_sink;
  config.log_level = given.log_level;
  if constexpr (requires { config.security.sasl; }) {
    config.security.sasl.oauthbearer_token = given.token_source;
  }
  return config;
}

}  // namespace ottla::c
