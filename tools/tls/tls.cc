#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <utility>

#include "base/time.h"
#include "ottla/admin_config.h"
#include "tools/command.h"
#include "tools/flags.h"
#include "tools/table.h"
#include "tools/tls/check.h"

namespace ottla::tools {
namespace {

constexpr const char* kName = "tls";

struct TlsFlags {
  std::string target;
  std::string command_config;
  std::string authority;
  std::string certificate;
  std::string key;
  std::string server_name;
  std::int64_t timeout_ms = 10'000;
  OutputFormat output = OutputFormat::table;

  void add_to(CLI::App& app) {
    app.add_option("server", target, "host:port")->required();
    app.add_option("--command-config", command_config,
                   "a properties file for a client; of it the ssl. keys");
    app.add_option("--ca", authority,
                   "a file with the authorities to trust, PEM or PKCS#12 without a password");
    auto* certificates =
        app.add_option("--cert", certificate,
                       "a file with the client's certificate, PEM; with its key if no --key");
    app.add_option("--key", key, "a file with the client's key, PEM")->needs(certificates);
    app.add_option("--server-name", server_name, "the name to ask for (that of the server)");
    app.add_option("--timeout-ms", timeout_ms,
                   "how long resolving the name, and then each connection attempt, may take")
        ->check(CLI::Range(1, 3'600'000));
    add_output_flag(app, output);
  }
};

Result<std::string> text_in(const std::string& path) {
  constexpr std::size_t kLargest = 1 << 20;
  std::ifstream file(path, std::ios::binary);
  if (!file) return Error(ErrorCode::not_found, path + " cannot be opened");
  std::string text(kLargest + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (file.bad() || text.size() > kLargest) {
    return Error(ErrorCode::invalid_argument, path + " is larger than 1 MiB, or cannot be read");
  }
  return text;
}

Result<void> use_own(SslConfig& ssl, const TlsFlags& flags) {
  if (flags.certificate.empty()) return {};
  ssl.keystore_location.clear();
  ssl.keystore_key.clear();
  ssl.keystore_certificate_chain.clear();
  ssl.keystore_type.clear();
  ssl.keystore_password.clear();
  ssl.key_password.clear();
  if (flags.key.empty()) {
    ssl.keystore_location = flags.certificate;
    return {};
  }
  auto chain = text_in(flags.certificate);
  if (!chain) return chain.error();
  auto key = text_in(flags.key);
  if (!key) return key.error();
  ssl.keystore_certificate_chain = std::move(*chain);
  ssl.keystore_key = std::move(*key);
  return {};
}

// What the flags say stands over what the file says.
Result<SecurityConfig> security_of(const TlsFlags& flags) {
  SecurityConfig security{.protocol = SecurityProtocol::ssl};
  if (!flags.command_config.empty()) {
    const auto properties = client_properties(flags.target, flags.command_config, {});
    if (!properties) return properties.error();
    auto config = AdminConfig::from_properties(*properties);
    if (!config) return config.error();
    security = std::move(config->security);
  }
  if (!flags.authority.empty()) {
    security.ssl.truststore_location = flags.authority;
    security.ssl.truststore_type.clear();
    security.ssl.truststore_password.clear();
    security.ssl.truststore_certificates.clear();
  }
  if (auto used = use_own(security.ssl, flags); !used) return used.error();
  return security;
}

int check(const TlsFlags& flags) {
  const auto target = base::Endpoint::parse(flags.target);
  if (!target || target->host.empty() || target->port == 0) {
    std::cerr << "ottla tls: '" << flags.target << "' is not of the form host:port\n";
    return kUsage;
  }
  const auto security = security_of(flags);
  if (!security) return fail(kName, security.error());
  auto checked =
      check_tls({.target = *target,
                 .server_name = flags.server_name.empty() ? target->host : flags.server_name,
                 .ssl = security->ssl,
                 .timeout = std::chrono::milliseconds(flags.timeout_ms)});
  if (!checked) return fail(kName, checked.error());
  if (checked->connects() && !uses_tls(security->protocol)) {
    checked->problem = flags.command_config +
                       " has security.protocol=" + std::string(to_string(security->protocol)) +
                       ", with which a client speaks no TLS: set SSL or SASL_SSL";
  }
  const auto now = base::RealClock().wall_now();
  std::cout << (flags.output == OutputFormat::json ? json_of(*checked, now)
                                                   : text_of(*checked, now));
  return checked->connects() ? kSuccess : fail(kName, checked->problem);
}

}  // namespace

int run_tls(const Arguments& arguments) {
  TlsFlags flags;
  CLI::App app("Looks at TLS as a client sees it.", "ottla tls");
  auto* action = app.add_subcommand(
      "check", "show what a server presents, and why a client would not connect");
  flags.add_to(*action);
  app.require_subcommand(1);
  if (const auto code = parse_flags(app, arguments)) return *code;
  return check(flags);
}

}  // namespace ottla::tools
