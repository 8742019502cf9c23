#include "c/config.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <new>
#include <string>
#include <utility>

#include "c/call.h"

struct ottla_token {
  ottla::Result<ottla::OauthBearerToken> given = ottla::Error(
      ottla::ErrorCode::sasl_authentication_failed, "the function that gives tokens gave none");
};

using ottla::Result;
using ottla::c::call;
using ottla::c::call_for;
using ottla::c::null_error;

ottla_error* ottla_runtime_start(int32_t workers, ottla_runtime** runtime) {
  return call_for(runtime, "runtime", [&]() -> Result<ottla_runtime*> {
    auto started = ottla::Runtime::start({.workers = workers});
    if (!started) return started.error();
    return new ottla_runtime{std::move(*started)};
  });
}

void ottla_runtime_free(ottla_runtime* runtime) {
  delete runtime;
}

ottla_config* ottla_config_new(void) {
  return new (std::nothrow) ottla_config;
}

ottla_error* ottla_config_set(ottla_config* config, const char* key, const char* value) {
  return call([&]() -> Result<void> {
    if (config == nullptr) return null_error("config");
    if (key == nullptr) return null_error("key");
    if (value == nullptr) return null_error("the value of " + std::string(key));
    config->properties[key] = value;
    return {};
  });
}

ottla_error* ottla_config_read_file(ottla_config* config, const char* path) {
  return call([&]() -> Result<void> {
    if (config == nullptr) return null_error("config");
    if (path == nullptr) return null_error("path");
    auto read = ottla::read_properties_file(path);
    if (!read) return read.error();
    for (auto& [key, value] : *read) config->properties[key] = std::move(value);
    return {};
  });
}

ottla_error* ottla_config_set_runtime(ottla_config* config, const ottla_runtime* runtime) {
  return call([&]() -> Result<void> {
    if (config == nullptr) return null_error("config");
    config->runtime = runtime == nullptr ? ottla::Runtime() : runtime->runtime;
    return {};
  });
}

ottla_error* ottla_config_set_log(ottla_config* config, int level, ottla_log_fn log, void* opaque) {
  return call([&]() -> Result<void> {
    if (config == nullptr) return null_error("config");
    if (level < OTTLA_LOG_DEBUG || level > OTTLA_LOG_OFF) {
      return ottla::Error(ottla::ErrorCode::invalid_argument,
                          "level is " + std::to_string(level) + "; it must be from 0 to 4");
    }
    config->log_level = static_cast<ottla::LogLevel>(level);
    config->log_sink = {};
    if (log == nullptr) return {};
    config->log_sink = [log, opaque](ottla::LogLevel of, std::string_view room,
                                     std::string_view line) {
      log(static_cast<int>(of), std::string(room).c_str(), std::string(line).c_str(), opaque);
    };
    return {};
  });
}

ottla_error* ottla_token_set(ottla_token* token, const char* text, int64_t expiry_ms) {
  return call([&]() -> Result<void> {
    if (token == nullptr) return null_error("token");
    if (text == nullptr) return null_error("text");
    if (!token->given) token->given = ottla::OauthBearerToken();
    token->given->token = text;
    token->given->expiry.reset();
    if (expiry_ms < 0) return {};
    // Of a day that no clock of nanoseconds can tell it is as good as never.
    using Clock = std::chrono::system_clock;
    const auto last = std::chrono::floor<std::chrono::milliseconds>(Clock::time_point::max());
    const std::chrono::sys_time<std::chrono::milliseconds> told{
        std::chrono::milliseconds(expiry_ms)};
    token->given->expiry = std::min(told, last);
    return {};
  });
}

ottla_error* ottla_token_add_extension(ottla_token* token, const char* name, const char* value) {
  return call([&]() -> Result<void> {
    if (token == nullptr) return null_error("token");
    if (name == nullptr) return null_error("name");
    if (value == nullptr) return null_error("value");
    if (!token->given) {
      return ottla::Error(ottla::ErrorCode::invalid_argument, "set the token first");
    }
    token->given->extensions[name] = value;
    return {};
  });
}

ottla_error* ottla_token_fail(ottla_token* token, const char* why) {
  return call([&]() -> Result<void> {
    if (token == nullptr) return null_error("token");
    if (why == nullptr) return null_error("why");
    token->given = ottla::Error(ottla::ErrorCode::sasl_authentication_failed, why);
    return {};
  });
}

ottla_error* ottla_config_set_oauthbearer(ottla_config* config, ottla_token_fn give, void* opaque,
                                          void (*release)(void* opaque)) {
  return call([&]() -> Result<void> {
    const std::shared_ptr<void> owned(opaque, [release](void* owner) {
      if (release != nullptr) release(owner);
    });
    if (config == nullptr) return null_error("config");
    config->token_source = {};
    if (give == nullptr) return {};
    config->token_source = [give, owned]() -> Result<ottla::OauthBearerToken> {
      ottla_token token;
      give(&token, owned.get());
      return std::move(token.given);
    };
    return {};
  });
}

void ottla_config_free(ottla_config* config) {
  delete config;
}
